"""From the stored pulse to what its page shows: sentences, places on axes, data of charts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.urls import reverse

from zabota.analytics import reports
from zabota.clinic.models import GoalPath
from zabota.desk.insight.falls import falls_of
from zabota.desk.insight.goal import Stop, outlook_of, planned, stops_of
from zabota.ui import formats

Json = Mapping[str, Any]
View = dict[str, Any]


def figures_of(
    data: Json,
    *,
    goal: GoalPath | None,
    may_control: bool,
    may_set_goal: bool,
    people: Mapping[int, View] | None = None,
) -> View:
    """Everything between the heading and the foot of the page."""
    why = reports.causes_of(data)
    return {
        "hero": _hero(data, why),
        "path": _path(data, goal, may_set_goal=may_set_goal),
        "why": {**why, **falls_of(data["retention"], why, people or {})},
        "stats": _stats(data, may_control=may_control),
        "todo": _todo(data, people or {}, may_control=may_control),
        "violations": _violations(data),
        "may_control": may_control,
        "alarms": reports.alarms_said(data),
    }


def _hero(data: Json, why: Mapping[str, Any]) -> View:
    main = data["retention"]
    now, before = main["now"], main["year_before"]
    view: View = {"headline": data["headline"], "lead": data["lead"], "measure": main, "total": why.get("total")}
    if now["value"] is None:
        return view
    view["says"] = (
        f"Из {formats.plural(now['denominator'], 'пациента,пациентов,пациентов')}, бывших на приёме "
        f"с {_day(now['base_from'])} по {_day(now['base_to'])}, до {_day(now['return_to'])} снова пришли "
        f"{formats.number(now['numerator'])}: {_percent(now['value'])} ({_span(now)})."
    )
    if before["value"] is not None:
        view["says"] += (
            f" Годом раньше {formats.number(before['numerator'])} из {formats.number(before['denominator'])}: "
            f"{_percent(before['value'])} ({_span(before)})."
        )
        view["change"] = formats.pp(main["change_pp"] / 100, 1)
        view["change_interval"] = f"{_tenths(main['low_pp'])}…{_tenths(main['high_pp'])}"
    return view


def _path(data: Json, goal: GoalPath | None, *, may_set_goal: bool) -> View:
    series = data["series"]
    stops = stops_of(goal) if goal else []
    view: View = {
        "chart": None,
        "goal_url": reverse("desk:clinic-goal") if may_set_goal else "",
        "has_goal": bool(goal),
    }
    outlook = outlook_of(data, stops) if len(series) > 1 else []
    misses = bool(outlook and stops) and outlook[-1].high < stops[-1].value
    view["title"], view["period"] = path_words(data, stops, misses=misses)
    if len(series) < 2:
        return view
    values = [100 * each[name] for each in series for name in ("low", "high")] + [100 * each.value for each in stops]
    values += [100 * end for each in outlook for end in (each.low, each.high)]
    step = max(1, math.ceil((len(series) + len(outlook)) / 6))
    view["chart"] = {
        "type": "line",
        "unit": "%",
        "min": max(0, 10 * math.floor((min(values) - 3) / 10)),
        "max": min(100, 10 * math.ceil((max(values) + 3) / 10)),
        "digits": 1,
        "points": [_point(each, labelled=(len(series) - 1 - place) % step == 0) for place, each in enumerate(series)],
        "today": data["as_of"],
        "today_label": formats.day_short(date.fromisoformat(data["as_of"])),
        "notes": [{"x": series[-1]["on"], "text": _percent(series[-1]["value"]), "strong": True}],
    }
    if outlook:
        view["chart"]["tail"] = [_ahead(each, labelled=place % step == step - 1) for place, each in enumerate(outlook)]
        view["outlook"] = _outlook_words(outlook[-1], stops)
    if stops:
        view["chart"]["goal"] = [
            {"x": each.on.isoformat(), "label": formats.month(each.on), "y": round(100 * each.value, 1)}
            for each in stops
        ]
        view["chart"]["goal_label"] = f"цель {_percent(stops[-1].value)}"
    view["rows"] = [
        {**each, "day": _day(each["on"]), "goal": planned(stops, date.fromisoformat(each["on"]))} for each in series
    ]
    view["stops"] = stops
    return view


def path_words(data: Json, stops: list[Stop], *, misses: bool) -> tuple[str, str]:
    """Title and sub-title of the line; `misses`: as things go the target is out of reach."""
    series, now = data["series"], data["retention"]["now"]
    if len(series) < 2:
        return "Линия появится, когда наберётся история", "Нужны визиты хотя бы за два одинаковых срока подряд"
    window = data["retention"]["window_days"]
    said = f"Доля пришедших снова за {window} дней, {_month(series[0]['on'])} — {_month(series[-1]['on'])}"
    first, last = series[0], series[-1]
    today = date.fromisoformat(data["as_of"])
    wanted = planned(stops, today)
    if wanted is None or now["value"] is None:
        title = f"Возврат: {_percent(first['value'])} на {_day(first['on'])}, {_percent(last['value'])} сейчас"
        if stops:
            title = f"{title}, путь к {_percent(stops[-1].value)} начинается"
        return title, said
    gap = 100 * (last["value"] - wanted)
    said = f"{said}. Сегодня по пути нужно {_percent1(wanted)}, есть {_percent1(last['value'])} ({_span(last)})"
    if last["low"] <= wanted <= last["high"]:
        return "Сегодня на пути, но при нынешнем ходе до цели не дойдём" if misses else "Идём по пути к цели", said
    size = f"{abs(gap):.1f}".replace(".", ",")
    return (
        f"От пути к цели отстаём на {size}\u00a0п.\u00a0п."
        if gap < 0
        else f"Опережаем путь к цели на {size}\u00a0п.\u00a0п."
    ), said


def _point(each: Json, *, labelled: bool) -> View:
    on = date.fromisoformat(each["on"])
    point: View = {
        "x": each["on"],
        "y": round(100 * each["value"], 1),
        "low": round(100 * each["low"], 1),
        "high": round(100 * each["high"], 1),
        "title": formats.day(on),
        "count": f"{formats.number(each['numerator'])} из {formats.number(each['denominator'])}",
    }
    return {**point, "label": f"{formats.month(on)[:3]} {on:%y}"} if labelled else point


def _ahead(each: Any, *, labelled: bool) -> View:
    """A point that is expected, not counted."""
    point: View = {
        "x": each.on.isoformat(),
        "y": round(100 * each.value, 1),
        "low": round(100 * each.low, 1),
        "high": round(100 * each.high, 1),
        "title": formats.day(each.on),
    }
    return {**point, "label": f"{formats.month(each.on)[:3]} {each.on:%y}"} if labelled else point


def _outlook_words(end: Any, stops: list[Stop]) -> str:
    expected = f"{_percent(end.value)} ({formats.interval(f'{100 * end.low:.0f}', f'{100 * end.high:.0f}')})"
    said = f"Прогноз при нынешнем ходе: {expected} к {formats.day(end.on)}"
    return f"{said}, цель {_percent(stops[-1].value)}" if stops else said


def _stats(data: Json, *, may_control: bool) -> View:
    main, tasks, violations = data["retention"], data["tasks"], data["violations"]
    control = reverse("desk:control") if may_control else ""
    now, before = main["now"], main["year_before"]
    return {
        "retention": {
            "value": _percent(now["value"]) if now["value"] is not None else "—",
            "interval": _span(now) if now["value"] is not None else "",
            "low": _axis(now["low"]), "high": _axis(now["high"]), "at": _axis(now["value"]), "was": _axis(before["value"]),
            "period": f"за {main['window_days']} дней к {_day(data['as_of'])}" if main["window_days"] else "",
            "compare": f"год назад {_percent(before['value'])} ({_span(before)})" if before["value"] is not None else "",
            "definition": main["says"],
        },
        "coverage": {**data["coverage"], "words": _share(data["coverage"]["share"])} if data["coverage"] else None,
        "before": {**violations[-2], "day": _day(violations[-2]["on"])} if len(violations) > 1 else None,
        "tasks": {**tasks, "delta": _delta(tasks["done"], tasks["done_before"])},
        "control": control,
        "control_tasks": reverse("desk:control-tasks") if may_control else "",
        "control_contacts": reverse("desk:control-contacts") if may_control else "",
    }  # fmt: skip


def _todo(data: Json, people: Mapping[int, View], *, may_control: bool) -> list[View]:
    items = []
    # An action upon a cause concerns those who did not come back: their list is the first step.
    lists = {link["count"]: link["url"] for place, link in people.items() if place >= 0}
    for action in data["actions"]:
        of_queue = action["patients"] == data["next_step"]["without"] and action["patients"]
        if of_queue and may_control:
            link = {
                "url": reverse("desk:control-tasks"),
                "label": f"Открыть задачи, {formats.number(data['tasks']['open'])}",
            }
        elif action["patients"] in lists:
            link = {
                "url": lists[action["patients"]],
                "label": f"Открыть список, {formats.number(action['patients'])}",
            }
        else:
            anchor = "step" if of_queue else "why" if action["patients"] else "do"
            link = {"url": f"{reverse('desk:audit')}#{anchor}", "label": "Откуда это видно"}
        items.append({**action, "link": link})
    return items


def _violations(data: Json) -> View:
    rows = [{**each, "day": _day(each["on"])} for each in data["violations"]]
    if not rows:
        return {"rows": [], "chart": None, "title": "Проверок правила двух «З» ещё не было"}
    last = rows[-1]
    left = last["left"]
    title = (
        f"Без следующего шага {'остался' if left % 10 == 1 and left % 100 != 11 else 'остались'} "
        f"{formats.plural(left, 'пациент,пациента,пациентов')}"
        if left
        else "После проверки без следующего шага нет никого"
    )
    items = [
        {
            "label": formats.day_short(date.fromisoformat(each["on"])),
            "value": each["found"],
            "text": formats.number(each["found"]),
            "quiet": place < len(rows) - 1,
        }
        for place, each in enumerate(rows)
    ]
    return {
        "rows": rows,
        "title": title,
        "chart": {"type": "bar", "unit": "", "items": items, "vertical": True} if len(rows) > 1 else None,
    }


def _axis(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _delta(now: int, before: int) -> str:
    return f"{formats.signed(round(100 * (now - before) / before))}\u00a0%" if before else ""


def _share(share: float) -> str:
    """Whole when it is whole; never «100 %» when somebody is left out."""
    return _percent(share) if share == 1 else formats.percent(min(share, 0.999), 1)


def _percent(share: float) -> str:
    return formats.percent(share)


def _percent1(share: float) -> str:
    return formats.percent(share, 1)


def _span(share: Json) -> str:
    return f"{100 * share['low']:.0f}…{100 * share['high']:.0f}"


def _tenths(value: float) -> str:
    text = f"{abs(value):.1f}".replace(".", ",")
    return f"−{text}" if value < 0 else text


def _day(text: str) -> str:
    return formats.day(date.fromisoformat(text))


def _month(text: str) -> str:
    found = date.fromisoformat(text)
    return f"{formats.month(found)}"
