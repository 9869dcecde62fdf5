"""A sweep of one clinic in the background: after a load of an export and after a change of thresholds."""

from __future__ import annotations

from django_tasks import task

from zabota.kernel import clock
from zabota.nextstep.services.sweep import sweep_clinic


@task()
def sweep_one(clinic_id: int) -> dict[str, int | None]:
    """Every patient of one clinic."""
    result = sweep_clinic(clinic_id=clinic_id, now=clock.now())
    return {"patients": result.patients, "tasks_created": result.tasks_created, "left_after": result.left_after}


def sweep_later(*, clinic_id: int) -> None:
    """Ask for the sweep; called inside the transaction that made it necessary, so that neither is lost."""
    sweep_one.enqueue(clinic_id)
