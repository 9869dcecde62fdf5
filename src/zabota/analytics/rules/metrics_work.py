"""How the clinic keeps its word: missed and kept times, waiting, next step, plans agreed and finished."""

from __future__ import annotations

from typing import Final

import numpy as np

from zabota.analytics.rules.columns import as_date, ordinal
from zabota.analytics.rules.intervals import Bools
from zabota.analytics.rules.metrics_ground import (
    NONE,
    PLAN_STATES,
    STATES,
    Filters,
    Ground,
    Sample,
    Window,
    begins_late,
    nothing,
)

#: Days given to a patient to agree to a plan, and to the plan to be finished once agreed.
AGREE_DAYS: Final = 30
FINISH_DAYS: Final = 180
_CODE: Final = {name: place for place, name in enumerate(STATES)}
_PLAN: Final = {name: place for place, name in enumerate(PLAN_STATES)}


def no_show(ground: Ground, window: Window, filters: Filters) -> Sample:
    """Of appointments that neither side cancelled or moved, those to which nobody came."""
    return _slots(ground, window, filters, over=("completed", "no_show"), hit=("no_show",))


def kept(ground: Ground, window: Window, filters: Filters) -> Sample:
    """Of all appointments of the window, those that took place."""
    over = ("completed", "no_show", "cancelled_patient", "cancelled_clinic", "moved")
    return _slots(ground, window, filters, over=over, hit=("completed",))


def waiting(ground: Ground, window: Window, filters: Filters) -> Sample:
    """Days from booking to the visit, of visits that were booked ahead or on the day."""
    slots = ground.slots
    inside = _days(ground, window) & ground.slots_by(filters) & (slots.status == _CODE["completed"])
    told = inside & (slots.booked_day != NONE) & (slots.booked_day <= slots.day)
    unripe = begins_late(ground, window.first)
    if inside.any() and told.sum() < inside.sum() / 2:
        unripe = unripe or "у половины визитов не записан день, когда их назначили"
    days = (slots.day - slots.booked_day)[told].astype(np.float64)
    return Sample(slots.patient[told], days, window.first, window.as_of, unripe)


def coverage(ground: Ground, window: Window, filters: Filters) -> Sample:
    """Of patients under the rule of the two З, those with a booking to come or an open task. Of this moment only."""
    rule = ground.rule
    keep = np.ones(len(rule.patient), bool)
    if filters.any:
        members = ground.patient[ground.people_by(ground.last_lines(window.as_of), filters)]
        keep = np.isin(rule.patient, members)
    return Sample(rule.patient[keep], rule.covered[keep].astype(np.float64), window.as_of, window.as_of)


def plan_accepted(ground: Ground, window: Window, filters: Filters) -> Sample:
    """Of plans proposed in a window that ended AGREE_DAYS ago, those agreed within AGREE_DAYS."""
    plans = ground.plans
    last = ordinal(window.as_of) - AGREE_DAYS
    low = last - window.days + 1
    inside = (plans.proposed >= low) & (plans.proposed <= last) & _plans_by(ground, filters)
    agreed = (plans.agreed != NONE) & (plans.agreed <= plans.proposed + AGREE_DAYS)
    # A plan that goes on without a day of agreement was agreed when it was proposed.
    agreed |= (plans.agreed == NONE) & np.isin(
        plans.state, [_PLAN[name] for name in ("agreed", "in_progress", "finished")]
    )
    return _of_plans(ground, inside, agreed, low, last)


def plan_finished(ground: Ground, window: Window, filters: Filters) -> Sample:
    """Of plans agreed in a window that ended FINISH_DAYS ago, those finished within FINISH_DAYS."""
    plans = ground.plans
    last = ordinal(window.as_of) - FINISH_DAYS
    low = last - window.days + 1
    inside = (plans.agreed >= low) & (plans.agreed <= last) & _plans_by(ground, filters)
    finished = (plans.state == _PLAN["finished"]) & (plans.ended != NONE) & (plans.ended <= plans.agreed + FINISH_DAYS)
    return _of_plans(ground, inside, finished, low, last)


def _of_plans(ground: Ground, inside: Bools, hit: Bools, low: int, last: int) -> Sample:
    since, until = as_date(low), as_date(last)
    if not inside.any():
        return nothing(since, until, "планов за эти дни нет")
    return Sample(
        ground.plans.patient[inside], hit[inside].astype(np.float64), since, until, begins_late(ground, since)
    )


def _plans_by(ground: Ground, filters: Filters) -> Bools:
    """Plans of the chosen doctor; by branch and service of the patient's last visit; by the patient's channel."""
    plans = ground.plans
    keep = np.ones(len(plans.patient), bool)
    if filters.doctor is not None:
        keep &= plans.doctor == filters.doctor
    rest = Filters(branch=filters.branch, group=filters.group, channel=filters.channel)
    if rest.any:
        end = as_date(int(ground.visits.day.max()))
        keep &= np.isin(plans.patient, ground.patient[ground.people_by(ground.last_lines(end), rest)])
    return keep


def _days(ground: Ground, window: Window) -> Bools:
    day = ground.slots.day
    return np.asarray((day >= ordinal(window.first)) & (day <= ordinal(window.as_of)), bool)


def _slots(ground: Ground, window: Window, filters: Filters, *, over: tuple[str, ...], hit: tuple[str, ...]) -> Sample:
    slots = ground.slots
    inside = _days(ground, window) & ground.slots_by(filters) & np.isin(slots.status, [_CODE[name] for name in over])
    value = np.isin(slots.status[inside], [_CODE[name] for name in hit]).astype(np.float64)
    unripe = begins_late(ground, window.first)
    states = np.unique(slots.status[_days(ground, window)])
    if not unripe and len(states) == 1 and len(value) > 100:
        unripe = "в данных только состоявшиеся визиты: неявки и отмены не загружены"
    return Sample(slots.patient[inside], value, window.first, window.as_of, unripe)
