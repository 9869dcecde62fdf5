"""Whether a time that was given up could still be taken back: for the page, which only reads."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from zabota.booking.models import Appointment, FreedSlot, Occupation
from zabota.booking.rules.cells import minute_of


def is_still_free(row: Appointment, *, now: datetime) -> bool:
    """Nobody has the time, holds it or was asked to take it. A press may still find that somebody was quicker."""
    if row.branch_id is None or row.starts_at <= now:
        return False
    whose = Q(patient_id=row.patient_id)
    if row.doctor_id is not None:
        whose |= Q(doctor_id=row.doctor_id)
    around = Appointment.objects.filter(
        whose,
        status__in=Appointment.BOOKED,
        vanished_at=None,
        starts_at__lt=row.ends_at,
        starts_at__gt=row.starts_at - timedelta(days=1),
    ).exclude(pk=row.pk)
    if any(each.ends_at > row.starts_at for each in around):
        return False
    if row.doctor_id is None:
        return True
    begins = minute_of(row.starts_at)
    held = Occupation.objects.filter(
        resource__doctor_id=row.doctor_id,
        begins_minute__lt=begins + row.duration_minutes + row.buffer_after_minutes,
        ends_minute__gt=begins - row.buffer_before_minutes,
        hold__expires_at__gt=now,
    )
    # Held for those who wait, but nobody was told yet: it goes back to who gave it up.
    delayed = FreedSlot.objects.filter(clinic_id=row.clinic_id, state=FreedSlot.State.DELAYED).exclude(hold=None)
    return not held.exclude(hold__in=delayed.values("hold_id")).exists()
