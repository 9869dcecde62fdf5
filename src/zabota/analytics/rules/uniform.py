"""Did everybody change alike? Tested on two scales: points, and log-odds, on which shares near 0 and 1 may move alike."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.special import chdtrc, logit

from zabota.analytics.rules.ground import Dimension
from zabota.analytics.rules.intervals import Bools, Floats, benjamini_hochberg

#: Fewest patients of a value in each period.
MIN_VALUE: Final = 30
#: False discovery rate over the dimensions.
LEVEL: Final = 0.02


@dataclasses.dataclass(frozen=True)
class Scale:
    """One scale: whether all values moved alike, and the least p of the dimensions."""

    uniform: bool
    p: float
    #: Dimensions whose values moved differently.
    uneven: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Uniformity:
    """Both scales and the common change of odds."""

    points: Scale
    log_odds: Scale
    odds_ratio: float


def uniformity_of(dimensions: Sequence[Dimension], came_before: Bools, came_now: Bools) -> Uniformity | None:
    """Test each dimension for values that moved differently; None without two dimensions' worth of patients."""
    tested: list[tuple[str, float, float]] = []
    for each in dimensions:
        found = _heterogeneity(each, came_before, came_now)
        if found is not None:
            tested.append((each.name, *found))
    if not tested:
        return None
    scales = []
    for measured in ([(p, name) for name, p, _ in tested], [(p, name) for name, _, p in tested]):
        values = [p for p, _ in measured]
        number = benjamini_hochberg(values, level=LEVEL)
        uneven = [name for _, name in sorted(measured)[:number]]
        scales.append(Scale(not uneven, min(values), tuple(uneven)))
    before, now = _smooth(came_before.sum(), len(came_before)), _smooth(came_now.sum(), len(came_now))
    return Uniformity(scales[0], scales[1], float(np.exp(logit(now) - logit(before))))


def _heterogeneity(dimension: Dimension, came_before: Bools, came_now: Bools) -> tuple[float, float] | None:
    """p of «all values moved alike» on points and on log-odds."""
    width = len(dimension.values)

    def table(codes: np.ndarray[tuple[int], np.dtype[np.int32]], came: Bools) -> tuple[Floats, Floats]:
        known = codes >= 0
        n = np.bincount(codes[known], minlength=width).astype(np.float64)
        k = np.bincount(codes[known], weights=came[known].astype(np.float64), minlength=width)
        return n, np.asarray(k, dtype=np.float64)

    (n0, k0), (n1, k1) = table(dimension.before, came_before), table(dimension.now, came_now)
    keep = np.minimum(n0, n1) >= MIN_VALUE
    if keep.sum() < 2:
        return None
    rate0, rate1 = (k0[keep] + 0.5) / (n0[keep] + 1), (k1[keep] + 0.5) / (n1[keep] + 1)
    spread0, spread1 = rate0 * (1 - rate0), rate1 * (1 - rate1)
    points = _test(rate1 - rate0, spread0 / n0[keep] + spread1 / n1[keep])
    odds = _test(logit(rate1) - logit(rate0), 1 / (spread0 * n0[keep]) + 1 / (spread1 * n1[keep]))
    return points, odds


def _test(change: Floats, variance: Floats) -> float:
    weight = 1 / variance
    mean = float((weight * change).sum() / weight.sum())
    return float(chdtrc(len(change) - 1, (weight * (change - mean) ** 2).sum()))


def _smooth(hits: float, number: int) -> float:
    return (float(hits) + 0.5) / (number + 1.0)
