"""Two groups compared: difference and relative lift, peeking allowed, prior visits taken out, a wrong split noticed."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Final

from scipy.special import chdtrc, ndtr, ndtri, stdtr, stdtrit

#: Splits less likely than this are a fault of the division, not chance: results are not shown.
SPLIT_LIMIT: Final = 0.001
LEVEL: Final = 0.05


@dataclasses.dataclass(frozen=True)
class Arm:
    """One group: how many, the sum and the sum of squares of what each did."""

    n: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        """Share or mean."""
        return self.total / self.n

    @property
    def variance(self) -> float:
        """Variance of one person."""
        return (self.squares - self.total**2 / self.n) / (self.n - 1)


@dataclasses.dataclass(frozen=True)
class Share(Arm):
    """A group of people who did or did not."""

    @property
    def variance(self) -> float:
        """Of a share."""
        return self.mean * (1 - self.mean)


def share(came: int, n: int) -> Share:
    """`came` of `n` people."""
    return Share(n, came, came)


@dataclasses.dataclass(frozen=True)
class Effect:
    """What B does more than A, with the 95 % interval."""

    value: float
    low: float
    high: float
    p: float


@dataclasses.dataclass(frozen=True)
class Belief:
    """The same for those who think in chances: that B is better, and what is lost by choosing wrongly."""

    value: float
    low: float
    high: float
    chance: float
    risk_of_b: float
    risk_of_a: float


def difference(a: Arm, b: Arm) -> Effect:
    """B − A by Welch's test."""
    return _tested(b.mean - a.mean, a.variance / a.n + b.variance / b.n, _welch(a, b))


def lift(a: Arm, b: Arm) -> Effect:
    """(B − A) / A by the delta method."""
    return _tested((b.mean - a.mean) / a.mean, _lift_variance(a, b), _welch(a, b))


def any_time(a: Arm, b: Arm, *, planned: int = 5000, relative: bool = True) -> Effect:
    """An interval that holds however often one looks (Waudby-Smith 2021), narrowest near `planned` people."""
    n = a.n + b.n
    value = (b.mean - a.mean) / (a.mean if relative else 1.0)
    variance = (_lift_variance(a, b) if relative else a.variance / a.n + b.variance / b.n) * n
    rho = math.sqrt((-2 * math.log(LEVEL) + math.log(-2 * math.log(LEVEL) + 1)) / planned)
    grown = n * rho**2 + 1
    half = math.sqrt(variance) * math.sqrt(2 * grown / (n * rho) ** 2 * math.log(math.sqrt(grown) / LEVEL))
    return Effect(value, value - half, value + half, math.nan)


def believed(a: Arm, b: Arm) -> Belief:
    """Relative lift as a normal belief without a prior."""
    mean, error = (b.mean - a.mean) / a.mean, math.sqrt(_lift_variance(a, b))
    half = float(ndtri(1 - LEVEL / 2)) * error
    chance = float(ndtr(mean / error))
    lost = mean * float(ndtr(-mean / error)) - error * math.exp(-0.5 * (mean / error) ** 2) / math.sqrt(2 * math.pi)
    return Belief(mean, mean - half, mean + half, chance, -lost, mean - lost)


def without_past(y: Sequence[float], x: Sequence[float], theta: float) -> list[float]:
    """CUPED: what each did less what their past foretells; `theta` of both groups together."""
    middle = sum(x) / len(x)
    return [each - theta * (past - middle) for each, past in zip(y, x, strict=True)]


def theta_of(y: Sequence[float], x: Sequence[float]) -> float:
    """Slope of what people do on what they did before; 0 where the past is the same for all."""
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    spread = sum((each - mean_x) ** 2 for each in x)
    both = sum((past - mean_x) * (each - mean_y) for past, each in zip(x, y, strict=True))
    return both / spread if spread else 0.0


def split_p(counts: Sequence[int], weights: Sequence[float]) -> tuple[float, float]:
    """Chi-square of a division against the intended one, and its p."""
    total, whole = sum(counts), sum(weights)
    expected = [total * each / whole for each in weights]
    statistic = sum((count - each) ** 2 / each for count, each in zip(counts, expected, strict=True))
    return statistic, float(chdtrc(len(counts) - 1, statistic))


def is_split_wrong(counts: Sequence[int], weights: Sequence[float]) -> bool:
    """True when the groups were not divided as intended: then their comparison proves nothing."""
    return split_p(counts, weights)[1] < SPLIT_LIMIT


def _lift_variance(a: Arm, b: Arm) -> float:
    return b.variance / (b.n * a.mean**2) + a.variance * b.mean**2 / (a.n * a.mean**4)


def _welch(a: Arm, b: Arm) -> float:
    first, second = a.variance / a.n, b.variance / b.n
    return (first + second) ** 2 / (first**2 / (a.n - 1) + second**2 / (b.n - 1))


def _tested(value: float, variance: float, freedom: float) -> Effect:
    error = math.sqrt(variance)
    half = float(stdtrit(freedom, 1 - LEVEL / 2)) * error
    return Effect(value, value - half, value + half, 2 * float(stdtr(freedom, -abs(value) / error)))
