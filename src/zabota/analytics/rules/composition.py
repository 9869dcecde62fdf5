"""Mix taken apart over several dimensions at once (Shapley), and what the rate would be with a dimension as it was.

Each dimension is switched from its earlier composition to the later one, the others following their own conditional
composition; a dimension's effect is the average over all orders of switching. The sum is the whole effect of mix, exactly.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import combinations
from math import factorial
from typing import Final

import numpy as np

from zabota.analytics.rules.ground import Codes, Dimension
from zabota.analytics.rules.intervals import Bools, Floats, Ints
from zabota.analytics.rules.kitagawa import kitagawa

#: Values of a dimension that stand alone, those whose share moved the rate most; the rest are one value, or the cells would
#: hold nobody.
ALONE: Final = 4
#: Most dimensions taken apart together.
MOST: Final = 4
#: Which are taken apart: of more than that, those whose own composition moved the rate most; of equal ones the first here.
ORDER: Final = (
    "channel", "tenure", "service_group", "service", "wait", "doctor", "branch", "age", "feedback", "corridor", "sex",
)  # fmt: skip
#: Samples drawn for the intervals, and the seed that makes them the same each time.
DRAWS: Final = 120
SEED: Final = 20_17


@dataclasses.dataclass(frozen=True)
class Effect:
    """What one dimension's change of composition did, points as fractions, with a 95 % interval."""

    dimension: str
    effect: float
    low: float
    high: float


@dataclasses.dataclass(frozen=True)
class Composition:
    """Mix by dimension and behaviour; together they are the change."""

    effects: tuple[Effect, ...]
    rate: float
    rate_low: float
    rate_high: float


def composition_of(dimensions: Sequence[Dimension], came_before: Bools, came_now: Bools) -> Composition | None:
    """Take the change apart over up to four dimensions; None without dimensions or patients."""
    chosen = sorted(
        (each for each in dimensions if each.name in ORDER and "mix" in each.kinds),
        key=lambda each: ORDER.index(each.name),
    )
    names = {each.name for each in chosen}
    # A service and its group say the same: the group is enough.
    chosen = [each for each in chosen if not (each.name == "service" and "service_group" in names)]
    if not chosen or not len(came_before) or not len(came_now):
        return None
    if len(chosen) > MOST:
        moved = {each.name: -abs(_own_mix(each, came_before, came_now)) for each in chosen}
        kept = {each.name for each in sorted(chosen, key=lambda each: moved[each.name])[:MOST]}
        chosen = [each for each in chosen if each.name in kept]
    columns = [_coarse(each, came_before, came_now) for each in chosen]
    table = _Table(columns, came_before, came_now)
    effects, rate = table.taken_apart(table.counts)
    draws = np.array([[*part, behaviour] for part, behaviour in table.drawn()])
    low, high = np.percentile(draws, [2.5, 97.5], axis=0)
    return Composition(
        effects=tuple(
            Effect(dimension.name, effects[place], float(low[place]), float(high[place]))
            for place, dimension in enumerate(chosen)
        ),
        rate=rate,
        rate_low=float(low[-1]),
        rate_high=float(high[-1]),
    )


def shapley_mix(columns: Sequence[Codes], came: Bools, later: Bools) -> tuple[list[float], float]:
    """Effect of each column's composition and of behaviour, for people of two periods in one list."""
    table = _Table([(column[~later], column[later]) for column in columns], came[~later], came[later])
    return table.taken_apart(table.counts)


def _counted(dimension: Dimension, codes: Codes, came: Bools) -> tuple[Floats, Floats]:
    """Patients and returns of each value; the unknown are left out."""
    known, width = codes >= 0, len(dimension.values)
    n = np.bincount(codes[known], minlength=width).astype(np.float64)
    k = np.bincount(codes[known], weights=came[known].astype(np.float64), minlength=width)
    return n, np.asarray(k, dtype=np.float64)


def _mixes(dimension: Dimension, came_before: Bools, came_now: Bools) -> Floats:
    """What the change of share of each value did; zeros where a period knows no value."""
    n0, k0 = _counted(dimension, dimension.before, came_before)
    n1, k1 = _counted(dimension, dimension.now, came_now)
    if not n0.sum() or not n1.sum():
        return np.zeros(len(dimension.values))
    with np.errstate(invalid="ignore", divide="ignore"):
        return kitagawa(n0, n1, k0 / n0, k1 / n1)[1]


def _own_mix(dimension: Dimension, came_before: Bools, came_now: Bools) -> float:
    return float(_mixes(dimension, came_before, came_now).sum())


def _coarse(dimension: Dimension, came_before: Bools, came_now: Bools) -> tuple[Codes, Codes]:
    """Codes in which the values that moved the composition stand alone; the unknown are a value as well."""
    names = np.full(len(dimension.values) + 1, ALONE, np.int32)
    mix = _mixes(dimension, came_before, came_now)
    for code, value in enumerate(np.argsort(-np.abs(mix), kind="stable")[:ALONE].tolist()):
        names[value] = code
    names[-1] = ALONE + 1
    return names[dimension.before], names[dimension.now]


class _Table:
    """People alike in all columns are one line; marginals of every subset of columns are prepared once."""

    def __init__(self, columns: Sequence[tuple[Codes, Codes]], came_before: Bools, came_now: Bools) -> None:
        stacked = np.stack([np.concatenate(pair) for pair in columns])
        lines, line = np.unique(stacked, axis=1, return_inverse=True)
        line = line.reshape(-1)
        later = np.append(np.zeros(len(came_before), bool), np.ones(len(came_now), bool))
        came = np.append(came_before, came_now)
        self.width = len(columns)
        self.size = lines.shape[1]
        #: Of each line: stayed away before, came before, stayed away now, came now.
        self.counts = tuple(
            np.bincount(line[mask], minlength=self.size).astype(np.float64)
            for mask in (~later & ~came, ~later & came, later & ~came, later & came)
        )
        self._groups: dict[tuple[int, ...], Ints] = {}
        for number in range(1, self.width + 1):
            for subset in combinations(range(self.width), number):
                self._groups[subset] = np.unique(lines[list(subset)], axis=1, return_inverse=True)[1].reshape(-1)

    def taken_apart(self, counts: Sequence[Floats]) -> tuple[list[float], float]:
        """Effects of composition by column, and of behaviour."""
        n0, n1 = counts[0] + counts[1], counts[2] + counts[3]
        with np.errstate(invalid="ignore", divide="ignore"):
            first, second = counts[1] / n0, counts[3] / n1
        rate0 = np.nan_to_num(np.where(n0 > 0, first, second))
        rate1 = np.nan_to_num(np.where(n1 > 0, second, first))
        p0, p1 = n0 / max(n0.sum(), 1.0), n1 / max(n1.sum(), 1.0)
        middle = (rate0 + rate1) / 2
        values: dict[tuple[int, ...], float] = {(): float(p0 @ middle)}
        for subset, group in self._groups.items():
            before, after = np.bincount(group, weights=p0), np.bincount(group, weights=p1)
            with np.errstate(invalid="ignore", divide="ignore"):
                weights = np.where(before[group] > 0, p0 * (after / before)[group], p1)
            values[subset] = float(np.nan_to_num(weights) @ middle)
        effects = [0.0] * self.width
        for place in range(self.width):
            others = [each for each in range(self.width) if each != place]
            for number in range(self.width):
                share = factorial(number) * factorial(self.width - number - 1) / factorial(self.width)
                for subset in combinations(others, number):
                    with_it = tuple(sorted((*subset, place)))
                    effects[place] += share * (values[with_it] - values[subset])
        return effects, float(((p0 + p1) / 2) @ (rate1 - rate0))

    def drawn(self) -> list[tuple[list[float], float]]:
        """The same of samples drawn from the two periods."""
        random = np.random.default_rng(SEED)
        before, now = np.concatenate(self.counts[:2]), np.concatenate(self.counts[2:])
        result = []
        for _ in range(DRAWS):
            first = random.multinomial(int(before.sum()), before / before.sum()).astype(np.float64)
            second = random.multinomial(int(now.sum()), now / now.sum()).astype(np.float64)
            parts = (first[: self.size], first[self.size :], second[: self.size], second[self.size :])
            result.append(self.taken_apart(parts))
        return result
