"""Names the causes of a change: the cell that differs most from the rest, then what still differs beside it, and so on.

Each candidate is judged among patients alike in all causes named before (strata), so companions of a cause — the services
its doctor performs, the branch where he works — have nothing left to explain. Whoever was named early is judged again
among the later ones, and given up when they explain him.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from zabota.analytics.rules.contrasts import (
    MIN_CELL,
    MIN_EFFECT,
    Contrast,
    Kind,
    Part,
    mix_contrast,
    rate_contrast,
    worth_naming,
)
from zabota.analytics.rules.intervals import Floats, benjamini_hochberg

#: False discovery rate of the first naming; later ones are held to the stricter family-wise rate.
LEVEL: Final = 0.02
#: A dimension that mirrors other causes is named only when it is this many times surer.
CAREFUL: Final = 100
#: Weight of a candidate that moved against the total: it is often only the part that the true cause spared.
AGAINST: Final = 0.6
#: Most causes that are named.
MOST: Final = 8
#: A candidate this close to the strongest may be preferred when it leaves less unexplained.
NEAR: Final = 0.75
#: How many of the strongest are compared by what they leave unexplained.
POOL: Final = 8
#: An effect below this part of the whole change is not spoken of.
LEAST_PART: Final = 0.05
#: Whose turn comes first when two cells are nearly the same patients: the more tangible reason.
TANGIBLE: Final = (
    "price",
    "doctor",
    "channel",
    "service",
    "service_group",
    "speciality",
    "branch",
    "age",
    "sex",
    "tenure",
)

Codes = npt.NDArray[np.int32]
Key = tuple[str, str, str]


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
class Driver:
    """A named cause and what it explained beside itself."""

    cell: Cell
    contrast: Contrast
    q: float
    companions: tuple[Key, ...]


@dataclasses.dataclass(frozen=True)
class Finding:
    """Causes, the strongest first, and the change that stays common to all."""

    drivers: tuple[Driver, ...]
    common_change: float
    tested: int


@dataclasses.dataclass(frozen=True)
class _Found:
    cell: Cell
    contrast: Contrast
    q: float

    @property
    def key(self) -> Key:
        return self.cell.dimension, self.cell.value, self.contrast.kind


@dataclasses.dataclass(frozen=True)
class _Ground:
    """Base patients as patterns of codes with their numbers: people alike in every dimension are one line."""

    #: Codes by dimension and pattern; unknown is the last code.
    codes: tuple[Codes, ...]
    sizes: tuple[int, ...]
    n0: Floats
    k0: Floats
    n1: Floats
    k1: Floats
    cells: tuple[Cell, ...]

    @property
    def totals(self) -> tuple[float, float]:
        return float(self.n0.sum()), float(self.n1.sum())

    @property
    def change(self) -> float:
        before, now = self.totals
        return float(self.k1.sum()) / now - float(self.k0.sum()) / before

    def members(self, cell: Cell) -> npt.NDArray[np.bool_]:
        return np.isin(self.codes[cell.place], cell.codes)


def find_drivers(
    came_before: Floats, came_now: Floats, dimensions: Sequence[Dimension], *, level: float = LEVEL
) -> Finding:
    """Name the causes of the change between two periods; `came_*` are 1 for base patients who came back, else 0."""
    if not len(came_before) or not len(came_now):
        return Finding((), 0.0, 0)
    if not dimensions:
        return Finding((), float(came_now.mean() - came_before.mean()), 0)
    ground = _ground(came_before, came_now, dimensions)
    chain = _name(ground, level=level, refused=frozenset())
    chain = _plainer(ground, chain, level=level)
    drivers = tuple(
        Driver(each.cell, each.contrast, each.q, tuple(chain.companions.get(each.key, ())))
        for each in sorted(chain.named, key=lambda each: -abs(each.contrast.effect))
    )
    explained = sum(driver.contrast.effect for driver in drivers)
    return Finding(drivers=drivers, common_change=ground.change - explained, tested=chain.tested)


@dataclasses.dataclass(frozen=True)
class _Chain:
    """Causes in the order in which they were named, and what each explained beside itself."""

    named: tuple[_Found, ...]
    companions: Mapping[Key, list[Key]]
    tested: int

    def against(self, ground: _Ground) -> int:
        """How many of them pulled against the total."""
        return sum(each.contrast.effect * ground.change < 0 for each in self.named)


def _name(ground: _Ground, *, level: float, refused: frozenset[Key]) -> _Chain:
    named: list[_Found] = []
    companions: dict[Key, list[Key]] = {}
    given_up = set(refused)
    tested = 0
    while len(named) < MOST:
        found, number = _scan(ground, named, level=level, strict=bool(named))
        tested = max(tested, number)
        found = [each for each in found if each.key not in given_up and _fits(each, named)]
        found = _one_of_two(found, ground)
        if not found:
            break
        chosen, beside = _choose(found, ground, named, tested=number, level=level)
        named.append(chosen)
        companions[chosen.key] = beside
        named, dropped = _judge_again(ground, named, level=level)
        given_up |= dropped
    return _Chain(tuple(named), companions, tested)


def _plainer(ground: _Ground, chain: _Chain, *, level: float) -> _Chain:
    """Two guilty doctors, or their branch less the doctors it spared? The story without the spared is the plainer one."""
    if not chain.against(ground):
        return chain
    best = chain
    for each in chain.named:
        if each.contrast.effect * ground.change < 0:
            continue
        other = _name(ground, level=level, refused=frozenset({each.key}))
        if len(other.named) <= len(best.named) and other.against(ground) < best.against(ground) and other.named:
            best = other
    return best


def _ground(came_before: Floats, came_now: Floats, dimensions: Sequence[Dimension]) -> _Ground:
    sizes = tuple(len(dimension.values) for dimension in dimensions)
    columns = []
    for dimension, size in zip(dimensions, sizes, strict=True):
        codes = np.concatenate([dimension.before, dimension.now])
        columns.append(np.where(codes < 0, size, codes).astype(np.int32))
    now = np.concatenate([np.zeros(len(came_before), bool), np.ones(len(came_now), bool)])
    came = np.concatenate([came_before, came_now])
    patterns, columns = _patterns(columns, sizes)
    count = int(patterns.max()) + 1

    def total(mask: npt.NDArray[np.bool_], weights: Floats | None = None) -> Floats:
        chosen = weights[mask] if weights is not None else None
        return np.bincount(patterns[mask], weights=chosen, minlength=count).astype(np.float64)

    return _Ground(
        codes=tuple(columns),
        sizes=sizes,
        n0=total(~now),
        k0=total(~now, came),
        n1=total(now),
        k1=total(now, came),
        cells=tuple(_cells(dimensions)),
    )


def _patterns(columns: list[Codes], sizes: Sequence[int]) -> tuple[npt.NDArray[np.int64], list[Codes]]:
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
        for value, codes in (*single, *dimension.unions):
            number = int(np.isin(dimension.before, codes).sum() + np.isin(dimension.now, codes).sum())
            if number >= MIN_CELL:
                mixes = dimension.mix_values is None or value in dimension.mix_values
                kinds = tuple(kind for kind in dimension.kinds if kind == "rate" or mixes)
                cells.append(Cell(place, dimension.name, value, tuple(codes), kinds, dimension.careful))
    return cells


def _strata(ground: _Ground, named: Sequence[Cell]) -> npt.NDArray[np.int64]:
    strata = np.zeros(len(ground.n0), np.int64)
    for cell in dict.fromkeys(named):
        strata = strata * 2 + ground.members(cell)
    return np.unique(strata, return_inverse=True)[1]


class _Tables:
    """Counts of every code of every dimension by stratum, made once per set of strata."""

    def __init__(self, ground: _Ground, strata: npt.NDArray[np.int64]) -> None:
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


def _measure(tables: _Tables, cell: Cell, kind: str, totals: tuple[float, float]) -> Contrast | None:
    inside, known = tables.parts(cell)
    return (rate_contrast if kind == "rate" else mix_contrast)(inside, known, totals)


def _beside(
    ground: _Ground, named: Sequence[_Found], found: Sequence[_Found], *, tested: int, level: float
) -> list[_Found]:
    """Which of the found still stand beside the named."""
    tables = _Tables(ground, _strata(ground, [each.cell for each in named]))
    left = []
    for each in found:
        if _fits(each, named):
            contrast = _measure(tables, each.cell, each.contrast.kind, ground.totals)
            if contrast and contrast.p <= level / tested and worth_naming(contrast, least=_least(ground)):
                left.append(dataclasses.replace(each, contrast=contrast))
    return left


def _scan(ground: _Ground, named: Sequence[_Found], *, level: float, strict: bool) -> tuple[list[_Found], int]:
    """Contrasts beside the named causes that stand after correction for all comparisons, strongest first."""
    tables = _Tables(ground, _strata(ground, [each.cell for each in named]))
    measured: list[tuple[Cell, Contrast]] = []
    for cell in ground.cells:
        for kind in cell.kinds:
            contrast = _measure(tables, cell, kind, ground.totals)
            if contrast is not None:
                measured.append((cell, contrast))
    # A cell that is named already separates its own strata: its other kind is measured among the remaining causes.
    for own in named:
        other: Kind = "mix" if own.contrast.kind == "rate" else "rate"
        if other in own.cell.kinds and not any(each.cell == own.cell and each.contrast.kind == other for each in named):
            rest = [each.cell for each in named if each.cell != own.cell]
            contrast = _measure(_Tables(ground, _strata(ground, rest)), own.cell, other, ground.totals)
            if contrast is not None:
                measured.append((own.cell, contrast))
    measured.sort(key=lambda each: each[1].p)
    total = len(measured)
    values = [contrast.p for _, contrast in measured]
    passed = sum(p <= level / total for p in values) if strict else benjamini_hochberg(values, level=level)
    least = _least(ground)
    return [
        _Found(cell, contrast, min(1.0, contrast.p * total / (1 if strict else place)))
        for place, (cell, contrast) in enumerate(measured[:passed], start=1)
        if worth_naming(contrast, least=least) and (not cell.careful or contrast.p <= level / total / CAREFUL)
    ], total


def _least(ground: _Ground) -> float:
    return max(MIN_EFFECT, LEAST_PART * abs(ground.change))


def _fits(found: _Found, named: Sequence[_Found]) -> bool:
    """Not named yet; and the share of a cell whose behaviour is named counts only when it pulled the same way.

    Fewer of a doctor's patients are there because they do not return: that share is a consequence, and it pulls upward.
    """
    for each in named:
        if each.key == found.key:
            return False
        if each.cell == found.cell and each.contrast.effect * found.contrast.effect < 0:
            return False
    return True


def _one_of_two(found: list[_Found], ground: _Ground) -> list[_Found]:
    """Of two cells that divide everybody between them only one is a cause: the one that moved as the total did."""
    kept = []
    falls = ground.change <= 0
    for each in found:
        whole = ground.n0.sum() + ground.n1.sum()
        outside = ~ground.members(each.cell) & (ground.codes[each.cell.place] < ground.sizes[each.cell.place])
        others = np.unique(ground.codes[each.cell.place][outside])
        known = float((ground.n0 + ground.n1)[ground.codes[each.cell.place] < ground.sizes[each.cell.place]].sum())
        if len(others) == 1 and known > 0.9 * whole:
            contrast = each.contrast
            if contrast.kind == "rate" and (contrast.effect < 0) != falls:
                continue
            if contrast.kind == "mix" and contrast.share_now < contrast.share_before:
                continue
        kept.append(each)
    return kept


def _choose(
    found: list[_Found], ground: _Ground, named: Sequence[_Found], *, tested: int, level: float
) -> tuple[_Found, list[Key]]:
    """Of the strongest, the one beside which least remains unexplained; and what it explained beside itself."""

    def strength(each: _Found) -> float:
        return abs(each.contrast.z) * (1.0 if each.contrast.effect * ground.change >= 0 else AGAINST)

    strongest = max(map(strength, found))
    pool = [each for each in found if strength(each) >= NEAR * strongest]
    pool.sort(key=lambda each: (-round(strength(each) / strongest * 20), _rank(each.cell)))
    best: tuple[float, _Found, list[Key]] | None = None
    for each in pool[:POOL]:
        left = _beside(ground, [*named, each], found, tested=tested, level=level)
        unexplained = sum(max(other.contrast.z**2 - 6.0, 0.0) for other in left)
        still = {other.key for other in left}
        if best is None or unexplained < best[0] - 1.0:
            beside = [other.key for other in found if other is not each and other.key not in still]
            best = (unexplained, each, beside)
    assert best is not None
    return best[1], best[2]


def _rank(cell: Cell) -> int:
    return TANGIBLE.index(cell.dimension) if cell.dimension in TANGIBLE else len(TANGIBLE)


def _judge_again(ground: _Ground, named: list[_Found], *, level: float) -> tuple[list[_Found], set[Key]]:
    """Every named cause among all the others: kept with the figures it has beside them, or given up."""
    dropped: set[Key] = set()
    again = True
    while again:
        again = False
        fresh = []
        for each in named:
            others = [other.cell for other in named if other.cell != each.cell]
            tables = _Tables(ground, _strata(ground, others))
            contrast = _measure(tables, each.cell, each.contrast.kind, ground.totals)
            stands = (
                contrast is not None
                and contrast.p <= level / 10
                and contrast.effect * each.contrast.effect > 0
                and worth_naming(contrast, least=_least(ground) / 2)
            )
            if stands and contrast is not None:
                fresh.append(dataclasses.replace(each, contrast=contrast))
            elif not again:
                dropped.add(each.key)
                again = True
            else:
                fresh.append(each)
        named = fresh
    return named, dropped


def accounting(
    came_before: Floats, came_now: Floats, dimension: Dimension
) -> Mapping[str, tuple[float, float, int, int, float, float]]:
    """Sizes and rates of every value for the exact tables: value → (rate0, rate1, n0, n1, share0, share1)."""
    table = {}
    for code, value in enumerate(dimension.values):
        before, now = dimension.before == code, dimension.now == code
        n0, n1 = int(before.sum()), int(now.sum())
        if n0 or n1:
            table[value] = (
                float(came_before[before].mean()) if n0 else float("nan"),
                float(came_now[now].mean()) if n1 else float("nan"),
                n0,
                n1,
                n0 / max(len(came_before), 1),
                n1 / max(len(came_now), 1),
            )
    return table
