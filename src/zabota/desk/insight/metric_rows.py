"""A metric as a line of the page and of the file: figures in words, comparison, tone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from zabota.analytics import metrics
from zabota.analytics.metrics import MetricValue, Unit
from zabota.ui import formats

#: Parts of the page with the metrics in them.
PARTS: Final = (
    ("Возвращаются ли пациенты", ("r3", "r1", "r2", "r4", "r4u", "r5", "recall_next", "won_back")),
    ("Сколько приносят", ("arpp", "visits", "ltv_simple", "ltv_model", "ltv_recall")),
    ("Держим ли слово", ("coverage", "no_show", "kept", "waiting", "control_online", "plan_accepted", "plan_finished")),
)
_OF: Final = {
    Unit.SHARE: "пациент,пациента,пациентов",
    Unit.SHARE_OF_SLOTS: "запись,записи,записей",
    Unit.SHARE_OF_PLANS: "план,плана,планов",
    Unit.CHANCE: "пациент,пациента,пациентов",
    Unit.MONEY: "пациент,пациента,пациентов",
    Unit.TIMES: "пациент,пациента,пациентов",
    Unit.DAYS: "визит,визита,визитов",
}
HEADER: Final = (
    "Показатель", "Код", "Версия", "Значение", "От", "До", "Единица", "n", "С", "По", "Зрелый", "Почему нет", "Год назад",
    "Изменение", "Изменение от", "Изменение до", "Среди одинаковых",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One metric on the page."""

    found: MetricValue
    value: str
    interval: str
    n: str
    period: str
    before: str
    delta: str
    delta_sub: str
    tone: str
    #: What turns round among patients alike, as a sentence; empty when nothing does.
    alarm: str
    #: Places on a scale 0…100, of shares only.
    low: float | None
    high: float | None
    at: float | None
    was: float | None
    lines: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Part:
    """Metrics under one heading."""

    title: str
    rows: list[Row]


def parts_of(values: Sequence[MetricValue]) -> list[Part]:
    """The metrics under their headings."""
    by_key = {each.definition.key: each for each in values}
    return [Part(title, [row_of(by_key[key]) for key in keys if key in by_key]) for title, keys in PARTS]


def row_of(found: MetricValue) -> Row:
    """Figures in words."""
    kind = found.definition
    share = kind.is_share
    bounded = found.low is not None and found.high is not None and found.low != found.high
    scale = 100.0 if share else 0.0
    known = share and found.value is not None
    return Row(
        found=found,
        value=in_words(found, found.value),
        interval=_between(found, found.low, found.high) if bounded else "",
        n=formats.plural(found.n, _OF[kind.unit]) if kind.unit in _OF else formats.number(found.n),
        period=formats.period(found.since, found.until) if found.since != found.until else "сейчас",
        before=in_words(found, found.before) if found.before is not None else "",
        delta=_change(found, found.change.value) if found.change else "",
        delta_sub=formats.interval(_end(found, found.change.low), _change(found, found.change.high))
        if found.change
        else "",
        tone=_tone(found),
        alarm=_alarm(found),
        low=scale * (found.low or 0) if known and bounded else None,
        high=scale * (found.high or 0) if known and bounded else None,
        at=scale * (found.value or 0) if known else None,
        was=scale * found.before if known and found.before is not None else None,
        lines=metrics.described(kind),
    )


def in_words(found: MetricValue, value: float | None) -> str:
    """A number of this metric as people read it."""
    if value is None:
        return "—"
    unit = found.definition.unit
    if found.definition.is_share:
        return formats.percent(value, 1)
    if unit is Unit.MONEY:
        return formats.money(round(value / 100) * 100)
    if unit is Unit.DAYS:
        return formats.plural(round(value), "день,дня,дней")
    return formats.number(value, 2)


def _between(found: MetricValue, low: float | None, high: float | None) -> str:
    """The unit is said once."""
    if found.definition.is_share:
        return formats.interval(formats.number(100 * (low or 0), 1), in_words(found, high))
    if found.definition.unit is Unit.DAYS:
        return formats.interval(formats.number(low or 0), in_words(found, high))
    if found.definition.unit is Unit.MONEY:
        return formats.interval(formats.number((low or 0) / 100), in_words(found, high))
    return formats.interval(in_words(found, low), in_words(found, high))


def _end(found: MetricValue, value: float) -> str:
    if found.definition.is_share:
        return formats.signed(100 * value, 1)
    if found.definition.unit is Unit.MONEY:
        return formats.signed(value / 100)
    return formats.signed(value, 1 if found.definition.unit is Unit.DAYS else 2)


def _change(found: MetricValue, value: float) -> str:
    if found.definition.is_share:
        return formats.pp(value, 1)
    if found.definition.unit is Unit.DAYS:
        return f"{formats.signed(value, 1)}\u00a0дня"
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return f"{sign}{in_words(found, abs(value))}"


def _alarm(found: MetricValue) -> str:
    if found.alarm is None:
        return ""
    of, flip = metrics.DIMENSIONS[found.alarm.dimension].lower(), found.alarm.flip
    return (
        f"Парадокс Симпсона: в целом {_change(found, flip.total)}, а среди одинаковых по признаку «{of}» наоборот, "
        f"{_change(found, flip.within)}. Изменился состав, а не люди."
    )


def _tone(found: MetricValue) -> str:
    if found.change is None or not found.change.significant:
        return ""
    worse = found.change.value < 0
    return "bad" if worse != found.definition.less_is_better else "good"


def table_of(values: Sequence[MetricValue]) -> list[Sequence[object]]:
    """Rows of the file: shares as per cent, money as roubles."""
    rows: list[Sequence[object]] = []
    for each in values:
        scale = 100.0 if each.definition.is_share else 0.01 if each.definition.unit is Unit.MONEY else 1.0

        def told(value: float | None, scale: float = scale) -> float | None:
            return None if value is None else value * scale

        moved = each.change
        unit = "%" if each.definition.is_share else str(each.definition.unit)
        rows.append(
            (
                each.definition.title, each.definition.code, each.definition.version, told(each.value), told(each.low),
                told(each.high), unit, each.n, each.since, each.until, "да" if each.mature else "нет", each.unripe,
                told(each.before), told(moved.value if moved else None), told(moved.low if moved else None),
                told(moved.high if moved else None), _alarm(each),
            )
        )  # fmt: skip
    return rows
