"""Usual hours of a doctor as their past appointments show them, and free times within these hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

#: Nobody is booked outside these hours of the day, whatever an export says.
EARLIEST, LATEST = time(7, 0), time(22, 0)
#: A weekday counts as a working day when the doctor received people on it at least so often.
_ENOUGH = 2
STEP_MINUTES = 30


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open span of time."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: Span) -> bool:
        """True when both share an instant; spans that only touch do not."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


def usual_hours(past: Iterable[Span], zone: tzinfo) -> dict[int, tuple[time, time]]:
    """Weekday (0 is Monday) → from, to, in the zone of the branch. Days with one odd appointment do not count."""
    by_weekday: dict[int, list[tuple[time, time]]] = defaultdict(list)
    for span in past:
        begins, ends = span.starts_at.astimezone(zone), span.ends_at.astimezone(zone)
        if begins.date() == ends.date() and begins.time() >= EARLIEST and ends.time() <= LATEST:
            by_weekday[begins.weekday()].append((begins.time(), ends.time()))
    return {
        weekday: (min(begins for begins, _ in spans), max(ends for _, ends in spans))
        for weekday, spans in by_weekday.items()
        if len(spans) >= _ENOUGH
    }


def free_times(
    *,
    hours: dict[int, tuple[time, time]],
    busy: Sequence[Span],
    first_day: date,
    days: int,
    duration_minutes: int,
    zone: tzinfo,
    not_before: datetime,
    per_day: int = 4,
) -> list[datetime]:
    """Free beginnings in the usual hours, spread over the day so that morning and evening are both offered."""
    found: list[datetime] = []
    length = timedelta(minutes=duration_minutes)
    for offset in range(days):
        day = first_day + timedelta(days=offset)
        if day.weekday() not in hours:
            continue
        opens, closes = hours[day.weekday()]
        free = [
            start
            for start in _grid(day, opens, closes, length, zone)
            if start >= not_before and not any(Span(start, start + length).overlaps(each) for each in busy)
        ]
        found.extend(_spread(free, per_day))
    return found


def _grid(day: date, opens: time, closes: time, length: timedelta, zone: tzinfo) -> list[datetime]:
    minutes = (opens.hour * 60 + opens.minute + STEP_MINUTES - 1) // STEP_MINUTES * STEP_MINUTES
    begins = datetime.combine(day, time(0), zone) + timedelta(minutes=minutes)
    ends = datetime.combine(day, closes, zone)
    grid: list[datetime] = []
    while begins + length <= ends:
        grid.append(begins)
        begins += timedelta(minutes=STEP_MINUTES)
    return grid


def _spread(free: list[datetime], count: int) -> list[datetime]:
    if len(free) <= count:
        return free
    return [free[round(index * (len(free) - 1) / (count - 1))] for index in range(count)] if count > 1 else free[:1]
