"""The measures of coming back: R1 to R5 and won back, each as the people it is counted over."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import numpy as np

from zabota.analytics.rules.columns import Visits, as_date, base_of, ordinal, visit_days
from zabota.analytics.rules.intervals import Ints
from zabota.analytics.rules.metrics_ground import (
    Estimate,
    Filters,
    Ground,
    Sample,
    Window,
    begins_late,
    nothing,
)
from zabota.analytics.rules.periods import Period
from zabota.analytics.rules.retention import ENOUGH_DAYS, TRUNCATED_DAYS, ever_flags, first_timers, second_days
from zabota.analytics.rules.survival import kaplan_meier

#: Days given to a first-timer.
HORIZON: Final = 180
#: The month after the first visit that the cohort measures look at.
COHORT_MONTH: Final = 6
#: Days given to a sleeping patient to wake up.
WAKE_DAYS: Final = 90
#: The last day of the horizon for the curve.
CURVE_DAYS: Final = 180


def ever(ground: Ground, window: Window, filters: Filters) -> Sample:
    """R1: of those seen in the window, who was seen on two days or more ever."""
    seen, twice = ever_flags(ground.visits, window.as_of, days=window.days)
    last = ground.last_lines(window.as_of, start=ordinal(window.first))
    members = seen & ground.people_by(last, filters)
    return _of_people(ground, members, twice, window.first, window.as_of, begins_late(ground, window.first))


def matured(ground: Ground, window: Window, filters: Filters) -> Sample:
    """R2: of first-timers whose horizon is over, who came back within it."""
    cohort, back, low, last = first_timers(ground.visits, window.as_of, horizon=HORIZON, days=window.days)
    if (last - low).days < min(ENOUGH_DAYS, window.days - 1):
        why = f"данные с {ground.begins:%d.%m.%Y}: кто пришёл впервые, ещё не отличить от прежних пациентов"
        return nothing(low, max(low, last), why)
    members = cohort & ground.people_by(ground.first_lines(), filters)
    return _of_people(ground, members, back, low, last, "")


def period(ground: Ground, window: Window, filters: Filters) -> Sample:
    """R3: of those seen in the window before, who came in the window."""
    visits = ground.even(window.as_of)
    each = Period(end=window.as_of, days=window.days)
    base = base_of(visits, each)
    keep = ground.lines(filters, visits)[base.line]
    return Sample(
        ground.patient[base.person[keep]],
        base.came[keep].astype(np.float64),
        each.base_from,
        each.return_to,
        begins_late(ground, each.base_from),
    )


def cohort(ground: Ground, window: Window, filters: Filters) -> Sample:
    """R4: of cohorts whose month after is closed, who was seen in that very month."""
    return _cohort(ground, window, filters, unbounded=False)


def cohort_or_later(ground: Ground, window: Window, filters: Filters) -> Sample:
    """R4u: the same, seen in that month or later up to the end of the closed months."""
    return _cohort(ground, window, filters, unbounded=True)


def _cohort(ground: Ground, window: Window, filters: Filters, *, unbounded: bool) -> Sample:
    closed = _month(window.as_of + timedelta(days=1)) - 1
    months = max(1, round(window.days / 30.4))
    newest = closed - COHORT_MONTH
    oldest = newest - months + 1
    first = months_of(ground.starts)
    members = (first >= oldest) & (first <= newest) & ground.people_by(ground.first_lines(), filters)
    people, days = visit_days(ground.visits)
    after = months_of(days) - first[people]
    hit = (after >= COHORT_MONTH) if unbounded else (after == COHORT_MONTH)
    hit &= months_of(days) <= closed
    came = np.bincount(people[hit], minlength=ground.visits.people) > 0
    since = date(oldest // 12, oldest % 12 + 1, 1)
    until = date(closed // 12 + (closed % 12 == 11), (closed + 1) % 12 + 1, 1) - timedelta(days=1)
    return _of_people(ground, members, came, since, until, _too_early(ground, since))


def curve(ground: Ground, window: Window, filters: Filters) -> Sample:
    """R5: of all first-timers of the window, ripe or not, who comes back within the horizon, by Kaplan-Meier."""
    end, low = ordinal(window.as_of), ordinal(window.first)
    second = second_days(ground.visits)
    members = (ground.starts >= low) & (ground.starts <= end) & ground.people_by(ground.first_lines(), filters)
    returned = members & (second > 0) & (second <= end)
    watched = np.where(returned, second, end) - ground.starts
    sample = _of_people(
        ground,
        members,
        returned & (watched <= CURVE_DAYS),
        window.first,
        window.as_of,
        _too_early(ground, window.first),
    )
    if not members.any() or watched[members].max() < CURVE_DAYS:
        return nothing(window.first, window.as_of, f"никого не наблюдали {CURVE_DAYS} дней")
    found = kaplan_meier(np.maximum(watched[members], 1).astype(np.float64), returned[members])
    low_s, high_s = found.interval_at(CURVE_DAYS)
    estimate = Estimate(1 - found.at(CURVE_DAYS), 1 - high_s, 1 - low_s)
    return Sample(sample.patient, sample.value, sample.since, sample.until, sample.unripe, estimate)


def _too_early(ground: Ground, first: date) -> str:
    """First-timers of the first half-year of the data may be old patients."""
    return begins_late(ground, first - timedelta(days=TRUNCATED_DAYS))


def won_back(ground: Ground, window: Window, filters: Filters) -> Sample:
    """Of those who fell asleep in a window that ended WAKE_DAYS ago, who came within WAKE_DAYS of falling asleep."""
    last = ordinal(window.as_of) - WAKE_DAYS
    low = last - window.days + 1
    person, asleep, following, line = _silences(ground.visits, ground.sleeping_days)
    inside = (asleep >= low) & (asleep <= last)
    inside &= ground.lines(filters)[line]
    back = (following > 0) & (following <= asleep + WAKE_DAYS)
    late = begins_late(ground, as_date(low - ground.sleeping_days))
    return Sample(ground.patient[person[inside]], back[inside].astype(np.float64), as_date(low), as_date(last), late)


def _silences(visits: Visits, days: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Each silence of `days` or more: who, the day of falling asleep, the day of the visit that ended it or 0, the line before."""
    ends = np.flatnonzero(np.append(visits.person[1:] != visits.person[:-1], True) | _steps(visits.day))
    person, day = visits.person[ends], visits.day[ends]
    same = np.append(person[1:] == person[:-1], False)
    following = np.where(same, np.append(day[1:], 0), 0)
    silent = (following == 0) | (following - day >= days)
    return person[silent], day[silent] + days, following[silent], ends[silent]


def _steps(day: Ints) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """True for the last line of a day."""
    return np.append(day[1:] != day[:-1], True)


def months_of(days: Ints) -> Ints:
    """Calendar months of days, numbered from the year 0."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _of_people(ground: Ground, members: np.ndarray, hit: np.ndarray, since: date, until: date, unripe: str) -> Sample:
    return Sample(ground.patient[members], hit[members].astype(np.float64), since, until, unripe)
