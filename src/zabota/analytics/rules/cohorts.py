"""Cohorts by the month of the first visit, honest about the young ones; the curve of the first return."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np

from zabota.analytics.rules.columns import Visits, first_days, ordinal, visit_days
from zabota.analytics.rules.intervals import Bools, Ints, wilson
from zabota.analytics.rules.report import Cohort, CohortCell, ReturnCurve
from zabota.analytics.rules.retention import second_days
from zabota.analytics.rules.survival import Curve, kaplan_meier

#: Days within which a first-timer is watched.
HORIZON: Final = 180
#: Months drawn in the map.
SHOWN_MONTHS: Final = 18
SHOWN_CELLS: Final = 12
#: First months of the data in which "new" people may be old ones.
TRUNCATED_DAYS: Final = 180


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def cohorts_of(visits: Visits, as_of: date) -> tuple[tuple[Cohort, ...], ReturnCurve | None]:
    """Cohorts of the last months with their returns; immature ones are projected by the curve of all, and say so."""
    first, second = first_days(visits), second_days(visits)
    end = ordinal(as_of)
    watched = np.minimum(np.where(second > 0, second, end), end) - first
    returned = (second > 0) & (second <= end)
    known = (first <= end) & (first >= ordinal(visits.first_day) + TRUNCATED_DAYS)
    if known.sum() < 30:
        return (), None
    curve = kaplan_meier(np.maximum(watched[known], 1).astype(np.float64), returned[known])
    months = _months_of(first)
    last_month = _month(as_of)
    matrix = _cells(visits, months, last_month)
    cohorts = []
    for month in range(last_month - SHOWN_MONTHS + 1, last_month + 1):
        members = months == month
        size = int((members & (first <= end)).sum())
        if not size:
            continue
        cohorts.append(
            _cohort(month, members, size, first, second, end, curve, visits, matrix.get(month, {}), last_month)
        )
    return tuple(cohorts), _shown(curve)


def _cohort(
    month: int,
    members: Bools,
    size: int,
    first: Ints,
    second: Ints,
    end: int,
    curve: Curve,
    visits: Visits,
    seen: dict[int, int],
    last_month: int,
) -> Cohort:
    back = members & (second > 0) & (second <= np.minimum(first + HORIZON, end))
    number = int(back.sum())
    mature = int(first[members].max()) + HORIZON <= end
    low, high = wilson(number, size)
    value = number / size
    if not mature:
        value, low, high = _projected(first[members], second[members], end, curve, size)
    start = date(month // 12, month % 12 + 1, 1)
    cells = []
    for offset in range(1, SHOWN_CELLS + 1):
        if month + offset > last_month:
            break
        cells.append(CohortCell(offset, seen.get(offset, 0) / size, month + offset < last_month))
    return Cohort(
        month=f"{start.year}-{start.month:02d}",
        size=size,
        returned=number,
        value=value,
        low=low,
        high=high,
        mature=mature,
        truncated=ordinal(start) < ordinal(visits.first_day) + TRUNCATED_DAYS,
        horizon_days=HORIZON,
        cells=tuple(cells),
    )


def _projected(
    first: Ints,
    second: Ints,
    end: int,
    curve: Curve,
    size: int,
) -> tuple[float, float, float]:
    """Those who came back for certain, and for the others the chance that the curve of all leaves them."""
    back = (second > 0) & (second <= np.minimum(first + HORIZON, end))
    watched = np.minimum(end - first, HORIZON)[~back]
    horizon = curve.at(HORIZON)
    chances = np.array([1 - horizon / max(curve.at(float(days)), 1e-9) for days in watched])
    value = (float(back.sum()) + float(chances.clip(0, 1).sum())) / size
    low, high = wilson(value * size, size)
    return value, low, high


def _months_of(days: Ints) -> Ints:
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12


def _cells(visits: Visits, months: Ints, last_month: int) -> dict[int, dict[int, int]]:
    """Of each cohort how many people were seen in the k-th month after."""
    people, days = visit_days(visits)
    offset = _months_of(days) - months[people]
    near = (offset >= 1) & (offset <= SHOWN_CELLS)
    people, offset = people[near], offset[near]
    # Days are sorted within a person: a month counts once, at its first day.
    first = np.append(True, (people[1:] != people[:-1]) | (offset[1:] != offset[:-1])) if len(people) else near[:0]
    start = months[people[first]]
    low = int(start.min()) if len(start) else 0
    width = SHOWN_CELLS + 1
    counts = np.bincount((start - low) * width + offset[first])
    matrix: dict[int, dict[int, int]] = {}
    for key in np.flatnonzero(counts):
        month, k = low + int(key) // width, int(key) % width
        if month + k <= last_month:
            matrix.setdefault(month, {})[k] = int(counts[key])
    return matrix


def _shown(curve: Curve) -> ReturnCurve:
    days = (30, 60, 90, 120, 150, 180, 240, 300, 365)
    values: list[float] = []
    lows: list[float] = []
    highs: list[float] = []
    for day in days:
        low, high = curve.interval_at(day)
        values.append(1 - curve.at(day))
        lows.append(1 - high)
        highs.append(1 - low)
    return ReturnCurve(days, tuple(values), tuple(lows), tuple(highs))
