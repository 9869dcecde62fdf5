"""How often a patient will come and whether they still come at all: BG/NBD and MBG/NBD (Fader, Hardie, Lee 2005; Batislam 2007).

A patient is x repeat visit days, the last of them t_x after the first, watched for age. BG/NBD lets a patient leave only after
a repeat visit, so that one who came once never leaves; MBG/NBD lets them leave after the first visit too and is what we use.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, expit, gammaln, hyp2f1, psi

from zabota.analytics.rules.intervals import Floats, Ints
from zabota.analytics.rules.likeliest import likeliest

#: Fewest patients from whom a model is estimated.
LEAST: Final = 50
#: The closed form has a pole at a = 1 though the value has none: so close to it the neighbour is taken.
_POLE: Final = 1e-6
#: From this a - 1 on the chance to leave differs little between patients.
_NARROW: Final = 4.0
#: Bounds of the logarithms of the parameters. Patients who all come at one pace would drive r and alpha to infinity with
#: their ratio fixed: r = 55 is as good, and every formula still holds.
_BOUNDS: Final = ((-7.0, 4.0), (-7.0, 12.0), (-9.0, 9.0), (-9.0, 9.0))


@dataclasses.dataclass(frozen=True)
class Histories:
    """Equal histories once, with the number of patients who share them."""

    x: Floats
    t_x: Floats
    age: Floats
    weight: Floats


@dataclasses.dataclass(frozen=True)
class Coming:
    """An estimated model. `modified` is MBG/NBD."""

    r: float
    alpha: float
    a: float
    b: float
    modified: bool = False
    log_likelihood: float = float("nan")

    def _k(self, x: npt.ArrayLike) -> Floats:
        """Chances to leave that were not taken or were."""
        return np.asarray(x, np.float64) + self.modified

    def alive(self, x: npt.ArrayLike, t_x: npt.ArrayLike, age: npt.ArrayLike) -> Floats:
        """The chance that a patient of this history still comes."""
        k = self._k(x)
        s = self.r + np.asarray(x, np.float64)
        u = np.log((self.alpha + np.asarray(age, np.float64)) / (self.alpha + np.asarray(t_x, np.float64)))
        with np.errstate(divide="ignore", invalid="ignore"):
            v = np.where(k > 0, np.log(self.a) - np.log(self.b + k - 1) + s * u, -np.inf)
        return np.asarray(expit(-v), np.float64)

    def expected(self, t: float, x: npt.ArrayLike, t_x: npt.ArrayLike, age: npt.ArrayLike) -> Floats:
        """Visit days expected of a patient of this history within the time t to come."""
        a = self.a if abs(self.a - 1) > _POLE else 1 + _POLE
        k, s = self._k(x), self.r + np.asarray(x, np.float64)
        until = self.alpha + np.asarray(age, np.float64)
        # The published ratio power × 2F1, turned by Pfaff: no power of a large number is left to overflow.
        tail = _mean_power(s, a - 1, self.b + k, -t / until)
        return np.asarray((a + self.b + k - 1) / (a - 1) * (1 - tail) * self.alive(x, t_x, age), np.float64)

    def returns(self, t: float, x: npt.ArrayLike, t_x: npt.ArrayLike, age: npt.ArrayLike) -> Floats:
        """The chance of at least one visit within the time t: alive, and the next visit in time."""
        until = self.alpha + np.asarray(age, np.float64)
        s = self.r + np.asarray(x, np.float64)
        return np.asarray(self.alive(x, t_x, age) * (1 - (until / (until + t)) ** s), np.float64)

    def expected_of_new(self, t: npt.ArrayLike) -> Floats:
        """Repeat visit days of a newcomer within the time t."""
        t = np.asarray(t, np.float64)
        a, k = (self.a if abs(self.a - 1) > _POLE else 1 + _POLE), float(self.modified)
        tail = _mean_power(self.r, a - 1, self.b + k, -t / self.alpha)
        factor = (a + self.b + k - 1) / (a - 1) * (self.b / (a + self.b) if self.modified else 1.0)
        return np.asarray(factor * (1 - tail), np.float64)

    def chance_of(self, n: int, t: float) -> float:
        """The chance that a newcomer has exactly n repeat visit days within the time t; of BG/NBD."""
        if self.modified:
            raise ValueError("the distribution is that of BG/NBD")
        z = t / (self.alpha + t)
        head = gammaln(self.r + n) - gammaln(self.r) - gammaln(n + 1) - self.r * np.log1p(t / self.alpha)
        first = np.exp(betaln(self.a, self.b + n) - betaln(self.a, self.b) + head + n * np.log(z))
        if n == 0:
            return float(first)
        j = np.arange(n)
        terms = (
            gammaln(self.r + j) - gammaln(self.r) - gammaln(j + 1) + j * np.log(z) - self.r * np.log1p(t / self.alpha)
        )
        left = np.exp(betaln(self.a + 1, self.b + n - 1) - betaln(self.a, self.b)) * (1 - np.exp(terms).sum())
        return float(first + left)


def _mean_power(s: npt.ArrayLike, p: float, q: npt.ArrayLike, z: npt.ArrayLike) -> Floats:
    """2F1(s, p; p + q; z) for z ≤ 0: by Euler's integral the mean of (1 - zT)^-s where T has the distribution Beta(p, q).

    The library gives up where p and q are in the thousands, as few patients make them, and is wrong by a fifth at s = 20, p = 5,
    q = 120, z = -10. There the distribution is narrow, and the mean is taken over it as it stands (Gauss-Legendre over nine
    standard deviations to each side: within a millionth from p = 5 and q = 9 on).
    """
    s, q, z = (np.asarray(each, np.float64) for each in (s, q, z))
    found = np.asarray(hyp2f1(s, p, p + q, z), np.float64)
    lost = ~np.isfinite(found) | np.broadcast_to(z < -1, found.shape)
    if p <= _NARROW or not lost.any():
        return found
    s, q, z = (np.broadcast_to(each, found.shape)[lost][:, None] for each in (s, q, z))
    middle = p / (p + q)
    around = 9 * np.sqrt(middle * (1 - middle) / (p + q + 1))
    low, high = np.maximum(middle - around, 1e-12), np.minimum(middle + around, 1 - 1e-12)
    nodes, weights = np.polynomial.legendre.leggauss(96)
    t = (low + high) / 2 + (high - low) / 2 * nodes
    logs = (p - 1) * np.log(t) + (q - 1) * np.log1p(-t)
    density = weights * np.exp(logs - logs.max(axis=1, keepdims=True))
    found[lost] = (density * (1 - z * t) ** -s).sum(axis=1) / density.sum(axis=1)
    return found


def compressed(x: Ints, t_x: Ints, age: Ints, *, unit: int = 7) -> Histories:
    """Equal histories counted once; times are whole days and become `unit`s of days (7: weeks)."""
    span, most = int(age.max()) + 1, int(x.max()) + 1
    key = (age.astype(np.int64) * span + t_x) * most + x
    small = int(key.max()) < 2**31
    found, count = np.unique(key.astype(np.int32) if small else key, return_counts=True)
    found = found.astype(np.int64)
    rest, x_found = np.divmod(found, most)
    age_found, t_found = np.divmod(rest, span)
    return Histories(x_found.astype(np.float64), t_found / unit, age_found / unit, count.astype(np.float64))


def fit_coming(histories: Histories, *, modified: bool = True) -> Coming:
    """Parameters of the greatest likelihood, by the analytic gradient over the logarithms of the parameters."""
    levels, place = np.unique(histories.x, return_inverse=True)
    k = levels + modified
    weight, total = histories.weight, float(histories.weight.sum())
    by_level = np.bincount(place, weights=weight)
    may_leave = (k > 0)[place]
    t_x, age, x = histories.t_x, histories.age, histories.x

    def loss(logs: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = np.exp(logs)
        ln_age = np.log(alpha + age)
        u = ln_age - np.log(alpha + t_x)
        s = r + x
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(k > 0, np.log(a) - np.log(b + k - 1), -np.inf)
            inverse = np.where(k > 0, 1 / (b + k - 1), 0.0)
        v = np.where(may_leave, ratio[place] + s * u, -np.inf)
        q = weight * expit(v)
        flat = (
            gammaln(r + levels) - gammaln(r) + r * logs[1]
            + gammaln(a + b) + gammaln(b + k) - gammaln(b) - gammaln(a + b + k)
        )  # fmt: skip
        value = _dot(flat, by_level) + float((weight * (np.logaddexp(0, v) - s * ln_age)).sum())
        q_level = np.bincount(place, weights=q, minlength=len(levels))
        by_age, by_t = 1 / (alpha + age), 1 / (alpha + t_x)
        slope = np.array([
            _dot(psi(r + levels) - psi(r) + logs[1], by_level) - _dot(weight, ln_age) + _dot(q, u),
            total * r / alpha - _dot(weight * s, by_age) + _dot(q * s, by_age - by_t),
            total * psi(a + b) - _dot(psi(a + b + k), by_level) + q_level.sum() / a,
            total * (psi(a + b) - psi(b)) + _dot(psi(b + k) - psi(a + b + k), by_level) - _dot(q_level, inverse),
        ])  # fmt: skip
        return -value / total, -slope * np.exp(logs) / total

    middle = float(np.average(age, weights=weight)) or 1.0
    start = np.log([0.5, max(middle / 8, 1e-3), 1.0, 2.0])
    found, least = likeliest(loss, start, _BOUNDS, with_slope=True)
    r, alpha, a, b = (float(each) for each in np.exp(found))
    return Coming(r, alpha, a, b, modified, -least * total)


def _dot(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> float:
    """Without the threads of the linear algebra library, which at this size cost ten times what they compute."""
    return float(np.einsum("i,i->", a, b))
