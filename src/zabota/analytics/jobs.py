"""Background work of analytics: the reports of each clinic, nightly after the sweep and when somebody asks."""

from __future__ import annotations

from typing import Any

from django_tasks import task

from zabota.analytics.queries.snapshot_files import days_kept
from zabota.analytics.rules.where import Question
from zabota.analytics.services.actions import count_worklist
from zabota.analytics.services.mailing import mail_reports
from zabota.analytics.services.metrics_keeping import gather, is_large
from zabota.analytics.services.sending import send_behind
from zabota.analytics.services.snapshot import build_snapshot
from zabota.analytics.services.stored import refresh_reports
from zabota.analytics.services.where import answer_where
from zabota.clinic.models import Clinic, Member
from zabota.kernel import clock
from zabota.kernel.audit import SYSTEM, Actor
from zabota.kernel.jobs import schedule
from zabota.kernel.scope import clinic_scope


@task()
def refresh(clinic_id: int, user_id: int | None = None, branches: list[int] | None = None) -> bool:
    """Both reports of one clinic or of some of its branches; a second run computes them anew and harms nothing."""
    clinic = Clinic.objects.filter(pk=clinic_id).first()
    if clinic is None:
        return False
    now = clock.now()
    if clock.today(clinic.time_zone, now) not in days_kept(clinic_id):
        build_snapshot(clinic_id=clinic_id, now=now)
    if branches is None:
        count_worklist(clinic=clinic, now=now)
        gather_metrics.enqueue(clinic_id)
    return refresh_reports(clinic=clinic, actor=_actor(user_id), now=now, branches=branches)


@task()
def gather_metrics(clinic_id: int) -> bool:
    """The tables of the metrics of a large clinic; a small one is read when its page is opened."""
    clinic = Clinic.objects.filter(pk=clinic_id).first()
    if clinic is None:
        return False
    with clinic_scope(clinic_id):
        large = is_large(clinic_id)
    if large:
        gather(clinic, now=clock.now())
    return large


@task()
def where(clinic_id: int, params: dict[str, Any], branches: list[int] | None = None) -> bool:
    """The answer to one question of «Где упало»."""
    clinic = Clinic.objects.filter(pk=clinic_id).first()
    if clinic is None:
        return False
    answer_where(clinic=clinic, question=Question.of_json(params), now=clock.now(), branches=branches)
    return True


@task()
def send(behind_id: int, user_id: int | None = None, branches: list[int] | None = None) -> dict[str, int]:
    """Tasks for the patients behind a cause who have no next step; a second run finds those that are there."""
    sent = send_behind(behind_id=behind_id, branches=branches, actor=_actor(user_id), now=clock.now())
    return {"made": sent.made, "forward": sent.forward, "had": sent.had, "left": sent.left}


@schedule("analytics.nightly", cron="30 4 * * *", says="после ночного обхода: отчёт и «Пульс» каждой клиники заново")
@task()
def refresh_nightly() -> int:
    """One job for each clinic and each set of branches that somebody is limited to, so that one that fails holds up no other."""
    ids = list(Clinic.objects.order_by("pk").values_list("pk", flat=True))
    return sum(refresh_clinic(clinic_id) for clinic_id in ids)


@task()
def snapshot(clinic_id: int, full: bool = False) -> dict[str, int | str]:
    """The snapshot of the patients of one clinic; a second run replaces what the first one made."""
    if not Clinic.objects.filter(pk=clinic_id).exists():
        return {"patients": 0}
    built = build_snapshot(clinic_id=clinic_id, now=clock.now(), full=full)
    return {"patients": built.patients, "read": built.read, "way": built.way}


@schedule("analytics.snapshots", cron="0 4 * * *", says="после ночного обхода: снимок пациентов каждой клиники")
@task()
def snapshot_nightly() -> int:
    """Built on yesterday's but on Sundays, when everything is read anew, whatever yesterday's held."""
    ids = list(Clinic.objects.order_by("pk").values_list("pk", flat=True))
    full = clock.now().isoweekday() == 7
    for clinic_id in ids:
        snapshot.enqueue(clinic_id, full)
    return len(ids)


def refresh_clinic(clinic_id: int) -> int:
    """Put the reports of the whole clinic and of each set of branches in the queue. Returns how many."""
    scopes: list[list[int] | None] = [None, *branch_sets(clinic_id)]
    for branches in scopes:
        refresh.enqueue(clinic_id, None, branches)
    return len(scopes)


def branch_sets(clinic_id: int) -> list[list[int]]:
    """Sets of branches to which people of the clinic are limited, each once."""
    limits: dict[int, list[int]] = {}
    links = Member.branches.through.objects.filter(member__clinic_id=clinic_id, member__is_active=True)
    for member, branch in links.values_list("member_id", "branch_id"):
        limits.setdefault(member, []).append(branch)
    return [list(each) for each in sorted({tuple(sorted(found)) for found in limits.values()})]


def _actor(user_id: int | None) -> Actor:
    return Actor(user_id=user_id) if user_id else SYSTEM


@schedule("analytics.mail_weekly", cron="0 8 * * 1", says="отчёт за неделю письмом тем, кто просил")
@task()
def mail_weekly() -> int:
    """Monday's report."""
    return mail_reports("weekly", now=clock.now())


@schedule("analytics.mail_monthly", cron="0 8 1 * *", says="отчёт за месяц письмом тем, кто просил")
@task()
def mail_monthly() -> int:
    """The month's report."""
    return mail_reports("monthly", now=clock.now())
