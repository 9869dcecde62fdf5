"""What patients bring: revenue per patient, visits per patient, the simple value and the one of the model."""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np

from zabota.analytics.rules.btyd import LEAST, Coming, compressed, fit_coming
from zabota.analytics.rules.btyd_money import DEPENDENT, Spending, correlation, fit_spending, present_value
from zabota.analytics.rules.columns import Visits, ordinal, visit_days
from zabota.analytics.rules.intervals import Z95, Bools, Floats, Ints
from zabota.analytics.rules.metrics_ground import Estimate, Filters, Ground, Sample, Window, begins_late, nothing
from zabota.analytics.rules.metrics_retention import period

YEAR: Final = 365
#: The model speaks of so many months to come, discounted at this rate a year.
LTV_MONTHS: Final = 24
YEARLY_RATE: Final = 0.1
#: Days of the unit in which the model counts time, and weeks of a month.
WEEK: Final = 7
MONTH_WEEKS: Final = 365.25 / 12 / WEEK


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


@dataclasses.dataclass(frozen=True)
class Fitted:
    """Both models of a clinic on a day, and the history of each person up to it: weeks and kopecks."""

    coming: Coming
    spending: Spending
    correlation: float
    #: People seen up to the day.
    known: Bools
    x: Floats
    t_x: Floats
    age: Floats
    #: Number and mean of paid visit days.
    bills: Floats
    mean_bill: Floats


def fitted(visits: Visits, end: int) -> Fitted | None:
    """The models estimated from visits up to a day; None when there are too few people."""
    people, days = visit_days(visits)
    keep = days <= end
    people, days = people[keep], days[keep]
    if not len(people):
        return None
    size = visits.people
    counts = np.bincount(people, minlength=size)
    starts = np.append(True, people[1:] != people[:-1])
    ends = np.append(people[1:] != people[:-1], True)
    first, last = np.zeros(size, np.int64), np.zeros(size, np.int64)
    first[people[starts]], last[people[ends]] = days[starts], days[ends]
    known = counts > 0
    x, t_x, age = counts[known] - 1, (last - first)[known], end - first[known]
    bills, mean = _bills(visits, end)
    repeaters = known & (counts > 1) & (bills > 0)
    if known.sum() < LEAST or repeaters.sum() < LEAST:
        return None
    n, m = bills[repeaters].astype(np.float64), mean[repeaters]
    model = fit_coming(compressed(x, t_x, age, unit=WEEK))
    spending = fit_spending(n, m)

    def weeks(column: Ints) -> Floats:
        whole = np.zeros(size)
        whole[known] = column / WEEK
        return whole

    return Fitted(
        model, spending, correlation(n, m), known, np.maximum(counts - 1, 0).astype(np.float64), weeks(t_x), weeks(age),
        bills.astype(np.float64), mean,
    )  # fmt: skip


def worth(models: Fitted, people: Ints, *, months: int = LTV_MONTHS, yearly_rate: float = YEARLY_RATE) -> Floats:
    """Discounted revenue expected of people in the months to come, kopecks. Equal histories are reckoned once."""
    history = np.stack([models.x[people], models.t_x[people], models.age[people]])
    each, place = np.unique(history, axis=1, return_inverse=True)
    visits = present_value(
        models.coming, np.ones(each.shape[1]), *each, months=months, yearly_rate=yearly_rate, month=MONTH_WEEKS
    )
    bill = models.spending.expected(models.bills[people], models.mean_bill[people])
    return np.asarray(visits[place.reshape(-1)] * bill, np.float64)


def model_ltv(ground: Ground, window: Window, filters: Filters) -> Sample:
    """Mean discounted revenue that the model expects of a patient seen in the window."""
    models = fitted(ground.visits, ordinal(window.as_of))
    if models is None:
        return nothing(window.first, window.as_of, f"нужно хотя бы {LEAST} пациентов, бывавших не раз")
    members = np.flatnonzero(
        ground.people_by(ground.last_lines(window.as_of, start=ordinal(window.first)), filters) & models.known
    )
    note = ""
    if abs(models.correlation) > DEPENDENT:
        shown = f"{models.correlation:.2f}".replace(".", ",").replace("-", "−")
        note = f"Средний чек связан с числом визитов (корреляция {shown}): модель считает их независимыми, ошибка больше интервала."
    late = begins_late(ground, window.first)
    if not len(members):
        return nothing(window.first, window.as_of, late or "никого")
    return Sample(ground.patient[members], worth(models, members), window.first, window.as_of, late, note=note)


def _bills(visits: Visits, end: int) -> tuple[Ints, Floats]:
    """Number of paid visit days of each person up to a day, and their mean, kopecks."""
    inside = (visits.day <= end) & (visits.revenue > 0)
    people, days, revenue = visits.person[inside], visits.day[inside], visits.revenue[inside]
    new = np.append(True, (people[1:] != people[:-1]) | (days[1:] != days[:-1]))[: len(people)]
    count = np.bincount(people[new], minlength=visits.people)
    total = np.bincount(people, weights=revenue, minlength=visits.people)
    return count, np.divide(total, count, out=np.zeros(visits.people), where=count > 0)


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
