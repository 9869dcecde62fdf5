"""Who of the waitlist a freed time suits, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from zabota.booking.models import FreedSlot, SlotOffer, WaitlistEntry
from zabota.booking.queries.chances import chances
from zabota.booking.queries.needs import chosen_doctors
from zabota.booking.rules.matching import Opening, Wish, why_not


def matches(freed: FreedSlot, *, now: datetime) -> list[tuple[WaitlistEntry, str | None]]:
    """Every waiting entry of the clinic with why the time does not suit it or cannot be had (None: it can), most urgent first.

    Somebody who has an open offer, or was offered this very time, is left out.
    """
    opening = Opening(
        doctor_id=freed.doctor_id,
        branch_id=freed.branch_id,
        starts_at=freed.starts_at,
        local=freed.starts_at.astimezone(ZoneInfo(freed.branch.time_zone)),
        minutes=freed.duration_minutes,
    )
    asked = set(SlotOffer.objects.filter(freed=freed).values_list("entry_id", flat=True)) if freed.pk else set()
    rows = (
        WaitlistEntry.objects.filter(clinic_id=freed.clinic_id, state=WaitlistEntry.State.WAITING)
        .exclude(patient_id=_former_owner(freed))
        .select_related("appointment", "patient")
        .prefetch_related("services", "doctors")
        .order_by("-priority", "created_at", "id")
    )
    waiting = [row for row in rows if row.pk not in asked]
    # Once for the list: this runs while the doctor's day is locked.
    able = chosen_doctors({service.pk for row in waiting for service in row.services.all()})
    found = [(row, why_not(wish_of(row, able), opening, now)) for row in waiting]
    suited = [row for row, refusal in found if refusal is None]
    possible = chances(freed, suited, now=now) if suited else {}
    return [(row, refusal or possible[row.pk].refusal) for row, refusal in found]


def suiting(freed: FreedSlot, *, now: datetime) -> Sequence[WaitlistEntry]:
    """Only those whom the time suits."""
    return [row for row, refusal in matches(freed, now=now) if refusal is None]


def wish_of(entry: WaitlistEntry, able: Mapping[int, frozenset[int]]) -> Wish:
    """An entry as the rules want it; `able` has the doctors chosen for each service, as `chosen_doctors` gives them."""
    chosen = [able[service.pk] for service in entry.services.all() if service.pk in able]
    later = entry.appointment
    return Wish(
        minutes=entry.minutes,
        service_doctor_ids=frozenset.intersection(*chosen) if chosen else None,
        doctor_ids={row.pk for row in entry.doctors.all()},
        branch_id=entry.branch_id,
        day_parts=entry.day_parts,
        weekdays=entry.weekdays,
        earliest_on=entry.earliest_on,
        latest_on=entry.latest_on,
        notice=timedelta(minutes=entry.notice_minutes),
        has_at=later.starts_at if later is not None and later.status in later.BOOKED else None,
    )


def _former_owner(freed: FreedSlot) -> int:
    return freed.appointment.patient_id if freed.appointment is not None else 0
