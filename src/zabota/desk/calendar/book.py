"""Booking beside the grid: who, what for, to whom, when; a time that was taken meanwhile is answered with others."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import reswap, retarget

from zabota.booking import api as booking
from zabota.booking.models import Appointment
from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, branches_of, staff_page
from zabota.desk.calendar.asked import Asked, read_asked
from zabota.desk.calendar.forms import BookForm
from zabota.desk.calendar.offers import alternatives_for, nearest, sensible_next
from zabota.desk.calendar.panel import visit_context, visit_or_404
from zabota.desk.calendar.slots import with_slot
from zabota.desk.calendar.visits import beside, with_grid
from zabota.desk.patients.access import cards_of, sight_of
from zabota.kernel import clock
from zabota.kernel.errors import BadInput, Trouble
from zabota.kernel.phones import read_phones
from zabota.patients import api as patients
from zabota.patients.models import Patient
from zabota.ui import formats
from zabota.ui.page import toast, wants_fragment
from zabota.visits import api as visits

FOUND = 6
#: What the form keeps while its parts change.
KEPT = ("patient", "service", "also", "online", "doctor", "day", "time", "duration_minutes", "comment", "branch")


@require_http_methods(["GET", "POST"])
@staff_page(Right.VISITS_BOOK)
def book(request: StaffRequest) -> HttpResponse:
    """GET: the form as far as it is filled in. POST: the appointment, or why not."""
    now = clock.now()
    given = request.POST if request.method == "POST" else request.GET
    asked = read_asked(request, now, given)
    if asked is None:
        return redirect("desk:calendar")
    data = with_slot(given, asked)
    if "slot" in data:
        asked = read_asked(request, now, data) or asked
    # The parts of the form ask for themselves by POST: names and phones stay out of addresses.
    if request.method == "GET" or "again" in data:
        return beside(request, asked, form_context(request, asked, data, now), now)
    form = BookForm(data, asked=asked)
    trouble: Trouble | None = None
    if form.is_valid():
        try:
            return _booked(request, asked, _book(request, asked, form, data, now), now)
        except Trouble as found:
            trouble = found
        if isinstance(trouble, booking.SlotTaken) and wants_fragment(request):
            return _taken(request, asked, trouble, now)
    context = form_context(request, asked, data, now, form=form, trouble=trouble)
    return beside(request, asked, context, now, status=422)


def form_context(
    request: StaffRequest,
    asked: Asked,
    data: QueryDict,
    now: datetime,
    *,
    form: BookForm | None = None,
    trouble: Trouble | None = None,
) -> dict[str, Any]:
    """Variables of «desk/calendar/_book.html»."""
    patient = _patient(request, data)
    typed = data.get("q", "").strip()[:80]
    kept = [(name, value) for name in KEPT for value in data.getlist(name) if value]
    shown = form or BookForm(initial=dict(kept), asked=asked)
    services = shown.chosen_services(data)
    need = booking.need_of(services)
    wished, by_video = bool(data.get("online")), visits.offers_video(services)
    shown.fields["duration_minutes"].widget.attrs["placeholder"] = str(need.minutes)
    return {
        "panel": "desk/calendar/_book.html",
        "form": shown,
        "patient": patient,
        "q": typed,
        "found": _found(request, typed) if typed and patient is None else [],
        "in_full": sight_of(request).contacts,
        "may_register": request.may(Right.PATIENTS_EDIT),
        "new": {name: data.get(name, "")[:200] for name in ("surname", "name", "phones")}
        | {"open": bool(data.get("surname") or data.get("phones"))},
        "kept": kept,
        "kept_query": urlencode([pair for pair in kept if pair[0] != "patient"]),
        "error": trouble.text if trouble else "",
        "others": alternatives_for(trouble, now=now) if trouble else [],
        "times": nearest(data, services, online=wished and by_video, asked=asked, now=now)
        if not data.get("time") and not trouble
        else [],
        "by_video": by_video,
        "online": wished,
        "consent": visits.video_consent(patient) if patient and wished and by_video else None,
        "also": [each for each in services if each.public_id in data.getlist("also")],
        "hint": sensible_next(patient, services, now=now) if patient else None,
        "close_url": f"{reverse('desk:calendar')}?{asked.query()}",
        "rest_url": f"{reverse('desk:calendar-rest')}?{asked.query()}",
    }


def _book(request: StaffRequest, asked: Asked, form: BookForm, data: QueryDict, now: datetime) -> Appointment:
    """One appointment; a person who is not known yet gets a card with it."""
    known = _patient(request, data)
    if known is not None:
        return _book_for(known, request, asked, form, now)
    # With a visit or not at all: a second try would make a second card.
    with transaction.atomic():
        return _book_for(_register(request, asked, data, now), request, asked, form, now)


def _book_for(patient: Patient, request: StaffRequest, asked: Asked, form: BookForm, now: datetime) -> Appointment:
    online, services = form.cleaned_data["online"], form.services()
    return booking.book(
        patient=patient,
        doctor=form.cleaned_data["doctor"],
        branch=asked.branch,
        starts_at=form.starts_at(),
        duration_minutes=form.cleaned_data["duration_minutes"],
        services=services,
        kind=visits.kind_of(services, online=online),
        comment=form.cleaned_data["comment"],
        actor=request.actor,
        now=now,
    )


def _register(request: StaffRequest, asked: Asked, data: QueryDict, now: datetime) -> Patient:
    surname, phones = data.get("surname", "").strip(), data.get("phones", "").strip()
    if not surname or not request.may(Right.PATIENTS_EDIT):
        raise BadInput("Выберите пациента: найдите его по имени или телефону или впишите нового.")
    if not read_phones(phones, area_code=asked.branch.phone_area).phones:
        raise BadInput("Телефон нового пациента нужен, чтобы напомнить о визите. Пример: +7 916 123-45-67.")
    return patients.register_patient(
        clinic=request.clinic,
        surname=surname[:100],
        name=data.get("name", "").strip()[:100],
        phones=phones[:200],
        branch=asked.branch,
        actor=request.actor,
        now=now,
    )


def _booked(request: StaffRequest, asked: Asked, row: Appointment, now: datetime) -> HttpResponse:
    """The appointment in the panel with a word and a way back, beside the grid with it."""
    local = row.starts_at.astimezone(asked.zone)
    said = f"Записали: {row.patient.full_name}, {formats.ru_date(local)}"
    if not wants_fragment(request):
        messages.success(request, said)
        return redirect("desk:calendar-visit", row.public_id)
    fresh = visit_or_404(request, row.public_id)
    response = beside(request, asked, visit_context(request, fresh, asked, now), now)
    undo = reverse("desk:calendar-visit-unbook", args=[row.public_id])
    return with_grid(request, toast(response, said, undo_url=undo), now)


def _taken(request: StaffRequest, asked: Asked, trouble: booking.SlotTaken, now: datetime) -> HttpResponse:
    """Only what changes in the form: the reason and other times. Many may lose one time at once, so this stays light."""
    context = {"error": trouble.text, "others": alternatives_for(trouble, now=now)}
    with timezone.override(asked.zone):
        response = render(request, "desk/calendar/_book_times.html", context, status=422)
    return reswap(retarget(response, "#book-times"), "outerHTML")


def _patient(request: StaffRequest, data: QueryDict) -> Patient | None:
    public_id = data.get("patient", "")
    if not public_id:
        return None
    return cards_of(request).cards().filter(public_id=public_id).first()


def _found(request: StaffRequest, typed: str) -> list[patients.Found]:
    return patients.search(typed, clinic_id=request.clinic.pk, branch_ids=branches_of(request.member), limit=FOUND)
