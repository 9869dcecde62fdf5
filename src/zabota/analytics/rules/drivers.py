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

from zabota.analytics.rules.contrasts import (
    MIN_EFFECT,
    Contrast,
    Kind,
    mix_contrast,
    rate_contrast,
    worth_naming,
)
from zabota.analytics.rules.ground import Cell, Dimension, Ground, Tables, lay_ground, strata_of
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
    "wait",
    "corridor",
    "doctor",
    "channel",
    "service",
    "service_group",
    "speciality",
    "branch",
    "age",
    "sex",
    "feedback",
    "tenure",
)

Key = tuple[str, str, str]


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


def find_drivers(
    came_before: Floats, came_now: Floats, dimensions: Sequence[Dimension], *, level: float = LEVEL
) -> Finding:
    """Name the causes of the change between two periods; `came_*` are 1 for base patients who came back, else 0."""
    if not len(came_before) or not len(came_now):
        return Finding((), 0.0, 0)
    if not dimensions:
        return Finding((), float(came_now.mean() - came_before.mean()), 0)
    ground = lay_ground(came_before, came_now, dimensions)
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

    def against(self, ground: Ground) -> int:
        """How many of them pulled against the total."""
        return sum(each.contrast.effect * ground.change < 0 for each in self.named)


def _name(ground: Ground, *, level: float, refused: frozenset[Key]) -> _Chain:
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


def _plainer(ground: Ground, chain: _Chain, *, level: float) -> _Chain:
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


def _measure(tables: Tables, cell: Cell, kind: str, totals: tuple[float, float]) -> Contrast | None:
    inside, known = tables.parts(cell)
    return (rate_contrast if kind == "rate" else mix_contrast)(inside, known, totals)


def _beside(
    ground: Ground, named: Sequence[_Found], found: Sequence[_Found], *, tested: int, level: float
) -> list[_Found]:
    """Which of the found still stand beside the named."""
    tables = Tables(ground, strata_of(ground, [each.cell for each in named]))
    left = []
    for each in found:
        if _fits(each, named):
            contrast = _measure(tables, each.cell, each.contrast.kind, ground.totals)
            if contrast and contrast.p <= level / tested and worth_naming(contrast, least=_least(ground)):
                left.append(dataclasses.replace(each, contrast=contrast))
    return left


def _scan(ground: Ground, named: Sequence[_Found], *, level: float, strict: bool) -> tuple[list[_Found], int]:
    """Contrasts beside the named causes that stand after correction for all comparisons, strongest first."""
    tables = Tables(ground, strata_of(ground, [each.cell for each in named]))
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
            contrast = _measure(Tables(ground, strata_of(ground, rest)), own.cell, other, ground.totals)
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
        if worth_naming(contrast, least=least)
        and (not cell.careful or _mirrors_a_change(contrast, ground, level / total))
    ], total


def _mirrors_a_change(contrast: Contrast, ground: Ground, level: float) -> bool:
    """A dimension that mirrors others is spoken of only with strong proof, and only to explain a change that is real."""
    before, now = ground.totals
    rates = np.array([ground.k0.sum() / before, ground.k1.sum() / now])
    error = float(np.sqrt((rates * (1 - rates) / np.array([before, now])).sum()))
    real = abs(ground.change) > 2 * error and contrast.effect * ground.change > 0
    return real and contrast.p <= level / CAREFUL


def _least(ground: Ground) -> float:
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


def _one_of_two(found: list[_Found], ground: Ground) -> list[_Found]:
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
    found: list[_Found], ground: Ground, named: Sequence[_Found], *, tested: int, level: float
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


def _judge_again(ground: Ground, named: list[_Found], *, level: float) -> tuple[list[_Found], set[Key]]:
    """Every named cause among all the others: kept with the figures it has beside them, or given up."""
    dropped: set[Key] = set()
    again = True
    while again:
        again = False
        fresh = []
        for each in named:
            others = [other.cell for other in named if other.cell != each.cell]
            tables = Tables(ground, strata_of(ground, others))
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
