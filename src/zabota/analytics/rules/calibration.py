"""Were our forecasts right: what was expected against what came, in all and by tenths of the forecast."""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np

from zabota.analytics.rules.intervals import Z95, Bools, Floats, wilson

TENTHS: Final = 10


@dataclasses.dataclass(frozen=True)
class Tenth:
    """People whose forecasts were alike."""

    n: int
    expected: float
    came: float
    low: float
    high: float

    @property
    def hit(self) -> bool:
        """True when the forecast lies within the error of what came."""
        return self.low <= self.expected <= self.high


@dataclasses.dataclass(frozen=True)
class Calibration:
    """The forecast of a sum with the range in which chance alone leaves it, and what came."""

    n: int
    expected: float
    low: float
    high: float
    came: int
    #: Mean squared error of single forecasts; that of the mean for everybody beside it.
    brier: float
    brier_of_mean: float
    tenths: tuple[Tenth, ...]

    @property
    def hit(self) -> bool:
        """True when what came lies within the forecast range."""
        return self.low <= self.came <= self.high


def calibrate(predicted: Floats, happened: Bools) -> Calibration | None:
    """Forecasts of single people (chances 0…1) against what happened; None of nobody."""
    n = len(predicted)
    if not n:
        return None
    expected = float(predicted.sum())
    half = Z95 * float(np.sqrt((predicted * (1 - predicted)).sum()))
    truth = happened.astype(np.float64)
    order = np.argsort(predicted, kind="stable")
    tenths = []
    for part in np.array_split(order, min(TENTHS, n)):
        came = float(truth[part].sum())
        low, high = wilson(came, len(part))
        tenths.append(Tenth(len(part), float(predicted[part].mean()), came / len(part), low, high))
    mean = float(truth.mean())
    return Calibration(
        n, expected, max(0.0, expected - half), min(float(n), expected + half), int(truth.sum()),
        float(((predicted - truth) ** 2).mean()), mean * (1 - mean), tuple(tenths),
    )  # fmt: skip
