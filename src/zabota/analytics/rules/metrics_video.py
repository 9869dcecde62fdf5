"""Controls by video: of repeated visits to one's doctor that are a talk alone, those held by video."""

from __future__ import annotations

from typing import Final

import numpy as np

from zabota.analytics.rules.columns import ordinal
from zabota.analytics.rules.intervals import Bools
from zabota.analytics.rules.metrics_ground import NONE, STATES, Filters, Ground, Sample, Slots, Window, begins_late

#: A patient who was with this doctor so many days ago or less comes for a control.
CONTROL_DAYS: Final = 180
_COMPLETED: Final = STATES.index("completed")


def controls_online(ground: Ground, window: Window, filters: Filters) -> Sample:
    """Of controls of the window, those by video."""
    slots = ground.slots
    inside = (slots.day >= ordinal(window.first)) & (slots.day <= ordinal(window.as_of))
    chosen = inside & controls(slots) & ground.slots_by(filters)
    unripe = begins_late(ground, window.earlier(CONTROL_DAYS).first)
    if not unripe and not (slots.online & (slots.status == _COMPLETED)).any():
        unripe = "приёмов по видео в данных ещё нет"
    return Sample(slots.patient[chosen], slots.online[chosen].astype(np.float64), window.first, window.as_of, unripe)


def controls(slots: Slots) -> Bools:
    """Completed visits of a talk alone by who was with the same doctor on an earlier day, CONTROL_DAYS before or less."""
    kept = np.flatnonzero((slots.status == _COMPLETED) & (slots.doctor != NONE))
    found = np.zeros(len(slots.day), bool)
    if not len(kept):
        return found
    kept = kept[np.lexsort((slots.day[kept], slots.doctor[kept], slots.patient[kept]))]
    patient, doctor, day = slots.patient[kept], slots.doctor[kept], slots.day[kept]
    same_pair = np.append(False, (patient[1:] == patient[:-1]) & (doctor[1:] == doctor[:-1]))
    is_new_day = ~same_pair | np.append(True, day[1:] != day[:-1])
    first = np.flatnonzero(is_new_day)  # the first line of each day of a pair
    # A day that begins a pair has none before it; two visits of one day are no control of each other.
    gap = np.where(same_pair[first], day[first] - np.append(0, day[first][:-1]), CONTROL_DAYS + 1)
    is_soon = (gap <= CONTROL_DAYS)[np.cumsum(is_new_day) - 1]
    found[kept] = is_soon
    return found & slots.talk
