"""The patients behind a cause: the list with filters, as a file, and one click that puts them into the queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from zabota.analytics import reports
from zabota.analytics.models import Behind, StoredReport
from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, branches_of, staff_page
from zabota.desk.insight.files import table_answer
from zabota.kernel import clock
from zabota.kernel.audit import record
from zabota.ui import formats

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Found:
    """The list after its filters, and the figures above it."""

    behind: Behind
    people: list[reports.PersonBehind]
    shown: list[reports.PersonBehind]
    step: str
    reach: str
    order: str

    @property
    def to_call(self) -> int:
        """How many have no next step or a task for a later day: the number on the button."""
        return sum(each.step == "none" or (each.step == "task" and each.task_waits) for each in self.people)

    @property
    def nobody(self) -> bool:
        """True when everybody is booked or called these days: there is nothing to send."""
        return not self.to_call

    @property
    def value_kopecks(self) -> int:
        """Expected yearly value of those shown."""
        return sum(each.value_kopecks for each in self.shown)

    @property
    def query(self) -> str:
        """The filters as the tail of an address."""
        return urlencode(
            [pair for pair in (("step", self.step), ("reach", self.reach), ("order", self.order)) if pair[1]]
        )


@require_GET
@staff_page(Right.AUDIT_VIEW)
def people(request: StaffRequest, report_id: str, place: str) -> HttpResponse:
    """Who did not return, with last visit, value, next step and phone."""
    found = _found(request, _behind(request, report_id, place))
    page = Paginator(found.shown, PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "found": found,
        "page": page,
        "place": place,
        "report_id": report_id,
        "back": _back(found.behind.report),
        "steps": list(reports.STEPS.items()),
        "reaches": list(reports.REACHES.items()),
        "orders": list(reports.ORDERS.items()),
        "may_send": request.may(Right.WORKLIST_CONTROL),
        "may_export": request.may(Right.PATIENTS_EXPORT),
    }
    return render(request, "desk/insight/people.html", context)


@require_GET
@staff_page(Right.PATIENTS_EXPORT)
def people_file(request: StaffRequest, report_id: str, place: str, form: str) -> HttpResponse:
    """The list as it is filtered, as a file; the trail keeps who took it."""
    found = _found(request, _behind(request, report_id, place))
    record(
        "analytics.people.exported", found.behind.report, actor=request.actor, now=clock.now(),
        clinic_id=request.clinic.pk, details={"rows": len(found.shown)},
    )  # fmt: skip
    header = ("Пациент", "Филиал", "Последний визит", "Визитов", "Руб. за год", "Следующий шаг", "Телефон")
    rows = (
        (
            each.name, each.branch, each.last_visit_on, each.visits, each.value_kopecks / 100, step_words(each),
            "есть" if each.reachable else "нет",
        )
        for each in found.shown
    )  # fmt: skip
    return table_answer(form, f"spisok-{found.behind.report.as_of:%Y-%m-%d}-{place}", header, rows)


@require_POST
@staff_page(Right.WORKLIST_CONTROL)
def send(request: StaffRequest, report_id: str, place: str) -> HttpResponse:
    """Everybody of the list who is not booked is called within a week: a new task, or the later one comes forward."""
    behind = _behind(request, report_id, place)
    sent = reports.ask_send(behind=behind, branches=branches_of(request.member), actor=request.actor, now=clock.now())
    if sent is None:
        messages.success(request, "Ставим задачи. Список большой: они появятся в очереди за минуту-другую")
    elif not sent.made and not sent.forward:
        messages.info(request, "Новых задач нет: все записаны или их обзванивают на этой неделе")
    else:
        messages.success(request, _sent_words(sent))
    return redirect("desk:behind", report_id=report_id, place=place)


def _sent_words(sent: reports.Sent) -> str:
    """«В очередь на неделю: 12 новых задач, приближено 300; ещё 5 уже записаны или в работе; вне правила 2»."""
    parts = []
    if sent.made:
        parts.append(formats.plural(sent.made, "новая задача,новые задачи,новых задач"))
    if sent.forward:
        parts.append(f"приближено {formats.number(sent.forward)}")
    had = f"; ещё {formats.number(sent.had)} уже записаны или в работе" if sent.had else ""
    left = f"; вне правила {formats.number(sent.left)}" if sent.left else ""
    return f"В очередь на неделю: {', '.join(parts)}{had}{left}"


def links_of(report: StoredReport | None) -> dict[int, dict[str, Any]]:
    """Of each cause by its place: the address of its list and how many are in it."""
    if report is None:
        return {}
    rows = Behind.objects.filter(report=report).values_list("place", "count")
    return {
        place: {"url": reverse("desk:behind", args=[report.public_id, _word(place)]), "count": count}
        for place, count in rows
    }


def _back(report: StoredReport) -> str:
    """The page whose cause was opened: the report, or «Где упало» with its question."""
    if report.kind != reports.WHERE:
        return reverse("desk:audit") + "#why"
    asked = report.params
    pairs = [("to", asked["now_end"]), ("before", asked["before_end"]), ("days", str(asked["days"]))]
    named = {"service_group": "group"}
    pairs += [(named.get(name, name), values[0]) for name, values in asked["filters"].items()]
    return f"{reverse('desk:where')}?{urlencode(pairs)}"


def _word(place: int) -> str:
    return "all" if place == reports.EVERYBODY else str(place)


def _behind(request: StaffRequest, report_id: str, place: str) -> Behind:
    """The list, when its report is of this clinic and shows nothing of branches that this person may not see."""
    if not (request.may(Right.PATIENTS_VIEW) and request.may(Right.AUDIT_VIEW)):
        raise Http404
    if place != "all" and not (place.isdecimal() and len(place) < 4):
        raise Http404
    number = reports.EVERYBODY if place == "all" else int(place)
    behind = (
        Behind.objects.filter(clinic=request.clinic, report__public_id=report_id, place=number)
        .select_related("report")
        .defer("report__html", "report__data")
        .first()
    )
    if behind is None:
        raise Http404
    mine, theirs = branches_of(request.member), reports.branches_in(behind.report.scope)
    if mine is not None and (theirs is None or not set(theirs) <= set(mine)):
        raise Http404
    return behind


def _found(request: StaffRequest, behind: Behind) -> Found:
    asked = request.GET
    step = asked.get("step", "") if asked.get("step", "") in reports.STEPS else ""
    reach = asked.get("reach", "") if asked.get("reach", "") in reports.REACHES else ""
    order = asked.get("order", "") if asked.get("order", "") in reports.ORDERS else ""
    whole = reports.people_of(behind, now=clock.now(), branches=branches_of(request.member))
    shown = [
        each for each in whole if (not step or each.step == step) and (not reach or each.reachable == (reach == "yes"))
    ]
    return Found(behind, whole, reports.sorted_people(shown, order), step, reach, order)


def step_words(each: reports.PersonBehind) -> str:
    """What comes next for a person, for a file."""
    if each.booked_at:
        return f"запись {formats.day_short(timezone.localtime(each.booked_at).date())}"
    if each.task_due_at:
        return f"задача к {formats.day_short(timezone.localtime(each.task_due_at).date())}"
    return each.left or "нет"
