"""When a resource works on a day: hours of the weekday, less breaks and days off, plus extra hours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache

DAY_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class Hours:
    """Work or a break on a weekday, minutes after midnight; an end beyond 1440 is on the next day."""

    branch_id: int
    weekday: int
    begins: int
    ends: int
    is_break: bool = False
    since_on: date | None = None
    until_on: date | None = None

    def holds_on(self, day: date) -> bool:
        """True when the row counts on this day."""
        return (
            self.weekday == day.weekday()
            and (self.since_on is None or self.since_on <= day)
            and (self.until_on is None or day <= self.until_on)
        )


@dataclass(frozen=True, slots=True)
class Special:
    """Days that differ: off (whole or in part) or extra hours. `resource_id` and `branch_id` empty: everybody's."""

    first_on: date
    last_on: date
    is_extra: bool = False
    resource_id: int | None = None
    branch_id: int | None = None
    begins: int | None = None
    ends: int | None = None
    note: str = ""

    def concerns(self, resource_id: int, branch_id: int | None, day: date) -> bool:
        """True when it counts for the resource in the branch on the day."""
        return (
            self.first_on <= day <= self.last_on
            and self.resource_id in (None, resource_id)
            and (self.branch_id is None or self.branch_id == branch_id)
        )


@dataclass(frozen=True, slots=True)
class Window:
    """A span of work, minutes since the epoch."""

    branch_id: int
    begins: int
    ends: int


@lru_cache(maxsize=8192)
def epoch_minute(day: date, minute: int, zone: tzinfo) -> int:
    """The instant of a wall clock; a time that a clock change skips is the same time after it."""
    day = day + timedelta(days=minute // DAY_MINUTES)
    minute %= DAY_MINUTES
    return int(datetime.combine(day, time(minute // 60, minute % 60), zone).timestamp()) // 60


def windows(
    day: date, *, resource_id: int, hours: Iterable[Hours], specials: Sequence[Special], zones: Mapping[int, tzinfo]
) -> list[Window]:
    """Spans of work that begin on `day` (in the zone of each branch), in order."""
    found: list[Window] = []
    of_day = [row for row in hours if row.holds_on(day)]
    for branch_id in sorted({row.branch_id for row in of_day}):
        mine = [row for row in specials if not row.is_extra and row.concerns(resource_id, branch_id, day)]
        if any(row.begins is None for row in mine):
            continue
        away = [(row.begins or 0, row.ends or 0) for row in mine]
        away += [(row.begins, row.ends) for row in of_day if row.is_break and row.branch_id == branch_id]
        for row in of_day:
            if row.branch_id == branch_id and not row.is_break:
                found += _within(day, branch_id, less((row.begins, row.ends), away), zones[branch_id])
    for extra in specials:
        if extra.is_extra and extra.branch_id is not None and extra.concerns(resource_id, extra.branch_id, day):
            span = (extra.begins or 0, extra.ends or 0)
            found += _within(day, extra.branch_id, [span], zones[extra.branch_id])
    return _joined(found)


def less(span: tuple[int, int], away: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """What remains of a span when others are taken away."""
    rest, begins = [], span[0]
    for left, right in sorted(away):
        if right <= begins or left >= span[1]:
            continue
        if left > begins:
            rest.append((begins, left))
        begins = max(begins, right)
    if begins < span[1]:
        rest.append((begins, span[1]))
    return rest


def _within(day: date, branch_id: int, spans: Iterable[tuple[int, int]], zone: tzinfo) -> list[Window]:
    instants = ((epoch_minute(day, begins, zone), epoch_minute(day, ends, zone)) for begins, ends in spans)
    return [Window(branch_id, begins, ends) for begins, ends in instants if begins < ends]


def _joined(found: list[Window]) -> list[Window]:
    """In order, overlapping spans of one branch as one."""
    joined: list[Window] = []
    for each in sorted(found, key=lambda row: (row.begins, row.ends)):
        last = joined[-1] if joined else None
        if last is not None and last.branch_id == each.branch_id and each.begins <= last.ends:
            joined[-1] = Window(last.branch_id, last.begins, max(last.ends, each.ends))
        else:
            joined.append(each)
    return joined
