"""Control of the work: figures of the team, the contacts and tasks behind each figure, reassignment."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET, require_POST

from zabota.clinic.api import Right
from zabota.clinic.models import Member
from zabota.desk.access import StaffRequest, staff_page
from zabota.desk.control import lists
from zabota.desk.control.figures import load_figures, members_of
from zabota.desk.control.files import LONGEST
from zabota.desk.control.periods import CHOICES, period_of
from zabota.kernel import clock
from zabota.kernel.errors import Trouble
from zabota.worklist import api as worklist


@require_GET
@staff_page(Right.WORKLIST_CONTROL)
def control(request: StaffRequest) -> HttpResponse:
    """Is the base worked for real: coverage, ageing, each person with signs."""
    now = clock.now()
    period = period_of(request.GET.get("period", ""), request.clinic, now)
    context = load_figures(request, period, now)
    context["periods"] = [(code, label) for code, (label, _) in CHOICES.items()]
    return render(request, "desk/control/control.html", context)


@require_GET
@staff_page(Right.WORKLIST_CONTROL)
def contacts(request: StaffRequest) -> HttpResponse:
    """The contacts behind a figure."""
    found = lists.contacts_for(request, clock.now())
    page = Paginator(found.rows, 50).get_page(request.GET.get("page"))
    context = {
        "found": found,
        "page": page,
        "events": lists.with_details(page.object_list),
        "may_export": request.may(Right.PATIENTS_EXPORT),
        "longest": LONGEST,
    }
    return render(request, "desk/control/contacts.html", context)


@require_GET
@staff_page(Right.WORKLIST_CONTROL)
def tasks(request: StaffRequest) -> HttpResponse:
    """All tasks with filters: owner, reason, age, overdue, closed ones."""
    now = clock.now()
    found = lists.tasks_for(request, now)
    page = Paginator(found.rows, 50).get_page(request.GET.get("page"))
    context = {
        "found": found,
        "page": page,
        "now": now,
        "may_export": request.may(Right.PATIENTS_EXPORT),
        "longest": LONGEST,
    }
    return render(request, "desk/control/tasks.html", context)


@require_POST
@staff_page(Right.WORKLIST_CONTROL)
def reassign(request: StaffRequest) -> HttpResponse:
    """Somebody is away: their tasks go to a colleague or to all, and they get no new ones until they are back."""
    now = clock.now()
    person = _person(request, request.POST.get("from", ""))
    if person is None:
        messages.error(request, "Выберите, кого нет на месте.")
        return redirect("desk:control")
    try:
        if request.POST.get("back"):
            worklist.end_absence(member=person, actor=request.actor, now=now)
            messages.success(request, f"{person.user.short_name} снова получает задачи")
            return redirect("desk:control")
        last_on = _last_day(request, clock.today(request.clinic.time_zone, now))
        # All or nothing: a person who is away with all the tasks still theirs is what this button is against.
        with transaction.atomic():
            worklist.mark_absent(
                member=person,
                first_on=clock.today(request.clinic.time_zone, now),
                last_on=last_on,
                actor=request.actor,
                now=now,
            )
            moved = worklist.reassign_all(
                from_member=person,
                to_member=_person(request, request.POST.get("to", "")),
                member=request.member,
                actor=request.actor,
                now=now,
            )
            given = worklist.distribute(clinic=request.clinic, now=now, actor=request.actor)
        messages.success(request, f"Передано задач: {moved}. Распределено между остальными: {given}")
    except Trouble as trouble:
        messages.error(request, trouble.text)
    return redirect("desk:control")


def _person(request: StaffRequest, text: str) -> Member | None:
    return next((each for each in members_of(request) if str(each.pk) == text), None)


def _last_day(request: StaffRequest, today: date) -> date:
    try:
        return parse_date(request.POST.get("last_on", "")) or today
    except ValueError:
        return today
