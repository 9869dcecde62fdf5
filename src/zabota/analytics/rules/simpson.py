"""Simpson's alarm: a comparison that points one way in total and the other way among people alike must say so."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from zabota.analytics.rules.ground import Codes, Dimension
from zabota.analytics.rules.intervals import Bools, Floats, Ints

#: Fewest people of each side in a stratum that counts.
MIN_SIDE: Final = 10
#: How many standard errors both differences must be away from nothing.
SURE: Final = 2.0


@dataclasses.dataclass(frozen=True)
class Flip:
    """The total difference and the one among alike, both second less first; fractions, or units of what is averaged."""

    total: float
    within: float
    #: Strata compared and how many of them point against the total.
    strata: int
    against: int


@dataclasses.dataclass(frozen=True)
class Alarm:
    """A flip and the dimension whose strata show it."""

    dimension: str
    flip: Flip


def flip_of(first: tuple[Floats, Floats], second: tuple[Floats, Floats]) -> Flip | None:
    """Compare two groups given as (people, returns) by stratum; None when both differences point the same way.

    The difference among alike is weighted as Mantel and Haenszel do; both must be more than chance.
    """
    (n1, k1), (n2, k2) = first, second
    total, total_se = _difference(n1.sum(), k1.sum(), n2.sum(), k2.sum())
    keep = np.minimum(n1, n2) >= MIN_SIDE
    if keep.sum() < 2 or abs(total) <= SURE * total_se:
        return None
    n1, k1, n2, k2 = (each[keep] for each in (n1, k1, n2, k2))
    smooth1, smooth2 = (k1 + 0.5) / (n1 + 1), (k2 + 0.5) / (n2 + 1)
    variance = smooth1 * (1 - smooth1) / n1 + smooth2 * (1 - smooth2) / n2
    return _turned(total, k2 / n2 - k1 / n1, n1, n2, variance)


def flip_of_shares(first: Mapping[str, tuple[int, int]], second: Mapping[str, tuple[int, int]]) -> Flip | None:
    """The same of two groups whose strata are named: name → (people, returns)."""
    names = sorted({*first, *second})
    tables = [
        np.array([each.get(name, (0, 0)) for name in names], np.float64).reshape(-1, 2) for each in (first, second)
    ]
    return flip_of((tables[0][:, 0], tables[0][:, 1]), (tables[1][:, 0], tables[1][:, 1]))


def flip_of_means(first: tuple[Floats, Floats, Floats], second: tuple[Floats, Floats, Floats]) -> Flip | None:
    """The same of averages; groups are (people, sum, sum of squares) by stratum."""
    whole = [tuple(float(each.sum()) for each in group) for group in (first, second)]
    if min(whole[0][0], whole[1][0]) < MIN_SIDE:
        return None
    means = [each[1] / each[0] for each in whole]
    error = sum(max(each[2] / each[0] - mean**2, 0.0) / each[0] for each, mean in zip(whole, means, strict=True)) ** 0.5
    total = means[1] - means[0]
    keep = np.minimum(first[0], second[0]) >= MIN_SIDE
    if keep.sum() < 2 or abs(total) <= SURE * error:
        return None
    (n1, s1, q1), (n2, s2, q2) = (tuple(each[keep] for each in group) for group in (first, second))
    variance = np.maximum(q1 / n1 - (s1 / n1) ** 2, 0) / n1 + np.maximum(q2 / n2 - (s2 / n2) ** 2, 0) / n2
    return _turned(total, s2 / n2 - s1 / n1, n1, n2, variance)


def _turned(total: float, differences: Floats, n1: Floats, n2: Floats, variance: Floats) -> Flip | None:
    """The flip when the difference among alike is sure and points against the total."""
    weight = n1 * n2 / (n1 + n2)
    weight = weight / weight.sum()
    within = float(weight @ differences)
    error = float(np.sqrt((weight**2 * variance).sum()))
    if within * total >= 0 or abs(within) <= SURE * error:
        return None
    return Flip(total, within, len(differences), int((differences * total < 0).sum()))


def alarms_over(codes0: Codes, came0: Bools, codes1: Codes, came1: Bools, *, name: str, width: int) -> Alarm | None:
    """Two groups of people divided by one dimension; the unknown are left out."""

    def table(codes: Codes, came: Bools) -> tuple[Floats, Floats]:
        known = codes >= 0
        n = np.bincount(codes[known], minlength=width)
        k = np.bincount(codes[known], weights=came[known].astype(np.float64), minlength=width)
        return n.astype(np.float64), np.asarray(k, dtype=np.float64)

    flip = flip_of(table(codes0, came0), table(codes1, came1))
    return Alarm(name, flip) if flip else None


def alarms_of_periods(dimensions: Sequence[Dimension], came_before: Bools, came_now: Bools) -> list[Alarm]:
    """The change between two periods, rerun within the strata of every dimension."""
    found = [
        alarms_over(each.before, came_before, each.now, came_now, name=each.name, width=len(each.values))
        for each in dimensions
    ]
    return [each for each in found if each is not None]


def alarms_of_groups(member: Bools, came: Bools, strata: Sequence[tuple[str, Ints, int]]) -> list[Alarm]:
    """One group against all others at one time, rerun within each division (name, codes, number of codes)."""
    found = []
    for name, codes, width in strata:
        alarm = alarms_over(
            codes[~member].astype(np.int32), came[~member], codes[member].astype(np.int32), came[member],
            name=name, width=width,
        )  # fmt: skip
        if alarm is not None:
            found.append(alarm)
    return found


def _difference(n1: float, k1: float, n2: float, k2: float) -> tuple[float, float]:
    if not n1 or not n2:
        return 0.0, 1.0
    rate1, rate2 = float(k1 / n1), float(k2 / n2)
    return rate2 - rate1, float(np.sqrt(rate1 * (1 - rate1) / n1 + rate2 * (1 - rate2) / n2))
