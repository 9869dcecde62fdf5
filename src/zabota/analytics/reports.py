"""The second front door of analytics, for whoever has a database: reports kept for pages and computed anew on demand.

`analytics.api` stays free of settings, so that the offline audit needs neither server nor tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from zabota.analytics import jobs
from zabota.analytics.models import Behind, ReportMail, SavedView, StoredReport
from zabota.analytics.queries.people import ORDERS, REACHES, STEPS, PersonBehind, people_behind, sorted_people
from zabota.analytics.queries.period import PeriodFigures, period_figures, told_until
from zabota.analytics.rules.change import counts_differ, shares_differ
from zabota.analytics.rules.simpson import flip_of_shares
from zabota.analytics.rules.where import FILTERS, VALUES, Question
from zabota.analytics.rules.wording import DIMENSIONS
from zabota.analytics.services.actions import report_action
from zabota.analytics.services.behind import EVERYBODY, unpack
from zabota.analytics.services.causes import why_section
from zabota.analytics.services.cohort_live import SIDES
from zabota.analytics.services.cohort_view import Cut, cohort_alarms, cohorts_view
from zabota.analytics.services.goal_view import actions_of, outlook_to
from zabota.analytics.services.html import render_deck
from zabota.analytics.services.keeping import branches_in, latest, scope_of
from zabota.analytics.services.mailing import ask_for_mail
from zabota.analytics.services.sections import alarms_said, sections
from zabota.analytics.services.sending import Sent, send_behind
from zabota.analytics.services.stored import AUDIT, PULSE, audit_of, refresh_reports
from zabota.analytics.services.strategy import STRATEGY
from zabota.analytics.services.strategy_slides import strategy_presentation
from zabota.analytics.services.strategy_view import strategy_view
from zabota.analytics.services.views import drop_view, save_view
from zabota.analytics.services.where import WHERE, key_of
from zabota.analytics.services.where_view import where_view
from zabota.clinic.models import Clinic
from zabota.intake.api import REJECTED_RU
from zabota.kernel.audit import Actor, record

__all__ = [
    "AUDIT",
    "EVERYBODY",
    "FILTERS",
    "ORDERS",
    "PULSE",
    "REACHES",
    "SEND_AT_ONCE",
    "SIDES",
    "STEPS",
    "STRATEGY",
    "VALUES",
    "WHERE",
    "Cut",
    "PeriodFigures",
    "PersonBehind",
    "Question",
    "ReportMail",
    "Sent",
    "actions_of",
    "alarms_said",
    "ask_for_mail",
    "ask_refresh",
    "ask_send",
    "ask_where",
    "audit_of",
    "branches_in",
    "causes_of",
    "cohort_alarms",
    "cohorts_view",
    "counts_differ",
    "dimension_words",
    "drop_view",
    "flip_of_shares",
    "has_failed",
    "is_under_way",
    "latest",
    "outlook_to",
    "people_of",
    "period_figures",
    "refresh_reports",
    "report_action",
    "save_view",
    "saved_view",
    "saved_views",
    "scope_of",
    "shares_differ",
    "sorted_people",
    "strategy_deck",
    "strategy_slides",
    "strategy_view",
    "told_until",
    "view_of",
    "where_failed",
    "where_is_under_way",
    "where_of",
    "where_view",
]

#: Jobs looked through for one of this clinic.
_RECENT: Final = 50
_WAITING: Final = (TaskResultStatus.READY, TaskResultStatus.RUNNING)
#: More people than this are sent to the queue in the background.
SEND_AT_ONCE: Final = 200

Branches = Sequence[int] | None


def ask_refresh(*, clinic: Clinic, actor: Actor, now: datetime, branches: Branches = None) -> bool:
    """Have the reports computed in the background; False when that is under way already."""
    if is_under_way(clinic, branches=branches):
        return False
    record("analytics.reports.asked", clinic, actor=actor, now=now, clinic_id=clinic.pk)
    jobs.refresh.enqueue(clinic.pk, actor.user_id, _list(branches))
    return True


def is_under_way(clinic: Clinic, *, branches: Branches = None) -> bool:
    """True while reports of this clinic and these branches wait for a worker or are being computed."""
    return any(_is_of(job, clinic, branches) for job in _jobs(jobs.refresh).filter(status__in=_WAITING)[:_RECENT])


def has_failed(clinic: Clinic, *, now: datetime, branches: Branches = None) -> bool:
    """True when the last attempt of the last day ended in an error."""
    recent = _jobs(jobs.refresh).filter(enqueued_at__gt=now - timedelta(days=1)).order_by("-enqueued_at")[:_RECENT]
    last = next((job for job in recent if _is_of(job, clinic, branches)), None)
    return last is not None and last.status == TaskResultStatus.FAILED


def where_of(clinic: Clinic, question: Question, *, branches: Branches) -> StoredReport | None:
    """The newest answer to this question for these branches."""
    return latest(clinic, WHERE, branches=branches, key=key_of(question))


def ask_where(*, clinic: Clinic, question: Question, actor: Actor, now: datetime, branches: Branches) -> bool:
    """Have the question answered in the background; False when that is under way already."""
    if where_is_under_way(clinic, question, branches=branches):
        return False
    record("analytics.reports.asked", clinic, actor=actor, now=now, clinic_id=clinic.pk)
    jobs.where.enqueue(clinic.pk, question.to_json(), _list(branches))
    return True


def where_is_under_way(clinic: Clinic, question: Question, *, branches: Branches) -> bool:
    """True while the question waits for a worker or is being answered."""
    asked = [clinic.pk, question.to_json(), _list(branches)]
    waiting = _jobs(jobs.where).filter(status__in=_WAITING)[:_RECENT]
    return any(job.args_kwargs.get("args") == asked for job in waiting)


def where_failed(clinic: Clinic, question: Question, *, now: datetime, branches: Branches) -> bool:
    """True when the last attempt of the last day to answer it ended in an error."""
    asked = [clinic.pk, question.to_json(), _list(branches)]
    recent = _jobs(jobs.where).filter(enqueued_at__gt=now - timedelta(days=1)).order_by("-enqueued_at")[:_RECENT]
    last = next((job for job in recent if job.args_kwargs.get("args") == asked), None)
    return last is not None and last.status == TaskResultStatus.FAILED


def saved_views(clinic: Clinic, page: str) -> list[SavedView]:
    """Views of a page by name."""
    return list(SavedView.objects.filter(clinic=clinic, page=page).order_by("name"))


def saved_view(clinic: Clinic, public_id: str) -> SavedView | None:
    """One view."""
    return SavedView.objects.filter(clinic=clinic, public_id=public_id).first()


def strategy_deck(data: Mapping[str, Any], *, clinic: str, made_on: date) -> str:
    """The strategy as a file of slides."""
    return render_deck(strategy_view(data), clinic=clinic, made_on=made_on)


def strategy_slides(data: Mapping[str, Any], *, clinic: str, made_on: date) -> bytes:
    """The strategy as a file of PowerPoint."""
    return strategy_presentation(strategy_view(data), clinic=clinic, made_on=made_on)


def people_of(behind: Behind, *, now: datetime, branches: Branches) -> list[PersonBehind]:
    """The patients behind a cause who are still in use, limited to branches."""
    return people_behind(unpack(behind.patients), now=now, branches=branches)


def ask_send(*, behind: Behind, branches: Branches, actor: Actor, now: datetime) -> Sent | None:
    """Tasks for those without a next step: at once when they are few, else in the background (None)."""
    if behind.count > SEND_AT_ONCE:
        jobs.send.enqueue(behind.pk, actor.user_id, _list(branches))
        return None
    return send_behind(behind_id=behind.pk, branches=branches, actor=actor, now=now)


def dimension_words(name: str) -> str:
    """«Врач», «Источник»."""
    return DIMENSIONS[name]


def view_of(report: StoredReport, *, clinic: Clinic, made_on: date) -> Mapping[str, Any]:
    """What the templates `analytics/_sections.html` show."""
    return sections(report.data, clinic=clinic.name, source="база Zabota", made_on=made_on, reasons=REJECTED_RU)


def causes_of(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Causes of the change as rows with figures in words, from the JSON of an audit or of a pulse."""
    return why_section({**data, "accounts": data.get("accounts", [])})


def _jobs(job: Any) -> Any:
    return DBTaskResult.objects.filter(task_path=job.module_path)


def _is_of(job: Any, clinic: Clinic, branches: Branches) -> bool:
    arguments = [*(job.args_kwargs.get("args") or []), None, None, None]
    return bool(arguments[0] == clinic.pk and arguments[2] == _list(branches))


def _list(branches: Branches) -> list[int] | None:
    return None if branches is None else sorted(branches)
