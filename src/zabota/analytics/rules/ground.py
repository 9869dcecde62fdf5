"""Base patients as patterns of codes: people alike in every dimension are one line, whatever their number."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from zabota.analytics.rules.contrasts import MIN_CELL, Part
from zabota.analytics.rules.intervals import Bools, Floats, Ints

Codes = npt.NDArray[np.int32]


@dataclasses.dataclass(frozen=True)
class Dimension:
    """One way to divide base patients. Codes index `values`; a code below 0 is unknown and never named."""

    name: str
    values: Sequence[str]
    before: Codes
    now: Codes
    #: Values that are not a cause by themselves («без изменений»).
    unnamed: frozenset[str] = frozenset()
    #: Kinds that make no sense for it are left out: the share of a price band is not a cause.
    kinds: tuple[str, ...] = ("rate", "mix")
    #: Wider cells made of several values, as «45 и старше».
    unions: tuple[tuple[str, tuple[int, ...]], ...] = ()
    #: Values whose share may be a cause when only some may: a growing inflow is one, those who stayed are its mirror.
    mix_values: frozenset[str] | None = None
    #: Mirrors what other causes did: named only when it is much surer.
    careful: bool = False


@dataclasses.dataclass(frozen=True)
class Cell:
    """A value of a dimension, or several values together."""

    place: int
    dimension: str
    value: str
    codes: tuple[int, ...]
    kinds: tuple[str, ...]
    careful: bool


@dataclasses.dataclass(frozen=True)
class Ground:
    """Base patients as patterns of codes with their numbers: people alike in every dimension are one line."""

    #: Codes by dimension and pattern; unknown is the last code.
    codes: tuple[Codes, ...]
    sizes: tuple[int, ...]
    n0: Floats
    k0: Floats
    n1: Floats
    k1: Floats
    cells: tuple[Cell, ...]

    @cached_property
    def totals(self) -> tuple[float, float]:
        return float(self.n0.sum()), float(self.n1.sum())

    @cached_property
    def change(self) -> float:
        before, now = self.totals
        return float(self.k1.sum()) / now - float(self.k0.sum()) / before

    def members(self, cell: Cell) -> Bools:
        chosen = np.zeros(self.sizes[cell.place] + 1, bool)
        chosen[list(cell.codes)] = True
        return chosen[self.codes[cell.place]]


def lay_ground(came_before: Floats, came_now: Floats, dimensions: Sequence[Dimension]) -> Ground:
    sizes = tuple(len(dimension.values) for dimension in dimensions)
    columns = []
    for dimension, size in zip(dimensions, sizes, strict=True):
        codes = np.concatenate([dimension.before, dimension.now])
        columns.append(np.where(codes < 0, size, codes).astype(np.int32))
    now = np.concatenate([np.zeros(len(came_before), bool), np.ones(len(came_now), bool)])
    came = np.concatenate([came_before, came_now])
    patterns, columns = _patterns(columns, sizes)
    count = int(patterns.max()) + 1

    def total(mask: Bools, weights: Floats | None = None) -> Floats:
        chosen = weights[mask] if weights is not None else None
        return np.bincount(patterns[mask], weights=chosen, minlength=count).astype(np.float64)

    return Ground(
        codes=tuple(columns),
        sizes=sizes,
        n0=total(~now),
        k0=total(~now, came),
        n1=total(now),
        k1=total(now, came),
        cells=tuple(_cells(dimensions)),
    )


def _patterns(columns: list[Codes], sizes: Sequence[int]) -> tuple[Ints, list[Codes]]:
    """Number the distinct lines of codes; gives the number of each line and the codes of each number."""
    numbers = np.zeros(len(columns[0]), np.int64)
    span = 1
    for column, size in zip(columns, sizes, strict=True):
        if span > 2**62 // (size + 1):  # compress before the key would overflow
            numbers = np.unique(numbers, return_inverse=True)[1]
            span = int(numbers.max()) + 1
        numbers = numbers * (size + 1) + column
        span *= size + 1
    _, first, inverse = np.unique(numbers, return_index=True, return_inverse=True)
    return inverse, [column[first] for column in columns]


def _cells(dimensions: Sequence[Dimension]) -> list[Cell]:
    """Every value and union that enough patients have."""
    cells = []
    for place, dimension in enumerate(dimensions):
        single = [(value, (code,)) for code, value in enumerate(dimension.values) if value not in dimension.unnamed]
        known = np.concatenate([dimension.before, dimension.now])
        numbers = np.bincount(known[known >= 0], minlength=len(dimension.values))
        for value, codes in (*single, *dimension.unions):
            if numbers[list(codes)].sum() >= MIN_CELL:
                mixes = dimension.mix_values is None or value in dimension.mix_values
                kinds = tuple(kind for kind in dimension.kinds if kind == "rate" or mixes)
                cells.append(Cell(place, dimension.name, value, tuple(codes), kinds, dimension.careful))
    return cells


def strata_of(ground: Ground, named: Sequence[Cell]) -> Ints:
    strata = np.zeros(len(ground.n0), np.int64)
    for cell in dict.fromkeys(named):
        strata = strata * 2 + ground.members(cell)
    return np.unique(strata, return_inverse=True)[1]


class Tables:
    """Counts of every code of every dimension by stratum, made once per set of strata."""

    def __init__(self, ground: Ground, strata: Ints) -> None:
        self._ground, self._strata = ground, strata
        self._number = int(strata.max()) + 1
        self._made: dict[int, tuple[Floats, ...]] = {}

    def parts(self, cell: Cell) -> tuple[Part, Part]:
        """The cell, and everybody whose value is known."""
        tables = self._made.get(cell.place)
        if tables is None:
            tables = self._made[cell.place] = self._make(cell.place)
        n0, k0, n1, k1 = tables
        chosen = list(cell.codes)
        inside = Part(*(each[:, chosen].sum(axis=1) for each in (n0, k0, n1, k1)))
        known = Part(*(each[:, :-1].sum(axis=1) for each in (n0, k0, n1, k1)))
        return inside, known

    def _make(self, place: int) -> tuple[Floats, ...]:
        width = self._ground.sizes[place] + 1
        keys = self._strata * width + self._ground.codes[place]

        def table(weights: Floats) -> Floats:
            counts = np.bincount(keys, weights=weights, minlength=self._number * width)
            return np.asarray(counts, dtype=np.float64).reshape((self._number, width))

        ground = self._ground
        return tuple(table(weights) for weights in (ground.n0, ground.k0, ground.n1, ground.k1))
