"""The exact tables beside the named causes: the whole change along one dimension, cell by cell."""

from __future__ import annotations

from typing import Final

import numpy as np

from zabota.analytics.rules import wording
from zabota.analytics.rules.ground import Codes, Dimension
from zabota.analytics.rules.intervals import Bools, Floats
from zabota.analytics.rules.kitagawa import kitagawa
from zabota.analytics.rules.report import Account, AccountRow

#: Cells that stand alone, the largest first.
SHOWN: Final = 12
UNKNOWN: Final = "не указано"
OTHERS: Final = "остальные"


def cells_of(came_before: Bools, came_now: Bools, dimension: Dimension) -> list[AccountRow]:
    """Mix and behaviour of every cell, the largest first. The unknown are a row of their own, so that the sums hold."""
    width = len(dimension.values) + 1
    n0, k0 = _counts(dimension.before, came_before, width)
    n1, k1 = _counts(dimension.now, came_now, width)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate0, rate1 = k0 / n0, k1 / n1
    rate, mix = kitagawa(n0, n1, rate0, rate1)
    values = (*dimension.values, UNKNOWN)
    rows = [
        AccountRow(
            value=values[place],
            patients_before=int(n0[place]),
            patients_now=int(n1[place]),
            rate_before=float(rate0[place]) if n0[place] else None,
            rate_now=float(rate1[place]) if n1[place] else None,
            rate_pp=100 * float(rate[place]),
            mix_pp=100 * float(mix[place]),
        )
        for place in np.flatnonzero(n0 + n1).tolist()
    ]
    rows.sort(key=lambda row: (-abs(row.rate_pp + row.mix_pp), row.value))
    return rows


def account_of(came_before: Bools, came_now: Bools, dimension: Dimension) -> Account:
    """The largest cells alone, the others together."""
    rows = cells_of(came_before, came_now, dimension)
    kept, rest = rows[:SHOWN], rows[SHOWN:]
    if rest:
        kept.append(
            AccountRow(
                value=OTHERS,
                patients_before=sum(row.patients_before for row in rest),
                patients_now=sum(row.patients_now for row in rest),
                rate_before=None,
                rate_now=None,
                rate_pp=sum(row.rate_pp for row in rest),
                mix_pp=sum(row.mix_pp for row in rest),
            )
        )
    return Account(
        dimension=dimension.name,
        title=wording.DIMENSIONS[dimension.name],
        rows=tuple(kept),
        rate_pp=sum(row.rate_pp for row in rows),
        mix_pp=sum(row.mix_pp for row in rows),
    )


def _counts(codes: Codes, came: Bools, width: int) -> tuple[Floats, Floats]:
    """Patients and returns of each code; the unknown come last."""
    places = np.where(codes < 0, width - 1, codes)
    numbers = np.bincount(places, minlength=width)
    returns = np.bincount(places, weights=came.astype(np.float64), minlength=width)
    return np.asarray(numbers, dtype=np.float64), np.asarray(returns, dtype=np.float64)
