"""Where a monthly line goes by itself: a damped trend of the last year with a range that widens with time."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np

from zabota.analytics.rules.intervals import Z95
from zabota.analytics.rules.series import SeriesPoint

#: Points from which the trend is taken, and fewest of them.
PAST: Final = 12
LEAST: Final = 5
#: What is left of a month's trend in the next month: trends do not go on for ever.
DAMPING: Final = 0.9
MONTH_DAYS: Final = 30.44
#: Share by which a figure of overlapping windows may wander in a month beyond its trend, at least.
WANDER: Final = 0.004


@dataclasses.dataclass(frozen=True)
class Outlook:
    """The expected value of a day and its 95 % range, fractions."""

    on: date
    value: float
    low: float
    high: float


def outlook_of(points: Sequence[SeriesPoint], days: Sequence[date]) -> tuple[Outlook, ...]:
    """Expected values of days after the last point; nothing when the line is too short."""
    used = list(points)[-PAST:]
    if len(used) < LEAST:
        return ()
    last = used[-1]
    months = np.array([(each.on - last.on).days / MONTH_DAYS for each in used])
    values = np.array([each.value for each in used])
    errors = np.array([max((each.high - each.low) / (2 * Z95), 1e-4) for each in used])
    weight = 1 / errors**2
    middle = float((weight * months).sum() / weight.sum())
    around = float((weight * (months - middle) ** 2).sum())
    slope = (
        float((weight * (months - middle) * (values - (weight * values).sum() / weight.sum())).sum() / around)
        if around
        else 0.0
    )
    left = values - (values[-1] + slope * months)
    spread = float(np.std(left, ddof=1)) if len(left) > 2 else 0.0
    slope_error = max(spread, float(errors.mean())) / float(np.sqrt(((months - months.mean()) ** 2).sum()))
    found = []
    for day in days:
        ahead = (day - last.on).days / MONTH_DAYS
        if ahead <= 0:
            continue
        travelled = (1 - DAMPING**ahead) / (1 - DAMPING)
        value = last.value + slope * travelled
        error = np.sqrt(errors[-1] ** 2 + (slope_error * travelled) ** 2 + max(spread, WANDER) ** 2 * ahead)
        low, high = value - Z95 * float(error), value + Z95 * float(error)
        found.append(Outlook(day, *(min(max(each, 0.0), 1.0) for each in (value, low, high))))
    return tuple(found)
