"""What patients are worth in a year, and who has no next step."""

from __future__ import annotations

from datetime import date
from typing import Final, TypeAlias

import numpy as np
import polars as pl

from zabota.analytics.rules.columns import Base, Visits, ordinal
from zabota.analytics.rules.intervals import Ints
from zabota.analytics.rules.periods import Period
from zabota.analytics.rules.report import NextStep, StepGroup

#: Days that count as "our patients" in the question who has no next step.
KNOWN_DAYS: Final = 730
#: Bounds of days since the last visit within which the chance to come back is estimated.
RECENCY: Final = (0, 60, 120, 180, 270, 365, 545, 731)
Chances: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]
BOOKED: Final = ("planned", "confirmed", "arrived")


def yearly_value(visits: Visits, base: Base, period: Period) -> int:
    """Revenue of a year per patient who came back, kopecks: what they paid in the return window, scaled to 365 days."""
    came = np.zeros(visits.people, bool)
    came[base.person[base.came]] = True
    inside = (visits.day >= ordinal(period.return_from)) & (visits.day <= ordinal(period.return_to))
    revenue = int(visits.revenue[inside & came[visits.person]].sum())
    people = int(base.came.sum())
    return round(revenue / people * 365 / period.days) if people else 0


def value_of_a_visitor(visits: Visits, as_of: date) -> int:
    """The same without periods: revenue of the last year per patient seen in it, kopecks."""
    inside = visits.day > ordinal(as_of) - 365
    people = len(np.unique(visits.person[inside]))
    return round(int(visits.revenue[inside].sum()) / people) if people else 0


def next_step(
    visits: Visits, frame: pl.DataFrame, people: pl.Series, as_of: date, *, watched: date, value_kopecks: int
) -> NextStep:
    """Patients seen in the last two years without a future appointment; `watched` is the day up to which visits are told.

    Their worth: yearly value × the chance to come back within a year without a call, by days since the last visit, as it was
    a year ago; summed over them it is what a year brings if as many come back as then, and what is lost if they do not.
    """
    end = ordinal(as_of)
    last = _last_days(visits, end)
    known = last > end - KNOWN_DAYS
    future = frame.filter(pl.col("status").is_in(BOOKED) & (pl.col("day") > as_of))["person"].unique()
    index = np.searchsorted(people.to_numpy(), future.to_numpy())
    index = index[index < visits.people]
    booked = np.zeros(visits.people, bool)
    matched = people.to_numpy()[index] == future.to_numpy()[: len(index)]
    booked[index[matched]] = True
    without = known & ~booked
    chances = _chances(visits, ordinal(watched))
    bands = np.clip(np.searchsorted(RECENCY, end - last[without], side="right") - 1, 0, len(chances) - 1)
    return NextStep(
        known=int(known.sum()),
        booked=int((known & booked).sum()),
        without=int(without.sum()),
        value_kopecks=round(float(chances[bands].sum()) * value_kopecks) if without.any() else 0,
        has_future=bool(len(future)),
        groups=_groups(bands, chances, value_kopecks),
    )


def _groups(bands: Ints, chances: Chances, value_kopecks: int) -> tuple[StepGroup, ...]:
    """The same people by the time since their last visit."""
    counts = np.bincount(bands, minlength=len(chances)) if len(bands) else np.zeros(len(chances), np.int64)
    return tuple(
        StepGroup(
            RECENCY[place], RECENCY[place + 1] - 1, int(count), float(chance), round(count * chance * value_kopecks)
        )
        for place, (count, chance) in enumerate(zip(counts.tolist(), chances.tolist(), strict=True))
        if count
    )


def _last_days(visits: Visits, end: int) -> Ints:
    last = np.full(visits.people, -(10**6), np.int64)
    inside = visits.day <= end
    np.maximum.at(last, visits.person[inside], visits.day[inside])
    return last


def _chances(visits: Visits, end: int) -> Chances:
    """Share that came within the following year, by days since the last visit, watched from a year ago."""
    then = end - 365
    last = _last_days(visits, then)
    came = np.zeros(visits.people, bool)
    came[visits.person[(visits.day > then) & (visits.day <= end)]] = True
    chances = np.zeros(len(RECENCY) - 1)
    for place in range(len(chances)):
        members = (then - last >= RECENCY[place]) & (then - last < RECENCY[place + 1])
        if members.sum() >= 20:
            chances[place] = came[members].mean()
        elif place:
            chances[place] = chances[place - 1] * 0.7
        else:
            chances[place] = 0.5
    return chances
