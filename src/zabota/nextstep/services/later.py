"""A sweep of one clinic in the background: after a load of an export and after a change of thresholds."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django_tasks import task

from zabota.clinic.models import Clinic
from zabota.kernel import audit, clock
from zabota.kernel.audit import Actor
from zabota.kernel.jobs import enqueue_once
from zabota.nextstep.services.sweep import sweep_clinic


@task()
def sweep_one(clinic_id: int) -> dict[str, int | None]:
    """Every patient of one clinic."""
    result = sweep_clinic(clinic_id=clinic_id, now=clock.now())
    return {"patients": result.patients, "tasks_created": result.tasks_created, "left_after": result.left_after}


def sweep_later(*, clinic_id: int) -> None:
    """Ask for the sweep; called inside the transaction that made it necessary, so that neither is lost.

    One that waits already answers this wish too; one that has begun may have read what was before.
    """
    enqueue_once(sweep_one, clinic_id)


def ask_for_sweep(*, clinic: Clinic, actor: Actor, now: datetime) -> None:
    """The same by the wish of a person, whom the trail keeps."""
    with transaction.atomic():
        audit.record("nextstep.sweep.asked", clinic, actor=actor, now=now, clinic_id=clinic.pk)
        sweep_later(clinic_id=clinic.pk)
