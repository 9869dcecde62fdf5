"""Other times for whoever lost one. Many may lose the times of one day at once, so they share a search."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from threading import Lock
from zoneinfo import ZoneInfo

from zabota.booking.queries.busy import busy_of_doctors
from zabota.booking.queries.search import Slot, find_slots
from zabota.booking.queries.wanted import Wanted
from zabota.booking.rules.cells import minute_of
from zabota.booking.rules.gaps import Busy
from zabota.clinic.models import Doctor

_DAY = timedelta(days=1)
_FAR = 7 * 1440
#: Another doctor is as far as this many minutes.
_OTHER_DOCTOR = 90
#: Alternatives nearer to each other than this are one.
_APART = timedelta(minutes=30)
#: A search is shared this long; what was booked meanwhile is taken out of it.
_SHARED_SECONDS = 2.0
_MOST_SHARED = 64
_shared: dict[tuple[object, ...], tuple[float, list[Slot]]] = {}
_lock = Lock()


def alternatives(wanted: Wanted, *, now: datetime, limit: int = 3) -> list[Slot]:
    """The same doctor nearby, the same hour with another, the next days."""
    day = wanted.starts_at.astimezone(ZoneInfo(wanted.branch.time_zone)).date()
    chosen: list[Slot] = []
    # Mostly the day itself has enough; the week after it is read only when it has not.
    for first, days in ((day, 1), (day + _DAY, 7)):
        for slot in sorted(_free(wanted, first, days, now), key=lambda each: _cost(each, wanted)):
            if all(
                slot.doctor.pk != seen.doctor.pk or abs(slot.starts_at - seen.starts_at) >= _APART for seen in chosen
            ):
                chosen.append(slot)
            if len(chosen) == limit:
                return chosen
    return chosen


def _cost(slot: Slot, wanted: Wanted) -> tuple[int, datetime]:
    """How far a time is from the one that was wanted."""
    away = abs(minute_of(slot.starts_at) - minute_of(wanted.starts_at))
    other = wanted.doctor is not None and slot.doctor.pk != wanted.doctor.pk
    return (min(away, _FAR) + (_OTHER_DOCTOR if other else 0), slot.starts_at)


def _free(wanted: Wanted, first: date, days: int, now: datetime) -> list[Slot]:
    """Free times of these days, found a moment ago for somebody else or now."""
    services = tuple(each.public_id for each in wanted.services)
    doctor = wanted.doctor.public_id if wanted.doctor is not None and not services else ""
    key = (wanted.branch.public_id, doctor, services, wanted.minutes, wanted.online, first, days, minute_of(now))
    began = time.monotonic()
    with _lock:
        since, found = _shared.get(key, (0.0, []))
    if found and began - since < _SHARED_SECONDS:
        return _still_free(found)
    by_day = find_slots(
        clinic_id=wanted.clinic_id,
        now=now,
        services=wanted.services,
        minutes=wanted.minutes,
        branch=wanted.branch,
        start_day=first,
        days=days,
        online=wanted.online,
        doctors=None if wanted.services or wanted.doctor is None else _alike(wanted.doctor),
    )
    found = [slot for slots in by_day.values() for slot in slots]
    with _lock:
        if len(_shared) >= _MOST_SHARED:
            _shared.clear()
        _shared[key] = (began, found)
    return found


def _still_free(slots: Sequence[Slot]) -> list[Slot]:
    """Those that nobody has booked since; a time that is only being held is refused when it is pressed."""
    begins = min(minute_of(each.starts_at) for each in slots)
    ends = max(minute_of(each.ends_at) for each in slots)
    taken = busy_of_doctors({each.doctor.pk for each in slots}, begins, ends)
    busy = {pk: Busy.of(spans) for pk, spans in taken.items()}
    return [
        each
        for each in slots
        if each.doctor.pk not in busy
        or busy[each.doctor.pk].is_free(minute_of(each.starts_at), minute_of(each.ends_at))
    ]


def _alike(doctor: Doctor) -> Iterable[Doctor]:
    """Without services nothing tells who could do it but the speciality."""
    if not doctor.speciality:
        return [doctor]
    return Doctor.objects.filter(clinic_id=doctor.clinic_id, is_active=True, speciality=doctor.speciality)
