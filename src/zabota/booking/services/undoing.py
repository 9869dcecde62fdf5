"""A time that was given up by mistake is taken back while nobody else has it or was asked to take it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from zabota.booking.facts import AppointmentBooked
from zabota.booking.models import Appointment
from zabota.booking.services import seats
from zabota.booking.services.freed import forget_delayed
from zabota.booking.services.seating import seating_of, sit_down
from zabota.booking.services.transfers import note_transfer
from zabota.booking.services.troubles import SlotTaken
from zabota.kernel import audit, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import BadInput
from zabota.patients.models import Patient


@transaction.atomic
def restore(*, appointment: Appointment, actor: Actor, now: datetime) -> Appointment:
    """The visit is on again at its old time; a second call changes nothing. Raises SlotTaken and BadInput."""
    row = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
    if row.status in Appointment.BOOKED:
        return row
    if row.status != Appointment.Status.CANCELLED_PATIENT or row.vanished_at is not None or row.branch is None:
        raise BadInput("Эту запись вернуть нельзя. Запишитесь заново.")
    if row.starts_at <= now:
        raise BadInput("Это время уже прошло.")
    seating = seating_of(row, row.branch, kind=row.kind)
    seats.lock_resources(seating.candidates)
    Patient.objects.select_for_update(of=("self",)).get(pk=row.patient_id)
    seats.free_expired(seating.candidates, now=now)
    forget_delayed(seating.candidates, seating.span, now=now)
    sit_down(row, seating)
    if seats.overlapping(row.starts_at, row.ends_at, but=row, patient_id=row.patient_id):
        raise SlotTaken("У вас уже есть другая запись на это время.", wanted=seating.wanted)
    row.status = Appointment.Status.PLANNED if row.confirmed_at is None else Appointment.Status.CONFIRMED
    row.cancelled_at, row.cancel_reason = None, ""
    row.save(update_fields=["status", "cancelled_at", "cancel_reason"])
    audit.record("booking.appointment.restored", row, actor=actor, now=now)
    note_transfer(row, was=(None, None), told_at=row.told_at, by_patient=True, now=now)
    facts.publish(
        AppointmentBooked(
            clinic_id=row.clinic_id,
            patient_id=row.patient_id,
            appointment_id=row.pk,
            starts_at=row.starts_at,
            since_at=now,
        ),
        now=now,
    )
    return row
