"""Exact accounting of a change of a rate: mix and behaviour per cell (Kitagawa 1955), many factors (Das Gupta 1993)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from math import factorial

import numpy as np

from zabota.analytics.rules.intervals import Floats


def kitagawa(size0: Floats, size1: Floats, rate0: Floats, rate1: Floats) -> tuple[Floats, Floats]:
    """Contributions (rate, mix) of each cell to the change of the overall rate; their sum is the change exactly.

    Sizes are any positive weights, rates fractions; a cell absent from a period may hold NaN there: its change is all mix.
    Mix is centred on the mean overall rate, which changes no total and blames a cell only for differing from the average.
    """
    weight0, weight1 = size0 / size0.sum(), size1 / size1.sum()
    first = np.where(np.isnan(rate0), rate1, rate0)
    second = np.where(np.isnan(rate1), rate0, rate1)
    first, second = np.nan_to_num(first), np.nan_to_num(second)
    middle = (float(weight0 @ first) + float(weight1 @ second)) / 2
    rate = (weight0 + weight1) / 2 * (second - first)
    mix = (weight1 - weight0) * ((first + second) / 2 - middle)
    return rate, mix


def shapley(value: Callable[[tuple[bool, ...]], float], factors: int) -> list[float]:
    """Effect of each factor averaged over all orders of switching it from the first period to the second.

    `value(switched)` is the rate when the factors marked True stand at the second period.
    """
    effects = [0.0] * factors
    for order in permutations(range(factors)):
        switched = [False] * factors
        before = value(tuple(switched))
        for factor in order:
            switched[factor] = True
            after = value(tuple(switched))
            effects[factor] += after - before
            before = after
    return [effect / factorial(factors) for effect in effects]
