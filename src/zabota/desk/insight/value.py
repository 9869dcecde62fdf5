"""«Кому звонить»: who is late by their own measure, who falls asleep soon, what a call is worth; one press puts them into the queue."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from zabota.analytics import metrics, snapshots
from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, branches_of, staff_page
from zabota.kernel import clock
from zabota.patients.models import Patient
from zabota.ui import formats

PER_PAGE = 25
LISTS = ((metrics.TODAY, "Сегодня"), (metrics.SOON, "Скоро уснут"), (metrics.EVERYBODY, "Все"))
#: Days within which somebody falls asleep.
WITHIN = (7, 9, 14, 30, 60)


@require_GET
@staff_page(Right.AUDIT_VIEW)
def calls(request: StaffRequest) -> HttpResponse:
    """The list of the day."""
    if not request.may(Right.PATIENTS_VIEW):
        raise Http404
    now = clock.now()
    snapshot = snapshots.open_latest(request.clinic.pk)
    work: dict[str, Any] = {
        "working": snapshots.is_being_built(request.clinic.pk),
        "failed": snapshots.build_failed(request.clinic.pk, now=now),
        "state_url": reverse("desk:calls-state"),
    }
    if snapshot is None:
        return render(request, "desk/insight/calls.html", {"empty": True, **work})
    which, within = asked_list(request)
    found = metrics.prospects(
        snapshot, which=which, within_days=within, branches=branches_of(request.member),
        today=clock.today(request.clinic.time_zone, now),
        without=metrics.settled_since(request.clinic.pk, snapshot.as_of, now=now),
    )  # fmt: skip
    if found is None:
        return render(request, "desk/insight/calls.html", {"few": True, **work})
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    people = {each.pk: each for each in _people(request, [each.patient_id for each in page.object_list], now)}
    context: dict[str, Any] = {
        **work, "found": found, "page": page, "which": which, "within": within, "withins": WITHIN,
        "rows": [(each, people[each.patient_id]) for each in page.object_list if each.patient_id in people],
        "lists": [{"label": label, "url": f"?{urlencode({'list': code})}", "current": code == which} for code, label in LISTS],
        "told": found.told if found.told < clock.today(request.clinic.time_zone, now) else None,
        "old": snapshot.as_of < clock.today(request.clinic.time_zone, now),
        "may_send": request.may(Right.WORKLIST_CONTROL), "may_export": request.may(Right.PATIENTS_EXPORT), "limited": branches_of(request.member) is not None,
    }  # fmt: skip
    return render(request, "desk/insight/calls.html", context)


@require_POST
@staff_page(Right.WORKLIST_CONTROL)
def calls_send(request: StaffRequest) -> HttpResponse:
    """A task for each of the chosen who has none in the queue."""
    chosen = Patient.objects.filter(
        clinic=request.clinic, public_id__in=request.POST.getlist("patient")[: metrics.AT_ONCE]
    )
    ids = list(chosen.values_list("pk", flat=True))
    if not ids:
        messages.error(request, "Отметьте в списке, кому позвонить")
    else:
        made, had = metrics.ask_calls(
            clinic=request.clinic, patient_ids=ids, branches=branches_of(request.member), member=request.member,
            actor=request.actor, now=clock.now(),
        )  # fmt: skip
        already = f"; у {formats.number(had)} задача уже в очереди" if had else ""
        text = f"В очередь поставлено: {formats.plural(made, 'задача,задачи,задач')}" if made else "Новых задач нет"
        messages.success(request, f"{text}{already}")
    which, within = request.POST.get("list", ""), request.POST.get("within", "")
    return redirect(f"{reverse('desk:calls')}?{urlencode({'list': which, 'within': within})}")


@require_POST
@staff_page(Right.AUDIT_VIEW)
def calls_refresh(request: StaffRequest) -> HttpResponse:
    """Have a new snapshot of the patients built; the page shows that it is."""
    if not snapshots.ask_build(request.clinic.pk):
        messages.info(request, "Снимок уже собирается")
    return redirect("desk:calls")


@require_GET
@staff_page(Right.AUDIT_VIEW)
def calls_state(request: StaffRequest) -> HttpResponse:
    """Is it built; then the page anew."""
    if not snapshots.is_being_built(request.clinic.pk):
        return HttpResponseClientRedirect(reverse("desk:calls"))
    context = {"state_url": reverse("desk:calls-state"), "work_label": "Собираем снимок пациентов"}
    return render(request, "desk/insight/_work.html", context)


def asked_list(request: StaffRequest) -> tuple[str, int]:
    """Which list, and within how many days somebody falls asleep."""
    which = request.GET.get("list", "")
    within = request.GET.get("within", "")
    known = within.isdecimal() and len(within) < 4 and int(within) in WITHIN
    return which if which in dict(LISTS) else metrics.TODAY, int(within) if known else 14


def _people(request: StaffRequest, ids: list[int], now: datetime) -> list[metrics.PersonBehind]:
    return metrics.people_behind(ids, now=now, branches=branches_of(request.member))
