"""Changes of visits that came from the clinic's own program are noted until somebody has entered them there."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from zabota.booking.models import Appointment, Transfer
from zabota.kernel import audit
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone, BadInput

Place = tuple[datetime | None, int | None]


def note_transfer(row: Appointment, *, was: Place, told_at: datetime | None, by_patient: bool, now: datetime) -> None:
    """`row` has just left `was`, its time and doctor; `told_at` is where the program had it then, if elsewhere.

    Back where the clinic's program has it, there is nothing to enter any more. Callers hold the transaction.
    """
    if not row.ext_id or row.vanished_at is not None:
        return
    known = Transfer.objects.filter(appointment=row).first()
    if known is None:
        there: Place = (told_at or was[0], was[1])
    elif known.done_at is not None or (known.there_at is not None and was[0] is not None and told_at is None):
        there = was  # both agreed until now: by hand, or by a later export
    else:
        there = (known.there_at, known.there_doctor_id)
    agree = there == place_of(row)
    if known is None:
        if not agree:
            Transfer.objects.create(
                clinic_id=row.clinic_id,
                appointment=row,
                there_at=there[0],
                there_doctor_id=there[1],
                made_at=now,
                by_patient=by_patient,
            )
        return
    Transfer.objects.filter(pk=known.pk).update(
        there_at=there[0],
        there_doctor_id=there[1],
        made_at=now,
        by_patient=by_patient,
        done_at=now if agree else None,
        done_by=None,
    )


def place_of(row: Appointment) -> Place:
    """Where a visit stands here; no time and nobody for one that is given up."""
    return (None, None) if row.status in Transfer.GIVEN_UP else (row.starts_at, row.doctor_id)


@transaction.atomic
def transfer_done(*, transfer: Transfer, actor: Actor, now: datetime) -> Transfer:
    """«Перенесено»: the clinic's program has it as it is here. Raises AlreadyDone."""
    row = _locked(transfer)
    if row.done_at is not None:
        raise AlreadyDone("Это уже отметили.")
    row.before_at, row.before_doctor_id = row.there_at, row.there_doctor_id
    row.there_at, row.there_doctor_id = place_of(row.appointment)
    row.done_at, row.done_by_id = now, actor.user_id
    row.save()
    audit.record("booking.transfer.done", row, actor=actor, now=now, patient_id=row.appointment.patient_id)
    return row


@transaction.atomic
def transfer_undone(*, transfer: Transfer, actor: Actor, now: datetime) -> Transfer:
    """«Вернуть»: it was marked by mistake. Raises BadInput when nobody marked it or the visit changed since."""
    row = _locked(transfer)
    if row.done_at is None:
        raise AlreadyDone("Эта запись и так в списке.")
    if row.done_by_id is None or (row.there_at, row.there_doctor_id) != place_of(row.appointment):
        raise BadInput("Запись с тех пор изменилась: возвращать нечего.")
    row.there_at, row.there_doctor_id, row.done_at, row.done_by = row.before_at, row.before_doctor_id, None, None
    row.save()
    audit.record("booking.transfer.undone", row, actor=actor, now=now, patient_id=row.appointment.patient_id)
    return row


def _locked(transfer: Transfer) -> Transfer:
    rows = Transfer.objects.select_for_update(of=("self",)).select_related("appointment")
    return rows.get(pk=transfer.pk)
