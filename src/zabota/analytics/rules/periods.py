"""Which windows are compared: the newest, and the same windows a year earlier, so that the season is the same."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from typing import Final

#: A whole year, so that each window holds every season once.
FULL_DAYS: Final = 365
#: Between the two compared periods, days.
SHIFT_DAYS: Final = 365
#: Shorter windows than this say nothing about coming back.
MIN_DAYS: Final = 90
#: Windows without anything to compare them with may be this short.
LEAST_DAYS: Final = 60
#: Days by which the data may begin late and a full window still be used.
SLACK_DAYS: Final = 14


@dataclasses.dataclass(frozen=True)
class Period:
    """Base window (t-2w, t-w] and return window (t-w, t]."""

    end: date
    days: int

    @property
    def base_from(self) -> date:
        """First day of the base window."""
        return self.end - timedelta(days=2 * self.days - 1)

    @property
    def base_to(self) -> date:
        """Last day of the base window."""
        return self.end - timedelta(days=self.days)

    @property
    def return_from(self) -> date:
        """First day of the return window."""
        return self.base_to + timedelta(days=1)

    @property
    def return_to(self) -> date:
        """Last day of the return window."""
        return self.end


@dataclasses.dataclass(frozen=True)
class Comparison:
    """The present period and the one a year before."""

    now: Period
    before: Period
    #: Days of data before the base window of the earlier period: what is known of who was there already.
    lookback_days: int


def choose_periods(first_day: date, as_of: date) -> Comparison | None:
    """The longest equal windows, up to a year, that both lie in the data; None when the data are too short."""
    history = (as_of - first_day).days + 1
    days = (history - SHIFT_DAYS) // 2
    days = FULL_DAYS if days >= FULL_DAYS - SLACK_DAYS // 2 else days // 10 * 10
    if days < MIN_DAYS:
        return None
    now = Period(end=as_of, days=days)
    before = Period(end=as_of - timedelta(days=SHIFT_DAYS), days=days)
    return Comparison(now=now, before=before, lookback_days=max(0, (before.base_from - first_day).days))


def single_period(first_day: date, as_of: date) -> Period | None:
    """The longest window and base that lie in data too short for a comparison; None when they say nothing."""
    days = min(FULL_DAYS, ((as_of - first_day).days + 1) // 2)
    return Period(end=as_of, days=days) if days >= LEAST_DAYS else None
