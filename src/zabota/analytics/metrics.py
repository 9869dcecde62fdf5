"""The third front door of analytics, for whoever has a database: metrics with their certainty, and the patients behind them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, overload

import numpy as np

from zabota.analytics import jobs
from zabota.analytics.queries.metrics_ground import NothingSeen
from zabota.analytics.queries.people import PersonBehind, people_behind
from zabota.analytics.rules.columns import ordinal
from zabota.analytics.rules.gaps import told_to
from zabota.analytics.rules.intervals import Floats, Ints
from zabota.analytics.rules.metrics import BY_KEY, COUNTED, METRICS, described
from zabota.analytics.rules.metrics_alarms import alarm_of_change
from zabota.analytics.rules.metrics_figure import Change, Definition, Figure, Method, Unit, change, figure, year_before
from zabota.analytics.rules.metrics_ground import Filters, Ground, Window
from zabota.analytics.rules.periods import FULL_DAYS, choose_periods
from zabota.analytics.rules.simpson import Alarm
from zabota.analytics.rules.wording import DIMENSIONS
from zabota.analytics.services.metrics_keeping import NotGathered, ground_at, is_large
from zabota.analytics.services.value import (
    AT_ONCE,
    EVERYBODY,
    SOON,
    TODAY,
    Prospect,
    Prospects,
    ask_calls,
    prospects,
    settled_since,
)
from zabota.clinic.models import Clinic

__all__ = [
    "AT_ONCE",
    "BY_KEY",
    "COUNTED",
    "DIMENSIONS",
    "EVERYBODY",
    "METRICS",
    "PERIODS",
    "SOON",
    "TODAY",
    "Change",
    "Definition",
    "Differ",
    "Filters",
    "Ground",
    "Members",
    "MetricValue",
    "NotGathered",
    "NothingSeen",
    "PersonBehind",
    "Prospect",
    "Prospects",
    "Unit",
    "Window",
    "ask_calls",
    "ask_gather",
    "compare",
    "described",
    "ground_at",
    "ground_of",
    "is_large",
    "last_day",
    "metric_values",
    "patients_of",
    "people_behind",
    "prospects",
    "settled_since",
    "value_of",
    "window_of",
]

#: Windows that can be chosen, days.
PERIODS: Final = (90, 180, FULL_DAYS)


@dataclasses.dataclass(frozen=True)
class MetricValue:
    """One metric with all that a reader needs to trust it."""

    definition: Definition
    value: float | None
    low: float | None
    high: float | None
    n: int
    since: date
    until: date
    #: Empty when ripe, else why it is not.
    unripe: str
    note: str
    before: float | None
    change: Change | None
    #: The change turns round among patients alike.
    alarm: Alarm | None = None

    @property
    def mature(self) -> bool:
        """True when the figure may be compared and judged."""
        return not self.unripe


@dataclasses.dataclass(frozen=True)
class Members(Sequence[tuple[int, float]]):
    """Patients of a figure and what each adds to it, the largest first."""

    patient: Ints
    value: Floats

    def __len__(self) -> int:
        return len(self.patient)

    @overload
    def __getitem__(self, part: int) -> tuple[int, float]: ...
    @overload
    def __getitem__(self, part: slice) -> list[tuple[int, float]]: ...
    def __getitem__(self, part: int | slice) -> tuple[int, float] | list[tuple[int, float]]:
        if isinstance(part, slice):
            return list(zip(self.patient[part].tolist(), self.value[part].tolist(), strict=True))
        return int(self.patient[part]), float(self.value[part])

    def who(self, *, yes: bool) -> Members:
        """Those of whom a share says yes, or no."""
        keep = (self.value > 0) == yes
        return Members(self.patient[keep], self.value[keep])


@dataclasses.dataclass(frozen=True)
class Differ:
    """Two definitions on the same data, and the patients about whom they disagree."""

    first: MetricValue
    second: MetricValue
    #: Counted in both, as returned in both, and so on.
    both_yes: int
    both_no: int
    #: Patients by what the two definitions say of them: (first, second) with True, False or None for "not counted".
    groups: dict[tuple[bool | None, bool | None], Ints]


def ground_of(clinic: Clinic, *, now: datetime, branches: Sequence[int] | None = None) -> Ground:
    """What every figure of a clinic is counted over. The caller holds the scope. Raises NothingSeen, NotGathered."""
    return ground_at(clinic, now=now, branches=branches)[0]


def ask_gather(clinic: Clinic) -> None:
    """Have the tables of a large clinic read in the background."""
    jobs.gather_metrics.enqueue(clinic.pk)


def last_day(ground: Ground, *, today: date) -> date:
    """The newest day with a visit, as the report takes it: never one to come, a few stray ones left out."""
    days = ground.visits.day
    past = days[days <= ordinal(today)]
    return told_to(past) if len(past) else today


def window_of(definition: Definition, ground: Ground, as_of: date, days: int | None) -> Window:
    """The chosen window, or without a choice that of the report: a year, and for R3 as long as a year before allows."""
    if days is None:
        found = choose_periods(ground.begins, as_of) if definition.key == "r3" else None
        days = found.now.days if found else FULL_DAYS
    return Window(as_of, days)


def metric_values(
    ground: Ground,
    *,
    as_of: date,
    days: int | None = None,
    filters: Filters | None = None,
    keys: Sequence[str] | None = None,
) -> list[MetricValue]:
    """Every metric that can be counted, or those of `keys`, in the order of the registry."""
    wanted = [each for each in COUNTED if keys is None or each.key in keys]
    return [value_of(each, ground, as_of=as_of, days=days, filters=filters) for each in wanted]


def value_of(
    definition: Definition, ground: Ground, *, as_of: date, days: int | None = None, filters: Filters | None = None
) -> MetricValue:
    """One metric, beside itself a year before."""
    window, filters = window_of(definition, ground, as_of, days), filters or Filters()
    now = figure(definition, ground, window, filters)
    before = figure(definition, ground, year_before(window), filters) if definition.has_past else None
    ripe_before = before if before is not None and not before.unripe else None
    moved = change(definition, now, ripe_before) if ripe_before else None
    is_sure = moved is not None and moved.significant and ripe_before is not None
    return MetricValue(
        definition, now.value, now.low, now.high, now.n, now.since, now.until, now.unripe, now.note,
        ripe_before.value if ripe_before else None, moved,
        alarm_of_change(definition, ground, ripe_before, now) if is_sure and ripe_before else None,
    )  # fmt: skip


def patients_of(
    definition: Definition, ground: Ground, *, as_of: date, days: int | None = None, filters: Filters | None = None
) -> Members:
    """Patients behind a figure with what each adds: 1 or 0 of a share, an amount of a mean; several records add up."""
    sample = figure(definition, ground, window_of(definition, ground, as_of, days), filters or Filters()).sample
    who, place = np.unique(sample.patient, return_inverse=True)
    total = np.asarray(np.bincount(place, weights=sample.value, minlength=len(who)), np.float64)
    if definition.method is Method.MEDIAN:
        total = total / np.bincount(place, minlength=len(who))
    order = np.lexsort((who, -total))
    return Members(who[order], total[order])


def compare(
    first: Definition,
    second: Definition,
    ground: Ground,
    *,
    as_of: date,
    days: int | None = None,
    filters: Filters | None = None,
) -> Differ:
    """Two shares of patients side by side. Raises ValueError for a metric that is not a share of patients."""
    for each in (first, second):
        if each.unit is not Unit.SHARE:
            raise ValueError(f"{each.key} is not a share of patients")
    chosen = filters or Filters()
    says = [_says(figure(each, ground, window_of(each, ground, as_of, days), chosen)) for each in (first, second)]
    everybody = np.union1d(says[0][0], says[1][0])
    codes = []
    for who, said in says:
        code = np.full(len(everybody), 2)
        code[np.searchsorted(everybody, who)] = said
        codes.append(code)
    words: tuple[bool | None, ...] = (False, True, None)
    both = codes[0] * 3 + codes[1]
    groups = {(words[each // 3], words[each % 3]): everybody[both == each] for each in np.unique(both).tolist()}
    both_yes, both_no = len(groups.pop((True, True), ())), len(groups.pop((False, False), ()))
    values = [value_of(each, ground, as_of=as_of, days=days, filters=filters) for each in (first, second)]
    return Differ(values[0], values[1], both_yes, both_no, groups)


def _says(found: Figure) -> tuple[Ints, Ints]:
    """Patients of a share, each once, and what it says of each: 1 when it said so of any of their records."""
    who, place = np.unique(found.sample.patient, return_inverse=True)
    said = np.bincount(place, weights=found.sample.value, minlength=len(who)) > 0
    return who, said.astype(np.int64)
