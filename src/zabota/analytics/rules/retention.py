"""The measures R1, R2, R3 at a day, with intervals and the change against a year before."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import numpy as np

from zabota.analytics.rules.columns import Base, Visits, as_date, first_days, ordinal, visit_days
from zabota.analytics.rules.intervals import Z95, Bools, wilson
from zabota.analytics.rules.periods import Comparison, Period
from zabota.analytics.rules.report import Measure, Share

#: First days of the data in which "new" people may be old ones.
TRUNCATED_DAYS: Final = 180
#: Shorter windows of first-timers say nothing.
ENOUGH_DAYS: Final = 150

R1_SAYS = (
    "Из тех, кто был в клинике за последний год, доля пришедших хотя бы дважды за всё время. "
    "Падает сама собой, когда много новых пациентов: рядом с ней всегда смотрите R2."
)
R2_SAYS = "Из впервые пришедших доля тех, кто вернулся за {days} дней. Берём только тех, чей срок уже истёк."
R3_SAYS = "Из тех, кто был в базовом периоде, доля тех, кто пришёл в следующем таком же ({days} дней)."


def share_of(
    numerator: int, denominator: int, *, base: tuple[date, date] | None, back: tuple[date, date] | None
) -> Share:
    """A share with Wilson's interval; nulls when nobody is in the denominator."""
    low, high = wilson(numerator, denominator)
    known = denominator > 0
    return Share(
        value=numerator / denominator if known else None,
        low=low if known else None,
        high=high if known else None,
        numerator=numerator,
        denominator=denominator,
        base_from=base[0] if base else None,
        base_to=base[1] if base else None,
        return_from=back[0] if back else None,
        return_to=back[1] if back else None,
    )


def _measure(definition: str, title: str, says: str, days: int | None, now: Share, before: Share, se: float) -> Measure:
    if now.value is None or before.value is None:
        return Measure(definition, title, says, days, now, before, None, None, None, False)
    change = now.value - before.value
    half = Z95 * se
    return Measure(
        definition=definition,
        title=title,
        says=says,
        window_days=days,
        now=now,
        year_before=before,
        change_pp=100 * change,
        low_pp=100 * (change - half),
        high_pp=100 * (change + half),
        significant=abs(change) > half and half > 0,
    )


def _independent_se(now: Share, before: Share) -> float:
    if not now.denominator or not before.denominator or now.value is None or before.value is None:
        return 0.0
    return float(
        np.sqrt(now.value * (1 - now.value) / now.denominator + before.value * (1 - before.value) / before.denominator)
    )


def lone_retention(period: Period, base: Base) -> Measure:
    """R3 of data too short for a year before."""
    now = share_of(
        int(base.came.sum()),
        len(base.came),
        base=(period.base_from, period.base_to),
        back=(period.return_from, period.return_to),
    )
    before = share_of(0, 0, base=None, back=None)
    return _measure("R3", "Возврат за период", R3_SAYS.format(days=period.days), period.days, now, before, 0.0)


def period_retention(comparison: Comparison, before: Base, now: Base) -> Measure:
    """R3. The variance of the change takes into account that the same people stand in both periods."""
    shares = []
    for period, base in ((comparison.now, now), (comparison.before, before)):
        shares.append(
            share_of(
                int(base.came.sum()),
                len(base.came),
                base=(period.base_from, period.base_to),
                back=(period.return_from, period.return_to),
            )
        )
    return _measure(
        "R3",
        "Возврат за период",
        R3_SAYS.format(days=comparison.now.days),
        comparison.now.days,
        shares[0],
        shares[1],
        paired_se(before, now),
    )


def paired_se(before: Base, now: Base) -> float:
    """Standard error of the difference of two shares whose denominators overlap."""
    n0, n1 = len(before.came), len(now.came)
    if not n0 or not n1:
        return 0.0
    p0, p1 = float(before.came.mean()), float(now.came.mean())
    _, in0, in1 = np.intersect1d(before.person, now.person, return_indices=True)
    both = float(((before.came[in0] - p0) * (now.came[in1] - p1)).sum()) if len(in0) else 0.0
    variance = p0 * (1 - p0) / n0 + p1 * (1 - p1) / n1 - 2 * both / (n0 * n1)
    return float(np.sqrt(max(variance, 0.0)))


def ever_return(visits: Visits, as_of: date) -> Measure:
    """R1 over the year before `as_of`, and over the year before that as it was seen then."""
    shares = []
    for end in (as_of, as_of - timedelta(days=365)):
        window = (end - timedelta(days=364), end)
        complete = visits.first_day <= window[0]
        seen, twice = ever_flags(visits, end)
        total = int(seen.sum()) if complete else 0
        again = int(twice[seen].sum()) if complete else 0
        shares.append(share_of(again, total, base=window, back=window))
    now, before = shares
    return _measure("R1", "Приходили больше одного раза", R1_SAYS, 365, now, before, _independent_se(now, before))


def ever_flags(visits: Visits, end: date, *, days: int = 365) -> tuple[Bools, Bools]:
    """Of each person: seen in the window that ends on `end`, and seen on two days or more ever up to it."""
    people, on = visit_days(visits)
    known = on <= ordinal(end)
    counts = np.bincount(people[known], minlength=visits.people)
    inside = known & (on > ordinal(end) - days)
    return np.bincount(people[inside], minlength=visits.people) > 0, counts >= 2


def first_timers(visits: Visits, end: date, *, horizon: int, days: int = 365) -> tuple[Bools, Bools, date, date]:
    """First-timers of the window whose horizon is over on `end`, who of them came back within it, and the window.

    People seen in the first half-year of the data may be old ones, whose earlier visits are not in the export.
    """
    first, second = first_days(visits), second_days(visits)
    last = ordinal(end) - horizon
    low = max(last - days + 1, ordinal(visits.first_day) + TRUNCATED_DAYS)
    cohort = (first >= low) & (first <= last)
    back = cohort & (second > 0) & (second <= first + horizon)
    return cohort, back, as_date(low), as_date(last)


def matured_return(visits: Visits, as_of: date, *, horizon: int = 180) -> Measure:
    """R2: first-timers of a year whose horizon is over, against those of the year before."""
    shares = []
    for end in (as_of, as_of - timedelta(days=365)):
        cohort, back, low, last = first_timers(visits, end, horizon=horizon)
        enough = (last - low).days >= ENOUGH_DAYS
        total, again = (int(cohort.sum()), int(back.sum())) if enough else (0, 0)
        base = (low, last) if enough else None
        shares.append(share_of(again, total, base=base, back=(low + timedelta(days=1), end) if enough else None))
    now, before = shares
    title = "Впервые пришедшие вернулись"
    return _measure("R2", title, R2_SAYS.format(days=horizon), horizon, now, before, _independent_se(now, before))


def second_days(visits: Visits) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Second visit day of each person, 0 when there was none."""
    people, days = visit_days(visits)
    starts = np.append(True, people[1:] != people[:-1])
    second = np.append(False, starts[:-1]) & ~starts
    result = np.zeros(visits.people, np.int64)
    result[people[second]] = days[second]
    return result
