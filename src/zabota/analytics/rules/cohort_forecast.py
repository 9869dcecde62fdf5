"""What young cohorts will probably come to, with a range, and how such forecasts of the last quarter came out."""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np
import numpy.typing as npt

from zabota.analytics.rules.cohort_base import HORIZON, RETURNED
from zabota.analytics.rules.intervals import Floats, Ints

#: Ripe cohorts whose cells tell what a column usually is, and fewest of them.
PAST: Final = 12
LEAST: Final = 4
#: Patients of a usual cohort mixed into what a cohort says of itself.
SHRINK: Final = 20.0
Z: Final = 1.96

Counts = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Forecast:
    """Cells that are not over yet, by (row, column): expected share and its 95 % range. NaN where nothing can be said."""

    value: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]


def forecast(sizes: Ints, cells: Counts, *, known: int, width: int) -> Forecast:
    """Expected cells. A cell (row, k) is over when row + k ≤ known; older rows say what a column usually is."""
    rows = len(sizes)
    shape = (rows, width + 1)
    value, low, high = (np.full(shape, np.nan) for _ in range(3))
    usual, spread = _columns(sizes, cells, known=known, width=width)
    for row in range(rows):
        size = int(sizes[row])
        if not size:
            continue
        over = min(max(known - row, 0), width)
        ratio = 1.0
        if over:
            expected = np.nansum(usual[1 : over + 1]) * size
            ratio = (float(cells[row, 1 : over + 1].sum()) + SHRINK * _mean(usual)) / (
                expected + SHRINK * _mean(usual) or 1.0
            )
        for column in range(over + 1, width + 1):
            if np.isnan(usual[column]):
                continue
            share = min(max(usual[column] * ratio, 0.0), 1.0)
            half = Z * float(np.sqrt(share * (1 - share) / size + spread[column] ** 2))
            value[row, column] = share
            low[row, column], high[row, column] = max(share - half, 0.0), min(share + half, 1.0)
    return Forecast(value, low, high)


def _mean(usual: Floats) -> float:
    seen = usual[1:][~np.isnan(usual[1:])]
    return float(seen.mean()) if len(seen) else 0.0


def _columns(sizes: Ints, cells: Counts, *, known: int, width: int) -> tuple[Floats, Floats]:
    """Of each column: the share in the last ripe cohorts, and how much they differ beyond chance."""
    usual, spread = np.full(width + 1, np.nan), np.zeros(width + 1)
    for column in range(1, width + 1):
        ripe = [
            row
            for row in range(max(known - column - PAST + 1, 0), known - column + 1)
            if row < len(sizes) and sizes[row]
        ]
        if len(ripe) < LEAST:
            continue
        n, k = sizes[ripe].astype(np.float64), cells[ripe, column].astype(np.float64)
        share = float(k.sum() / n.sum())
        usual[column] = share
        beyond = float(((k / n - share) ** 2).mean()) - float((share * (1 - share) / n).mean())
        spread[column] = float(np.sqrt(max(beyond, 0.0)))
    return usual, spread


@dataclasses.dataclass(frozen=True)
class Calibration:
    """Forecasts made a quarter ago against what came: how many cells fell within their range, and the error in total."""

    cells: int
    inside: int
    expected: float
    low: float
    high: float
    came: float

    @property
    def share(self) -> float:
        """Share of cells within their range; 0.95 when the ranges are honest."""
        return self.inside / self.cells if self.cells else float("nan")


def calibrate(sizes: Ints, cells: Counts, *, known: int, width: int, back: int = 3) -> Calibration | None:
    """Forecast as it would have been `back` months ago, held against the cells that have ripened since."""
    before = forecast(sizes, cells, known=known - back, width=width)
    pairs = [
        (row, column)
        for row in range(len(sizes))
        for column in range(1, width + 1)
        if known - back < row + column <= known and row <= known - back and not np.isnan(before.value[row, column])
    ]
    if len(pairs) < LEAST:
        return None
    rows, columns = (np.array(each) for each in zip(*pairs, strict=True))
    n = sizes[rows].astype(np.float64)
    came = cells[rows, columns] / n
    low, high, value = before.low[rows, columns], before.high[rows, columns], before.value[rows, columns]
    inside = int(((came >= low - 1e-12) & (came <= high + 1e-12)).sum())
    weight = n / n.sum()
    # The range of the average: chance of single cells averages out, what is common to a column does not.
    common = float(np.sqrt((weight**2 * ((high - low) / (2 * Z)) ** 2).sum()))
    middle = float(weight @ value)
    return Calibration(
        cells=len(pairs),
        inside=inside,
        expected=middle,
        low=max(middle - Z * common, 0.0),
        high=min(middle + Z * common, 1.0),
        came=float(weight @ came),
    )


@dataclasses.dataclass(frozen=True)
class HalfYear:
    """Share of each cohort back within the horizon; expected with a range where the horizon is not over."""

    value: Floats
    low: Floats
    high: Floats
    ripe: npt.NDArray[np.bool_]


def half_years(sizes: Ints, ends: Counts, *, last_age: Ints) -> HalfYear:
    """By row of the map. Whoever is still watched comes back as the curve of all foresees for the days left.

    `last_age` are the days that the youngest patient of a row has been watched.
    """
    n = np.maximum(sizes.astype(np.float64), 1.0)
    counts = ends.sum(axis=0).astype(np.float64)
    gone = np.concatenate([[0.0], np.cumsum(counts.sum(axis=1))[:-1]])
    at_risk = np.maximum(counts.sum() - gone, 1.0)
    survival = np.cumprod(1 - counts[:, RETURNED] / at_risk)
    chance = np.clip(1 - survival[HORIZON] / np.maximum(survival[: HORIZON + 1], 1e-9), 0, 1)
    back = ends[:, : HORIZON + 1, RETURNED].sum(axis=1).astype(np.float64)
    waiting = ends[:, : HORIZON + 1, 0].astype(np.float64)
    # Ends without return on the day of the horizon itself are over.
    expected = back + waiting[:, :HORIZON] @ chance[:HORIZON]
    value = expected / n
    ripe = last_age >= HORIZON
    spread = _spread(value[ripe], n[ripe])
    half = Z * np.sqrt(value * (1 - value) / n + np.where(ripe, 0.0, spread**2))
    return HalfYear(value, np.clip(value - half, 0, 1), np.clip(value + half, 0, 1), ripe)


def _spread(shares: Floats, sizes: Floats) -> float:
    """How much ripe cohorts differ beyond chance, the last twelve of them."""
    shares, sizes = shares[-PAST:], sizes[-PAST:]
    if len(shares) < LEAST:
        return 0.05
    mean = float((shares * sizes).sum() / sizes.sum())
    return float(np.sqrt(max(float(((shares - mean) ** 2).mean() - (mean * (1 - mean) / sizes).mean()), 0.0)))
