"""When a visit is reminded of: the pure rule, with quiet hours of the patient and the wall time of the branch.

Each visit has at most four moments: at once when it is booked, two days before, the evening before, two hours before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo


class Moment(StrEnum):
    """Why a message goes out."""

    BOOKED = "booked"
    LONG = "long"
    EVENING = "evening"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of the day in which a service message may arrive; it never spans midnight."""

    opens: dt.time = dt.time(8)
    closes: dt.time = dt.time(21)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the clinic chose."""

    confirm_on: bool = True
    long_on: bool = True
    long_hours: int = 48
    evening_on: bool = True
    evening_at: dt.time = dt.time(19)
    short_on: bool = True
    short_hours: int = 2
    window: Window = Window()


@dataclass(frozen=True, slots=True)
class Planned:
    """One reminder: when it is due and until when it makes sense; `pushed` when quiet hours moved it to the evening."""

    moment: Moment
    due_at: dt.datetime
    expires_at: dt.datetime
    pushed: bool = False


#: So long before the closing hour a message is put that has to go earlier: the queue needs time to send it.
_BEFORE_CLOSING = dt.timedelta(minutes=30)
#: A reminder that would arrive later than this before the beginning is of no use.
_TOO_LATE = dt.timedelta(minutes=10)


def plan(
    *,
    starts_at: dt.datetime,
    booked_at: dt.datetime,
    zone: str,
    patient_zone: str = "",
    online: bool = False,
    terms: Terms,
) -> list[Planned]:
    """The reminders of a visit that was booked (or moved) at `booked_at`, in the order of time.

    Without the link nobody comes in to an `online` one: until its beginning a message is of use.
    `zone` is of the branch, in which the visit has its date; quiet hours are those of `patient_zone`.
    """
    home = ZoneInfo(patient_zone or zone)
    last = starts_at if online else starts_at - _TOO_LATE
    found: list[Planned] = []
    if terms.confirm_on:
        found.append(Planned(Moment.BOOKED, next_allowed(booked_at, home, terms.window), last))
    if terms.long_on:
        due = starts_at - dt.timedelta(hours=terms.long_hours)
        # Booked less than these hours ahead: the confirmation has just said it.
        if booked_at <= due:
            found.append(Planned(Moment.LONG, next_allowed(due, home, terms.window), last))
    evening_at = _evening_before(starts_at, ZoneInfo(zone), home, terms)
    has_evening = evening_at > booked_at
    if terms.evening_on and has_evening:
        found.append(Planned(Moment.EVENING, evening_at, last, pushed=_is_pushed(starts_at, home, terms)))
    elif terms.short_on and has_evening and _is_pushed(starts_at, home, terms):
        found.append(Planned(Moment.SHORT, evening_at, last, pushed=True))
    if terms.short_on and not _is_pushed(starts_at, home, terms):
        due = starts_at - dt.timedelta(hours=terms.short_hours)
        if due > booked_at:
            found.append(Planned(Moment.SHORT, due, last))
    return sorted((each for each in found if each.due_at < last), key=lambda each: each.due_at)


def is_allowed(instant: dt.datetime, zone: ZoneInfo, window: Window) -> bool:
    """True when a message may arrive at this instant."""
    return window.opens <= instant.astimezone(zone).time() < window.closes


def next_allowed(instant: dt.datetime, zone: ZoneInfo, window: Window) -> dt.datetime:
    """The instant itself, or the next opening of the window."""
    if is_allowed(instant, zone, window):
        return instant.astimezone(dt.UTC)
    local = instant.astimezone(zone)
    day = local.date() if local.time() < window.opens else local.date() + dt.timedelta(days=1)
    return _at(day, window.opens, zone)


def last_allowed(instant: dt.datetime, zone: ZoneInfo, window: Window) -> dt.datetime:
    """The instant itself, or a moment shortly before the window closed."""
    if is_allowed(instant, zone, window):
        return instant.astimezone(dt.UTC)
    local = instant.astimezone(zone)
    day = local.date() if local.time() >= window.closes else local.date() - dt.timedelta(days=1)
    return _at(day, window.closes, zone) - _BEFORE_CLOSING


def together(pairs: Sequence[tuple[int, str]]) -> dict[int, int]:
    """Who speaks for whom: ids with an equal key (address, day, moment) follow the first of them."""
    first: dict[str, int] = {}
    return {reminder_id: first.setdefault(key, reminder_id) for reminder_id, key in pairs}


def _is_pushed(starts_at: dt.datetime, home: ZoneInfo, terms: Terms) -> bool:
    """Two hours before would be in quiet hours: it is said the evening before."""
    due = starts_at - dt.timedelta(hours=terms.short_hours)
    return terms.short_on and not is_allowed(due, home, terms.window)


def _evening_before(starts_at: dt.datetime, zone: ZoneInfo, home: ZoneInfo, terms: Terms) -> dt.datetime:
    day = starts_at.astimezone(zone).date() - dt.timedelta(days=1)
    return last_allowed(_at(day, terms.evening_at, zone), home, terms.window)


def _at(day: dt.date, time: dt.time, zone: ZoneInfo) -> dt.datetime:
    """Wall time as an instant; a time that a change of clocks skips becomes the next that exists."""
    return dt.datetime.combine(day, time, zone).astimezone(dt.UTC)
