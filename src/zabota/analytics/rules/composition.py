"""The change taken apart over several dimensions at once (Shapley), and what the rate would be with a dimension as it was.

Each dimension is switched from its earlier composition to the later one, the others following their own conditional
composition. Prices are switched too: who they hit stays, and comes back as before the change, moved only as the patients of
unchanged prices moved (the contrast by which causes are named). A dimension's effect is the average over all orders of
switching. Their sum and behaviour are the whole change, exactly.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from math import factorial
from typing import Final

import numpy as np

from zabota.analytics.rules.contrasts import Part, rate_contrast
from zabota.analytics.rules.dimensions import PRICE, PRICE_DOWN, PRICE_SAME, PRICE_UP
from zabota.analytics.rules.ground import Cell, Codes, Dimension
from zabota.analytics.rules.intervals import Bools, Floats, Ints
from zabota.analytics.rules.kitagawa import kitagawa

#: Values of a dimension that stand alone, those whose share moved the rate most; the rest are one value, or the cells would
#: hold nobody. The dimensions whose composition moved the rate most are told apart finer: how many they are.
ALONE: Final = (2, 1)
FINER: Final = 4
#: Most dimensions taken apart together, prices beside them.
MOST: Final = 9
#: Which are taken apart; of more than that, those whose own composition moved the rate most, this one only with room left.
LAST: Final = "sex"
ORDER: Final = (
    "channel", "tenure", "service_group", "service", "wait", "doctor", "branch", "age", "feedback", "corridor", "sex",
)  # fmt: skip
#: Places of a column beside which people are counted apart: a code of a price and a stratum.
_BANDS: Final = 4
#: Samples drawn for the intervals, and the seed that makes them the same each time.
DRAWS: Final = 120
SEED: Final = 20_17


@dataclasses.dataclass(frozen=True)
class Effect:
    """What one dimension did, points as fractions, with a 95 % interval: its change of composition; of prices, their change."""

    dimension: str
    effect: float
    low: float
    high: float


@dataclasses.dataclass(frozen=True)
class Composition:
    """Mix by dimension, prices and the other behaviour; together they are the change."""

    effects: tuple[Effect, ...]
    rate: float
    rate_low: float
    rate_high: float


def composition_of(
    dimensions: Sequence[Dimension], came_before: Bools, came_now: Bools, named: Sequence[Cell] = ()
) -> Composition | None:
    """Take the change apart over up to nine dimensions and prices; None without dimensions or patients.

    `named` are causes found in these dimensions: what prices did is judged among people alike in the others of them.
    """
    chosen = sorted(
        (each for each in dimensions if each.name in ORDER and "mix" in each.kinds),
        key=lambda each: ORDER.index(each.name),
    )
    names = {each.name for each in chosen}
    # A service and its group say the same: the group is enough.
    chosen = [each for each in chosen if not (each.name == "service" and "service_group" in names)]
    if not chosen or not len(came_before) or not len(came_now):
        return None
    moved = {each.name: abs(_own_mix(each, came_before, came_now)) for each in chosen}
    kept = sorted(moved, key=lambda name: (name == LAST, -moved[name]))[:MOST]
    chosen = [each for each in chosen if each.name in kept]
    columns = [_coarse(each, came_before, came_now, ALONE[each.name not in kept[:FINER]]) for each in chosen]
    priced = next((each for each in dimensions if each.name == PRICE), None)
    table = _Table(columns, came_before, came_now, _beside(priced, dimensions, named) if priced else None)
    effects, rate = table.taken_apart(table.counts)
    draws = np.array([[*part, behaviour] for part, behaviour in table.drawn()])
    low, high = np.percentile(draws, [2.5, 97.5], axis=0)
    players = [each.name for each in chosen] + [PRICE] * (priced is not None)
    return Composition(
        effects=tuple(
            Effect(name, effects[place], float(low[place]), float(high[place])) for place, name in enumerate(players)
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


def _coarse(dimension: Dimension, came_before: Bools, came_now: Bools, alone: int) -> tuple[Codes, Codes]:
    """Codes in which the values that moved the composition stand alone; the unknown are a value as well."""
    names = np.full(len(dimension.values) + 1, alone, np.int32)
    mix = _mixes(dimension, came_before, came_now)
    for code, value in enumerate(np.argsort(-np.abs(mix), kind="stable")[:alone].tolist()):
        names[value] = code
    names[-1] = alone + 1
    return names[dimension.before], names[dimension.now]


def _beside(priced: Dimension, dimensions: Sequence[Dimension], named: Sequence[Cell]) -> tuple[Codes, Codes]:
    """Of each person the stratum by the named causes, and in it 0 without a known price, 1 same, 2 dearer, 3 cheaper."""
    places = [PRICE_SAME, PRICE_UP, PRICE_DOWN]
    bands = np.array([*(places.index(value) + 1 for value in priced.values), 0], np.int32)
    result = []
    for time in ("before", "now"):
        stratum = np.zeros(len(getattr(priced, time)), np.int32)
        for cell in named:
            if cell.dimension != PRICE:
                stratum = stratum * 2 + np.isin(getattr(dimensions[cell.place], time), cell.codes)
        result.append(stratum * _BANDS + bands[getattr(priced, time)])
    return result[0], result[1]


class _Table:
    """People alike in all columns are one line; marginals of every subset of columns are prepared once.

    With prices a line is parted further by what is `beside`; parts of a line are switched together.
    """

    def __init__(
        self,
        columns: Sequence[tuple[Codes, Codes]],
        came_before: Bools,
        came_now: Bools,
        beside: tuple[Codes, Codes] | None = None,
    ) -> None:
        # A code below 0 is a value as well.
        width = max(int(column.max(initial=0)) for pair in columns for column in pair) + 2
        packed = np.zeros(len(came_before) + len(came_now), np.int64)
        for pair in columns:
            packed = packed * width + np.concatenate(pair) + 1
        keys, line = np.unique(packed, return_inverse=True)
        lines = [keys // width**place % width for place in range(len(columns))][::-1]
        later = np.append(np.zeros(len(came_before), bool), np.ones(len(came_now), bool))
        came = np.append(came_before, came_now)
        self.width, self.priced = len(columns), beside is not None
        self.lines = len(keys)
        part = line.reshape(-1)
        if beside is not None:
            extra = np.concatenate(beside).astype(np.int64)
            span = int(extra.max(initial=0)) + 1
            parts, part = np.unique(part * span + extra, return_inverse=True)
            part = part.reshape(-1)
            self.line, self.band = parts // span, parts % span % _BANDS
            self.stratum = np.unique(parts % span // _BANDS, return_inverse=True)[1].reshape(-1)
        else:
            self.line = np.arange(self.lines)
        self.size = len(self.line)
        #: Of each part: stayed away before, came before, stayed away now, came now.
        self.counts = tuple(
            np.bincount(part[mask], minlength=self.size).astype(np.float64)
            for mask in (~later & ~came, ~later & came, later & ~came, later & came)
        )
        #: By the bits of a subset of columns: the line's group of people alike in them.
        self._groups: list[Ints] = []
        for subset in range(1, 1 << self.width):
            key = np.zeros(self.lines, np.int64)
            for place in range(self.width):
                if subset >> place & 1:
                    key = key * width + lines[place]
            self._groups.append(np.unique(key, return_inverse=True)[1].reshape(-1))
        players = self.width + self.priced
        subsets = np.arange(1 << players)
        orders = np.array([factorial(n) * factorial(players - n - 1) / factorial(players) for n in range(players)])
        #: Of each player: the subsets without it, and the part of all orders in which it is switched after them.
        self._turns = [
            (without, orders[[subset.bit_count() for subset in without.tolist()]])
            for without in (subsets[subsets >> place & 1 == 0] for place in range(players))
        ]

    def taken_apart(self, counts: Sequence[Floats]) -> tuple[list[float], float]:
        """Effects of composition by column, then of prices if they changed; and of the other behaviour."""
        of_lines = [np.bincount(self.line, weights=each, minlength=self.lines) for each in counts]
        n0, n1 = of_lines[0] + of_lines[1], of_lines[2] + of_lines[3]
        with np.errstate(invalid="ignore", divide="ignore"):
            first, second = of_lines[1] / n0, of_lines[3] / n1
        rate0 = np.nan_to_num(np.where(n0 > 0, first, second))
        rate1 = np.nan_to_num(np.where(n1 > 0, second, first))
        p0, p1 = n0 / max(n0.sum(), 1.0), n1 / max(n1.sum(), 1.0)
        by_price = self._by_price(counts, p0 + p1)
        middle = (rate0 + rate1) / 2
        # Rates with prices as they were, and as they became.
        rates = np.stack([middle - by_price / 2, middle + by_price / 2], axis=1)
        values = np.empty((2, 1 << self.width))
        values[:, 0] = p0 @ rates
        for subset, group in enumerate(self._groups, start=1):
            before, after = np.bincount(group, weights=p0), np.bincount(group, weights=p1)
            ratio = np.divide(after, before, out=np.full(len(before), np.nan), where=before > 0)[group]
            values[:, subset] = np.where(np.isnan(ratio), p1, p0 * ratio) @ rates
        flat = values.reshape(-1)
        effects = [
            float(share @ (flat[without | 1 << place] - flat[without]))
            for place, (without, share) in enumerate(self._turns)
        ]
        return effects, float(((p0 + p1) / 2) @ (rate1 - rate0 - by_price))

    def _by_price(self, counts: Sequence[Floats], weight: Floats) -> Floats:
        """By line: by how much people whose service became dearer or cheaper moved beyond those of unchanged prices."""
        moved: Floats = np.zeros(self.lines)
        if not self.priced:
            return moved
        n0, n1 = counts[0] + counts[1], counts[2] + counts[3]
        totals = (float(n0.sum()), float(n1.sum()))
        strata = int(self.stratum.max()) + 1

        def part(band: int) -> Part:
            inside = self.band == band
            return Part(
                *(
                    np.bincount(self.stratum[inside], weights=each[inside], minlength=strata).astype(np.float64)
                    for each in (n0, counts[1], n1, counts[3])
                )
            )

        same = part(1)
        for band in (2, 3):
            cell = part(band)
            found = rate_contrast(cell, cell + same, totals)
            if found is None:
                continue
            excess = 2 * found.effect / (found.share_before + found.share_now)
            inside = self.band == band
            share = (n0 / totals[0] + n1 / totals[1])[inside]
            hit = np.bincount(self.line[inside], weights=share, minlength=self.lines)
            moved += excess * np.divide(hit, weight, out=np.zeros(self.lines), where=weight > 0)
        return moved

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
