"""A task that a person of the clinic puts up for themselves or a colleague."""

from __future__ import annotations

from datetime import datetime

from zabota.clinic.models import Member
from zabota.kernel.audit import Actor
from zabota.kernel.errors import BadInput
from zabota.patients.models import Patient
from zabota.worklist.models import Reason, Task
from zabota.worklist.rules.calls import PROMISE_GRACE, wrong_time
from zabota.worklist.services.ownership import check_fit
from zabota.worklist.services.tasks import create_task


def ask_to_contact(
    *,
    patient: Patient,
    summary: str,
    due_at: datetime,
    member: Member,
    actor: Actor,
    now: datetime,
    owner: Member | None = None,
    call_at: datetime | None = None,
    is_urgent: bool = False,
) -> Task:
    """Put up a task by hand; with `call_at` it is a promised call and comes up at that time.

    Raises BadInput for a time that cannot be kept and NotAllowed for an owner who may not work with this patient.
    """
    if wrong := wrong_time(call_at or due_at, now):
        raise BadInput(wrong)
    if owner is not None:
        check_fit(owner, clinic_id=patient.clinic_id, branch_id=patient.branch_id)
    return create_task(
        patient=patient,
        reason=Reason.CALL_BACK if call_at else Reason.MANUAL,
        summary=summary,
        due_at=call_at + PROMISE_GRACE if call_at else due_at,
        hidden_until=call_at,
        promised_at=call_at,
        is_urgent=is_urgent,
        owner=owner,
        member=member,
        actor=actor,
        now=now,
    )
