"""A second opinion on where a ratio changed: explanatory power and surprise of cells (Bhagwan 2014)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Final

import numpy as np

from zabota.analytics.rules.intervals import Floats

#: Cells that explain less are left out; together they must explain so much.
CELL_POWER: Final = 0.1
WHOLE_POWER: Final = 0.67
#: Dimensions named.
NAMED: Final = 3


@dataclasses.dataclass(frozen=True)
class Suspect:
    """Cells of one dimension that together explain the change, the most surprising first."""

    dimension: str
    cells: tuple[int, ...]
    power: float
    surprise: float


def explanatory_power(forecast: Floats, actual: Floats) -> Floats:
    """What part of the change of a sum each cell explains."""
    change = actual.sum() - forecast.sum()
    return np.asarray((actual - forecast) / change, np.float64)


def ratio_power(top_f: Floats, top_a: Floats, bottom_f: Floats, bottom_a: Floats) -> Floats:
    """What part of the change of the ratio top / bottom each cell explains; all together make 1."""
    f1, f2 = top_f.sum(), bottom_f.sum()
    d1, d2 = top_a - top_f, bottom_a - bottom_f
    raw = (d1 * f2 - d2 * f1) / (f2 * (f2 + d2))
    return np.asarray(raw / raw.sum(), np.float64)


def surprise(forecast: Floats, actual: Floats) -> Floats:
    """Jensen-Shannon divergence of each cell's part."""
    p, q = forecast / forecast.sum(), actual / actual.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(p > 0, p * np.log(2 * p / (p + q)), 0.0)
        right = np.where(q > 0, q * np.log(2 * q / (p + q)), 0.0)
    return np.asarray((left + right) / 2, np.float64)


def suspects(dimensions: Mapping[str, tuple[Floats, Floats, Floats, Floats]]) -> list[Suspect]:
    """Dimensions whose few surprising cells explain the change of top / bottom; each as (top F, A, bottom F, A)."""
    found = []
    for name, (top_f, top_a, bottom_f, bottom_a) in dimensions.items():
        power = ratio_power(top_f, top_a, bottom_f, bottom_a)
        unusual = surprise(top_f, top_a) + surprise(bottom_f, bottom_a)
        cells: list[int] = []
        for cell in np.argsort(-unusual, kind="stable"):
            if power[cell] < CELL_POWER:
                continue
            cells.append(int(cell))
            if power[cells].sum() >= WHOLE_POWER:
                found.append(Suspect(name, tuple(cells), float(power[cells].sum()), float(unusual[cells].sum())))
                break
    return sorted(found, key=lambda each: -each.surprise)[:NAMED]
