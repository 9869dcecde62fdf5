"""Intervals of shares and corrections for many comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

Z95: Final = float(ndtri(0.975))


def wilson(successes: float, trials: float, *, z: float = Z95) -> tuple[float, float]:
    """Wilson's interval of a share (Newcombe 1998, method 3), as fractions. (0, 1) for no trials."""
    if trials <= 0:
        return 0.0, 1.0
    share = successes / trials
    centre = share + z * z / (2 * trials)
    half = z * float(np.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)))
    scale = 1 + z * z / trials
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def benjamini_hochberg(p_values: Sequence[float], *, level: float) -> int:
    """How many of the p-values, sorted ascending, are rejected at this false discovery rate."""
    total = len(p_values)
    last = 0
    for place, p in enumerate(sorted(p_values), start=1):
        if p <= level * place / total:
            last = place
    return last


def two_sided(z: float) -> float:
    """The p-value of a normal statistic."""
    return float(2 * ndtr(-abs(z)))
