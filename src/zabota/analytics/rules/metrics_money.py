"""What patients bring: revenue per patient, visits per patient, the simple value and the one of the model."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import numpy as np

from zabota.analytics.rules.btyd import LEAST
from zabota.analytics.rules.btyd_money import DEPENDENT
from zabota.analytics.rules.columns import ordinal
from zabota.analytics.rules.intervals import Z95, Bools, Floats
from zabota.analytics.rules.metrics_ground import Estimate, Filters, Ground, Sample, Window, begins_late, nothing
from zabota.analytics.rules.metrics_retention import period
from zabota.analytics.rules.value_model import fitted, worth

YEAR: Final = 365
#: The model speaks of so many months to come, discounted at this rate a year.
LTV_MONTHS: Final = 24
YEARLY_RATE: Final = 0.1
#: Models of a shorter history are not comparable: they have seen nobody stay away for long.
HISTORY_DAYS: Final = 730


def arpp(ground: Ground, window: Window, filters: Filters) -> Sample:
    """Net revenue of the window per patient who paid in it, kopecks."""
    net = _revenue(ground, window, filters)
    paid = net > 0
    return Sample(ground.patient[paid], net[paid], window.first, window.as_of, begins_late(ground, window.first))


def visits_per_patient(ground: Ground, window: Window, filters: Filters) -> Sample:
    """Visit days of the window per patient seen in it."""
    inside = _inside(ground, window, filters)
    people, days = ground.visits.person[inside], ground.visits.day[inside]
    new = np.append(True, (people[1:] != people[:-1]) | (days[1:] != days[:-1]))[: len(people)]
    counts = np.bincount(people[new], minlength=ground.visits.people)
    seen = counts > 0
    return Sample(
        ground.patient[seen],
        counts[seen].astype(np.float64),
        window.first,
        window.as_of,
        begins_late(ground, window.first),
    )


def simple_ltv(ground: Ground, window: Window, filters: Filters) -> Sample:
    """Revenue per patient and year × years expected at a steady yearly return: ARPP / (1 − R3)."""
    year = Window(window.as_of, YEAR)
    money, back = arpp(ground, year, filters), period(ground, year, filters)
    unripe = money.unripe or back.unripe
    if len(money.value) < 2 or len(back.value) < 2 or back.value.mean() >= 1:
        return nothing(back.since, back.until, unripe or "мало пациентов")
    m, r = float(money.value.mean()), float(back.value.mean())
    variance_m = float(money.value.var(ddof=1)) / len(money.value)
    variance_r = r * (1 - r) / len(back.value)
    value = m / (1 - r)
    half = Z95 * float(np.sqrt(variance_m / (1 - r) ** 2 + m**2 * variance_r / (1 - r) ** 4))
    estimate = Estimate(value, max(0.0, value - half), value + half)
    return Sample(money.patient, money.value, back.since, back.until, unripe, estimate)


def model_ltv(ground: Ground, window: Window, filters: Filters) -> Sample:
    """Mean discounted revenue that the model expects of a patient seen in the window."""
    late = begins_late(ground, window.as_of - timedelta(days=HISTORY_DAYS))
    if late:
        return nothing(window.first, window.as_of, late)
    visits = ground.visits
    models = fitted(visits.person, visits.day, visits.revenue, visits.people, ordinal(window.as_of))
    if models is None:
        return nothing(window.first, window.as_of, f"нужно хотя бы {LEAST} пациентов, бывавших не раз")
    members = np.flatnonzero(
        ground.people_by(ground.last_lines(window.as_of, start=ordinal(window.first)), filters) & models.known
    )
    note = ""
    if abs(models.correlation) > DEPENDENT:
        shown = f"{models.correlation:.2f}".replace(".", ",").replace("-", "−")
        note = f"Средний чек связан с числом визитов (корреляция {shown}): модель считает их независимыми, ошибка больше интервала."
    if not len(members):
        return nothing(window.first, window.as_of, "никого")
    return Sample(
        ground.patient[members],
        worth(models, members, months=LTV_MONTHS, yearly_rate=YEARLY_RATE),
        window.first,
        window.as_of,
        note=note,
    )


def _inside(ground: Ground, window: Window, filters: Filters) -> Bools:
    days = ground.visits.day
    return (days >= ordinal(window.first)) & (days <= ordinal(window.as_of)) & ground.lines(filters)


def _revenue(ground: Ground, window: Window, filters: Filters) -> Floats:
    """Of each person: visits of the window less the money given back in it."""
    inside = _inside(ground, window, filters)
    visits = ground.visits
    net = np.bincount(visits.person[inside], weights=visits.revenue[inside], minlength=visits.people)
    patient, day, amount = ground.refunds
    back = (day >= ordinal(window.first)) & (day <= ordinal(window.as_of))
    place = np.minimum(np.searchsorted(ground.patient, patient[back]), len(ground.patient) - 1)
    matched = ground.patient[place] == patient[back]
    net -= np.bincount(place[matched], weights=amount[back][matched], minlength=visits.people)
    return np.asarray(net, np.float64)
