"""Cohorts: the map by month of the first visit with forecasts, curves of the return, live cross-filter by any side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from zabota.analytics import reports
from zabota.clinic.api import Right
from zabota.clinic.models import Branch
from zabota.desk.access import StaffRequest, branches_of, staff_page
from zabota.desk.insight import work
from zabota.desk.insight.drawing import curves_picture
from zabota.desk.insight.files import table_answer
from zabota.desk.insight.views_saved import saved_of
from zabota.ui.page import page

TABLES: Final = {"map": "Карта", "curves": "Кривые", "sides": "Разрезы"}


@require_GET
@staff_page(Right.AUDIT_VIEW)
def cohorts(request: StaffRequest) -> HttpResponse:
    """The page, or its body when a filter was changed."""
    return page(request, "desk/insight/cohorts.html", partial="body", context=_context(request))


@require_GET
@staff_page(Right.AUDIT_VIEW)
def alarms(request: StaffRequest) -> HttpResponse:
    """Comparisons that turn round among people alike; asked for after the page stands."""
    found = reports.cohort_alarms(request.clinic.pk, _cut(request))
    return render(request, "desk/insight/_alarms.html", {"alarms": found})


@require_POST
@staff_page(Right.AUDIT_VIEW)
def refresh(request: StaffRequest) -> HttpResponse:
    """Make the reports and the snapshot anew."""
    return work.begin(request, "desk:cohorts")


@require_GET
@staff_page(Right.AUDIT_VIEW)
def state(request: StaffRequest) -> HttpResponse:
    """Are they ready."""
    return work.poll(request, "desk:cohorts")


@require_GET
@staff_page(Right.AUDIT_VIEW)
def as_table(request: StaffRequest, table: str, form: str) -> HttpResponse:
    """The map, the curves or the sides as a file."""
    view = reports.cohorts_view(request.clinic.pk, _cut(request))
    if view is None or table not in TABLES:
        raise Http404
    header, rows = {"map": _map, "curves": _curves, "sides": _sides}[table](view)
    return table_answer(form, f"kogorty-{table}-{view['as_of']:%Y-%m-%d}", header, rows)


def _context(request: StaffRequest) -> dict[str, Any]:
    """The cut with addresses of every click."""
    cut = _cut(request)
    view = reports.cohorts_view(request.clinic.pk, cut)
    context: dict[str, Any] = {
        **(view or {}),
        "ready": view is not None,
        "limited": cut.branches is not None,
        "query": _query(cut),
        "alarms_url": f"{reverse('desk:cohorts-alarms')}?{_query(cut)}",
        "by_chips": [
            {"label": label, "url": f"{reverse('desk:cohorts')}?{_query(cut, by=name)}", "current": name == cut.by}
            for name, label in reports.SIDES.items()
        ],
        "chosen": [
            {
                "label": f"{reports.SIDES[name]}: {value}",
                "url": f"{reverse('desk:cohorts')}?{_query(cut, **{name: ''})}",
            }
            for name, value in cut.chosen.items()
        ],
        "tables": TABLES,
        **work.work_of(request),
        "state_url": reverse("desk:cohorts-state"),
    }
    if view:
        for side in view["sides"]:
            for row in side["rows"]:
                value = "" if row["current"] else row["name"]
                row["url"] = f"{reverse('desk:cohorts')}?{_query(cut, **{side['name']: value})}"
        context["picture"] = curves_picture(view["curves"])
        context["heat_columns"] = ["полгода", *view["columns"]]
    context["saved"] = saved_of(request, "cohorts")
    return context


def _cut(request: StaffRequest) -> reports.Cut:
    asked = request.GET
    chosen = {name: asked.get(name, "")[:200] for name in reports.SIDES if asked.get(name)}
    by = asked.get("by", "")
    ids = branches_of(request.member)
    names = None if ids is None else list(Branch.objects.filter(pk__in=ids).values_list("name", flat=True))
    return reports.Cut(chosen=chosen, by=by if by in reports.SIDES else "channel", branches=names)


def _query(cut: reports.Cut, **change: str) -> str:
    values = {"by": cut.by, **cut.chosen, **change}
    return urlencode([(name, value) for name, value in values.items() if value])


Table = tuple[Sequence[str], list[Sequence[object]]]


def _map(view: Mapping[str, Any]) -> Table:
    header = ["Месяц", "Новых", "За полгода, %", "от", "до", "Созрело"]
    for column in view["columns"]:
        header += [f"{column}-й месяц, %", f"{column}-й: от", f"{column}-й: до"]
    rows: list[Sequence[object]] = []
    for row in view["rows"]:
        line: list[object] = [row["month"], row["size"]]
        for place, cell in enumerate(row["cells"]):
            value = cell["value"]
            line += [
                None if value is None else 100 * value,
                *(100 * cell[end] if end in cell else None for end in ("low", "high")),
            ]
            if not place:
                line.append("нет" if cell["immature"] else "да")
        rows.append(line)
    return header, rows


def _curves(view: Mapping[str, Any]) -> Table:
    header = ["Дней после первого визита"]
    for each in view["curves"]:
        header += [f"{each['name']}, %", "от", "до"]
    days = view["curves"][0]["days"] if view["curves"] else []
    rows: list[Sequence[object]] = [
        [day, *(100 * each[end][place] for each in view["curves"] for end in ("value", "low", "high"))]
        for place, day in enumerate(days)
    ]
    return header, rows


def _sides(view: Mapping[str, Any]) -> Table:
    header = ("Признак", "Значение", "Созревших пациентов", "Вернулись за полгода, %", "от", "до")
    return header, [
        (side["title"], row["name"], row["patients"], 100 * row["share"], 100 * row["low"], 100 * row["high"])
        for side in view["sides"]
        for row in side["rows"]
    ]
