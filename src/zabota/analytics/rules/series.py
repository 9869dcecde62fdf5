"""Retention at the end of each month, by the measure of the report: the line that is held against the goal path."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from typing import Any, Final

import polars as pl

from zabota.analytics.rules.columns import base_of, read_visits, without
from zabota.analytics.rules.gaps import find_gaps, mirrored
from zabota.analytics.rules.intervals import wilson
from zabota.analytics.rules.periods import Period

#: Months shown before the day of the report.
MONTHS: Final = 18
#: Days by which the data may begin after the first day of a base window.
SLACK_DAYS: Final = 7


@dataclasses.dataclass(frozen=True)
class SeriesPoint:
    """Retention of the base window that ends one window before `on`."""

    on: date
    value: float
    low: float
    high: float
    numerator: int
    denominator: int

    def to_json(self) -> dict[str, Any]:
        """One item of the series."""
        return {**dataclasses.asdict(self), "on": self.on.isoformat()}


def retention_series(frame: pl.DataFrame, *, as_of: date, days: int, months: int = MONTHS) -> tuple[SeriesPoint, ...]:
    """Points at the ends of past months and at `as_of`, oldest first, as far as the data reach."""
    done = frame.filter((pl.col("status") == "completed") & (pl.col("day") <= as_of))
    if not done.height:
        return ()
    visits = read_visits(done)
    gaps = find_gaps(visits, as_of)
    even = without(visits, mirrored(visits, gaps)) if gaps else visits
    points = []
    for end in _ends(as_of, months):
        period = Period(end=end, days=days)
        if period.base_from < visits.first_day - timedelta(days=SLACK_DAYS):
            continue
        base = base_of(even, period)
        total, back = len(base.came), int(base.came.sum())
        if not total:
            continue
        low, high = wilson(back, total)
        points.append(SeriesPoint(end, back / total, low, high, back, total))
    return tuple(points)


def _ends(as_of: date, months: int) -> list[date]:
    """Last days of the months before, then the day itself."""
    ends = [as_of]
    first = as_of.replace(day=1)
    for _ in range(months):
        last = first - timedelta(days=1)
        if last < as_of:
            ends.append(last)
        first = last.replace(day=1)
    return sorted(set(ends))
