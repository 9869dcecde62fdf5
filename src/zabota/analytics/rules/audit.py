"""The audit of patient experience: from the frames of an export to the report. Pure: no files, no clock, no database."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from zabota.analytics.rules import wording
from zabota.analytics.rules.accounts import account_of
from zabota.analytics.rules.cohorts import cohorts_of
from zabota.analytics.rules.columns import Base, Visits, base_of, read_visits, without
from zabota.analytics.rules.dimensions import PRICE_STEP, PRICE_UP, dimensions_of, price_changes
from zabota.analytics.rules.drivers import Driver, Finding, find_drivers
from zabota.analytics.rules.gaps import find_gaps, gap_warnings, mirrored, russian_day
from zabota.analytics.rules.ground import Dimension
from zabota.analytics.rules.intervals import Z95
from zabota.analytics.rules.periods import FULL_DAYS, Comparison, choose_periods, single_period
from zabota.analytics.rules.problems import channel_is_traceable, content_warnings, row_warnings
from zabota.analytics.rules.report import (
    Account,
    AuditReport,
    Cause,
    DataWarning,
    Measure,
    Refusal,
    Rows,
    Share,
)
from zabota.analytics.rules.retention import R3_SAYS, ever_return, lone_retention, matured_return, period_retention
from zabota.analytics.rules.worth import next_step, value_of_a_visitor, yearly_value

#: Services of a price band that are named one by one.
MOST_NAMES = 2


class NothingToAudit(Exception):
    """No completed visit was found."""


def audit(
    frame: pl.DataFrame,
    *,
    today: date,
    as_of: date | None = None,
    rows: Rows,
    refusals: Sequence[Refusal] = (),
    notes: dict[str, int | float] | None = None,
) -> AuditReport:
    """Audit the visits of an export (any states; columns as intake gives them).

    `as_of` defaults to the last day with a completed visit up to `today`. Raises NothingToAudit without completed visits.
    """
    frame = frame.filter(pl.col("day").is_not_null())
    done = frame.filter((pl.col("status") == "completed") & (pl.col("day") <= (as_of or today)))
    if not done.height:
        raise NothingToAudit
    visits = read_visits(done)
    as_of = as_of or visits.last_day
    people = done["person"].unique().sort()
    gaps = find_gaps(visits, as_of)
    even = without(visits, mirrored(visits, gaps)) if gaps else visits
    comparison = choose_periods(visits.first_day, as_of)
    warnings: list[DataWarning] = [*gap_warnings(visits, gaps), *_length_warnings(visits, as_of, comparison)]
    warnings += row_warnings(rows, notes or {})
    warnings += content_warnings(visits, frame.filter(pl.col("day") <= as_of), as_of)
    causes: tuple[Cause, ...] = ()
    accounts: tuple[Account, ...] = ()
    common: float | None = None
    if comparison is None:
        alone = single_period(visits.first_day, as_of)
        retention = lone_retention(alone, base_of(even, alone)) if alone else _unknown()
        value = value_of_a_visitor(visits, as_of)
    else:
        before, now = base_of(even, comparison.before), base_of(even, comparison.now)
        retention = period_retention(comparison, before, now)
        value = yearly_value(even, now, comparison.now) or value_of_a_visitor(visits, as_of)
        if retention.change_pp is not None:
            dimensions = _usable(even, dimensions_of(even, comparison, before, now), before, now)
            finding = find_drivers(before.came.astype(np.float64), now.came.astype(np.float64), dimensions)
            causes = _causes(finding, even, comparison, now, retention, value)
            accounts = tuple(account_of(before.came, now.came, dimension) for dimension in dimensions)
            common = 100 * finding.common_change
    measures = (ever_return(visits, as_of), matured_return(visits, as_of))
    cohorts, curve = cohorts_of(visits, as_of)
    warnings += _maturity_warnings(measures, retention)
    step = next_step(visits, frame, people, as_of, value_kopecks=value)
    if not step.has_future:
        warnings.append(
            DataWarning(
                "no_future",
                "В выгрузке нет будущих записей: все пациенты выглядят незаписанными. Выгрузите и записи вперёд.",
            )
        )
    return AuditReport(
        as_of=as_of,
        data_from=visits.first_day,
        data_to=visits.last_day,
        rows=rows,
        refusals=tuple(refusals),
        patients=visits.people,
        visits=_visits(visits),
        headline=wording.headline(retention, causes),
        lead=wording.lead(retention, causes, common),
        retention=retention,
        measures=measures,
        causes=causes,
        common_pp=common,
        common_text=wording.common_sentence(retention, common, causes),
        accounts=accounts,
        cohorts=cohorts,
        curve=curve,
        warnings=tuple(warnings),
        next_step=step,
        actions=wording.actions(retention, causes, step),
        yearly_value_kopecks=value,
    )


def _visits(visits: Visits) -> int:
    low, high = int(visits.visit.min()), int(visits.visit.max())
    if high - low > 8 * len(visits.visit) + 1000:
        return len(np.unique(visits.visit))
    seen = np.zeros(high - low + 1, bool)
    seen[visits.visit - low] = True
    return int(seen.sum())


def _unknown() -> Measure:
    nobody = Share(None, None, None, 0, 0, None, None, None, None)
    return Measure(
        "R3", "Возврат за период", R3_SAYS.format(days=FULL_DAYS), None, nobody, nobody, None, None, None, False
    )


def _usable(visits: Visits, dimensions: list[Dimension], before: Base, now: Base) -> list[Dimension]:
    """Without the mix of channels when channels were recorded differently in the two periods."""
    if channel_is_traceable(visits, before.person, now.person):
        return dimensions
    return [dataclasses.replace(each, kinds=("rate",)) if each.name == "channel" else each for each in dimensions]


def _length_warnings(visits: Visits, as_of: date, comparison: Comparison | None) -> list[DataWarning]:
    first = visits.first_day
    if comparison is None:
        return [
            DataWarning(
                "short_history",
                f"Данные начинаются {russian_day(first)}: сравнить с прошлым годом не с чем, нужно хотя бы полтора года визитов.",
                {"from": first.isoformat()},
            )
        ]
    if comparison.now.days < FULL_DAYS:
        return [
            DataWarning(
                "short_history",
                f"Данные начинаются {russian_day(first)}, для годовых окон их мало. Сравниваем окна по {comparison.now.days} дней "
                "с такими же год назад, чтобы сезон совпадал.",
                {"from": first.isoformat(), "window_days": comparison.now.days},
            )
        ]
    return []


def _maturity_warnings(measures: tuple[Measure, ...], retention: Measure) -> list[DataWarning]:
    ever = measures[0]
    if (
        ever.change_pp is not None
        and ever.significant
        and ever.change_pp < 0
        and not (retention.significant and (retention.change_pp or 0) < 0)
    ):
        return [
            DataWarning(
                "young_cohorts",
                "Доля пришедших больше одного раза упала только потому, что много новых пациентов ещё не успели вернуться. "
                "По зрелым данным снижения нет.",
                {"change_pp": round(ever.change_pp, 2)},
            )
        ]
    return []


def _causes(
    finding: Finding, visits: Visits, comparison: Comparison, now: Base, retention: Measure, value: int
) -> tuple[Cause, ...]:
    dear = price_changes(visits, comparison) if any(d.cell.dimension == "price" for d in finding.drivers) else {}
    causes = [_cause(driver, visits, dear, now, retention, value) for driver in finding.drivers]
    return tuple(sorted(causes, key=lambda cause: -abs(cause.effect_pp)))


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
