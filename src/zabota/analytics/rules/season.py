"""What the season alone does between two periods: the same months a year earlier, taken off the change."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from zabota.analytics.rules.columns import Base, Visits, base_of
from zabota.analytics.rules.dimensions import dimensions_of
from zabota.analytics.rules.explain import Keep
from zabota.analytics.rules.intervals import Z95
from zabota.analytics.rules.periods import SLACK_DAYS, Comparison, Period
from zabota.analytics.rules.report import Measure
from zabota.analytics.rules.retention import paired_se, period_retention

YEAR: Final = 365
#: Days by which two periods may miss each other's calendar and still be the same season.
SAME_SEASON_DAYS: Final = 10


@dataclasses.dataclass(frozen=True)
class Season:
    """Either the periods are the same season, or what the same months did a year before and what is left of the change."""

    same: bool
    #: Points; None when the data do not reach back far enough.
    seasonal_pp: float | None = None
    low_pp: float | None = None
    high_pp: float | None = None
    left_pp: float | None = None
    left_low_pp: float | None = None
    left_high_pp: float | None = None


def season_of(
    visits: Visits, comparison: Comparison, before: Base, now: Base, retention: Measure, *, keep: Keep | None = None
) -> Season:
    """Compare the change with that between the same two periods one year earlier."""
    apart = (comparison.now.end - comparison.before.end).days
    if abs(apart - round(apart / YEAR) * YEAR) <= SAME_SEASON_DAYS:
        return Season(same=True)
    earlier = Comparison(_year_back(comparison.now), _year_back(comparison.before), 0)
    reach = visits.first_day - timedelta(days=SLACK_DAYS)
    if earlier.before.base_from < reach or retention.change_pp is None:
        return Season(same=False)
    first, second = kept_bases(visits, earlier, keep)
    measure = period_retention(earlier, first, second)
    if measure.change_pp is None or measure.low_pp is None or measure.high_pp is None:
        return Season(same=False)
    left = retention.change_pp - measure.change_pp
    error = 100 * (paired_se(before, now) ** 2 + paired_se(first, second) ** 2) ** 0.5
    return Season(
        same=False,
        seasonal_pp=measure.change_pp,
        low_pp=measure.low_pp,
        high_pp=measure.high_pp,
        left_pp=left,
        left_low_pp=left - Z95 * error,
        left_high_pp=left + Z95 * error,
    )


def kept_bases(visits: Visits, comparison: Comparison, keep: Keep | None) -> Sequence[Base]:
    """Base patients before and now, narrowed."""
    bases = [base_of(visits, comparison.before), base_of(visits, comparison.now)]
    if keep is None:
        return bases
    stay = keep(dimensions_of(visits, comparison, bases[0], bases[1]))
    return [Base(base.person[mask], base.line[mask], base.came[mask]) for base, mask in zip(bases, stay, strict=True)]


def _year_back(period: Period) -> Period:
    return Period(end=period.end - timedelta(days=YEAR), days=period.days)
