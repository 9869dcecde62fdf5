"""Background work of the worklist: the distribution of tasks each working hour."""

from __future__ import annotations

from django_tasks import task

from zabota.clinic.models import Clinic
from zabota.kernel import clock
from zabota.kernel.jobs import schedule
from zabota.worklist.services.distribution import distribute
from zabota.worklist.services.scripts import ensure_scripts, renew_scripts


@schedule(
    "worklist.distribute",
    cron="0 7-19 * * *",
    says="Распределяет задачи общей очереди между сотрудниками: утром на день, затем каждый час то, что появилось",
)
@task()
def distribute_tasks() -> int:
    """Give tasks without an owner to people who have room today, clinic by clinic; a new clinic gets its scripts, an old one better words."""
    now, given = clock.now(), 0
    for clinic in Clinic.objects.order_by("id"):
        ensure_scripts(clinic=clinic, now=now)
        renew_scripts(clinic=clinic, now=now)
        given += distribute(clinic=clinic, now=now)
    return given
