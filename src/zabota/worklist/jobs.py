"""Background work of the worklist: the distribution of tasks each working hour."""

from __future__ import annotations

from django_tasks import task

from zabota.clinic.models import Clinic
from zabota.kernel import clock
from zabota.kernel.jobs import schedule
from zabota.worklist.services.distribution import distribute
from zabota.worklist.services.scripts import ensure_scripts, renew_scripts

#: Hours of the clinic's own day in which its tasks are given out.
WORKING_HOURS = range(7, 20)


@schedule(
    "worklist.distribute",
    cron="0 * * * *",
    says="Распределяет задачи общей очереди между сотрудниками: утром на день, затем каждый час то, что появилось; с 7 до 19 часов по времени клиники",
)
@task()
def distribute_tasks() -> int:
    """Give tasks without an owner to people who have room today, clinic by clinic; a new clinic gets its scripts, an old one better words."""
    now, given = clock.now(), 0
    for clinic in Clinic.objects.order_by("id"):
        ensure_scripts(clinic=clinic, now=now)
        renew_scripts(clinic=clinic, now=now)
        if clock.local(clinic.time_zone, now).hour in WORKING_HOURS:
            given += distribute(clinic=clinic, now=now)
    return given
