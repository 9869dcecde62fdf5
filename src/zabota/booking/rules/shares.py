"""Shares with how sure they are."""

from __future__ import annotations

from math import sqrt

_Z = 1.96


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The interval in which the share lies in 95 of 100 such samples. `of` is above zero."""
    share = hits / of
    middle = share + _Z * _Z / (2 * of)
    spread = _Z * sqrt(share * (1 - share) / of + _Z * _Z / (4 * of * of))
    below = 1 + _Z * _Z / of
    return max(0.0, (middle - spread) / below), min(1.0, (middle + spread) / below)
