"""From the figures of the strategy to sentences and marks, for the page and for the deck; no markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from zabota.analytics.rules.wording import money, number, percent, plural, points
from zabota.analytics.services.marks import day

Json = Mapping[str, Any]
View = dict[str, Any]

_MONTHS: Final = ("янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
#: Share of the hours from which a doctor is full, and up to which nearly empty.
FULL: Final = 0.9
EMPTY: Final = 0.5


def strategy_view(data: Json) -> View:
    """Sections in the order of the page: each with its answer as a heading."""
    return {
        "as_of": day(data["as_of"]),
        "head": _head(data),
        "people": _people(data),
        "months": _months(data),
        "needs": _needs(data),
        "areas": _areas(data),
        "catchment": _catchment(data),
        "load": _load(data["load"], data.get("told_to")),
        "sources": _sources(data),
        "segments": _segments(data),
        "has_worth": data["has_worth"],
        "alarms": _alarms(data.get("alarms", ())),
    }


def _alarms(found: Sequence[Json]) -> list[str]:
    """Comparisons that turn round among people alike; one sentence for each value that is compared."""
    said: dict[tuple[str, str, str], str] = {}
    for each in found:
        if each["what"] == "share":
            whole, alike = (f"{points(100 * each[name])} вернувшихся" for name in ("total", "alike"))
        else:
            whole, alike = (f"{_signed(each[name])} на пациента" for name in ("total", "alike"))
        said.setdefault(
            (each["what"], each["side"], each["value"]),
            f"{each['side']} «{each['value']}»: {whole} к остальным, а среди одинаковых по признаку "
            f"«{each['within'].lower()}» {alike}. Разница в составе пациентов.",
        )
    return list(said.values())


def _signed(kopecks: float) -> str:
    return f"{'−' if kopecks < 0 else '+'}{money(abs(round(kopecks)))}"


def _bar(value: float, top: float, width: float = 100) -> str:
    """A length for a drawing, with a dot."""
    return f"{width * value / top:.1f}"


def _change(now: int, before: int | None) -> str:
    """«−4 % к году раньше»."""
    if not before:
        return ""
    change = round(100 * (now - before) / before)
    return f"{'−' if change < 0 else '+' if change else ''}{abs(change)}\u00a0% к году раньше"


def _head(data: Json) -> View:
    arpp = data["arpp"]
    return {
        "patients": number(data["patients"]),
        "patients_change": _change(data["patients"], data["patients_before"]),
        "new": percent(data["new"] / data["patients"]) if data["patients"] else "—",
        "revenue": money(data["revenue_kopecks"]),
        "revenue_change": _change(data["revenue_kopecks"], data["revenue_before_kopecks"]),
        "arpp": money(arpp["value"]) if arpp else "—",
        "arpp_between": f"{money(arpp['low'])} – {money(arpp['high'])}" if arpp else "",
        "visits": number(data["visits"]),
        "title": (
            f"{plural(data['patients'], 'пациент', 'пациента', 'пациентов')} за год, из них впервые "
            f"{percent(data['new'] / data['patients']) if data['patients'] else '—'}; каждый приносит "
            f"{money(arpp['value']) if arpp else '—'}"
        ),
    }


def _people(data: Json) -> View:
    rows = data["people"]
    top = max((max(row["women"], row["men"]) for row in rows), default=0) or 1
    known = [row for row in rows if row["name"] != "не указано"]
    women = sum(row["women"] for row in rows)
    men = sum(row["men"] for row in rows)
    largest = max(known, key=lambda row: row["all"], default=None)
    title = "Кто наши пациенты"
    if largest and women + men:
        title = f"Чаще всего это {'женщины' if women >= men else 'мужчины'}, больше всего {largest['name']}: {percent(largest['all'] / data['patients'])}"
    return {
        "title": title,
        "rows": [
            {
                "name": row["name"], "women": number(row["women"]), "men": number(row["men"]), "all": number(row["all"]),
                "women_bar": _bar(row["women"], top, 98), "men_bar": _bar(row["men"], top, 98),
                "share": percent(row["all"] / data["patients"]) if data["patients"] else "—",
            }
            for row in rows
        ],
    }  # fmt: skip


def _months(data: Json) -> View:
    rows = data["months"]
    top = max((row["new"] + row["returning"] for row in rows), default=0) or 1
    return {
        "rows": [
            {
                "name": f"{_MONTHS[int(row['month'][5:]) - 1]} {row['month'][2:4]}", "new": number(row["new"]),
                "returning": number(row["returning"]), "new_bar": _bar(row["new"], top),
                "returning_bar": _bar(row["returning"], top),
            }
            for row in rows
        ]
    }  # fmt: skip


def _needs(data: Json) -> View:
    rows = data["needs"]
    top = max((row["patients"] for row in rows), default=0) or 1
    grown = [row for row in rows if row["before"] and row["before"] >= 30]
    most = max(grown, key=lambda row: row["patients"] / row["before"], default=None)
    least = min(grown, key=lambda row: row["patients"] / row["before"], default=None)
    title = f"Чаще всего приходят за: {rows[0]['name'].lower()}" if rows else "За чем приходят"
    if most and least and most is not least and most["patients"] > most["before"]:
        title += f"; растёт {most['name'].lower()}"
        if least["patients"] < least["before"]:
            title += f", убывает {least['name'].lower()}"
    return {
        "title": title,
        "rows": [
            {
                "name": row["name"], "patients": number(row["patients"]), "visits": number(row["visits"]),
                "bar": _bar(row["patients"], top), "money": money(row["revenue_kopecks"]),
                "change": _change(row["patients"], row["before"]).replace(" к году раньше", ""),
            }
            for row in rows
        ],
    }  # fmt: skip


def _areas(data: Json) -> View:
    """Where patients live; no rows where no address is known."""
    rows = data.get("areas") or []
    known = [row for row in rows if row["name"] != "не указано"]
    if not known:
        return {"title": "", "rows": []}
    total, told = data["patients"], sum(row["patients"] for row in known)
    top = max(row["patients"] for row in rows)
    title = (
        f"Чаще всего приезжают из «{known[0]['name']}»: {percent(known[0]['patients'] / told)} тех, чей адрес известен"
    )
    few = sum(row["patients"] for row in known[:3])
    if len(known) > 4:
        title += f"; три первых места дают {percent(few / told)}"
    return {
        "title": title,
        "told": percent(told / total) if total else "—",
        "rows": [
            {
                "name": row["name"], "patients": number(row["patients"]), "bar": _bar(row["patients"], top),
                "new": percent(row["new"] / row["patients"]), "share": percent(row["share"]),
                "between": f"{100 * row['low']:.0f}…{100 * row['high']:.0f}" if row["share"] is not None else "мало данных",
                "money": money(row["revenue_kopecks"]), "branch": row["branch"],
            }
            for row in rows
        ],
    }  # fmt: skip


def _catchment(data: Json) -> View:
    rows = data["catchment"]
    top = max((row["patients"] for row in rows), default=0) or 1
    title = "Куда приходят"
    if len(rows) > 1:
        title = (
            f"Больше всего пациентов у филиала «{rows[0]['name']}»: {percent(rows[0]['patients'] / data['patients'])}"
        )
    return {
        "title": title,
        "rows": [
            {
                "name": row["name"], "patients": number(row["patients"]), "bar": _bar(row["patients"], top),
                "new": percent(row["new"] / row["patients"]), "only": percent(row["only_here"] / row["patients"]),
                "money": money(row["revenue_kopecks"]),
            }
            for row in rows
        ],
    }  # fmt: skip


def _load(data: Json, told_to: str | None) -> View:
    """Weeks after the day up to which visits are known are empty because nobody exported them: they say nothing."""
    weeks = data["weeks"]
    ended = told_to if told_to is not None and told_to < data["this_week"] else None
    last_known = ended and (date.fromisoformat(ended) - timedelta(days=6)).isoformat()
    known = [last_known is None or week <= last_known for week in weeks]
    rows = [
        {
            "name": each["name"],
            "cells": [
                {
                    "text": f"{100 * booked / planned:.0f}" if planned and told else "",
                    "value": min(booked / planned, 1.0) if planned and told else None,
                    "level": f"{min(booked / planned, 1.0):.2f}" if planned and told else "",
                    "says": (f"{booked // 60} из {planned // 60} ч" if planned else "не принимает")
                    if told
                    else "визиты не загружены",
                }
                for (planned, booked), told in zip(each["cells"], known, strict=True)
            ],
        }
        for each in data["doctors"]
    ]
    past = [place for place, week in enumerate(weeks) if week < data["this_week"] and known[place]]
    shares = []
    for each in data["doctors"]:
        planned = sum(each["cells"][place][0] for place in past)
        booked = sum(each["cells"][place][1] for place in past)
        if planned:
            shares.append((booked / planned, each["name"]))
    shares.sort()
    title = "Рабочих часов в расписании ещё нет"
    if ended and data["doctors"]:
        title = f"Загрузку покажем, когда будут визиты после {day(ended)}"
    if shares:
        full = [name for share, name in shares if share >= FULL]
        free = [name for share, name in shares if share < EMPTY]
        title = f"За прошлые недели заняты от {percent(shares[0][0])} ({shares[0][1]}) до {percent(shares[-1][0])} ({shares[-1][1]})"
        if full:
            title += f"; заполнены: {', '.join(full[:3])}"
        elif free:
            title += f"; свободны больше чем наполовину {plural(len(free), 'врач', 'врача', 'врачей')}"
    return {"title": title, "weeks": [_week(week, data["this_week"]) for week in weeks], "rows": rows}


def _week(text: str, this: str) -> str:
    found = date.fromisoformat(text)
    return "эта" if text == this else f"{found.day} {_MONTHS[found.month - 1]}"


def _sources(data: Json) -> View:
    rows = data["sources"]
    paid = [row for row in rows if row["cost_of_loyal_kopecks"]]
    title = "Откуда приходят новые пациенты"
    if rows and rows[0]["new"]:
        title = f"Больше всего новых из источника «{rows[0]['name']}»: {percent(rows[0]['new'] / max(data['new'], 1))}"
    if len(paid) > 1:
        dear, cheap = max(paid, key=_loyal), min(paid, key=_loyal)
        title += (
            f"; вернувшийся стоит от {money(_loyal(cheap))} ({cheap['name']}) до {money(_loyal(dear))} ({dear['name']})"
        )
    return {
        "title": title,
        "no_costs": not any(row["cost_kopecks"] for row in rows),
        "rows": [
            {
                "name": row["name"], "new": number(row["new"]), "share": percent(row["share"]),
                "between": f"{100 * row['low']:.0f}…{100 * row['high']:.0f}" if row["share"] is not None else "мало данных",
                "money": money(row["revenue_kopecks"]), "cost": money(row["cost_kopecks"]) if row["cost_kopecks"] else "—",
                "patient": _or_dash(row["cost_of_patient_kopecks"]), "loyal": _or_dash(row["cost_of_loyal_kopecks"]),
            }
            for row in rows
        ],
    }  # fmt: skip


def _loyal(row: Json) -> int:
    return int(row["cost_of_loyal_kopecks"])


def _or_dash(kopecks: int | None) -> str:
    return "—" if kopecks is None else money(kopecks)


def _segments(data: Json) -> View:
    rows = data["segments"]
    top = max((row["arpp"]["value"] for row in rows), default=0) or 1
    sides: dict[str, list[View]] = {}
    for row in rows:
        arpp, worth = row["arpp"], row["worth"]
        sides.setdefault(row["side"], []).append(
            {
                "name": row["name"], "n": number(arpp["n"]), "bar": _bar(arpp["value"], top), "arpp": money(arpp["value"]),
                "between": f"{money(arpp['low'])} – {money(arpp['high'])}",
                "worth": money(worth["value"]) if worth else "—",
                "worth_between": f"{money(worth['low'])} – {money(worth['high'])}" if worth else "",
            }
        )  # fmt: skip
    title = "Сколько приносит пациент за год"
    ages: Sequence[Json] = [row for row in rows if row["side"] == "Возраст"]
    if len(ages) > 1 and ages[0]["arpp"]["low"] > ages[-1]["arpp"]["high"]:
        title = (
            f"Дороже всех пациенты «{ages[0]['name']}»: {money(ages[0]['arpp']['value'])} за год против "
            f"{money(ages[-1]['arpp']['value'])} у «{ages[-1]['name']}»"
        )
    return {"title": title, "sides": [{"name": name, "rows": found} for name, found in sides.items()]}
