"""«Путь к цели»: where we are against the path, where it goes by itself, what each action added."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from zabota.analytics import reports
from zabota.clinic.api import Right
from zabota.clinic.models import GoalPath
from zabota.desk.access import StaffRequest, branches_of, staff_page
from zabota.desk.insight import work
from zabota.desk.insight.files import table_answer
from zabota.desk.insight.goal import Stop, coverage_stops, outlook_of, planned, stops_of
from zabota.kernel import clock
from zabota.nextstep import api as nextstep
from zabota.ui import formats

Json = Mapping[str, Any]
View = dict[str, Any]
#: A nightly sweep so many days before a stage still says how it stood on that day.
STALE = dt.timedelta(days=14)


@require_GET
@staff_page(Right.AUDIT_VIEW)
def goal(request: StaffRequest) -> HttpResponse:
    """The whole page from what was computed last."""
    branches = branches_of(request.member)
    stored = reports.latest(request.clinic, reports.PULSE, branches=branches)
    path = GoalPath.objects.filter(clinic=request.clinic).first()
    context: View = {
        "stored": stored,
        "limited": branches is not None,
        "has_goal": path is not None,
        "goal_url": reverse("desk:clinic-goal") if request.may(Right.SETTINGS_EDIT) else "",
        **work.work_of(request),
        "state_url": reverse("desk:goal-state"),
        "actions": _actions(request, stored.data) if stored and branches is None else [],
    }
    if stored:
        covered = [_covered(request, stop, stored.data) for stop in coverage_stops(path)] if path else []
        context |= view_of(stored.data, stops_of(path) if path else [], covered)
    return render(request, "desk/insight/goal.html", context)


@require_GET
@staff_page(Right.AUDIT_VIEW)
def state(request: StaffRequest) -> HttpResponse:
    """Is it ready."""
    return work.poll(request, "desk:goal")


@require_GET
@staff_page(Right.AUDIT_VIEW)
def as_table(request: StaffRequest, table: str, form: str) -> HttpResponse:
    """The line with its forecast, the stages, or the actions, as a file."""
    branches = branches_of(request.member)
    stored = reports.latest(request.clinic, reports.PULSE, branches=branches)
    if stored is None or table not in ("line", "stages", "actions"):
        raise Http404
    path = GoalPath.objects.filter(clinic=request.clinic).first()
    if table == "stages":
        covered = [_covered(request, stop, stored.data) for stop in coverage_stops(path)] if path else []
        found_stages = view_of(stored.data, stops_of(path) if path else [], covered)["stages"]
        return table_answer(form, f"etapy-{stored.as_of:%Y-%m-%d}", *_stages_table(found_stages))
    if table == "line":
        header: Sequence[str] = ("На день", "Что это", "Возврат, %", "От", "До", "По пути, %")
        stops = stops_of(path) if path else []
        rows: list[Sequence[object]] = [
            (
                each["on"],
                "посчитано",
                100 * each["value"],
                100 * each["low"],
                100 * each["high"],
                _wanted(stops, each["on"]),
            )
            for each in stored.data["series"]
        ]
        rows += [
            (
                each.on.isoformat(),
                "прогноз",
                100 * each.value,
                100 * each.low,
                100 * each.high,
                _wanted(stops, each.on.isoformat()),
            )
            for each in outlook_of(stored.data, stops)
        ]
        return table_answer(form, f"put-k-celi-{stored.as_of:%Y-%m-%d}", header, rows)
    header = (
        "Месяц", "Откуда", "Действие", "Людей", "Вернулись", "Контрольная группа", "Вернулись без нас, %", "Прибавка, человек",
        "От", "До", "Доказано", "Созрело", "Руб.",
    )  # fmt: skip
    found = _actions(request, stored.data) if branches is None else []
    return table_answer(
        form,
        f"deystviya-{stored.as_of:%Y-%m-%d}",
        header,
        [
            (
                each["month"], each["origin"], each["title"], each["people"], each["returned"], each["control_people"],
                None if each["control_share"] is None else 100 * each["control_share"], each["added"], each["low"],
                each["high"], "да" if each["proven"] else "нет" if each["controlled"] else "без контрольной группы",
                "да" if each["ripe"] else "нет",
                each["revenue_kopecks"] / 100,
            )
            for each in found
        ],
    )  # fmt: skip


def _stages_table(stages: Sequence[View]) -> tuple[Sequence[str], list[Sequence[object]]]:
    header = ("К дню", "Этап", "Что считаем", "Нужно, %", "Стало или ждём, %", "От", "До", "Итог")

    def percent(share: float | None) -> float | None:
        return None if share is None else 100 * share

    return header, [
        (
            each["on"], each["title"], "есть следующий шаг" if each.get("counted") else "возврат", percent(each["value"]),
            percent(each["actual"]), percent(each.get("low")), percent(each.get("high")), each["word"],
        )
        for each in stages
    ]  # fmt: skip


def view_of(data: Json, stops: list[Stop], covered: Sequence[View] = ()) -> View:
    """The chart, its sentence and the stages; `covered` are those that are judged by next steps."""
    series = data["series"]
    outlook = outlook_of(data, stops)
    today = dt.date.fromisoformat(data["as_of"])
    last = series[-1] if series else None
    wanted = planned(stops, today)
    return {
        "now": last,
        "wanted": wanted,
        "distance": None if last is None or wanted is None else last["value"] - wanted,
        "baseline": stops[0] if stops else None,
        "target": stops[-1] if stops else None,
        "outlook": outlook[-1] if outlook else None,
        "title": _title(stops, outlook, last),
        "period": _period(series, outlook),
        "chart": _chart(data, stops, outlook),
        "rows": _rows(series, outlook, stops),
        "stages": sorted(
            [*(_stage(stop, series, outlook, today) for stop in stops[1:]), *covered], key=lambda each: each["on"]
        ),
        "as_of": today,
    }


def _title(stops: Sequence[Stop], outlook: Sequence[Any], last: Json | None) -> str:
    if last is None:
        return "Путь к цели появится, когда наберётся история визитов"
    if not outlook:
        return f"Сейчас возвращаются {formats.percent(last['value'])}; для прогноза месяцев пока мало"
    end = outlook[-1]
    expected = f"{formats.percent(end.value)} ({100 * end.low:.0f}…{100 * end.high:.0f})"
    if not stops:
        return f"Если всё пойдёт как сейчас, через год будет {expected}"
    target = stops[-1]
    said = f"К {formats.day(end.on)} при нынешнем ходе будет {expected}, цель {formats.percent(target.value)}"
    if end.low > target.value:
        return f"{said}: придём с запасом"
    if end.high < target.value:
        return f"{said}: сами собой не дойдём"
    return f"{said}: дойти можно, но не наверняка"


def _period(series: Sequence[Json], outlook: Sequence[Any]) -> str:
    said = "Доля пришедших снова по месяцам, полоса — 95\u00a0% интервал"
    if outlook:
        said += ". Пунктир — прогноз: ход последних двенадцати месяцев, который понемногу затухает"
    return said if series else ""


def _chart(data: Json, stops: Sequence[Stop], outlook: Sequence[Any]) -> View | None:
    series = data["series"]
    if len(series) < 2:
        return None
    ends = [100 * each[name] for each in series for name in ("low", "high")] + [100 * each.value for each in stops]
    ends += [100 * end for each in outlook for end in (each.low, each.high)]
    every = max(1, math.ceil((len(series) + len(outlook)) / 7))
    chart: View = {
        "type": "line",
        "unit": "%",
        "digits": 1,
        "min": max(0, 10 * math.floor((min(ends) - 3) / 10)),
        "max": min(100, 10 * math.ceil((max(ends) + 3) / 10)),
        "points": [
            _point(each["on"], each["value"], each["low"], each["high"], place % every == 0)
            for place, each in enumerate(series)
        ],
        "today": data["as_of"],
        "today_label": formats.day_short(dt.date.fromisoformat(data["as_of"])),
    }
    if outlook:
        chart["tail"] = [
            _point(each.on.isoformat(), each.value, each.low, each.high, place % every == every - 1)
            for place, each in enumerate(outlook)
        ]
    if stops:
        chart["goal"] = [
            {"x": each.on.isoformat(), "label": formats.month(each.on), "y": round(100 * each.value, 1)}
            for each in stops
        ]
        chart["goal_label"] = f"цель {formats.percent(stops[-1].value)}"
    return chart


def _point(on: str, value: float, low: float, high: float, labelled: bool) -> View:
    day = dt.date.fromisoformat(on)
    point: View = {
        "x": on, "y": round(100 * value, 1), "low": round(100 * low, 1), "high": round(100 * high, 1),
        "title": formats.day(day),
    }  # fmt: skip
    return {**point, "label": f"{formats.month(day)[:3]} {day:%y}"} if labelled else point


def _rows(series: Sequence[Json], outlook: Sequence[Any], stops: list[Stop]) -> list[View]:
    rows = [
        {
            "on": dt.date.fromisoformat(each["on"]),
            "value": each["value"],
            "low": each["low"],
            "high": each["high"],
            "foreseen": False,
        }
        for each in series
    ]
    rows += [
        {"on": each.on, "value": each.value, "low": each.low, "high": each.high, "foreseen": True} for each in outlook
    ]
    return [{**row, "wanted": planned(stops, row["on"])} for row in rows]


def _stage(stop: Stop, series: Sequence[Json], outlook: Sequence[Any], today: dt.date) -> View:
    """A stop of the path with what came by then, or what is expected."""
    view: View = {"on": stop.on, "value": stop.value, "title": stop.title}
    if stop.on <= today:
        past = [each for each in series if dt.date.fromisoformat(each["on"]) <= stop.on]
        found = past[-1] if past else None
        if found is None:
            return {**view, "word": "данных нет", "tone": "none"}
        reached = found["value"] >= stop.value
        near = found["low"] <= stop.value <= found["high"]
        word, tone = (
            ("достигнут", "good") if reached else ("в пределах интервала", "info") if near else ("не достигнут", "bad")
        )
        return {
            **view,
            "actual": found["value"],
            "low": found["low"],
            "high": found["high"],
            "word": word,
            "tone": tone,
        }
    ahead = [each for each in outlook if each.on >= stop.on]
    if not ahead:
        return {**view, "word": "впереди", "tone": "none"}
    each = ahead[0]
    word, tone = (
        ("ожидаем с запасом", "good") if each.low >= stop.value
        else ("под вопросом", "warn") if each.high >= stop.value
        else ("при нынешнем ходе не дойдём", "bad")
    )  # fmt: skip
    return {
        **view,
        "actual": each.value,
        "low": each.low,
        "high": each.high,
        "word": word,
        "tone": tone,
        "foreseen": True,
    }


def _covered(request: StaffRequest, stop: Stop, data: Json) -> View:
    """A stage «никто не забыт»: who had a booking or a task on its day, or has one now."""
    view: View = {"on": stop.on, "value": stop.value, "title": stop.title, "counted": True}
    ahead = stop.on > dt.date.fromisoformat(data["as_of"])
    if branches_of(request.member) is not None:
        return {**view, "word": "считаем по всей клинике", "tone": "none"}
    if ahead:
        now = data.get("coverage")
        under_rule, without = (now["under_rule"], now["without"]) if now else (0, 0)
    else:
        rows = nextstep.violations_by_day(clinic_id=request.clinic.pk, since=stop.on - STALE, until=stop.on)
        under_rule, without = (rows[-1].under_rule, rows[-1].left_after) if rows else (0, 0)
    if not under_rule:
        return {**view, "word": "впереди" if ahead else "данных нет", "tone": "none"}
    share = (under_rule - without) / under_rule
    held, missed = ("сейчас выполнен", "пока не выполнен") if ahead else ("достигнут", "не достигнут")
    word, tone = (held, "good") if share >= stop.value else (missed, "warn" if ahead else "bad")
    said = f"{formats.number(under_rule - without)} из {formats.number(under_rule)}" + (", сейчас" if ahead else "")
    shown = formats.percent(share) if share == 1 else formats.percent(min(share, 0.999), 1)
    return {**view, "actual": share, "shown": shown, "says": said, "word": word, "tone": tone}


def _actions(request: StaffRequest, data: Json) -> list[View]:
    base = data["retention"]["now"]["denominator"]
    told = reports.told_until(request.clinic, today=clock.today(request.clinic.time_zone, clock.now()))
    return reports.actions_of(request.clinic, base=base, value_kopecks=data["yearly_value_kopecks"], told=told)


def _wanted(stops: list[Stop], on: str) -> float | None:
    found = planned(stops, dt.date.fromisoformat(on))
    return None if found is None else 100 * found
