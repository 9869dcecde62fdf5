"""«Где упало»: any two periods, any part of the patients; asked by an address, answered in the background, found again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from zabota.analytics import reports
from zabota.analytics.models import StoredReport
from zabota.clinic.api import Right
from zabota.clinic.models import Branch, Doctor, Service, ServiceGroup
from zabota.desk.access import StaffRequest, branches_of, staff_page
from zabota.desk.insight import tables
from zabota.desk.insight.falls import falls_of
from zabota.desk.insight.files import table_answer
from zabota.desk.insight.people import links_of
from zabota.desk.insight.views_saved import saved_of
from zabota.kernel import clock
from zabota.kernel.typed import day_of, number_of
from zabota.patients.models import Source
from zabota.ui.page import wants_fragment

#: Lengths that are offered; any other from a month to a year may stand in the address.
LENGTHS: Final = (30, 60, 90, 120, 180, 270, 365)
LEAST, MOST = 28, 366
#: Name in the address → dimension of the engine, heading.
FIELDS: Final = {
    "branch": ("branch", "Филиал"),
    "doctor": ("doctor", "Врач"),
    "group": ("service_group", "Группа услуг"),
    "channel": ("channel", "Источник"),
    "age": ("age", "Возраст"),
    "tenure": ("tenure", "Давность"),
    "service": ("service", "Услуга"),
    "sex": ("sex", "Пол"),
    "price": ("price", "Цена услуги"),
    "wait": ("wait", "Ожидание записи"),
    "corridor": ("corridor", "Ожидание в коридоре"),
    "feedback": ("feedback", "Ответ после приёма"),
}
#: Asked for seldom: folded until one of them is chosen.
MORE: Final = frozenset({"service", "sex", "price", "wait", "corridor", "feedback"})


@dataclass(slots=True)
class Asked:
    """The form as it stands in the address, and the question when it makes sense."""

    question: reports.Question
    trouble: str = ""
    chosen: dict[str, str] = field(default_factory=dict)

    @property
    def query(self) -> str:
        """The tail of the address that asks the same."""
        question = self.question
        pairs = [
            ("to", question.now_end.isoformat()),
            ("before", question.before_end.isoformat()),
            ("days", str(question.days)),
        ]
        return urlencode(pairs + [pair for pair in self.chosen.items() if pair[1]])


@require_http_methods(["GET", "POST"])
@staff_page(Right.AUDIT_VIEW)
def where(request: StaffRequest) -> HttpResponse:
    """GET shows the answer to the question of the address, when it is there; POST has it answered."""
    today = clock.today(request.clinic.time_zone, clock.now())
    asked = asked_of(request.POST if request.method == "POST" else request.GET, request, today)
    if request.method == "POST":
        return _begin(request, asked)
    return render(request, "desk/insight/where.html", _context(request, asked, today))


@require_GET
@staff_page(Right.AUDIT_VIEW)
def state(request: StaffRequest) -> HttpResponse:
    """Is it answered."""
    asked = asked_of(request.GET, request, clock.today(request.clinic.time_zone, clock.now()))
    if reports.where_is_under_way(request.clinic, asked.question, branches=branches_of(request.member)):
        context = {"state_url": f"{reverse('desk:where-state')}?{asked.query}"}
        return render(request, "desk/insight/_work.html", context)
    return HttpResponseClientRedirect(f"{reverse('desk:where')}?{asked.query}")


@require_GET
@staff_page(Right.AUDIT_VIEW)
def as_table(request: StaffRequest, table: str, form: str) -> HttpResponse:
    """One table of the answer."""
    asked = asked_of(request.GET, request, clock.today(request.clinic.time_zone, clock.now()))
    stored = reports.where_of(request.clinic, asked.question, branches=branches_of(request.member))
    if stored is None or "refused" in stored.data:
        raise Http404
    header, rows = tables.where_table(table, stored.data)
    return table_answer(form, f"gde-upalo-{table}-{stored.as_of:%Y-%m-%d}", header, rows)


def asked_of(values: QueryDict, request: StaffRequest, today: dt.date) -> Asked:
    """The question of an address; without one, that of the newest report."""
    default = _default(request, today)
    chosen = {name: values.get(name, "").strip()[:200] for name in FIELDS}
    filters = {FIELDS[name][0]: (value,) for name, value in chosen.items() if value}
    to, before = values.get("to", ""), values.get("before", "")
    now_end, before_end = day_of(to), day_of(before)
    if (to and now_end is None) or (before and before_end is None):
        return Asked(default, "Такого дня нет в календаре. Проверьте даты.", chosen)
    length = number_of(values.get("days", ""), most=9999) or default.days
    question = reports.Question(now_end or default.now_end, before_end or default.before_end, length, filters)
    trouble = ""
    if not LEAST <= length <= MOST:
        trouble = f"Длина периода — от {LEAST} до {MOST} дней."
    elif question.before_end >= question.now_end:
        trouble = "Период для сравнения должен кончаться раньше основного."
    elif question.now_end > today:
        trouble = "Основной период ещё не кончился: выберите день не позже сегодняшнего."
    return Asked(question, trouble, chosen)


def _default(request: StaffRequest, today: dt.date) -> reports.Question:
    """What the report of this person's branches compares, so that the first page shows its figures."""
    scope = reports.scope_of(branches_of(request.member))
    stored = StoredReport.objects.filter(clinic=request.clinic, kind=reports.AUDIT, scope=scope)
    stored = stored.order_by("-computed_at", "-pk")
    main = stored.values_list("data__retention", flat=True).first()
    if main and main["now"]["to"] and main["year_before"]["to"]:
        ends = [dt.date.fromisoformat(main[name]["to"]) for name in ("now", "year_before")]
        return reports.Question(ends[0], ends[1], int(main["window_days"]))
    return reports.Question(today, today - dt.timedelta(days=365), 365)


def _context(request: StaffRequest, asked: Asked, today: dt.date) -> dict[str, Any]:
    """The form, the answer when it is there, the state of the work."""
    branches = branches_of(request.member)
    stored = None if asked.trouble else reports.where_of(request.clinic, asked.question, branches=branches)
    working = not asked.trouble and reports.where_is_under_way(request.clinic, asked.question, branches=branches)
    failed = (
        not working
        and not asked.trouble
        and reports.where_failed(request.clinic, asked.question, now=clock.now(), branches=branches)
    )
    context: dict[str, Any] = {
        "asked": asked,
        "stored": stored,
        "working": working,
        "failed": failed,
        # A question of the address is worked on by itself: the page posts its form once it stands.
        "at_once": "to" in request.GET and not (stored or working or failed or asked.trouble),
        "limited": branches is not None,
        "state_url": f"{reverse('desk:where-state')}?{asked.query}",
        "fields": _fields(request, asked),
        "more_open": any(asked.chosen[name] for name in MORE),
        "lengths": [(str(each), f"{each} дней") for each in sorted({*LENGTHS, asked.question.days})],
        "presets": _presets(asked, today),
        "saved": saved_of(request, "where"),
        "tables": tables.WHERE_TABLES,
    }
    if stored and "refused" not in stored.data:
        view = reports.where_view(stored.data)
        context |= view
        context["falls"] = falls_of(stored.data["retention"], view["why"], links_of(stored), before_word="Раньше")
        context["caused"] = view["why"]["caused"]
        context["charts"] = {"waterfall": _waterfall(stored.data, view["why"])}
    return context


def _begin(request: StaffRequest, asked: Asked) -> HttpResponse:
    if asked.trouble:
        messages.error(request, asked.trouble)
    elif not reports.ask_where(
        clinic=request.clinic, question=asked.question, actor=request.actor, now=clock.now(),
        branches=branches_of(request.member),
    ):  # fmt: skip
        messages.info(request, "Этот вопрос уже считается")
    address = f"{reverse('desk:where')}?{asked.query}"
    return HttpResponseClientRedirect(address) if wants_fragment(request) else redirect(address)


def _fields(request: StaffRequest, asked: Asked) -> list[dict[str, Any]]:
    clinic, mine = request.clinic, branches_of(request.member)
    branches = Branch.objects.filter(clinic=clinic)
    if mine is not None:
        branches = branches.filter(pk__in=mine)
    names: dict[str, list[str]] = {
        "branch": list(branches.order_by("name").values_list("name", flat=True)),
        "doctor": list(Doctor.objects.filter(clinic=clinic).order_by("name").values_list("name", flat=True)),
        "group": list(ServiceGroup.objects.filter(clinic=clinic).order_by("name").values_list("name", flat=True)),
        "channel": list(Source.objects.filter(clinic=clinic).order_by("name").values_list("name", flat=True)),
        "service": list(Service.objects.filter(clinic=clinic).order_by("name").values_list("name", flat=True)),
    }
    names |= {
        name: list(reports.VALUES[dimension]) for name, (dimension, _) in FIELDS.items() if dimension in reports.VALUES
    }
    return [
        {
            "name": name,
            "label": FIELDS[name][1],
            "options": [(each, each) for each in found],
            "value": asked.chosen[name],
            "more": name in MORE,
        }
        for name in FIELDS
        if len(found := names[name]) > 1
    ]


def _presets(asked: Asked, today: dt.date) -> list[dict[str, Any]]:
    """Comparisons that are asked for most, with the same filters."""
    end = asked.question.now_end if asked.question.now_end <= today else today
    offered = (
        ("Год к году", end, 365, 365),
        ("Полгода к тем же месяцам", end, 180, 365),
        ("Квартал к тем же месяцам", end, 90, 365),
        ("Квартал к прошлому", end, 90, 90),
        ("Месяц к прошлому", end, 30, 30),
    )
    items = []
    for label, last, days, back in offered:
        question = reports.Question(last, last - dt.timedelta(days=back), days)
        address = Asked(question, "", asked.chosen)
        current = (question.before_end, question.days) == (asked.question.before_end, asked.question.days)
        items.append({"label": label, "url": f"{reverse('desk:where')}?{address.query}", "current": current})
    return items


def _waterfall(data: Any, why: Any) -> dict[str, Any] | None:
    """Data of the drawn waterfall, which can be taken away as a picture."""
    main = data["retention"]
    if main["change_pp"] is None or not why["rows"]:
        return None
    before, now = 100 * main["year_before"]["value"], 100 * main["now"]["value"]
    changes = [
        {"label": row["title"], "change": round(row["value"], 2), "rest": row["rest"]}
        | ({} if row["rest"] else {"low": round(row["low"], 2), "high": round(row["high"], 2)})
        for row in why["rows"]
    ]
    items = [{"label": "Раньше", "total": round(before, 1)}, *changes, {"label": "Сейчас", "total": round(now, 1)}]
    low = max(0, 10 * (min(before, now) // 10) - 10)
    return {"type": "waterfall", "unit": "%", "min": low, "items": items, "digits": 1}
