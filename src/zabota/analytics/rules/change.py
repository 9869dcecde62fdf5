"""Is a count or a share other than before by more than chance: for figures of a week, which always move a little."""

from __future__ import annotations

from typing import Final

#: Two counts differ beyond chance from so many standard errors on.
Z: Final = 1.96


def counts_differ(now: int, before: int) -> bool:
    """Counts of independent events (Poisson): the difference against its own spread."""
    return now + before > 0 and abs(now - before) > Z * (now + before) ** 0.5


def shares_differ(k1: int, n1: int, k0: int, n0: int) -> bool:
    """Two shares of independent people."""
    if not n1 or not n0:
        return False
    pooled = (k1 + k0) / (n1 + n0)
    error = float((pooled * (1 - pooled) * (1 / n1 + 1 / n0)) ** 0.5)
    return bool(error > 0 and abs(k1 / n1 - k0 / n0) > Z * error)
