"""Strategy: who the patients are, what they come for, where from, the load, what each brings; for a presentation as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from zabota.analytics import reports
from zabota.analytics.models import StoredReport
from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, branches_of, staff_page
from zabota.desk.insight import work
from zabota.desk.insight.files import book_answer, table_answer
from zabota.kernel import clock

_PPTX: Final = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
TABLES: Final = {
    "people": "Пациенты",
    "months": "Новые и прежние",
    "needs": "Потребности",
    "areas": "Откуда приезжают",
    "catchment": "Филиалы",
    "load": "Загрузка",
    "sources": "Источники",
    "segments": "Доход по группам",
}


@require_GET
@staff_page(Right.AUDIT_VIEW)
def strategy(request: StaffRequest) -> HttpResponse:
    """From what was computed last."""
    stored = _latest(request)
    context: dict[str, Any] = {
        "stored": stored,
        "limited": branches_of(request.member) is not None,
        **work.work_of(request),
        "state_url": reverse("desk:strategy-state"),
        "costs_url": reverse("desk:clinic-sources") if request.may(Right.SETTINGS_EDIT) else "",
    }
    if stored:
        context |= {**reports.strategy_view(stored.data), "live": True, "take_url": reverse("desk:strategy")}
    return render(request, "desk/insight/strategy.html", context)


@require_POST
@staff_page(Right.AUDIT_VIEW)
def refresh(request: StaffRequest) -> HttpResponse:
    """Count it anew."""
    return work.begin(request, "desk:strategy")


@require_GET
@staff_page(Right.AUDIT_VIEW)
def state(request: StaffRequest) -> HttpResponse:
    """Is it ready."""
    return work.poll(request, "desk:strategy")


@require_GET
@staff_page(Right.AUDIT_VIEW)
def deck(request: StaffRequest) -> HttpResponse:
    """Slides in one file that needs no server and prints a slide a page."""
    stored = _stored(request)
    made_on = clock.today(request.clinic.time_zone, stored.computed_at)
    text = reports.strategy_deck(stored.data, clinic=request.clinic.name, made_on=made_on)
    response = HttpResponse(text, content_type="text/html; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="strategiya-{stored.as_of:%Y-%m-%d}.html"'
    return response


@require_GET
@staff_page(Right.AUDIT_VIEW)
def slides(request: StaffRequest) -> HttpResponse:
    """The same as a presentation whose tables can be edited."""
    stored = _stored(request)
    made_on = clock.today(request.clinic.time_zone, stored.computed_at)
    body = reports.strategy_slides(stored.data, clinic=request.clinic.name, made_on=made_on)
    response = HttpResponse(body, content_type=_PPTX)
    response["Content-Disposition"] = f'attachment; filename="strategiya-{stored.as_of:%Y-%m-%d}.pptx"'
    return response


@require_GET
@staff_page(Right.AUDIT_VIEW)
def book(request: StaffRequest) -> HttpResponse:
    """All tables in one book."""
    stored = _stored(request)
    sheets = [(label, *table_of(name, stored.data)) for name, label in TABLES.items()]
    return book_answer(f"strategiya-{stored.as_of:%Y-%m-%d}", sheets)


@require_GET
@staff_page(Right.AUDIT_VIEW)
def as_table(request: StaffRequest, table: str, form: str) -> HttpResponse:
    """One table as a file."""
    stored = _stored(request)
    if table not in TABLES:
        raise Http404
    header, rows = table_of(table, stored.data)
    return table_answer(form, f"strategiya-{table}-{stored.as_of:%Y-%m-%d}", header, rows)


def table_of(name: str, data: Mapping[str, Any]) -> tuple[Sequence[str], list[Sequence[object]]]:
    """Header and rows of a table."""
    if name == "people":
        return ("Возраст", "Женщины", "Мужчины", "Пол не указан", "Всего"), [
            (each["name"], each["women"], each["men"], each["unknown"], each["all"]) for each in data["people"]
        ]
    if name == "months":
        return ("Месяц", "Впервые", "Прежние"), [
            (each["month"], each["new"], each["returning"]) for each in data["months"]
        ]
    if name == "needs":
        return ("Услуги", "Пациентов", "Годом раньше", "Визитов", "Руб."), [
            (each["name"], each["patients"], each["before"], each["visits"], each["revenue_kopecks"] / 100)
            for each in data["needs"]
        ]
    if name == "areas":
        columns = (
            "Откуда",
            "Пациентов",
            "Новых",
            "Созревших",
            "Вернулись за полгода, %",
            "От",
            "До",
            "Руб.",
            "Чаще в филиал",
        )
        return columns, [
            (
                each["name"], each["patients"], each["new"], each["watched"], _percent(each["share"]),
                _percent(each["low"]), _percent(each["high"]), each["revenue_kopecks"] / 100, each["branch"],
            )
            for each in data.get("areas") or []
        ]  # fmt: skip
    if name == "catchment":
        return ("Филиал", "Пациентов", "Новых", "Только здесь", "Руб."), [
            (each["name"], each["patients"], each["new"], each["only_here"], each["revenue_kopecks"] / 100)
            for each in data["catchment"]
        ]
    if name == "load":
        return ("Врач", "Неделя с", "Часов в расписании", "Занято часов"), [
            (each["name"], week, planned / 60, booked / 60)
            for each in data["load"]["doctors"]
            for week, (planned, booked) in zip(data["load"]["weeks"], each["cells"], strict=True)
        ]
    if name == "sources":
        header = (
            "Источник", "Новых за год", "Созревших", "Вернулись за полгода, %", "От", "До", "Выручка новых, руб.",
            "Затраты за год, руб.", "Цена нового, руб.", "Цена вернувшегося, руб.",
        )  # fmt: skip
        return header, [
            (
                each["name"], each["new"], each["watched"], _percent(each["share"]), _percent(each["low"]),
                _percent(each["high"]), each["revenue_kopecks"] / 100, each["cost_kopecks"] / 100,
                _roubles(each["cost_of_patient_kopecks"]), _roubles(each["cost_of_loyal_kopecks"]),
            )
            for each in data["sources"]
        ]  # fmt: skip
    titles = (
        "Признак", "Значение", "Пациентов", "На пришедшего за год, руб.", "От", "До", "Ожидаемая ценность, руб. за год", "От", "До",
    )  # fmt: skip
    return titles, [
        (each["side"], each["name"], each["arpp"]["n"], *_money(each["arpp"]), *_money(each["worth"]))
        for each in data["segments"]
    ]


def _money(average: Mapping[str, Any] | None) -> tuple[float | None, ...]:
    return (None, None, None) if average is None else tuple(average[name] / 100 for name in ("value", "low", "high"))


def _roubles(kopecks: int | None) -> float | None:
    return None if kopecks is None else kopecks / 100


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _latest(request: StaffRequest) -> StoredReport | None:
    return reports.latest(request.clinic, reports.STRATEGY, branches=branches_of(request.member))


def _stored(request: StaffRequest) -> StoredReport:
    stored = _latest(request)
    if stored is None:
        raise Http404
    return stored
