"""How long people waited, by weeks or months: periods that can be compared, medians with their intervals."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class WaitSpan(StrEnum):
    """How long one point of a trend is."""

    WEEK = "week"
    MONTH = "month"


#: So many periods that are over stand in a trend: a quarter of weeks, a year of months.
OVER = {WaitSpan.WEEK: 13, WaitSpan.MONTH: 12}
#: With fewer waits a median has no interval of 95 %.
_FEWEST = 6


@dataclass(frozen=True, slots=True)
class Waits:
    """Waits of one group: how many, the one in the middle with its 95 % interval, and what nine of ten did not exceed."""

    count: int
    median: float
    most: float
    low: float | None = None
    high: float | None = None


def periods(span: WaitSpan, today: date) -> list[tuple[date, date]]:
    """First and last days, the oldest first; the last period is the one that goes on today."""
    first = today - timedelta(days=today.weekday()) if span is WaitSpan.WEEK else today.replace(day=1)
    starts = [first]
    for _ in range(OVER[span]):
        before = starts[-1] - timedelta(days=1)
        starts.append(before - timedelta(days=6) if span is WaitSpan.WEEK else before.replace(day=1))
    starts.reverse()
    following = first + timedelta(days=7) if span is WaitSpan.WEEK else (first + timedelta(days=31)).replace(day=1)
    return [(start, after - timedelta(days=1)) for start, after in zip(starts, [*starts[1:], following], strict=True)]


def waits_of(values: Iterable[float]) -> Waits | None:
    """Figures of one group; None when nobody waited there. The interval is that of the ranks, free of any shape."""
    ordered = sorted(values)
    count = len(ordered)
    if not count:
        return None
    low = high = None
    if count >= _FEWEST:
        reach = 0.98 * math.sqrt(count)
        low = ordered[max(0, round(count / 2 - reach) - 1)]
        high = ordered[min(count - 1, round(count / 2 + reach))]
    return Waits(count, statistics.median(ordered), ordered[(9 * count - 1) // 10], low, high)
