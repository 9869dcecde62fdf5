"""Hours in which a message may arrive, by the wall clock of the patient, on days of 23, 24 and 25 hours."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

UTC = timezone.utc  # noqa: UP017 -- kept beside the zones of people


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo | None:
    """The zone of an IANA name, or None for a name that is none."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def first_zone(*names: str) -> ZoneInfo:
    """The first name that is a zone: the patient's, the branch's, the clinic's; Moscow when none is."""
    for name in names:
        zone = zone_of(name)
        if zone is not None:
            return zone
    return ZoneInfo("Europe/Moscow")


def is_open(at: datetime, zone: ZoneInfo, since: time, till: time) -> bool:
    """Whether the wall clock in `zone` shows a time within the window; `since` = `till` is the whole day."""
    wall = at.astimezone(zone).time().replace(tzinfo=None)
    if since == till:
        return True
    if since < till:
        return since <= wall < till
    return wall >= since or wall < till


@lru_cache(maxsize=4096)
def next_open(at: datetime, zone: ZoneInfo, since: time, till: time) -> datetime:
    """`at` itself within the window, else the next instant at which it opens, in UTC."""
    if is_open(at, zone, since, till):
        return at
    day = at.astimezone(zone).date()
    for offset in range(3):
        opening = instant(day + timedelta(days=offset), since, zone)
        if opening >= at:
            return opening
    return at + timedelta(days=1)


def latest_open(at: datetime, zone: ZoneInfo, since: time, till: time, *, margin: timedelta = timedelta(0)) -> datetime:
    """`at` itself within the window, else the last instant before it that was within, `margin` before closing."""
    if is_open(at, zone, since, till):
        return at
    day = at.astimezone(zone).date()
    for offset in range(3):
        closing = instant(day - timedelta(days=offset), till, zone) - max(margin, timedelta(minutes=1))
        if closing < at:
            return closing
    return at - timedelta(days=1)


def instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The instant of a wall clock's time: the first of two in autumn, the next that exists in spring."""
    local = datetime.combine(day, wall, tzinfo=zone)
    there = local.astimezone(UTC)
    if there.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        # The hour does not exist on this day: the clock jumped over it.
        before = local.replace(fold=0).utcoffset() or timedelta(0)
        after = local.replace(fold=1).utcoffset() or timedelta(0)
        gap = abs(before - after)
        return (local.replace(tzinfo=None) + gap).replace(tzinfo=zone).astimezone(UTC)
    return there


def day_bounds(at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Begin and end of the calendar day of `at` in `zone`, as instants."""
    day = at.astimezone(zone).date()
    return instant(day, time(0), zone), instant(day + timedelta(days=1), time(0), zone)
