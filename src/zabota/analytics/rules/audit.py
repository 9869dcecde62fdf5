"""The audit of patient experience: from the frames of an export to the report. Pure: no files, no clock, no database."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from zabota.analytics.rules import wording
from zabota.analytics.rules.alarms import alarm_json, alarms_of_measures
from zabota.analytics.rules.cohorts import cohorts_of
from zabota.analytics.rules.columns import Visits, base_of, read_visits, without
from zabota.analytics.rules.explain import Explained, explain
from zabota.analytics.rules.gaps import (
    end_warnings,
    find_gaps,
    gap_warnings,
    mirrored,
    russian_day,
    told_to,
    watched_to,
)
from zabota.analytics.rules.intervals import Ints
from zabota.analytics.rules.periods import FULL_DAYS, Comparison, choose_periods, single_period
from zabota.analytics.rules.problems import content_warnings, row_warnings
from zabota.analytics.rules.report import AuditReport, DataWarning, Measure, Refusal, Rows, Share
from zabota.analytics.rules.retention import R3_SAYS, ever_return, lone_retention, matured_return
from zabota.analytics.rules.worth import next_step, value_of_a_visitor


class NothingToAudit(Exception):
    """No completed visit was found."""


@dataclasses.dataclass(frozen=True)
class Audited:
    """A report with what it was made of, for whoever asks who stands behind a cause."""

    report: AuditReport
    explained: Explained | None
    #: Numbers of people in the frame, by their place among the visits.
    people: Ints


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

    `as_of` defaults to the last day with a completed visit up to `today`, a few stray ones after the others left out. Raises NothingToAudit without completed visits.
    """
    return audit_whole(frame, today=today, as_of=as_of, rows=rows, refusals=refusals, notes=notes).report


def audit_whole(
    frame: pl.DataFrame,
    *,
    today: date,
    as_of: date | None = None,
    rows: Rows,
    refusals: Sequence[Refusal] = (),
    notes: dict[str, int | float] | None = None,
) -> Audited:
    """The same with the people behind its causes."""
    frame = frame.filter(pl.col("day").is_not_null())
    done = frame.filter((pl.col("status") == "completed") & (pl.col("day") <= (as_of or today)))
    if not done.height:
        raise NothingToAudit
    every = read_visits(done)
    asked = as_of or told_to(every.day)
    as_of = watched_to(every.day, asked)
    people = done["person"].unique().sort()
    visits, seen = every, people
    if as_of < every.last_day:
        done = done.filter(pl.col("day") <= as_of)
        visits, seen = read_visits(done), done["person"].unique().sort()
    gaps = find_gaps(visits, as_of)
    even = without(visits, mirrored(visits, gaps)) if gaps else visits
    comparison = choose_periods(visits.first_day, as_of)
    warnings: list[DataWarning] = [*end_warnings(every, asked, as_of), *gap_warnings(visits, gaps)]
    warnings += [*_length_warnings(visits, as_of, comparison), *row_warnings(rows, notes or {})]
    warnings += content_warnings(visits, frame.filter(pl.col("day") <= as_of), as_of)
    explained: Explained | None = None
    if comparison is None:
        alone = single_period(visits.first_day, as_of)
        retention = lone_retention(alone, base_of(even, alone)) if alone else _unknown()
        value = value_of_a_visitor(visits, as_of)
    else:
        explained = explain(even, comparison)
        retention, value = explained.retention, explained.value_kopecks
    causes = explained.causes if explained else ()
    common = explained.common if explained else None
    measures = (ever_return(visits, as_of), matured_return(visits, as_of))
    cohorts, curve = cohorts_of(visits, as_of)
    warnings += _maturity_warnings(measures, retention)
    step = next_step(every, frame, people, asked, watched=as_of, value_kopecks=value)
    if not step.has_future:
        warnings.append(
            DataWarning(
                "no_future",
                "В выгрузке нет будущих записей: все пациенты выглядят незаписанными. Выгрузите и записи вперёд.",
            )
        )
    report = AuditReport(
        as_of=asked,
        data_from=visits.first_day,
        data_to=visits.last_day,
        rows=rows,
        refusals=tuple(refusals),
        patients=every.people,
        visits=_visits(every),
        headline=wording.headline(retention, causes),
        lead=wording.lead(retention, causes, common),
        retention=retention,
        measures=measures,
        causes=causes,
        common_pp=common,
        common_text=wording.common_sentence(retention, common, causes),
        accounts=explained.accounts if explained else (),
        cohorts=cohorts,
        curve=curve,
        warnings=tuple(warnings),
        next_step=step,
        actions=wording.actions(retention, causes, step),
        yearly_value_kopecks=value,
        alarms=(
            *(alarm_json(each, "R3") for each in (explained.alarms if explained else ())),
            *alarms_of_measures(visits, as_of),
        ),
    )
    return Audited(report, explained, seen.to_numpy().astype(np.int64))


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
