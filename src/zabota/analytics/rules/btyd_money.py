"""What a visit of a patient brings: the Gamma-Gamma model (Fader, Hardie 2013), and the discounted value of visits to come."""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, psi

from zabota.analytics.rules.btyd import Coming
from zabota.analytics.rules.intervals import Floats
from zabota.analytics.rules.likeliest import likeliest

#: Above this correlation of number and size of bills the model's two halves are not independent: the page says so.
DEPENDENT: Final = 0.2


@dataclasses.dataclass(frozen=True)
class Spending:
    """An estimated model of the mean bill."""

    p: float
    q: float
    v: float
    log_likelihood: float = float("nan")

    @property
    def of_all(self) -> float:
        """The mean bill of the population."""
        return self.p * self.v / (self.q - 1) if self.q > 1 else float("nan")

    def expected(self, x: npt.ArrayLike, mean: npt.ArrayLike) -> Floats:
        """The mean bill expected of a patient with x bills of this mean; of nobody's bills that of the population."""
        x, mean = np.asarray(x, np.float64), np.asarray(mean, np.float64)
        return np.asarray(self.p * (self.v + mean * x) / (self.p * x + self.q - 1), np.float64)


def fit_spending(x: Floats, mean: Floats, weight: Floats | None = None) -> Spending:
    """Parameters of the greatest likelihood from patients with x > 0 bills of mean > 0."""
    weight = np.ones(len(x)) if weight is None else weight
    total = float(weight.sum())
    scale = float(np.average(mean, weights=weight))
    m = mean / scale
    ln_m, ln_x, sums = np.log(m), np.log(x), x * m

    def loss(logs: Floats) -> tuple[float, Floats]:
        p, q, v = np.exp(logs)
        px, ln_v = p * x, np.log(sums + v)
        each = gammaln(px + q) - gammaln(px) - gammaln(q) + q * logs[2] + (px - 1) * ln_m + px * ln_x - (px + q) * ln_v
        both = psi(px + q)
        slope = np.array([
            (weight * x * (both - psi(px) + ln_m + ln_x - ln_v)).sum(),
            (weight * (both - psi(q) + logs[2] - ln_v)).sum(),
            (weight * (q / v - (px + q) / (sums + v))).sum(),
        ])  # fmt: skip
        return -float((weight * each).sum()) / total, -slope * np.exp(logs) / total

    found, least = likeliest(loss, np.log([5.0, 4.0, 0.5]), [(-10, 12)] * 3, with_slope=True)
    p, q, v = (float(each) for each in np.exp(found))
    return Spending(p, q, v * scale, -least * total - float(weight.sum() * np.log(scale)))


def correlation(x: Floats, mean: Floats) -> float:
    """Correlation of the number of bills with their mean; 0 when there is nothing to correlate."""
    if len(x) < 3 or not x.std() or not mean.std():
        return 0.0
    return float(np.corrcoef(x, mean)[0, 1])


def present_value(
    model: Coming, bill: Floats, x: Floats, t_x: Floats, age: Floats, *, months: int, yearly_rate: float, month: float
) -> Floats:
    """Sum over the months to come of expected visits × bill, discounted; `month` in the unit of the model's times."""
    monthly = (1 + yearly_rate) ** (1 / 12)
    value = np.zeros(len(x))
    before = np.zeros(len(x))
    for each in range(1, months + 1):
        until = model.expected(each * month, x, t_x, age)
        value += (until - before) / monthly**each
        before = until
    return value * bill
