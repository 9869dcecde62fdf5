"""Where retention fell between any two periods, for any part of the patients: the audit's engine and what surrounds it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from zabota.analytics.rules import wording
from zabota.analytics.rules.alarms import alarm_json
from zabota.analytics.rules.artefacts import artefacts_of
from zabota.analytics.rules.columns import Visits, read_visits, without
from zabota.analytics.rules.composition import composition_of
from zabota.analytics.rules.dimensions import (
    AGES,
    CORRIDORS,
    FEELINGS,
    NEW,
    OLD,
    PLANNED,
    PRICE_DOWN,
    PRICE_SAME,
    PRICE_UP,
    WAITS,
)
from zabota.analytics.rules.explain import Explained, Keep, explain
from zabota.analytics.rules.gaps import Gap, find_gaps, gap_warnings, mirrored, russian_day, watched_to
from zabota.analytics.rules.ground import Dimension
from zabota.analytics.rules.intervals import Bools, Ints
from zabota.analytics.rules.pairs import pairs_of
from zabota.analytics.rules.periods import SLACK_DAYS, Comparison, Period
from zabota.analytics.rules.problems import content_warnings
from zabota.analytics.rules.report import DataWarning
from zabota.analytics.rules.season import season_of
from zabota.analytics.rules.uniform import uniformity_of

#: Dimensions by which base patients may be narrowed.
FILTERS: Final = (
    "branch", "doctor", "service", "service_group", "channel", "age", "sex", "tenure", "price", "wait", "corridor", "feedback",
)  # fmt: skip
#: Values of those that are the same in every clinic.
VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "age": tuple(name for _, _, name in AGES),
    "sex": ("женщины", "мужчины"),
    "tenure": (NEW, OLD),
    "price": (PRICE_UP, PRICE_SAME, PRICE_DOWN),
    "wait": (*(name for _, _, name in WAITS), PLANNED),
    "corridor": tuple(name for _, _, name in CORRIDORS),
    "feedback": tuple(FEELINGS.values()),
}
#: Said exactly and used for filters, but not named as a cause: each says the same as another dimension.
ASIDE: Final = frozenset({"service_group"})
#: Fewest base patients of each period.
MIN_BASE: Final = 30


class CannotCompare(Exception):
    """The question cannot be answered from these data; the text says why, for a person."""


@dataclasses.dataclass(frozen=True)
class Question:
    """Two periods of equal length by their last days, and values of dimensions to which patients are narrowed."""

    now_end: date
    before_end: date
    days: int
    filters: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Parameters as they are stored and digested."""
        return {
            "now_end": self.now_end.isoformat(),
            "before_end": self.before_end.isoformat(),
            "days": self.days,
            "filters": {name: sorted(values) for name, values in sorted(self.filters.items()) if values},
        }

    @staticmethod
    def of_json(data: Mapping[str, Any]) -> Question:
        """The other way round."""
        return Question(
            now_end=date.fromisoformat(data["now_end"]),
            before_end=date.fromisoformat(data["before_end"]),
            days=int(data["days"]),
            filters={name: tuple(values) for name, values in data["filters"].items()},
        )


@dataclasses.dataclass(frozen=True)
class Answer:
    """The figures as JSON, and the people behind them."""

    data: dict[str, Any]
    explained: Explained
    people: Ints


def answer(frame: pl.DataFrame, question: Question) -> Answer:
    """Explain the change. Raises CannotCompare when the data do not hold both periods."""
    frame = frame.filter(pl.col("day").is_not_null() & (pl.col("day") <= question.now_end))
    done = frame.filter(pl.col("status") == "completed")
    if not done.height:
        raise CannotCompare("До конца этого периода завершённых визитов нет.")
    visits = read_visits(done)
    _told(visits, question)
    comparison = _comparison(visits, question)
    keep = _keep(question.filters)
    gaps = _near(find_gaps(visits, question.now_end), comparison)
    even = without(visits, _mirrored(visits, gaps, comparison)) if gaps else visits
    found = explain(even, comparison, keep=keep, aside=ASIDE)
    for name, base in (("более позднего", found.now), ("более раннего", found.before)):
        if len(base.came) < MIN_BASE:
            raise CannotCompare(
                f"В базе {name} периода {wording.plural(len(base.came), 'пациент', 'пациента', 'пациентов')}: для выводов "
                f"нужно хотя бы {MIN_BASE}. Снимите часть условий или возьмите период длиннее."
            )
    warnings = [*gap_warnings(visits, gaps), *content_warnings(visits, frame, question.now_end)]
    data = _data(found, question, warnings)
    data["season"] = dataclasses.asdict(
        season_of(even, comparison, found.before, found.now, found.retention, keep=keep)
    )
    data["artefacts"] = artefacts_of(
        visits, comparison, keep, gapped=bool(gaps), found=found, warnings=warnings, apart=_apart(done)
    )
    return Answer(data, found, done["person"].unique().sort().to_numpy().astype(np.int64))


def _apart(done: pl.DataFrame) -> Visits | None:
    """The visits as they would be had cards of one person not been united; None when every card is a person."""
    if "card" not in done.columns or done["card"].n_unique() == done["person"].n_unique():
        return None
    return read_visits(done.with_columns(pl.col("card").alias("person")))


def _told(visits: Visits, question: Question) -> None:
    """Raise CannotCompare for a period that ends long after the data do: what is not told would look like absence."""
    end = watched_to(visits.day, question.now_end)
    if end < question.now_end:
        raise CannotCompare(
            f"Визиты в базе кончаются {russian_day(end)}: тех, кто приходил позже, мы приняли бы за ушедших. "
            "Возьмите период до этого дня или загрузите более новую выгрузку."
        )


def _comparison(visits: Visits, question: Question) -> Comparison:
    now = Period(end=question.now_end, days=question.days)
    before = Period(end=question.before_end, days=question.days)
    if before.end >= now.end:
        raise CannotCompare("Второй период должен кончаться раньше первого.")
    if before.base_from < visits.first_day - timedelta(days=SLACK_DAYS):
        needed = wording.plural(2 * question.days, "день", "дня", "дней")
        raise CannotCompare(
            f"Визиты в базе начинаются {visits.first_day:%d.%m.%Y}, а для второго периода нужны ещё {needed} перед его концом. "
            "Возьмите периоды короче или позже."
        )
    return Comparison(now, before, max(0, (before.base_from - visits.first_day).days))


def _keep(filters: Mapping[str, tuple[str, ...]]) -> Keep | None:
    wanted = {name: values for name, values in filters.items() if values}
    if not wanted:
        return None

    def keep(dimensions: Sequence[Dimension]) -> tuple[Bools, Bools]:
        stay = [np.ones(len(dimensions[0].before), bool), np.ones(len(dimensions[0].now), bool)]
        known = {each.name: each for each in dimensions}
        for name, values in wanted.items():
            dimension = known.get(name)
            if dimension is None:
                raise CannotCompare(_wanting(name))
            codes = [code for code, value in enumerate(dimension.values) if value in values]
            stay[0] &= np.isin(dimension.before, codes)
            stay[1] &= np.isin(dimension.now, codes)
        return stay[0], stay[1]

    return keep


def _wanting(name: str) -> str:
    if name in wording.WANTING:
        whose, why = wording.WANTING[name]
        return f"Отобрать по {whose} в эти периоды нельзя: {why}."
    return f"По признаку «{wording.DIMENSIONS[name].lower()}» пациенты в эти периоды не различаются."


def _near(gaps: list[Gap], comparison: Comparison) -> list[Gap]:
    """Gaps that touch one of the periods or the years between which they are mirrored."""
    return [gap for gap in gaps if gap.end >= (comparison.before.base_from - date(1970, 1, 1)).days - 365]


def _mirrored(visits: Visits, gaps: list[Gap], comparison: Comparison) -> Bools:
    """Lines to leave out, also when the periods are not whole years apart."""
    apart = (comparison.now.end - comparison.before.end).days
    moved = [dataclasses.replace(gap, start=gap.start + by, end=gap.end + by) for gap in gaps for by in (-apart, apart)]
    drop = mirrored(visits, gaps)
    if apart % 365:
        inside = np.zeros(len(drop), bool)
        for gap in moved:
            of_branch = visits.words["branch"].codes == gap.branch if gap.branch >= 0 else np.ones(len(drop), bool)
            inside |= of_branch & (visits.day >= gap.start) & (visits.day <= gap.end)
        drop |= inside
    return drop


def _data(found: Explained, question: Question, warnings: Sequence[DataWarning]) -> dict[str, Any]:
    before, now = found.before.came, found.now.came
    accounts, cells = pairs_of(found.dimensions, before, now)
    uniformity = uniformity_of(found.dimensions, before, now)
    composition = composition_of(found.dimensions, before, now, found.cells)
    value = found.retention.now.value
    return {
        "question": question.to_json(),
        "retention": found.retention.to_json(),
        "drivers": [each.to_json() for each in found.causes],
        "common": {"change_pp": _round(found.common), "text": ""},
        "accounts": [
            {**dataclasses.asdict(each), "rows": [dataclasses.asdict(row) for row in each.rows]}
            for each in found.accounts
        ],
        "tested": found.tested,
        "yearly_value_kopecks": found.value_kopecks,
        "warnings": [{"code": each.code, "text": each.text} for each in warnings],
        "pairs": {
            "accounts": [dataclasses.asdict(each) for each in accounts],
            "cells": [dataclasses.asdict(each) for each in cells],
        },
        "composition": None
        if composition is None or value is None
        else {
            "effects": [
                {
                    "dimension": each.dimension,
                    "effect_pp": _round(100 * each.effect),
                    "low_pp": _round(100 * each.low),
                    "high_pp": _round(100 * each.high),
                    "retention_without": round(value - each.effect, 6),
                }
                for each in composition.effects
            ],
            "rate_pp": _round(100 * composition.rate),
            "rate_low_pp": _round(100 * composition.rate_low),
            "rate_high_pp": _round(100 * composition.rate_high),
        },
        "uniformity": dataclasses.asdict(uniformity) if uniformity else None,
        "alarms": [alarm_json(each, "R3") for each in found.alarms],
        "actions": [dataclasses.asdict(each) for each in wording.first_steps(found.retention, found.causes)],
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
