"""Why retention changed between two periods: one engine for the audit of a file and for every question of a page."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from zabota.analytics.rules import wording
from zabota.analytics.rules.accounts import account_of
from zabota.analytics.rules.columns import Base, Visits, base_of
from zabota.analytics.rules.dimensions import PRICE_STEP, PRICE_UP, dimensions_of, price_changes
from zabota.analytics.rules.drivers import Driver, Finding, find_drivers
from zabota.analytics.rules.ground import Cell, Dimension
from zabota.analytics.rules.intervals import Z95, Bools, Ints
from zabota.analytics.rules.periods import Comparison
from zabota.analytics.rules.problems import channel_is_traceable
from zabota.analytics.rules.report import Account, Cause, Measure
from zabota.analytics.rules.retention import period_retention
from zabota.analytics.rules.simpson import Alarm, alarms_of_periods
from zabota.analytics.rules.worth import value_of_a_visitor, yearly_value

#: Services of a price band that are named one by one.
MOST_NAMES: Final = 2

#: Which base patients are looked at: True for those who stay, before and now.
Keep = Callable[[Sequence[Dimension]], tuple[Bools, Bools]]


@dataclasses.dataclass(frozen=True)
class Explained:
    """The comparison, what changed, the causes and the patients they are made of."""

    comparison: Comparison
    before: Base
    now: Base
    retention: Measure
    value_kopecks: int
    dimensions: tuple[Dimension, ...] = ()
    causes: tuple[Cause, ...] = ()
    #: The cell of each cause, in the order of `causes`.
    cells: tuple[Cell, ...] = ()
    accounts: tuple[Account, ...] = ()
    common: float | None = None
    #: Dimensions within whose values the change points the other way.
    alarms: tuple[Alarm, ...] = ()
    #: How many comparisons were made, for which the false discovery rate answers.
    tested: int = 0

    def behind(self, place: int) -> Ints:
        """People of a cause who were in the base window now and did not come back; -1 is everybody who did not."""
        away = ~self.now.came
        if place >= 0:
            cell = self.cells[place]
            away &= np.isin(self.dimensions[cell.place].now, cell.codes)
        return np.asarray(self.now.person[away], dtype=np.int64)


def explain(
    visits: Visits, comparison: Comparison, *, keep: Keep | None = None, aside: frozenset[str] = frozenset()
) -> Explained:
    """Compare two periods. `visits` are without what is missing from one of them; `keep` narrows the base patients.

    Dimensions `aside` are accounted for exactly, but no cause is named in them.
    """
    before, now = base_of(visits, comparison.before), base_of(visits, comparison.now)
    divided = dimensions_of(visits, comparison, before, now)
    if keep is not None:
        stay = keep(divided)
        before, now, divided = _narrowed(before, now, divided, stay)
    retention = period_retention(comparison, before, now)
    value = yearly_value(visits, now, comparison.now) or value_of_a_visitor(visits, comparison.now.end)
    if retention.change_pp is None:
        return Explained(comparison, before, now, retention, value)
    dimensions = _usable(visits, divided, before, now)
    # Those aside come last, so that the place of a cell among the others is its place among all.
    dimensions.sort(key=lambda each: each.name in aside)
    open_ones = [each for each in dimensions if each.name not in aside]
    finding = find_drivers(before.came.astype(np.float64), now.came.astype(np.float64), open_ones)
    named = _causes(finding, visits, comparison, now, retention, value)
    return Explained(
        comparison=comparison,
        before=before,
        now=now,
        retention=retention,
        value_kopecks=value,
        dimensions=tuple(dimensions),
        causes=tuple(cause for cause, _ in named),
        cells=tuple(cell for _, cell in named),
        accounts=tuple(account_of(before.came, now.came, dimension) for dimension in dimensions),
        common=100 * finding.common_change,
        alarms=tuple(alarms_of_periods(dimensions, before.came, now.came)),
        tested=finding.tested,
    )


def _narrowed(
    before: Base, now: Base, dimensions: Sequence[Dimension], stay: tuple[Bools, Bools]
) -> tuple[Base, Base, list[Dimension]]:
    """Only those who stay; a dimension that then has one value divides nobody."""
    bases = [
        Base(base.person[mask], base.line[mask], base.came[mask])
        for base, mask in zip((before, now), stay, strict=True)
    ]
    left = [dataclasses.replace(each, before=each.before[stay[0]], now=each.now[stay[1]]) for each in dimensions]
    return bases[0], bases[1], [each for each in left if len(np.unique(np.concatenate([each.before, each.now]))) > 1]


def _usable(visits: Visits, dimensions: Sequence[Dimension], before: Base, now: Base) -> list[Dimension]:
    """Without the mix of channels when channels were recorded differently in the two periods."""
    if channel_is_traceable(visits, before.person, now.person):
        return list(dimensions)
    return [dataclasses.replace(each, kinds=("rate",)) if each.name == "channel" else each for each in dimensions]


def _causes(
    finding: Finding, visits: Visits, comparison: Comparison, now: Base, retention: Measure, value: int
) -> list[tuple[Cause, Cell]]:
    dear = price_changes(visits, comparison) if any(d.cell.dimension == "price" for d in finding.drivers) else {}
    causes = [(_cause(driver, visits, dear, now, retention, value), driver.cell) for driver in finding.drivers]
    return sorted(causes, key=lambda each: -abs(each[0].effect_pp))


def _cause(driver: Driver, visits: Visits, dear: dict[int, float], now: Base, retention: Measure, value: int) -> Cause:
    cell, contrast = driver.cell, driver.contrast
    overall = retention.now.value or 0.0
    lost = round(-contrast.effect * len(now.came))
    members = _members(cell.value, visits, dear) if cell.dimension == "price" else ()
    # A band of one or two services is called by their names.
    called = f"{cell.value}: {', '.join(members)}" if 0 < len(members) <= MOST_NAMES else cell.value
    alone = overall - contrast.effect
    effect = 100 * contrast.effect
    return Cause(
        dimension=cell.dimension,
        value=called,
        kind=contrast.kind,
        effect_pp=effect,
        low_pp=100 * (contrast.effect - Z95 * contrast.se),
        high_pp=100 * (contrast.effect + Z95 * contrast.se),
        significant=True,
        patients=contrast.patients_now,
        patients_before=contrast.patients_before,
        lost_patients=lost,
        money_kopecks=abs(lost) * value,
        rate_before=contrast.rate_before,
        rate_now=contrast.rate_now,
        rate_expected=contrast.rate_expected,
        share_before=contrast.share_before,
        share_now=contrast.share_now,
        retention_without=alone,
        p=contrast.p,
        q=driver.q,
        title=wording.cause_title(cell.dimension, cell.value, contrast.kind, effect),
        text=wording.cause_text(cell.dimension, cell.value, contrast, without=alone, now=overall, members=members),
        companions=tuple(dict.fromkeys(f"{wording.DIMENSIONS[name]}: {label}" for name, label, _ in driver.companions)),
        members=members,
    )


def _members(band: str, visits: Visits, dear: dict[int, float]) -> tuple[str, ...]:
    """Services of a price band, the most frequent first."""
    codes = visits.words["service"].codes
    up = band == PRICE_UP
    services = [code for code, change in dear.items() if (change >= PRICE_STEP if up else change <= -PRICE_STEP)]
    counts = np.bincount(codes[codes >= 0], minlength=len(visits.words["service"].values))
    services.sort(key=lambda code: -counts[code])
    return tuple(visits.words["service"].values[code] for code in services)
