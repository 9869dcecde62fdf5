"""How base patients are divided: doctor, service and its group, speciality, branch, channel, age, sex, tenure, price change,
waiting before the visit and in the corridor, what was answered afterwards."""

from __future__ import annotations

import dataclasses
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np

from zabota.analytics.rules.columns import Base, Coded, Visits, ordinal
from zabota.analytics.rules.ground import Codes, Dimension
from zabota.analytics.rules.intervals import Ints
from zabota.analytics.rules.periods import Comparison, Period

AGES: Final = (
    (0, 17, "до 18 лет"),
    (18, 29, "18–29 лет"),
    (30, 44, "30–44 года"),
    (45, 59, "45–59 лет"),
    (60, 130, "60 лет и старше"),
)
#: Wider ages, by places in AGES.
AGE_UNIONS: Final = (("до 30 лет", (0, 1)), ("45 лет и старше", (3, 4)))
#: A service whose median price rose by at least this share has become dearer (general inflation is taken off).
PRICE_STEP: Final = 0.10
#: A common rise up to this is taken off; more than this for half of the services is a price decision of the clinic.
MOST_INFLATION: Final = 0.35
#: Fewest services from which a common rise can be told.
MIN_SERVICES: Final = 4
#: Fewest prices of a service in a window.
MIN_PRICES: Final = 5
PRICE: Final = "price"
PRICE_SAME: Final = "цена прежняя"
PRICE_UP: Final = "цена выросла"
PRICE_DOWN: Final = "цена снизилась"
NEW: Final = "новые в базовом периоде"
OLD: Final = "пришли раньше"
#: Days of data before the earlier base window without which nobody knows who is new.
MIN_LOOKBACK: Final = 180
#: Days from booking to the visit. Longer ones are visits planned ahead, which nobody waited for.
WAITS: Final = (
    (0, 1, "до одного дня"),
    (2, 3, "2–3 дня"),
    (4, 7, "4–7 дней"),
    (8, 14, "8–14 дней"),
    (15, 60, "больше двух недель"),
)
WAIT_UNIONS: Final = (("больше недели", (3, 4)), ("до трёх дней", (0, 1)))
PLANNED: Final = "записаны заранее"
#: Minutes between the time of the visit (or coming later) and being received.
CORRIDORS: Final = ((0, 10, "до 10 минут"), (11, 20, "11–20 минут"), (21, 24 * 60, "больше 20 минут"))
#: Answers to «Как вы себя чувствуете?» after the visit.
FEELINGS: Final = {"well": "всё хорошо", "so_so": "есть вопрос", "unwell": "болит, нужна помощь"}
#: Fewest patients of each period, and least part of them, of whom a thing must be known before it divides anybody.
LEAST_TOLD: Final = 100
LEAST_SHARE: Final = 0.05
#: Shares known in the two periods may differ by so much before a shift between values says nothing but that.
SAME_TELLING: Final = 0.10


def dimensions_of(visits: Visits, comparison: Comparison, before: Base, now: Base) -> list[Dimension]:
    """All dimensions that the data can support. A dimension with fewer than two known values is left out."""
    found = [
        _of_visit("doctor", visits.words["doctor"], before, now),
        _of_visit("service", visits.words["service"], before, now),
        _of_visit("service_group", visits.words["category"], before, now),
        _of_visit("speciality", visits.words["speciality"], before, now),
        _of_visit("branch", visits.words["branch"], before, now),
        _of_person("channel", visits.channel, before, now),
        _of_person("sex", visits.sex, before, now, names={"f": "женщины", "m": "мужчины"}),
        _ages(visits, comparison, before, now),
        _tenure(visits, comparison, before, now),
        _prices(visits, comparison, before, now),
        _as_told(_waiting(visits, before, now)),
        _as_told(_corridor(visits, before, now)),
        _as_told(_of_visit("feedback", _feelings(visits), before, now)),
    ]
    return [each for each in found if each is not None and _divides(each)]


def _divides(dimension: Dimension) -> bool:
    known = np.concatenate([dimension.before[dimension.before >= 0], dimension.now[dimension.now >= 0]])
    return len(np.unique(known)) >= 2


def _of_visit(name: str, coded: Coded, before: Base, now: Base) -> Dimension:
    return Dimension(name, coded.values, coded.codes[before.line], coded.codes[now.line])


def _of_person(name: str, coded: Coded, before: Base, now: Base, names: dict[str, str] | None = None) -> Dimension:
    values = tuple((names or {}).get(value, value) for value in coded.values)
    return Dimension(name, values, coded.codes[before.person], coded.codes[now.person])


def _ages(visits: Visits, comparison: Comparison, before: Base, now: Base) -> Dimension:
    def codes(base: Base, period: Period) -> Codes:
        born = visits.birth_year[base.person]
        age = period.base_to.year - born
        result = np.full(len(born), -1, np.int32)
        for code, (low, high, _) in enumerate(AGES):
            result[(born > 0) & (age >= low) & (age <= high)] = code
        return result

    names = tuple(name for _, _, name in AGES)
    return Dimension("age", names, codes(before, comparison.before), codes(now, comparison.now), unions=AGE_UNIONS)


def _tenure(visits: Visits, comparison: Comparison, before: Base, now: Base) -> Dimension | None:
    """New in the base window, or seen before it; both periods look back equally far, else the earlier one seems newer."""
    lookback = comparison.lookback_days
    if lookback < MIN_LOOKBACK:
        return None

    def codes(base: Base, period: Period) -> Codes:
        start = ordinal(period.base_from)
        seen = np.zeros(visits.people, bool)
        earlier = (visits.day < start) & (visits.day >= start - lookback)
        seen[visits.person[earlier]] = True
        return np.where(seen[base.person], 1, 0).astype(np.int32)

    # Fewer old patients are the mirror of every fall; more new ones may be a cause. Both need strong proof.
    return Dimension(
        "tenure",
        (NEW, OLD),
        codes(before, comparison.before),
        codes(now, comparison.now),
        mix_values=frozenset({NEW}),
        careful=True,
    )


def _as_told(dimension: Dimension) -> Dimension | None:
    """Only when enough is known; who is asked more often now has not changed, so then no share is a cause."""
    told = [float((codes >= 0).mean()) if len(codes) else 0.0 for codes in (dimension.before, dimension.now)]
    fewest = min(int((codes >= 0).sum()) for codes in (dimension.before, dimension.now))
    if fewest < LEAST_TOLD or min(told) < LEAST_SHARE:
        return None
    return dimension if abs(told[1] - told[0]) < SAME_TELLING else dataclasses.replace(dimension, kinds=("rate",))


def _banded(numbers: Ints, bands: tuple[tuple[int, int, str], ...]) -> Codes:
    codes = np.full(len(numbers), -1, np.int32)
    for code, (low, high, _) in enumerate(bands):
        codes[(numbers >= low) & (numbers <= high)] = code
    return codes


def _waiting(visits: Visits, before: Base, now: Base) -> Dimension:
    """Days from booking to the visit. Booked at an earlier visit or months ahead is a plan, not a wait."""
    span = int(visits.day.max()) + 1
    seen = visits.person * span + visits.day

    def codes(base: Base) -> Codes:
        wait = visits.wait[base.line]
        result = _banded(wait, WAITS)
        booked_on = visits.day[base.line] - wait
        wanted = base.person * span + booked_on
        place = np.minimum(np.searchsorted(seen, wanted), len(seen) - 1)
        at_a_visit = (wait > 0) & (seen[place] == wanted)
        result[at_a_visit | (wait > WAITS[-1][1])] = len(WAITS)
        return result

    names = (*(name for _, _, name in WAITS), PLANNED)
    return Dimension("wait", names, codes(before), codes(now), unnamed=frozenset({PLANNED}), unions=WAIT_UNIONS)


def _corridor(visits: Visits, before: Base, now: Base) -> Dimension:
    names = tuple(name for _, _, name in CORRIDORS)
    before_codes, now_codes = (_banded(visits.corridor[base.line], CORRIDORS) for base in (before, now))
    return Dimension("corridor", names, before_codes, now_codes)


def _feelings(visits: Visits) -> Coded:
    coded = visits.words["feedback"]
    return Coded(coded.codes, tuple(FEELINGS.get(value, value) for value in coded.values))


def price_changes(visits: Visits, comparison: Comparison) -> dict[int, float]:
    """Change of the median price of each service from before the earlier period to now, beyond the change of all prices.

    The earlier price is that of the base window of the earlier period: a rise in the middle of the year before is seen too.
    A service that merely did not rise with the others has not become cheaper: it counts as unchanged.
    """
    earlier = _medians(visits, comparison.before.base_from, comparison.before.base_to)
    later = _medians(visits, comparison.now.return_from, comparison.now.return_to)
    raw = {service: later[service][0] / earlier[service][0] - 1 for service in earlier if service in later}
    if not raw:
        return {}
    common = _inflation(raw, {service: later[service][1] for service in raw})
    beyond = {service: (1 + change) / (1 + common) - 1 for service, change in raw.items()}
    return {
        service: change if change > 0 else max(change, min(raw[service], 0.0)) for service, change in beyond.items()
    }


def _inflation(raw: dict[int, float], visits: dict[int, int]) -> float:
    """What prices did in general: the middle service, or those that stayed behind when they are many."""
    if len(raw) < MIN_SERVICES:
        return 0.0
    middle = min(max(float(np.median(list(raw.values()))), 0.0), MOST_INFLATION)
    behind = [service for service, change in raw.items() if (1 + change) / (1 + middle) - 1 <= -PRICE_STEP]
    if sum(visits[service] for service in behind) >= 0.15 * sum(visits.values()):
        return min(max(float(np.median([raw[service] for service in behind])), 0.0), middle)
    return middle


def _medians(visits: Visits, first: date, last: date) -> dict[int, tuple[float, int]]:
    """Median price of each service between two days, and how many prices there were."""
    inside = (visits.day >= ordinal(first)) & (visits.day <= ordinal(last)) & (visits.price > 0)
    services, prices = visits.words["service"].codes[inside], visits.price[inside]
    known = services >= 0
    if not known.any():
        return {}
    # One sort of packed numbers orders prices within services.
    span = int(prices.max()) + 1
    packed = np.sort(services[known].astype(np.int64) * span + prices[known])
    bounds = np.searchsorted(packed, np.arange(int(packed[-1]) // span + 2) * span)
    return {
        service: (float(packed[(low + high) // 2] % span), int(high - low))
        for service, (low, high) in enumerate(pairwise(bounds.tolist()))
        if high - low >= MIN_PRICES
    }


def _prices(visits: Visits, comparison: Comparison, before: Base, now: Base) -> Dimension | None:
    changes = price_changes(visits, comparison)
    if not any(abs(change) >= PRICE_STEP for change in changes.values()):
        return None
    bands = np.full(len(visits.words["service"].values) + 1, -1, np.int32)
    for service, change in changes.items():
        bands[service] = 1 if change >= PRICE_STEP else 2 if change <= -PRICE_STEP else 0
    codes = visits.words["service"].codes

    def of(lines: Ints) -> Codes:
        return bands[codes[lines]]

    return Dimension(
        PRICE,
        (PRICE_SAME, PRICE_UP, PRICE_DOWN),
        of(before.line),
        of(now.line),
        unnamed=frozenset({PRICE_SAME}),
        kinds=("rate",),
    )
