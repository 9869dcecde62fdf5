"""Does one cell differ from the rest? Its change of rate against theirs, and the change of its share, stratum by stratum.

Strata are made of the causes that are named already, so a contrast is what a cell adds to them. A rate contrast is the
excess of the cell's change over the change of all others; it counts only as far as it stands on three scales at once
(points, log-odds, log of the rate), so that a change that is uniform on any of them names nobody.
"""

from __future__ import annotations

import dataclasses
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy.special import logit

from zabota.analytics.rules.intervals import Floats, two_sided

#: Fewest patients of a cell, and of the rest, in each period.
MIN_CELL: Final = 30
#: Fewest patients of each of the four parts of a stratum, below which the stratum is left out.
MIN_STRATUM: Final = 8
#: Smallest effect worth naming, fraction of all base patients (0.005 is half a point).
MIN_EFFECT: Final = 0.005
#: Smallest excess of a cell's own change, and smallest gap between a cell whose share moved and the rest.
MIN_EXCESS: Final = 0.03
MIN_GAP: Final = 0.05
#: Smallest move of a share.
MIN_SHIFT: Final = 0.01

Kind = Literal["rate", "mix"]
Counts = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Part:
    """Patients and returns of a cell or of the rest by stratum, before and now."""

    n0: Counts
    k0: Counts
    n1: Counts
    k1: Counts

    def __add__(self, other: Part) -> Part:
        return Part(self.n0 + other.n0, self.k0 + other.k0, self.n1 + other.n1, self.k1 + other.k1)

    def __sub__(self, other: Part) -> Part:
        return Part(self.n0 - other.n0, self.k0 - other.k0, self.n1 - other.n1, self.k1 - other.k1)

    def kept(self, keep: npt.NDArray[np.bool_]) -> Part:
        """Some strata only."""
        return Part(self.n0[keep], self.k0[keep], self.n1[keep], self.k1[keep])


@dataclasses.dataclass(frozen=True)
class Contrast:
    """One cell against the rest. Effects in fractions of base patients."""

    kind: Kind
    z: float
    p: float
    effect: float
    se: float
    #: Patients of the cell in the base window before and now.
    patients_before: int
    patients_now: int
    rate_before: float
    rate_now: float
    share_before: float
    share_now: float
    #: Rate the cell would have now had it changed as all others did, points for points.
    rate_expected: float


def _smooth(hits: Counts, number: Counts) -> Floats:
    """Half a success and half a failure more, so that logarithms exist for 0 and 1."""
    return np.asarray((hits + 0.5) / (number + 1.0), dtype=np.float64)


def _plain(hits: Counts, number: Counts) -> float:
    total = float(number.sum())
    return float(hits.sum()) / total if total else float("nan")


def rate_contrast(cell: Part, known: Part, totals: tuple[float, float]) -> Contrast | None:
    """The cell's behaviour against the rest of `known`; None with too few patients or when the scales disagree.

    `totals` are all base patients before and now: an effect is a part of the whole clinic's change.
    """
    rest = known - cell
    enough = np.minimum.reduce([cell.n0, cell.n1, rest.n0, rest.n1]) >= MIN_STRATUM
    if not enough.any():
        return None
    a, b = cell.kept(enough), rest.kept(enough)
    if min(a.n0.sum(), a.n1.sum(), b.n0.sum(), b.n1.sum()) < MIN_CELL:
        return None
    numbers = np.stack([a.n1, a.n0, b.n1, b.n0])
    rates = _smooth(np.stack([a.k1, a.k0, b.k1, b.k0]), numbers)
    variance = rates * (1 - rates) / numbers
    signs = np.array([[1.0], [-1.0], [-1.0], [1.0]])
    scores = []
    for scaled, slope in (
        (rates, np.ones_like(rates)),
        (logit(rates), 1 / (rates * (1 - rates))),
        (np.log(rates), 1 / rates),
    ):
        excess = (signs * scaled).sum(axis=0)
        weight = 1 / (slope**2 * variance).sum(axis=0)
        scores.append(float((weight * excess).sum() / np.sqrt(weight.sum())))
    if len({np.sign(score) for score in scores}) > 1:
        return None
    z = min(scores, key=abs)
    # Points: every stratum counts by its patients; strata too small to be measured move as the measured ones do.
    excess = (signs * np.stack([a.k1 / a.n1, a.k0 / a.n0, b.k1 / b.n1, b.k0 / b.n0])).sum(axis=0)
    size = (a.n0 / totals[0] + a.n1 / totals[1]) / 2
    share = float((cell.n0.sum() / totals[0] + cell.n1.sum() / totals[1]) / 2)
    weight = size / size.sum()
    mean = float((weight * excess).sum())
    measured = share * float(np.sqrt((weight**2 * variance.sum(axis=0)).sum()))
    # The share is an estimate too; the same people stand in both periods, so its two errors go together.
    shares = (float(cell.n0.sum()) / totals[0], float(cell.n1.sum()) / totals[1])
    share_se = sum(np.sqrt(part * (1 - part) / total) for part, total in zip(shares, totals, strict=True)) / 2
    rate_now = _plain(cell.k1, cell.n1)
    return Contrast(
        kind="rate",
        z=z,
        p=two_sided(z),
        effect=share * mean,
        se=float(np.hypot(measured, mean * share_se)),
        patients_before=int(cell.n0.sum()),
        patients_now=int(cell.n1.sum()),
        rate_before=_plain(cell.k0, cell.n0),
        rate_now=rate_now,
        share_before=float(cell.n0.sum()) / totals[0],
        share_now=float(cell.n1.sum()) / totals[1],
        rate_expected=min(max(rate_now - mean, 0.0), 1.0),
    )


def mix_contrast(cell: Part, known: Part, totals: tuple[float, float]) -> Contrast | None:
    """The change of the cell's share times how its rate differs from the rest; both must be real."""
    rest = known - cell
    both = np.minimum(known.n0, known.n1) >= MIN_STRATUM
    informative = both & ((cell.n0 + cell.n1) > 0) & ((rest.n0 + rest.n1) > 0)
    if not informative.any():
        return None
    a, b, all_ = cell.kept(informative), rest.kept(informative), known.kept(informative)
    if max(a.n0.sum(), a.n1.sum()) < MIN_CELL or min(b.n0.sum(), b.n1.sum()) < MIN_CELL:
        return None
    share0, share1 = a.n0 / all_.n0, a.n1 / all_.n1
    shift = share1 - share0
    shift_var = share0 * (1 - share0) / all_.n0 + share1 * (1 - share1) / all_.n1
    weight = (all_.n0 / totals[0] + all_.n1 / totals[1]) / 2
    moved = float((weight * shift).sum())
    moved_se = float(np.sqrt((weight**2 * shift_var).sum()))
    gap, gap_var = _gaps(a, b)
    by = weight * (share0 + share1)
    by = by / by.sum()
    differs = float((by * gap).sum())
    differs_se = float(np.sqrt((by**2 * gap_var).sum()))
    if not moved_se or not differs_se:
        return None
    effect = moved * differs
    z = float(np.sign(effect)) * min(abs(moved / moved_se), abs(differs / differs_se))
    rate_now = _plain(cell.k1, cell.n1)
    return Contrast(
        kind="mix",
        z=z,
        p=two_sided(z),
        effect=effect,
        se=float(np.hypot(differs * moved_se, moved * differs_se)),
        patients_before=int(cell.n0.sum()),
        patients_now=int(cell.n1.sum()),
        rate_before=_plain(cell.k0, cell.n0),
        rate_now=rate_now,
        share_before=float(cell.n0.sum()) / totals[0],
        share_now=float(cell.n1.sum()) / totals[1],
        rate_expected=rate_now,
    )


def _gaps(cell: Part, rest: Part) -> tuple[Floats, Floats]:
    """By stratum: rate of the cell less rate of the rest, mean of both periods, and its variance.

    A period in which a part has almost nobody borrows the rate of the other period: all of its effect is mix.
    """
    gap = np.zeros(len(cell.n0))
    variance = np.zeros(len(cell.n0))
    for part, sign in ((cell, 1.0), (rest, -1.0)):
        rate0, rate1 = _smooth(part.k0, part.n0), _smooth(part.k1, part.n1)
        thin0, thin1 = part.n0 < MIN_STRATUM, part.n1 < MIN_STRATUM
        first = np.where(thin0 & ~thin1, rate1, rate0)
        second = np.where(thin1 & ~thin0, rate0, rate1)
        n0 = np.maximum(np.where(thin0 & ~thin1, part.n1, part.n0), 1.0)
        n1 = np.maximum(np.where(thin1 & ~thin0, part.n0, part.n1), 1.0)
        gap += sign * (first + second) / 2
        variance += (first * (1 - first) / n0 + second * (1 - second) / n1) / 4
    return gap, variance


def worth_naming(contrast: Contrast, *, least: float) -> bool:
    """Large enough to be spoken of, however many patients prove it."""
    if abs(contrast.effect) < least:
        return False
    share = (contrast.share_before + contrast.share_now) / 2
    if contrast.kind == "rate":
        return share > 0 and abs(contrast.effect) / share >= MIN_EXCESS
    shift = abs(contrast.share_now - contrast.share_before)
    grew = contrast.share_now > contrast.share_before
    # A share also moves when others leave or come: then the others are the cause, not this cell.
    by_itself = (contrast.patients_now > contrast.patients_before) == grew
    return by_itself and shift >= MIN_SHIFT and abs(contrast.effect) / shift >= MIN_GAP
