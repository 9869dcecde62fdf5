"""A time that fell free is noted and, when somebody waits for such a time, kept for them at once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from zabota.booking.facts import SlotFreed
from zabota.booking.models import Appointment, FreedSlot, Hold, Occupation
from zabota.booking.queries.matching import suiting
from zabota.booking.queries.needs import Need
from zabota.booking.rules.matching import FIRST_DELAY, LAST_OFFER
from zabota.booking.services import seats
from zabota.kernel import facts

#: A shorter rest is no visit.
_WORTH_MINUTES = 15


def note_freed(was: Appointment, *, cause: str, only_wanted: bool = False, now: datetime) -> FreedSlot | None:
    """Keep that the time of `was` is free; hold it when it suits somebody who waits.

    `only_wanted`: a time that suits nobody is not noted at all. Callers hold the transaction.
    """
    if was.doctor is None or was.branch is None or was.duration_minutes < _WORTH_MINUTES:
        return None
    if was.starts_at <= now + LAST_OFFER:
        return None
    seat = seats.resource_of(was.doctor)
    seats.lock_resources([seat.pk])
    span = seats.span_of(was.starts_at, was.duration_minutes, Need())
    ends_at = was.starts_at + timedelta(minutes=was.duration_minutes)
    seats.free_expired([seat.pk], now=now)
    if seats.taken([seat.pk], span) or seats.overlapping(was.starts_at, ends_at, doctor_id=was.doctor.pk):
        return None  # moved by a little, or another stands there too
    freed = FreedSlot(
        clinic_id=was.clinic_id,
        doctor=was.doctor,
        branch=was.branch,
        starts_at=was.starts_at,
        duration_minutes=was.duration_minutes,
        freed_at=now,
        cause=cause,
        appointment_id=was.pk,
    )
    if suiting(freed, now=now):
        freed.hold = Hold.objects.create(
            clinic_id=was.clinic_id,
            why=Hold.Why.OFFER,
            doctor=was.doctor,
            branch=was.branch,
            starts_at=was.starts_at,
            duration_minutes=was.duration_minutes,
            created_at=now,
            expires_at=was.starts_at - LAST_OFFER,
        )
        seats.take([seat.pk], span, hold=freed.hold)
        freed.next_wave_at = now + FIRST_DELAY
    elif only_wanted:
        return None
    else:
        freed.state, freed.closed_at = FreedSlot.State.UNWANTED, now
    freed.save()
    facts.publish(SlotFreed(clinic_id=was.clinic_id, freed_id=freed.pk), now=now)
    return freed


def forget_delayed(resource_ids: Collection[int], span: tuple[int, int], *, now: datetime) -> None:
    """The desk takes a time that nobody was told about yet: it was a move after all."""
    holds = list(
        Occupation.objects.filter(
            resource_id__in=resource_ids,
            begins_minute__lt=span[1],
            ends_minute__gt=span[0],
            hold__why=Hold.Why.OFFER,
        ).values_list("hold_id", flat=True)
    )
    if not holds:
        return
    delayed = FreedSlot.objects.select_for_update(of=("self",)).filter(hold_id__in=holds, state=FreedSlot.State.DELAYED)
    found = {row.pk: row.hold_id for row in delayed}
    if found:
        FreedSlot.objects.filter(pk__in=found).update(
            state=FreedSlot.State.TAKEN, closed_at=now, next_wave_at=None, hold=None
        )
        Hold.objects.filter(pk__in=[pk for pk in found.values() if pk is not None]).delete()
