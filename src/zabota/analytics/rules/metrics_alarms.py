"""Simpson's alarm over the metrics: a change since the year before that turns round among patients alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

import numpy as np

from zabota.analytics.rules.intervals import Floats, Ints
from zabota.analytics.rules.metrics_figure import Definition, Figure, Method
from zabota.analytics.rules.metrics_ground import NONE, Ground
from zabota.analytics.rules.simpson import Alarm, flip_of, flip_of_means

#: Words of a visit by which patients are divided, and the dimension of the report that each is.
_OF_LAST_VISIT: Final = {"branch": "branch", "doctor": "doctor", "group": "service_group"}


def alarm_of_change(definition: Definition, ground: Ground, before: Figure, now: Figure) -> Alarm | None:
    """The change of a share or of a mean, rerun within sources, and branches, doctors and groups of the last visit.

    None when it points the same way everywhere, or when the figure is no sum over its units.
    """
    is_mean = definition.method is Method.MEAN and not definition.is_share
    if not (definition.counts_yes or is_mean) or now.sample.estimate or before.sample.estimate:
        return None
    for name, codes_before, codes_now in _strata(ground, before, now):
        width = int(max(codes_before.max(initial=NONE), codes_now.max(initial=NONE))) + 1
        first, second = (
            _table(codes, each.sample.value, width) for codes, each in ((codes_before, before), (codes_now, now))
        )
        flip = flip_of_means(first, second) if is_mean else flip_of(first[:2], second[:2])
        if flip is not None:
            return Alarm(name, flip)
    return None


def _strata(ground: Ground, before: Figure, now: Figure) -> Iterator[tuple[str, Ints, Ints]]:
    """A dimension and the code of each unit of both figures; below 0 is unknown."""
    ids = [ground.channels_of(each.sample.patient) for each in (before, now)]
    known = np.unique(np.concatenate(ids))
    first, second = (np.where(each >= 0, np.searchsorted(known, each), NONE) for each in ids)
    yield "channel", first, second
    lines = [_last_lines(ground, each.sample.patient, each.until) for each in (before, now)]
    for word, name in _OF_LAST_VISIT.items():
        codes = ground.visits.words[word].codes.astype(np.int64)
        first, second = (np.where(each >= 0, codes[np.maximum(each, 0)], NONE) for each in lines)
        yield name, first, second


def _last_lines(ground: Ground, patient: Ints, until: date) -> Ints:
    """The last visit of the patient of each unit up to a day; −1 for nobody."""
    place = np.minimum(np.searchsorted(ground.patient, patient), max(len(ground.patient) - 1, 0))
    key = f"last_lines:{until}"
    if key not in ground.memo:
        ground.memo[key] = ground.last_lines(until)  # most metrics look up to the same two days
    last: Ints = ground.memo[key]
    return np.where(ground.patient[place] == patient, last[place], NONE)


def _table(codes: Ints, value: Floats, width: int) -> tuple[Floats, Floats, Floats]:
    """Units, sum and sum of squares by stratum; the unknown are left out."""
    known = codes >= 0
    of, amount = codes[known], value[known]

    def total(weights: Floats | None) -> Floats:
        return np.asarray(np.bincount(of, weights=weights, minlength=width), np.float64)

    return total(None), total(amount), total(amount**2)
