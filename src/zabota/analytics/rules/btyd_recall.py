"""Patients on a recall cycle: BG/BB (Fader, Hardie, Shang 2010): of n occasions to come x were taken, the last at t_x."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, gammaln

from zabota.analytics.rules.intervals import Floats
from zabota.analytics.rules.likeliest import likeliest


@dataclasses.dataclass(frozen=True)
class Recalled:
    """An estimated model."""

    alpha: float
    beta: float
    gamma: float
    delta: float
    log_likelihood: float = float("nan")

    def alive(self, x: npt.ArrayLike, t_x: npt.ArrayLike, n: npt.ArrayLike) -> Floats:
        """The chance that a patient of this history still comes at the next occasion."""
        x, t_x, n = (np.asarray(each, np.float64) for each in (x, t_x, n))
        head = betaln(self.alpha + x, self.beta + n - x) - betaln(self.alpha, self.beta)
        tail = betaln(self.gamma, self.delta + n + 1) - betaln(self.gamma, self.delta)
        return np.asarray(np.exp(head + tail - self._log(x, t_x, n)), np.float64)

    def expected(self, occasions: int, x: npt.ArrayLike, t_x: npt.ArrayLike, n: npt.ArrayLike) -> Floats:
        """Occasions out of so many to come that a patient of this history takes."""
        x, t_x, n = (np.asarray(each, np.float64) for each in (x, t_x, n))
        gamma = self.gamma if abs(self.gamma - 1) > 1e-6 else 1 + 1e-6
        head = betaln(self.alpha + x + 1, self.beta + n - x) - betaln(self.alpha, self.beta)
        scale = gammaln(gamma + self.delta) - gammaln(1 + self.delta)
        near = gammaln(1 + self.delta + n) - gammaln(gamma + self.delta + n)
        far = gammaln(1 + self.delta + n + occasions) - gammaln(gamma + self.delta + n + occasions)
        part = self.delta / (gamma - 1) * (np.exp(scale + near) - np.exp(scale + far))
        return np.asarray(np.exp(head - self._log(x, t_x, n)) * part, np.float64)

    def _log(self, x: Floats, t_x: Floats, n: Floats) -> Floats:
        return log_likelihoods((self.alpha, self.beta, self.gamma, self.delta), x, t_x, n)


def log_likelihoods(parameters: tuple[float, float, float, float], x: Floats, t_x: Floats, n: Floats) -> Floats:
    """Of each history."""
    alpha, beta, gamma, delta = parameters
    whole = betaln(alpha + x, beta + n - x) + betaln(gamma, delta + n)
    longest = int((n - t_x).max()) if n.size else 0
    for i in range(longest):
        left = betaln(alpha + x, beta + t_x - x + i) + betaln(gamma + 1, delta + t_x + i)
        whole = np.where(i < n - t_x, np.logaddexp(whole, left), whole)
    return np.asarray(whole - betaln(alpha, beta) - betaln(gamma, delta), np.float64)


def fit_recalled(x: Floats, t_x: Floats, n: Floats, weight: Floats) -> Recalled:
    """Parameters of the greatest likelihood; equal histories come once with their weight."""
    total = float(weight.sum())

    def loss(logs: Floats) -> float:
        parameters = tuple(np.exp(logs))
        return -float(weight @ log_likelihoods(parameters, x, t_x, n)) / total

    found, least = likeliest(loss, np.log([1.0, 1.0, 0.7, 2.0]), [(-10, 10)] * 4, with_slope=False)
    alpha, beta, gamma, delta = (float(each) for each in np.exp(found))
    return Recalled(alpha, beta, gamma, delta, -least * total)
