"""A visit in the clinic becomes one by video, or the other way round; its time and doctor stay."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from zabota.booking.facts import AppointmentMoved
from zabota.booking.models import Appointment
from zabota.booking.services import seats
from zabota.booking.services.seating import seating_of, sit_down
from zabota.booking.services.troubles import Outdated
from zabota.kernel import audit, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import BadInput


@transaction.atomic
def change_kind(
    *, appointment: Appointment, kind: str, expected_revision: int | None, actor: Actor, now: datetime
) -> Appointment:
    """By video or in the clinic; the same kind once more changes nothing. A visit in the clinic takes a room that is free.

    What was said of the visit no longer holds, so that its revision rises and the patient is told anew. Whether the
    services may be by video is the caller's to ask. Raises SlotTaken without a free room, Outdated and BadInput.
    """
    row = Appointment.objects.select_for_update(of=("self",)).select_related("doctor", "branch").get(pk=appointment.pk)
    if row.kind == kind:
        return row
    if expected_revision is not None and row.revision != expected_revision:
        raise Outdated
    if row.status not in (Appointment.Status.PLANNED, Appointment.Status.CONFIRMED) or row.vanished_at is not None:
        raise BadInput(f"У приёма «{row.get_status_display()}» уже не выбрать, по видео он или в клинике.")
    if row.starts_at <= now or row.branch is None:
        raise BadInput("Время этого приёма уже прошло.")
    seating = seating_of(row, row.branch, kind=kind)
    seats.lock_resources(seating.candidates | set(row.cells.values_list("resource_id", flat=True).distinct()))
    seats.free_expired(seating.candidates, now=now)
    seats.give_back(row)
    sit_down(row, seating)
    row.kind, row.revision = kind, row.revision + 1
    row.save(update_fields=["kind", "revision"])
    audit.record("booking.appointment.kind_changed", row, actor=actor, now=now, details={"kind": kind})
    facts.publish(
        AppointmentMoved(
            clinic_id=row.clinic_id,
            patient_id=row.patient_id,
            appointment_id=row.pk,
            revision=row.revision,
            was_at=row.starts_at,
            starts_at=row.starts_at,
        ),
        now=now,
    )
    return row
