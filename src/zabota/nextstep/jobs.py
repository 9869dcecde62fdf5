"""Background work of the next step: the nightly sweep, the sweep of what time alone has changed."""

from __future__ import annotations

from django_tasks import task

from zabota.clinic.models import Clinic
from zabota.kernel import clock
from zabota.kernel.jobs import schedule
from zabota.nextstep.services.sweep import sweep_all, sweep_clinic


@schedule(
    "nextstep.nightly", cron="30 3 * * *", says="ночной обход: типы, сроки возврата и правило двух «З» у всех пациентов"
)
@task()
def sweep_nightly() -> dict[str, int | None]:
    """Every patient of every clinic; also mends what an event may have missed."""
    result = sweep_all(now=clock.now())
    return {"patients": result.patients, "tasks_created": result.tasks_created, "left_after": result.left_after}


@schedule(
    "nextstep.due", cron="5 0 * * *", says="после полуночи: пациенты, у которых сегодня меняется тип или наступает срок"
)
@task()
def sweep_due() -> dict[str, int]:
    """The desk opens with the types of the new day even when the nightly sweep is late or failed."""
    now = clock.now()
    total = 0
    for clinic_id in Clinic.objects.order_by("pk").values_list("pk", flat=True):
        total += sweep_clinic(clinic_id=clinic_id, now=now, due_only=True).patients
    return {"patients": total}
