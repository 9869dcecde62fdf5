"""The models of coming and of spending estimated from visits: what each patient is expected to bring.

Days of one course of treatment are one episode: a root canal of four days in three weeks is one reason to come, not loyalty.
"""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np

from zabota.analytics.rules.btyd import LEAST, Coming, compressed, fit_coming
from zabota.analytics.rules.btyd_money import Spending, correlation, fit_spending, present_value
from zabota.analytics.rules.intervals import Bools, Floats, Ints

#: Visits no further apart than this are one episode.
EPISODE_DAYS: Final = 14
#: Days of the unit in which the model counts time, and units of a month.
WEEK: Final = 7
MONTH_WEEKS: Final = 365.25 / 12 / WEEK


@dataclasses.dataclass(frozen=True)
class Episodes:
    """Episodes of people in the order of person and time."""

    person: Ints
    start: Ints
    end: Ints
    kopecks: Ints


@dataclasses.dataclass(frozen=True)
class Fitted:
    """Both models on a day, and the history of each person up to it: weeks and kopecks."""

    coming: Coming
    spending: Spending
    correlation: float
    episodes: Episodes
    #: People seen up to the day.
    known: Bools
    x: Floats
    t_x: Floats
    age: Floats
    #: Number and mean of paid episodes.
    bills: Floats
    mean_bill: Floats


def episodes_of(person: Ints, day: Ints, kopecks: Ints) -> Episodes:
    """Visits, sorted by person and day, as episodes."""
    if not len(person):
        return Episodes(person, day, day, kopecks)
    new = np.append(True, (person[1:] != person[:-1]) | (day[1:] - day[:-1] > EPISODE_DAYS))
    starts = np.flatnonzero(new)
    ends = np.append(starts[1:], len(person)) - 1
    return Episodes(person[starts], day[starts], day[ends], np.add.reduceat(kopecks, starts))


def fitted(person: Ints, day: Ints, kopecks: Ints, people: int, end: int) -> Fitted | None:
    """The models from visits up to a day; None when too few people came more than once."""
    keep = day <= end
    found = episodes_of(person[keep], day[keep], kopecks[keep])
    counts = np.bincount(found.person, minlength=people)
    known = counts > 0
    first, last = np.zeros(people, np.int64), np.zeros(people, np.int64)
    changes = found.person[1:] != found.person[:-1]
    if known.any():
        head, tail = np.append(True, changes), np.append(changes, True)
        first[found.person[head]], last[found.person[tail]] = found.start[head], found.start[tail]
    x, t_x, age = counts[known] - 1, (last - first)[known], end - first[known]
    paid = found.kopecks > 0
    bills = np.bincount(found.person[paid], minlength=people)
    total = np.bincount(found.person[paid], weights=found.kopecks[paid], minlength=people)
    mean = np.divide(total, bills, out=np.zeros(people), where=bills > 0)
    repeaters = (counts > 1) & (bills > 0)
    if known.sum() < LEAST or repeaters.sum() < LEAST:
        return None
    n, m = bills[repeaters].astype(np.float64), mean[repeaters]

    def weeks(column: Ints) -> Floats:
        whole = np.zeros(people)
        whole[known] = column / WEEK
        return whole

    return Fitted(
        fit_coming(compressed(x, t_x, age, unit=WEEK)), fit_spending(n, m), correlation(n, m), found, known,
        np.maximum(counts - 1, 0).astype(np.float64), weeks(t_x), weeks(age), bills.astype(np.float64), mean,
    )  # fmt: skip


def worth(models: Fitted, people: Ints, *, months: int, yearly_rate: float) -> Floats:
    """Discounted revenue expected of people in the months to come, kopecks. Equal histories are reckoned once."""
    each, place = distinct(models, people)
    visits = present_value(
        models.coming, np.ones(each.shape[1]), *each, months=months, yearly_rate=yearly_rate, month=MONTH_WEEKS
    )
    return np.asarray(visits[place] * bill_of(models, people), np.float64)


def bill_of(models: Fitted, people: Ints) -> Floats:
    """What an episode of each is expected to cost, kopecks."""
    return models.spending.expected(models.bills[people], models.mean_bill[people])


def distinct(models: Fitted, people: Ints) -> tuple[Floats, Ints]:
    """The different histories (x, t_x, age) among people, and which of them is whose."""
    history = np.stack([models.x[people], models.t_x[people], models.age[people]])
    each, place = np.unique(history, axis=1, return_inverse=True)
    return np.asarray(each, np.float64), np.asarray(place.reshape(-1), np.int64)
