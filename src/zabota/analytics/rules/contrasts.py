"""Does one cell differ from the rest? Its change of rate against theirs, and the change of its share.

A rate contrast is the excess of the cell's change over the change of all others. It counts only when it stands on three
scales at once (points, log-odds, log of the rate): a fall that is uniform on any of them then names nobody.
"""

from __future__ import annotations

import dataclasses
from typing import Final, Literal

import numpy as np
from scipy.special import expit, logit

from zabota.analytics.rules.intervals import Bools, Floats, two_sided

#: Fewest patients of a cell, and of the rest, in each period.
MIN_CELL: Final = 30
#: Smallest effect worth naming, fraction of all base patients (0.005 is half a point).
MIN_EFFECT: Final = 0.005

Kind = Literal["rate", "mix"]


@dataclasses.dataclass(frozen=True)
class Side:
    """Base patients of one period: whether they came back (or the share of it that is left to explain) and weights."""

    came: Floats
    weight: Floats


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
    #: Rate the cell would have now had it changed as all others did (on log-odds).
    rate_expected: float


def _share(members: Bools, side: Side) -> tuple[float, float]:
    """Weighted rate of the members and their effective number."""
    weights = side.weight[members]
    total = float(weights.sum())
    if total <= 0:
        return float("nan"), 0.0
    rate = float((weights * side.came[members]).sum()) / total
    return min(max(rate, 0.0), 1.0), total * total / float((weights * weights).sum())


def _smooth(rate: float, number: float) -> float:
    """Half a success and half a failure more, so that logarithms exist for 0 and 1."""
    return (rate * number + 0.5) / (number + 1)


def _weight_of(members: Bools, side: Side) -> float:
    return float(side.weight[members].sum() / side.weight.sum())


def rate_contrast(cell0: Bools, cell1: Bools, before: Side, now: Side) -> Contrast | None:
    """The cell's behaviour against the rest, or None when there are too few patients or the scales disagree."""
    rate0, n0 = _share(cell0, before)
    rate1, n1 = _share(cell1, now)
    rest0, m0 = _share(~cell0, before)
    rest1, m1 = _share(~cell1, now)
    if min(n0, n1, m0, m1) < MIN_CELL:
        return None
    rates = np.array([_smooth(rate1, n1), _smooth(rate0, n0), _smooth(rest1, m1), _smooth(rest0, m0)])
    variance = rates * (1 - rates) / np.array([n1, n0, m1, m0])
    signs = np.array([1.0, -1.0, -1.0, 1.0])
    scores = [
        float(signs @ scaled) / float(np.sqrt((slope**2 * variance).sum()))
        for scaled, slope in (
            (rates, np.ones(4)),
            (logit(rates), 1 / (rates * (1 - rates))),
            (np.log(rates), 1 / rates),
        )
    ]
    if len({np.sign(score) for score in scores}) > 1:
        return None
    z = min(scores, key=abs)
    share0, share1 = _weight_of(cell0, before), _weight_of(cell1, now)
    middle = (share0 + share1) / 2
    expected = float(expit(logit(rates[1]) + logit(rates[2]) - logit(rates[3])))
    return Contrast(
        kind="rate",
        z=z,
        p=two_sided(z),
        effect=middle * ((rate1 - rate0) - (rest1 - rest0)),
        se=middle * float(np.sqrt(variance.sum())),
        patients_before=int(cell0.sum()),
        patients_now=int(cell1.sum()),
        rate_before=rate0,
        rate_now=rate1,
        share_before=share0,
        share_now=share1,
        rate_expected=expected,
    )


def mix_contrast(cell0: Bools, cell1: Bools, before: Side, now: Side) -> Contrast | None:
    """The change of the cell's share times how its rate differs from the rest; both must be real."""
    rate0, n0 = _share(cell0, before)
    rate1, n1 = _share(cell1, now)
    rest0, m0 = _share(~cell0, before)
    rest1, m1 = _share(~cell1, now)
    if max(n0, n1) < MIN_CELL or min(m0, m1) < MIN_CELL:
        return None
    # A cell of one period only: its rate there stands for both, so all of its effect is mix.
    if n0 < 10:
        rate0, n0 = rate1, n1
    if n1 < 10:
        rate1, n1 = rate0, n0
    share0, share1 = _weight_of(cell0, before), _weight_of(cell1, now)
    all0, all1 = _effective(before), _effective(now)
    shift = share1 - share0
    shift_se = float(np.sqrt(share0 * (1 - share0) / all0 + share1 * (1 - share1) / all1))
    gap = (rate0 + rate1) / 2 - (rest0 + rest1) / 2
    parts = ((rate0, n0), (rate1, n1), (rest0, m0), (rest1, m1))
    gap_se = 0.5 * float(np.sqrt(sum(_smooth(r, n) * (1 - _smooth(r, n)) / n for r, n in parts)))
    if not shift_se or not gap_se:
        return None
    effect = shift * gap
    z = float(np.sign(effect)) * min(abs(shift / shift_se), abs(gap / gap_se))
    return Contrast(
        kind="mix",
        z=z,
        p=two_sided(z),
        effect=effect,
        se=float(np.hypot(gap * shift_se, shift * gap_se)),
        patients_before=int(cell0.sum()),
        patients_now=int(cell1.sum()),
        rate_before=rate0,
        rate_now=rate1,
        share_before=share0,
        share_now=share1,
        rate_expected=rate1,
    )


def _effective(side: Side) -> float:
    return float(side.weight.sum() ** 2 / (side.weight**2).sum())


def explain_away(found: Contrast, cell1: Bools, now: Side) -> Side:
    """The present period as it would be without this cause: the cell changed as the rest, or kept its share."""
    if found.kind == "rate":
        came = now.came.copy()
        if found.rate_expected > found.rate_now and found.rate_now < 1:
            lift = (found.rate_expected - found.rate_now) / (1 - found.rate_now)
            came[cell1] += (1 - came[cell1]) * lift
        elif found.rate_now > 0:
            came[cell1] *= found.rate_expected / found.rate_now
        return Side(came=came, weight=now.weight)
    weight = now.weight.copy()
    if 0 < found.share_now < 1 and found.share_before < 1:
        before = max(found.share_before, 1e-6)
        weight[cell1] *= (before / (1 - before)) / (found.share_now / (1 - found.share_now))
    return Side(came=now.came, weight=weight)
