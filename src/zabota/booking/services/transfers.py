"""What the clinic's own program does not know yet is noted until somebody has entered it there."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from zabota.booking.models import Appointment, Transfer
from zabota.booking.queries.transfers import stand_of
from zabota.booking.services.troubles import Outdated
from zabota.kernel import audit
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone, BadInput

Place = tuple[datetime | None, int | None]


def note_transfer(row: Appointment, *, was: Place, told_at: datetime | None, by_patient: bool, now: datetime) -> None:
    """`row` has just left `was`, its time and doctor; `told_at` is where the program had it then, if elsewhere.

    Back where the clinic's program has it, there is nothing to enter any more. Callers hold the transaction.
    """
    if row.vanished_at is not None:
        return
    known = Transfer.objects.filter(appointment=row).first()
    if known is None and not row.ext_id:
        return  # booked here and entered by nobody: the program knows nothing that could change
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


def is_there(row: Appointment) -> bool:
    """The clinic's program has this visit: it came from there, or somebody entered it."""
    return bool(row.ext_id) or Transfer.objects.filter(appointment=row, there_at__isnull=False).exists()


@transaction.atomic
def booking_entered(*, appointment: Appointment, actor: Actor, now: datetime, seen: str = "") -> Transfer:
    """«Перенесено» of a booking made here: the clinic's program has it as it is here.

    `seen` is `stand_of` what the person saw. Raises AlreadyDone, BadInput for a cancelled one, Outdated for a moved one.
    """
    row = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
    if row.ext_id:
        raise AlreadyDone("Эту запись программа клиники уже знает.")
    if row.status in Transfer.GIVEN_UP:
        raise BadInput("Эту запись тем временем отменили: переносить нечего.")
    if Transfer.objects.filter(appointment=row).exists():
        raise AlreadyDone("Это уже отметили.")
    _as_seen(row, seen)
    there = place_of(row)
    made = Transfer.objects.create(
        clinic_id=row.clinic_id,
        appointment=row,
        there_at=there[0],
        there_doctor_id=there[1],
        made_at=row.booked_at or now,
        done_at=now,
        done_by_id=actor.user_id,
    )
    audit.record("booking.transfer.done", made, actor=actor, now=now, patient_id=row.patient_id)
    return made


@transaction.atomic
def transfer_done(*, transfer: Transfer, actor: Actor, now: datetime, seen: str = "") -> Transfer:
    """«Перенесено»: the clinic's program has it as it is here. Raises AlreadyDone, and Outdated as `booking_entered`."""
    row = _locked(transfer)
    if row.done_at is not None:
        raise AlreadyDone("Это уже отметили.")
    _as_seen(row.appointment, seen)
    row.before_at, row.before_doctor_id = row.there_at, row.there_doctor_id
    row.there_at, row.there_doctor_id = place_of(row.appointment)
    row.done_at, row.done_by_id = now, actor.user_id
    row.save()
    audit.record("booking.transfer.done", row, actor=actor, now=now, patient_id=row.appointment.patient_id)
    return row


@transaction.atomic
def transfer_undone(*, transfer: Transfer, actor: Actor, now: datetime) -> Transfer:
    """«Вернуть»: it was marked by mistake. Raises BadInput when nobody marked it or the visit changed since.

    The mark of a booking made here is gone: the program has never had it.
    """
    row = _locked(transfer)
    if row.done_at is None:
        raise AlreadyDone("Эта запись и так в списке.")
    if row.done_by_id is None or (row.there_at, row.there_doctor_id) != place_of(row.appointment):
        raise BadInput("Запись с тех пор изменилась: возвращать нечего.")
    if row.is_of_new_booking:
        if row.appointment.ext_id:
            raise BadInput("Эту запись программа клиники уже знает: возвращать нечего.")
        audit.record("booking.transfer.undone", row, actor=actor, now=now, patient_id=row.appointment.patient_id)
        row.delete()
        return row
    row.there_at, row.there_doctor_id, row.done_at, row.done_by = row.before_at, row.before_doctor_id, None, None
    row.save()
    audit.record("booking.transfer.undone", row, actor=actor, now=now, patient_id=row.appointment.patient_id)
    return row


def _locked(transfer: Transfer) -> Transfer:
    row = Transfer.objects.select_for_update(of=("self",)).select_related("appointment").filter(pk=transfer.pk).first()
    if row is None:
        raise AlreadyDone("Эта запись и так в списке.")
    return row


def _as_seen(row: Appointment, seen: str) -> None:
    if seen and seen != stand_of(row):
        raise Outdated("Запись тем временем изменилась. Посмотрите, как она стоит теперь.")
