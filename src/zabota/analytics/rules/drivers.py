"""Names the causes of a change: the cell that differs most from the rest, then, with it explained away, the next."""

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
    Side,
    explain_away,
    mix_contrast,
    rate_contrast,
)
from zabota.analytics.rules.intervals import Bools, Floats, benjamini_hochberg

#: False discovery rate over all cells of all dimensions.
LEVEL: Final = 0.05
#: Most causes that are named.
MOST: Final = 8
#: A candidate this close to the strongest may be preferred when it leaves less unexplained.
NEAR: Final = 0.8
#: How many of the strongest are compared by what they leave unexplained.
POOL: Final = 6

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
    #: Kinds that make no sense for it: a price band is a property of services, its mix is not a cause.
    kinds: tuple[str, ...] = ("rate", "mix")


@dataclasses.dataclass(frozen=True)
class Cell:
    """A value of a dimension with its patients in both periods."""

    dimension: str
    value: str
    before: Bools
    now: Bools
    kinds: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Driver:
    """A named cause and what it explained beside itself."""

    cell: Cell
    contrast: Contrast
    q: float
    companions: tuple[tuple[str, str, str], ...]
    #: Overall rate now had this cause not been, the causes named before it included.
    rate_without: float


@dataclasses.dataclass(frozen=True)
class Finding:
    """Causes in the order in which they were named and the change that stays common to all."""

    drivers: tuple[Driver, ...]
    common_change: float
    tested: int


def cells_of(dimensions: Sequence[Dimension]) -> list[Cell]:
    """Every value that enough patients have, once: of two values that divide everybody the smaller one stands."""
    cells = []
    for dimension in dimensions:
        found = []
        for code, value in enumerate(dimension.values):
            if value in dimension.unnamed:
                continue
            before, now = dimension.before == code, dimension.now == code
            if before.sum() + now.sum() >= 2 * MIN_CELL and (~before).sum() >= MIN_CELL and (~now).sum() >= MIN_CELL:
                found.append(Cell(dimension.name, value, before, now, dimension.kinds))
        cells += found
    return cells


def find_drivers(
    came_before: Floats, came_now: Floats, dimensions: Sequence[Dimension], *, level: float = LEVEL
) -> Finding:
    """Name the causes of the change between two periods.

    `came_*` are 1 for base patients who came back and 0 for others. Dimensions that explain more come to stand before their
    companions: among candidates of nearly equal strength the one that leaves least unexplained is named.
    """
    before = Side(came=came_before, weight=np.ones(len(came_before)))
    now = Side(came=came_now, weight=np.ones(len(came_now)))
    fell = float(came_now.mean() - came_before.mean()) <= 0 if len(came_now) and len(came_before) else True
    cells = cells_of(dimensions)
    named: list[Driver] = []
    tested = 0
    while len(named) < MOST:
        found, tested = _significant(cells, before, now, level=level)
        taken = {(driver.cell.dimension, driver.cell.value, driver.contrast.kind) for driver in named}
        found = [each for each in found if _key(each) not in taken]
        found = _one_of_two(found, cells, fell=fell)
        if not found:
            break
        chosen, after, left = _choose(found, cells, before, now, level=level)
        cell, contrast, q = chosen
        still = {_key(each) for each in left}
        named.append(
            Driver(
                cell=cell,
                contrast=contrast,
                q=q,
                companions=tuple(_key(each) for each in found if each is not chosen and _key(each) not in still),
                rate_without=_rate(after),
            )
        )
        now = after
    return Finding(drivers=tuple(named), common_change=_rate(now) - _rate(before), tested=tested)


_Found = tuple[Cell, Contrast, float]


def _key(found: _Found) -> tuple[str, str, str]:
    return found[0].dimension, found[0].value, found[1].kind


def _rate(side: Side) -> float:
    total = float(side.weight.sum())
    return float((side.came * side.weight).sum()) / total if total else float("nan")


def _significant(cells: list[Cell], before: Side, now: Side, *, level: float) -> tuple[list[_Found], int]:
    """Contrasts that stand after correction for all comparisons, strongest first, and how many were made."""
    contrasts: list[tuple[Cell, Contrast]] = []
    for cell in cells:
        for kind, measure in (("rate", rate_contrast), ("mix", mix_contrast)):
            if kind in cell.kinds:
                contrast = measure(cell.before, cell.now, before, now)
                if contrast is not None:
                    contrasts.append((cell, contrast))
    contrasts.sort(key=lambda each: each[1].p)
    passed = benjamini_hochberg([contrast.p for _, contrast in contrasts], level=level)
    total = len(contrasts)
    return [
        (cell, contrast, min(1.0, contrast.p * total / place))
        for place, (cell, contrast) in enumerate(contrasts[:passed], start=1)
        if abs(contrast.effect) >= MIN_EFFECT
    ], total


def _one_of_two(found: list[_Found], cells: list[Cell], *, fell: bool) -> list[_Found]:
    """Of two cells that divide everybody between them only the one that moved with the total is a cause."""
    sizes: dict[str, int] = {}
    for cell in cells:
        sizes[cell.dimension] = sizes.get(cell.dimension, 0) + 1
    kept = []
    for each in found:
        cell, contrast, _ = each
        covered = sum(float(other.now.mean()) for other in cells if other.dimension == cell.dimension)
        if sizes[cell.dimension] == 2 and covered > 0.97 and (contrast.effect < 0) != fell:
            continue
        kept.append(each)
    return kept


def _choose(
    found: list[_Found], cells: list[Cell], before: Side, now: Side, *, level: float
) -> tuple[_Found, Side, list[_Found]]:
    strongest = max(abs(contrast.z) for _, contrast, _ in found)
    pool = [each for each in found if abs(each[1].z) >= NEAR * strongest][:POOL]
    best: tuple[float, _Found, Side, list[_Found]] | None = None
    for each in pool:
        cell, contrast, _ = each
        after = explain_away(contrast, cell.now, now)
        left, _ = _significant(cells, before, after, level=level)
        unexplained = sum(max(other.z**2 - 6.0, 0.0) for _, other, _ in left)
        if best is None or unexplained < best[0] - 1e-9:
            best = (unexplained, each, after, left)
    assert best is not None
    wider = _mechanism(best[1], found)
    if wider is not None:
        after = explain_away(wider[1], wider[0].now, now)
        return wider, after, _significant(cells, before, after, level=level)[0]
    return best[1], best[2], best[3]


def _mechanism(chosen: _Found, found: list[_Found]) -> _Found | None:
    """A price rise that covers a whole service is the reason of what the service shows; it is named in its place."""
    cell, contrast, _ = chosen
    if cell.dimension != "service" or contrast.kind != "rate":
        return None
    for each in found:
        other, theirs, _ = each
        covers = not (cell.now & ~other.now).any() and not (cell.before & ~other.before).any()
        if other.dimension == "price" and covers and theirs.effect * contrast.effect > 0:
            return each
    return None


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
