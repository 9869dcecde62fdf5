"""What patients say, and what a scenario brought: NPS, CSAT, returns against a control group. Formulas of published statistics."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from zabota.analytics.rules.intervals import Z95, Floats, wilson
from zabota.analytics.rules.metrics_ground import Estimate


def nps(scores: Floats, *, of_list: int | None = None) -> Estimate:
    """Net promoter score of answers 0…10, points; `of_list` corrects the error when nearly everybody of a list answered."""
    if not len(scores):
        return Estimate(math.nan, -100.0, 100.0)
    p, d = float((scores >= 9).mean()), float((scores <= 6).mean())
    half = Z95 * nps_error(p, d, len(scores), of_list=of_list)
    value = 100 * (p - d)
    return Estimate(value, max(-100.0, value - half), min(100.0, value + half))


def nps_error(promoters: float, detractors: float, n: int, *, of_list: int | None = None) -> float:
    """Standard error of NPS, points."""
    variance = promoters + detractors - (promoters - detractors) ** 2
    finite = math.sqrt((of_list - n) / (of_list - 1)) if of_list and of_list > 1 else 1.0
    return 100 * math.sqrt(max(variance, 0.0) / n) * finite


def nps_difference(now: Floats, before: Floats) -> Estimate:
    """Change of NPS between two sets of answers, points."""
    a, b = nps(now), nps(before)
    half = math.hypot(a.high - a.value, b.high - b.value) if len(now) and len(before) else 200.0
    return Estimate(a.value - b.value, a.value - b.value - half, a.value - b.value + half)


def csat(scores: Floats) -> Estimate:
    """Share of answers 4 and 5 of five, with Wilson's interval."""
    good = float((scores >= 4).sum())
    low, high = wilson(good, len(scores))
    return Estimate(good / len(scores) if len(scores) else math.nan, low, high)


def reweighted(shares: Floats, answered: Floats, asked: Floats) -> float:
    """A mean over segments as if every segment had answered alike; segments in which nobody answered are left out."""
    known = answered > 0
    return float(np.average(shares[known], weights=asked[known])) if asked[known].sum() else math.nan


def shrunk(shares: Floats, counts: Floats) -> Floats:
    """Shares of small groups drawn to the common mean as far as chance alone explains their spread (empirical Bayes)."""
    total = counts.sum()
    if not total or len(shares) < 2:
        return shares
    mean = float((shares * counts).sum() / total)
    noise = mean * (1 - mean) / np.maximum(counts, 1)
    spread = float((counts * ((shares - mean) ** 2 - noise)).sum() / total)
    if spread <= 0:
        return np.full(len(shares), mean)
    return np.asarray(mean + (shares - mean) * spread / (spread + noise), np.float64)


@dataclasses.dataclass(frozen=True)
class Brought:
    """Returns that a scenario caused: against a permanent control group, or marked as having none."""

    returns: float
    low: float
    high: float
    causal: bool


def brought(treated: int, came: int, *, control: int = 0, control_came: int = 0) -> Brought:
    """n_T (r_T − r_H) with its interval; without a control group the count of returns, which proves nothing."""
    if not control or not treated:
        return Brought(float(came), float(came), float(came), causal=False)
    r_t, r_h = came / treated, control_came / control
    half = Z95 * treated * math.sqrt(r_t * (1 - r_t) / treated + r_h * (1 - r_h) / control)
    found = treated * (r_t - r_h)
    return Brought(found, found - half, found + half, causal=True)


def worth_it(found: Brought, *, margin_kopecks: int, cost_kopecks: int) -> Estimate:
    """Return on what was spent: 0.5 is half a rouble earned on each spent; its interval is that of the returns."""
    if cost_kopecks <= 0:
        raise ValueError("the cost must be above zero")
    value, low, high = (
        (each * margin_kopecks - cost_kopecks) / cost_kopecks for each in (found.returns, found.low, found.high)
    )
    return Estimate(value, low, high)
