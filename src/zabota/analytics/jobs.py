"""Background work of analytics: the reports of each clinic, nightly after the sweep and when somebody asks."""

from __future__ import annotations

from django_tasks import task

from zabota.analytics.services.stored import refresh_reports
from zabota.clinic.models import Clinic
from zabota.kernel import clock
from zabota.kernel.audit import SYSTEM, Actor
from zabota.kernel.jobs import schedule


@task()
def refresh(clinic_id: int, user_id: int | None = None) -> bool:
    """Both reports of one clinic; a second run computes them anew and harms nothing."""
    clinic = Clinic.objects.filter(pk=clinic_id).first()
    if clinic is None:
        return False
    actor = Actor(user_id=user_id) if user_id else SYSTEM
    return refresh_reports(clinic=clinic, actor=actor, now=clock.now())


@schedule("analytics.nightly", cron="30 4 * * *", says="после ночного обхода: отчёт и «Пульс» каждой клиники заново")
@task()
def refresh_nightly() -> int:
    """One job for each clinic, so that one that fails holds up no other."""
    ids = list(Clinic.objects.order_by("pk").values_list("pk", flat=True))
    for clinic_id in ids:
        refresh.enqueue(clinic_id)
    return len(ids)
