"""Time to return: Kaplan-Meier with Greenwood's variance, comparison of two groups by the log-rank test."""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy.special import chdtrc

from zabota.analytics.rules.intervals import Z95, Bools, Floats


@dataclasses.dataclass(frozen=True)
class Curve:
    """Share not yet returned after each time; `low` and `high` are log-log intervals."""

    times: Floats
    survival: Floats
    low: Floats
    high: Floats

    def at(self, time: float) -> float:
        """Share not yet returned by `time`."""
        place = int(np.searchsorted(self.times, time, side="right"))
        return 1.0 if place == 0 else float(self.survival[place - 1])

    def interval_at(self, time: float) -> tuple[float, float]:
        """The 95 % interval of the share not yet returned by `time`."""
        place = int(np.searchsorted(self.times, time, side="right"))
        return (1.0, 1.0) if place == 0 else (float(self.low[place - 1]), float(self.high[place - 1]))


def kaplan_meier(durations: Floats, returned: Bools) -> Curve:
    """The product-limit estimate. `durations` up to the return, or to the end of watching where not `returned`."""
    order = np.argsort(durations, kind="stable")
    durations, returned = durations[order], returned[order]
    times, first = np.unique(durations, return_index=True)
    at_risk = len(durations) - first
    events = np.add.reduceat(returned.astype(np.float64), first) if len(durations) else np.zeros(0)
    keep = events > 0
    times, at_risk, events = times[keep].astype(np.float64), at_risk[keep].astype(np.float64), events[keep]
    survival = np.cumprod(1 - events / at_risk) if len(times) else np.zeros(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(events / (at_risk * (at_risk - events)))
        half = Z95 * np.sqrt(greenwood) / np.log(survival)
        low, high = survival ** np.exp(-half), survival ** np.exp(half)
    low, high = np.where(np.isfinite(low), low, 0.0), np.where(np.isfinite(high), high, survival)
    columns = [np.asarray(column, dtype=np.float64) for column in (times, survival, low, high)]
    return Curve(*columns)


def log_rank(durations_a: Floats, returned_a: Bools, durations_b: Floats, returned_b: Bools) -> tuple[float, float]:
    """Chi-square (one degree of freedom) and p of the difference between two groups."""
    durations = np.concatenate([durations_a, durations_b])
    returned = np.concatenate([returned_a, returned_b])
    in_a = np.concatenate([np.ones(len(durations_a), bool), np.zeros(len(durations_b), bool)])
    observed = expected = variance = 0.0
    for time in np.unique(durations[returned]):
        at_risk = durations >= time
        events = float(((durations == time) & returned).sum())
        n, n_a = float(at_risk.sum()), float((at_risk & in_a).sum())
        observed += float(((durations == time) & returned & in_a).sum())
        expected += events * n_a / n
        if n > 1:
            variance += events * (n_a / n) * (1 - n_a / n) * (n - events) / (n - 1)
    statistic = (observed - expected) ** 2 / variance if variance else 0.0
    return statistic, float(chdtrc(1, statistic))
