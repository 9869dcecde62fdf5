"""One figure of one metric: its value with an interval, whether it is ripe, how it differs from a year before."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Final, TypeAlias

import numpy as np
from scipy.special import bdtr, stdtrit

from zabota.analytics.rules.intervals import Z95, Floats, Ints, wilson
from zabota.analytics.rules.metrics_ground import Estimate, Filters, Ground, Sample, Window

#: Days between a figure and the one it is compared with, so that the season is the same.
YEAR_BEFORE: Final = 365
#: Fewer units than this say nothing.
LEAST: Final = 5


class Unit(StrEnum):
    """What the figure is measured in."""

    SHARE = "доля пациентов"
    SHARE_OF_SLOTS = "доля записей"
    SHARE_OF_PLANS = "доля планов"
    CHANCE = "шанс, средний по пациентам"
    MONEY = "рубли"
    TIMES = "визиты"
    DAYS = "дни"
    POINTS = "баллы"


class Method(StrEnum):
    """How the interval is made."""

    WILSON = "Уилсона, 95 %"
    CLUSTERED = "нормальный, 95 %; ошибка по пациентам, а не по записям"
    MEAN = "среднее по пациентам, распределение Стьюдента, 95 %"
    MEDIAN = "порядковые статистики медианы, 95 %"
    KAPLAN_MEIER = "дисперсия Гринвуда на шкале log(−log), 95 %"
    DELTA = "дельта-метод, 95 %"
    NPS = "нормальный, 95 %"
    CONTROL = "нормальный для разности долей, 95 %"
    COUNT = "не нужен: посчитаны все"


Counted: TypeAlias = Callable[[Ground, Window, Filters], Sample]


@dataclasses.dataclass(frozen=True)
class Definition:
    """A metric as people read it and as the program counts it; a change of meaning is a new version."""

    key: str
    code: str
    title: str
    version: int
    says: str
    formula: str
    source: str
    filters: str
    ripe: str
    unit: Unit
    method: Method
    count: Counted | None = None
    #: True when more is worse.
    less_is_better: bool = False
    #: False for a figure of this moment, which has no year before.
    has_past: bool = True
    #: Counted with the whole year whatever window is chosen.
    fixed: str = ""

    @property
    def is_share(self) -> bool:
        """True when the figure is a part of a whole, 0…1."""
        return self.unit in (Unit.SHARE, Unit.SHARE_OF_SLOTS, Unit.SHARE_OF_PLANS, Unit.CHANCE)

    @property
    def counts_yes(self) -> bool:
        """True when each unit is a yes or a no."""
        return self.is_share and self.unit is not Unit.CHANCE


@dataclasses.dataclass(frozen=True)
class Figure:
    """A metric at a moment; None where it cannot be told."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    since: date
    until: date
    unripe: str
    note: str
    sample: Sample


@dataclasses.dataclass(frozen=True)
class Change:
    """From the figure a year before to this one, in the unit of the figure."""

    value: float
    low: float
    high: float

    @property
    def significant(self) -> bool:
        """True when chance alone hardly makes it."""
        return self.low > 0 or self.high < 0


def figure(definition: Definition, ground: Ground, window: Window, filters: Filters) -> Figure:
    """Compute one metric. Raises ValueError for a metric whose data are not kept."""
    if definition.count is None:
        raise ValueError(f"{definition.key} has no data yet")
    sample = definition.count(ground, window, filters)
    found = estimate(definition.method, sample)
    known = found is not None and len(sample.value) > 0
    bounded = known and found is not None and math.isfinite(found.low) and math.isfinite(found.high)
    return Figure(
        found.value if known and found else None,
        found.low if bounded and found else None,
        found.high if bounded and found else None,
        len(sample.value),
        sample.since,
        sample.until,
        sample.unripe or ("" if len(sample.value) >= LEAST else "слишком мало данных"),
        sample.note,
        sample,
    )


def estimate(method: Method, sample: Sample) -> Estimate | None:
    """The figure of a sample with its interval; None of an empty one."""
    if sample.estimate is not None:
        return sample.estimate
    values = sample.value
    n = len(values)
    if not n:
        return None
    mean = float(values.mean())
    if method is Method.COUNT:
        return Estimate(mean, mean, mean)
    if method is Method.WILSON:
        return _share(float(values.sum()), n)
    if method is Method.MEDIAN:
        return median(values)
    if method is Method.CLUSTERED:
        half = Z95 * float(np.sqrt((_influence(sample)[1] ** 2).sum()))
        if half == 0:  # all alike: the spread says nothing, the share of so many does
            return _share(float(values.sum()), n)
        return Estimate(mean, max(0.0, mean - half), min(1.0, mean + half))
    if n < 2:
        return Estimate(mean, 0.0, float("inf"))
    half = float(stdtrit(n - 1, 0.975)) * float(values.std(ddof=1)) / n**0.5
    return Estimate(mean, max(0.0, mean - half), mean + half)


def _share(hits: float, n: int) -> Estimate:
    """Rounding must not put the bound of nobody above nobody."""
    low, high = wilson(hits, n)
    return Estimate(hits / n, min(low, hits / n), max(high, hits / n))


def median(values: Floats) -> Estimate:
    """The median between the order statistics that hold it in 95 of 100 samples."""
    ordered = np.sort(values)
    n = len(ordered)
    ranks = np.arange(n)
    outside = np.flatnonzero(bdtr(ranks, n, 0.5) <= 0.025)
    low = int(outside[-1]) if len(outside) else 0
    return Estimate(float(np.median(ordered)), float(ordered[low]), float(ordered[n - 1 - low]))


def change(definition: Definition, now: Figure, before: Figure) -> Change | None:
    """The difference with an interval that knows that the same people stand in both; None when either is unknown."""
    if now.value is None or before.value is None or now.unripe or before.unripe:
        return None
    value = now.value - before.value
    own = definition.method in (Method.WILSON, Method.CLUSTERED, Method.MEAN) and not now.sample.estimate
    if own and now.low is not None and now.n >= LEAST and before.n >= LEAST:
        half = Z95 * paired_error(now.sample, before.sample)
        return Change(value, value - half, value + half)
    spread = [((each.high or 0) - (each.low or 0)) / 2 for each in (now, before)]
    half = math.hypot(*spread)
    return Change(value, value - half, value + half)


def paired_error(now: Sample, before: Sample) -> float:
    """Standard error of the difference of two means whose units belong to overlapping people."""
    who_now, of_now = _influence(now)
    who_before, of_before = _influence(before)
    total = float((of_now**2).sum() + (of_before**2).sum())
    _, a, b = np.intersect1d(who_now, who_before, assume_unique=True, return_indices=True)
    return float(np.sqrt(max(total - 2 * float((of_now[a] * of_before[b]).sum()), 0.0)))


def _influence(sample: Sample) -> tuple[Ints, Floats]:
    """What each patient adds to the error of the mean."""
    who, place = np.unique(sample.patient, return_inverse=True)
    off = (sample.value - sample.value.mean()) / len(sample.value)
    return who, np.asarray(np.bincount(place, weights=off, minlength=len(who)), np.float64)


def year_before(window: Window) -> Window:
    """The same days of the year before."""
    return window.earlier(YEAR_BEFORE)
