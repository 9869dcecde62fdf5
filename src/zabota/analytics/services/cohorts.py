"""The section of the report on new patients: the map by month of the first visit, the curve of the first return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from zabota.analytics.rules import wording
from zabota.analytics.rules.wording import number, percent
from zabota.analytics.services.marks import interval, percents

Json = Mapping[str, Any]
View = dict[str, Any]

_MONTHS: Final = ("янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")


def cohorts_section(data: Json) -> View:
    """Cohorts that are new for certain, with unripe cells marked, and the sentence of R2."""
    shown = [each for each in data["cohorts"] if not each["truncated"]]
    widest = max((len(each["cells"]) for each in shown), default=0)
    top = max((cell["value"] or 0 for each in shown for cell in each["cells"]), default=0)
    newcomers = next((each for each in data["measures"] if each["definition"] == "R2"), None)
    return {
        "title": _newcomers_title(newcomers),
        "text": _newcomers_text(newcomers),
        "months": list(range(1, widest + 1)),
        "rows": [_cohort_row(each, widest, top or 1.0) for each in shown],
        "truncated": len(shown) < len(data["cohorts"]),
        "horizon": shown[0]["horizon_days"] if shown else 180,
        "curve": _curve(data["return_curve"]),
    }


def _newcomers_title(measure: Json | None) -> str:
    if measure is None or measure["now"]["value"] is None:
        return "Новые пациенты: по месяцу первого визита"
    now, before = measure["now"]["value"], measure["year_before"]["value"]
    if before is None or not measure["significant"]:
        same = ", как и годом раньше" if before is not None else ""
        return f"Из новых пациентов за полгода возвращаются {percent(now)}{same}"
    return f"Новые возвращаются {'реже' if now < before else 'чаще'}: {percent(now)} за полгода, годом раньше {percent(before)}"


def _newcomers_text(measure: Json | None) -> str:
    if measure is None or measure["change_pp"] is None:
        return "Молодые группы ещё дозревают, их нельзя сравнивать со старыми по последней ячейке."
    return (
        f"Разница {wording.points(measure['change_pp'])} ({interval(measure['low_pp'], measure['high_pp'])}), "
        "считаем только тех, чей срок уже истёк. Молодые группы ещё дозревают, их нельзя сравнивать со старыми по последней ячейке."
    )


def _cohort_row(cohort: Json, widest: int, top: float) -> View:
    cells: list[View] = [
        {
            "text": f"{100 * cell['value']:.0f}",
            "level": f"{45 * cell['value'] / top:.0f}",
            "immature": not cell["mature"],
        }
        for cell in cohort["cells"]
    ]
    year, month = cohort["month"].split("-")
    return {
        "label": f"{_MONTHS[int(month) - 1]} {year[2:]}",
        "size": number(cohort["size"]),
        "half": f"{100 * cohort['value']:.0f}",
        "half_level": f"{45 * cohort['value']:.0f}",
        "half_immature": not cohort["mature"],
        "cells": cells + [{"empty": True}] * (widest - len(cells)),
    }


def _curve(curve: Json | None) -> View | None:
    if not curve or not curve["days"]:
        return None
    days = [0, *curve["days"]]
    last = days[-1]

    def line(values: Sequence[float]) -> list[str]:
        return [f"{1000 * x / last:.1f},{200 - 200 * y:.1f}" for x, y in zip(days, [0, *values], strict=True)]

    marked = [each for each in (30, 180, 365) if each in curve["days"]]
    points = [
        {
            "x": f"{100 * each / last:.2f}%",
            "y": f"{100 - 100 * curve['value'][curve['days'].index(each)]:.2f}%",
            "label": percent(curve["value"][curve["days"].index(each)]),
            "day": f"{each} дней",
            "anchor": "end" if each == last else "middle",
        }
        for each in marked
    ]
    said = [
        f"через {each} дней {percent(curve['value'][curve['days'].index(each)])}" for each in marked if each != last
    ]
    return {
        "line": " ".join(line(curve["value"])),
        "band": " ".join([*line(curve["high"]), *reversed(line(curve["low"]))]),
        "points": points,
        "title": f"Из впервые пришедших за {'год' if last == 365 else f'{last} дней'} возвращаются {percent(curve['value'][-1])}",
        "says": ", ".join(said),
        "rows": [
            (f"{each} дней", percent(value), percents(low, high))
            for each, value, low, high in zip(curve["days"], curve["value"], curve["low"], curve["high"], strict=True)
        ],
    }
