"""Combinations of two dimensions: the exact accounting of each pair, and the cells that differ most from all others."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np

from zabota.analytics.rules.contrasts import MIN_CELL, Part, rate_contrast, worth_naming
from zabota.analytics.rules.ground import Codes, Dimension
from zabota.analytics.rules.intervals import Bools, Floats, benjamini_hochberg
from zabota.analytics.rules.kitagawa import kitagawa

#: Dimensions that are combined; the others say the same as one of these.
COMBINED: Final = ("doctor", "service", "channel", "branch", "age", "tenure", "price", "wait", "corridor", "feedback")
LEVEL: Final = 0.02
#: Cells named.
NAMED: Final = 5


@dataclasses.dataclass(frozen=True)
class PairAccount:
    """The whole change along two dimensions together; points."""

    dimensions: tuple[str, str]
    rate_pp: float
    mix_pp: float
    cells: int


@dataclasses.dataclass(frozen=True)
class PairCell:
    """A combination whose behaviour changed otherwise than that of all others."""

    dimensions: tuple[str, str]
    values: tuple[str, str]
    effect_pp: float
    p: float
    patients: int
    rate_before: float
    rate_now: float


def pairs_of(
    dimensions: Sequence[Dimension], came_before: Bools, came_now: Bools
) -> tuple[tuple[PairAccount, ...], tuple[PairCell, ...]]:
    """Accounts of every pair, and the cells that stand after correction for all of them, the strongest first."""
    accounts: list[PairAccount] = []
    measured: list[PairCell] = []
    # What is large enough to be told is chosen after the correction: every cell looked at counts as a trial.
    tried: list[float] = []
    totals = (float(len(came_before)), float(len(came_now)))
    chosen = [each for each in dimensions if each.name in COMBINED]
    for first, second in combinations(chosen, 2):
        width = len(second.values) + 1
        size = (len(first.values) + 1) * width
        n0, k0 = _counts(_joined(first.before, second.before, first, width), came_before, size)
        n1, k1 = _counts(_joined(first.now, second.now, first, width), came_now, size)
        with np.errstate(invalid="ignore", divide="ignore"):
            rate, mix = kitagawa(n0, n1, k0 / n0, k1 / n1)
        names = (first.name, second.name)
        accounts.append(PairAccount(names, 100 * float(rate.sum()), 100 * float(mix.sum()), int(((n0 + n1) > 0).sum())))
        whole = Part(*(np.array([each.sum()]) for each in (n0, k0, n1, k1)))
        for cell in np.flatnonzero(np.minimum(n0, n1) >= MIN_CELL).tolist():
            a, b = divmod(cell, width)
            if a == len(first.values) or b == width - 1:
                continue  # the unknown are nobody's doing
            if first.values[a] in first.unnamed or second.values[b] in second.unnamed:
                continue
            part = Part(*(np.array([each[cell]]) for each in (n0, k0, n1, k1)))
            contrast = rate_contrast(part, whole, totals)
            if contrast is None:
                continue
            tried.append(contrast.p)
            if not worth_naming(contrast, least=0.005):
                continue
            measured.append(
                PairCell(
                    dimensions=names,
                    values=(first.values[a], second.values[b]),
                    effect_pp=100 * contrast.effect,
                    p=contrast.p,
                    patients=contrast.patients_now,
                    rate_before=contrast.rate_before,
                    rate_now=contrast.rate_now,
                )
            )
    tried.sort()
    number = benjamini_hochberg(tried, level=LEVEL)
    standing = [each for each in measured if number and each.p <= tried[number - 1]]
    strongest = sorted(standing, key=lambda each: (-abs(each.effect_pp), each.values))
    return tuple(accounts), tuple(strongest[:NAMED])


def _joined(first: Codes, second: Codes, dimension: Dimension, width: int) -> Codes:
    a = np.where(first < 0, len(dimension.values), first)
    return np.asarray(a * width + np.where(second < 0, width - 1, second), dtype=np.int32)


def _counts(codes: Codes, came: Bools, size: int) -> tuple[Floats, Floats]:
    n = np.bincount(codes, minlength=size).astype(np.float64)
    return n, np.asarray(np.bincount(codes, weights=came.astype(np.float64), minlength=size), dtype=np.float64)
