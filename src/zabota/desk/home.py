"""The first page of each role, and the sign of life for whoever watches the server."""

from __future__ import annotations

from django.db import Error, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, branches_of, staff_page
from zabota.desk.calendar.transfers import waiting_to_be_entered
from zabota.desk.navigation import MENU
from zabota.kernel import clock
from zabota.messaging import api as messaging
from zabota.visits import api as visits
from zabota.worklist import api as worklist


@require_safe
@staff_page(Right.PROFILE_OWN)
def home(request: StaffRequest) -> HttpResponse:
    """To the first page of the menu that this person may open."""
    for _, name, right in MENU:
        if request.may(right):
            return redirect(name)
    raise Http404


@require_safe
@staff_page(Right.PROFILE_OWN)
def menu_counts(request: StaffRequest) -> HttpResponse:
    """How much waits behind pages of the menu: tasks of today, conversations without an answer, a doctor's complaints."""
    counts: list[dict[str, object]] = []
    if request.may(Right.WORKLIST_WORK):
        day = worklist.day_counts(member=request.member, now=clock.now())
        words = "срочные, просроченные и на сегодня"
        counts.append({"name": "today", "number": day.must, "tone": "bad" if day.overdue else "", "words": words})
    if request.may(Right.INBOX_WORK):
        waiting = messaging.inbox_counts(
            clinic_id=request.clinic.pk, member=request.member, branches=branches_of(request.member)
        )
        number = waiting["mine"] + waiting["free"]
        counts.append({"name": "inbox", "number": number, "tone": "warn", "words": "ждут вашего ответа"})
    if request.may(Right.VISITS_BOOK):
        words = "перенести в программу клиники"
        counts.append({"name": "calendar", "number": waiting_to_be_entered(request), "tone": "warn", "words": words})
    doctor_id = request.member.doctor_id
    if request.may(Right.RECEPTION_OWN) and doctor_id is not None:
        unwell = len(visits.open_complaints(clinic_id=request.clinic.pk, doctor_id=doctor_id))
        counts.append({"name": "aftercare", "number": unwell, "tone": "bad", "words": "чувствуют себя плохо"})
    return render(request, "desk/menu_counts.html", {"counts": counts})


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the server answers and the database does, else 503. Tells nothing else."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return HttpResponse("database away", content_type="text/plain", status=503)
    return HttpResponse("ok", content_type="text/plain")
