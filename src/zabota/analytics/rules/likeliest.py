"""The parameters under which what was seen is likeliest: one search for all models of coming and spending."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from zabota.analytics.rules.intervals import Floats

#: How exact the search is, and how long it may take.
_OPTIONS: Any = {"ftol": 1e-14, "maxiter": 500}


def likeliest(
    loss: Callable[..., Any], start: Floats, bounds: Sequence[tuple[float, float]], *, with_slope: bool
) -> tuple[Floats, float]:
    """Where the loss is least and how small it is there; `with_slope` when the loss returns its gradient too.

    Parameters are logarithms, so that none can become negative.
    """
    # Loaded here: every process would start with it, and few ever search.
    from scipy.optimize import minimize  # noqa: PLC0415

    slope: Any = True if with_slope else None
    found: Any = minimize(loss, start, jac=slope, method="SLSQP", bounds=bounds, options=_OPTIONS)
    return np.asarray(found.x, dtype=np.float64), float(found.fun)
