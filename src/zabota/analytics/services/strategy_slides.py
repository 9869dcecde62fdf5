"""The strategy as slides of a presentation: the sections of the page, each with its answer as the title."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from zabota.analytics.services.marks import day
from zabota.analytics.services.slides import Slide, presentation

View = Mapping[str, Any]
#: Weeks of load that fit beside the names.
WEEKS: Final = 8


def strategy_presentation(view: View, *, clinic: str, made_on: date) -> bytes:
    """The file; `view` is what the page shows."""
    slides = [_cover(view, clinic, made_on), *_alarms(view), _people(view), *_months(view), _needs(view)]
    slides += [*_areas(view), _branches(view), *_load(view), _sources(view), *_segments(view)]
    return presentation(slides, title=f"Стратегия: {clinic}")


def _cover(view: View, clinic: str, made_on: date) -> Slide:
    head = view["head"]
    rows = [
        ("Пациентов за год", head["patients"], head["patients_change"]),
        ("Впервые", head["new"], "от пациентов года"),
        ("Выручка за год", head["revenue"], head["revenue_change"]),
        ("На пришедшего", head["arpp"], head["arpp_between"]),
    ]
    hint = f"{clinic} · данные на {view['as_of']}, составлено {day(made_on)}"
    return Slide(head["title"], hint, ("Показатель", "Значение", "Рядом"), rows)


def _alarms(view: View) -> list[Slide]:
    if not view["alarms"]:
        return []
    hint = "Эти сравнения меняют знак внутри групп: сначала смотрите на состав пациентов"
    return [Slide("Парадокс Симпсона: в целом одно, среди одинаковых другое", hint, says=view["alarms"][:8])]


def _people(view: View) -> Slide:
    rows = view["people"]["rows"]
    return Slide(
        view["people"]["title"],
        "Пациенты, бывшие на приёме за последний год, по возрасту и полу; полоса — доля возраста",
        ("Возраст", "Женщины", "Мужчины", "Всего", "Доля"),
        [(row["name"], row["women"], row["men"], row["all"], row["share"]) for row in rows],
        _against_top([_whole(row["all"]) for row in rows]),
    )


def _months(view: View) -> list[Slide]:
    rows = view["months"]["rows"]
    if not rows:
        return []
    cells = [(row["name"], row["returning"], row["new"]) for row in rows]
    bars = _against_top([_whole(row["new"]) for row in rows])
    return [
        Slide("Новые и прежние по месяцам", "Полоса — впервые пришедшие", ("Месяц", "Прежние", "Впервые"), cells, bars)
    ]


def _needs(view: View) -> Slide:
    rows = view["needs"]["rows"]
    return Slide(
        view["needs"]["title"],
        "Пациенты года по тому, за чем приходили; один человек может стоять в нескольких строках",
        ("Услуги", "Пациентов", "К году раньше", "Визитов", "Выручка"),
        [(row["name"], row["patients"], row["change"] or "—", row["visits"], row["money"]) for row in rows],
        _shares(rows),
    )


def _areas(view: View) -> list[Slide]:
    rows = view["areas"]["rows"]
    if not rows:
        return []
    return [
        Slide(
            view["areas"]["title"],
            f"Район или населённый пункт из адреса; адрес известен у {view['areas']['told']} пациентов года",
            ("Откуда", "Пациентов", "Впервые", "Вернулись", "Выручка"),
            [
                (row["name"], row["patients"], row["new"], _with(row["share"], row["between"]), row["money"])
                for row in rows
            ],
            _shares(rows),
        )
    ]


def _branches(view: View) -> Slide:
    rows = view["catchment"]["rows"]
    return Slide(
        view["catchment"]["title"],
        "Пациенты года по филиалам, в которые они ходят",
        ("Филиал", "Пациентов", "Впервые", "Только здесь", "Выручка"),
        [(row["name"], row["patients"], row["new"], row["only"], row["money"]) for row in rows],
        _shares(rows),
    )


def _load(view: View) -> list[Slide]:
    load = view["load"]
    if not load["rows"]:
        return []
    hint = "Занятая часть рабочих часов по неделям, %; прошлые недели — состоялось, будущие — записано"
    rows = [(row["name"], *(cell["text"] or "—" for cell in row["cells"][:WEEKS])) for row in load["rows"]]
    return [Slide(load["title"], hint, ("Врач", *load["weeks"][:WEEKS]), rows)]


def _sources(view: View) -> Slide:
    return Slide(
        view["sources"]["title"],
        "Новые за год; вернувшиеся — за полгода после первого визита, из тех, чей срок вышел",
        ("Источник", "Новых", "Вернулись", "Выручка", "Затраты", "Цена нового", "Цена вернувшегося"),
        [
            (
                row["name"], row["new"], _with(row["share"], row["between"]), row["money"], row["cost"], row["patient"],
                row["loyal"],
            )
            for row in view["sources"]["rows"]
        ],
    )  # fmt: skip


def _segments(view: View) -> list[Slide]:
    slides = []
    for place, side in enumerate(view["segments"]["sides"]):
        title = view["segments"]["title"] if not place else f"{side['name']}: сколько приносит пациент за год"
        hint = f"{side['name']}. Выручка года на пациента с 95\u00a0% интервалом"
        header = [side["name"], "Пациентов", "За год", "Интервал"]
        rows = [[row["name"], row["n"], row["arpp"], row["between"]] for row in side["rows"]]
        if view["has_worth"]:
            hint += " и сколько ждём за следующий год"
            header.append("Ожидаемая ценность")
            rows = [[*cells, row["worth"]] for cells, row in zip(rows, side["rows"], strict=True)]
        slides.append(Slide(title, hint, header, rows, _shares(side["rows"])))
    return slides


def _shares(rows: Sequence[View]) -> list[float]:
    """Lengths as the page draws them, 0…1."""
    return [float(row["bar"]) / 100 for row in rows]


def _against_top(values: Sequence[int]) -> list[float]:
    top = max(values, default=0) or 1
    return [value / top for value in values]


def _whole(text: str) -> int:
    """«1 204» again as a number."""
    return int("".join(sign for sign in text if sign.isdigit()) or 0)


def _with(value: str, between: str) -> str:
    return f"{value} ({between})" if value != "—" else value
