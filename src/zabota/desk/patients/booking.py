"""Booking from the card: the form with free times, what became of an appointment, giving it up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from zabota.booking import api as booking
from zabota.booking.models import Appointment
from zabota.clinic.api import Right
from zabota.clinic.models import Branch, Doctor, Service
from zabota.desk.access import StaffRequest, branches_of, staff_page, visible
from zabota.desk.patients.access import patient_for
from zabota.desk.patients.actions import answer
from zabota.desk.patients.card import zone_of
from zabota.desk.patients.forms import BookForm
from zabota.kernel import clock
from zabota.kernel.errors import BadInput, Trouble
from zabota.patients.models import Patient
from zabota.ui import formats
from zabota.ui.page import page, wants_fragment
from zabota.visits import api as visits


@require_http_methods(["GET", "POST"])
@staff_page(Right.VISITS_BOOK)
def book(request: StaffRequest, public_id: str) -> HttpResponse:
    """The form of the next visit with the doctor's free times, and the booking itself."""
    patient = patient_for(request, public_id)
    sent = request.method == "POST"
    now = clock.now()
    form = _form(request, patient, request.POST if sent else None)
    if sent and form.is_valid():
        try:
            row = _booked(request, patient, form, now)
            return _back(
                request, patient, f"Запись: {formats.ru_date(timezone.localtime(row.starts_at, zone_of(patient)))}"
            )
        except Trouble as trouble:
            form.add_error(None, trouble.text)
    context = booking_context(request, patient, form, now)
    part = "_book.html" if wants_fragment(request) else "book.html"
    with timezone.override(zone_of(patient)):
        return page(request, f"desk/patients/{part}", context=context, status=422 if sent else 200)


@require_POST
@staff_page(Right.VISITS_BOOK)
def visit_change(request: StaffRequest, public_id: str, visit_id: str, action: str) -> HttpResponse:
    """Came, did not come, is over; or the time is given up."""
    patient = patient_for(request, public_id)
    rows = visible(request, Appointment.objects.filter(patient=patient, vanished_at=None))
    visit = get_object_or_404(rows, public_id=visit_id)
    now = clock.now()

    def act() -> None:
        if action in ("cancel", "cancel-clinic"):
            reason = request.POST.get("reason", "")
            by_patient = action == "cancel"
            booking.cancel(appointment=visit, by_patient=by_patient, reason=reason, actor=request.actor, now=now)
        else:
            booking.mark_status(appointment=visit, status=action.replace("-", "_"), actor=request.actor, now=now)

    return answer(request, patient, part="answers", act=act, done="Отмечено")


def booking_context(request: StaffRequest, patient: Patient, form: BookForm, now: datetime) -> dict[str, Any]:
    """What «desk/patients/_book.html» needs: patient, form, doctors, doctor, branch, suggested times."""
    services, wished = _asked(request)
    need, by_video = booking.need_of(services), visits.offers_video(services)
    doctors = [each for each in _doctors(request) if need.doctor_ids is None or each.pk in need.doctor_ids]
    chosen = request.POST.get("doctor") or request.GET.get("doctor") or ""
    usual = booking.treating_doctors([patient.pk]).get(patient.pk)
    doctor = next((each for each in doctors if each.public_id == chosen), None)
    doctor = doctor or next(
        (each for each in doctors if usual and each.pk == usual.pk), doctors[0] if doctors else None
    )
    branch = _branch(request, patient, doctor, request.POST.get("branch") or request.GET.get("branch") or "")
    slots = (
        booking.suggested_times(doctor=doctor, branch=branch, services=services, online=wished and by_video, now=now)
        if doctor and branch
        else []
    )
    return {
        "patient": patient,
        "form": form,
        "doctors": doctors,
        "doctor": doctor,
        "branch": branch,
        "branches": list(_branches(request)),
        "slots": slots,
        "services": list(Service.objects.filter(clinic=request.clinic, is_active=True).order_by("name")),
        "service": services[0] if services else None,
        "minutes": need.minutes if services else None,
        "by_video": by_video,
        "online": wished,
        "consent": visits.video_consent(patient) if wished and by_video else None,
        "is_usual": bool(doctor and usual and doctor.pk == usual.pk),
    }


def _asked(request: StaffRequest) -> tuple[list[Service], bool]:
    """What the visit is for, as far as it was chosen, and whether by video."""
    data = request.POST if request.method == "POST" else request.GET
    rows = Service.objects.filter(clinic=request.clinic, is_active=True, public_id=data.get("service", ""))
    return list(rows), bool(data.get("online"))


def _form(request: StaffRequest, patient: Patient, data: Any) -> BookForm:
    services = Service.objects.filter(clinic=request.clinic, is_active=True)
    return BookForm(data, doctors=_doctors(request), branches=_branches(request), services=services)


def _booked(request: StaffRequest, patient: Patient, form: BookForm, now: datetime) -> Appointment:
    data = form.cleaned_data
    branch = data.get("branch") or _branch(request, patient, data["doctor"], "")
    if branch is None:
        raise BadInput("У клиники нет ни одного филиала. Добавьте его в настройках.")
    services = [data["service"]] if data["service"] else []
    return booking.book_next_visit(
        patient=patient,
        doctor=data["doctor"],
        branch=branch,
        starts_at=form.starts_at(branch),
        duration_minutes=data.get("duration_minutes") or booking.need_of(services).minutes,
        services=services,
        kind=visits.kind_of(services, online=data["online"]),
        comment=data["comment"],
        actor=request.actor,
        now=now,
    )


def _back(request: StaffRequest, patient: Patient, said: str) -> HttpResponse:
    messages.success(request, said)
    url = reverse("desk:patient", args=[patient.public_id])
    return HttpResponseClientRedirect(url) if wants_fragment(request) else redirect(url)


def _doctors(request: StaffRequest) -> Any:
    """Doctors who receive where this person may book; one without a branch receives everywhere."""
    rows = Doctor.objects.filter(clinic=request.clinic, is_active=True).prefetch_related("branches")
    allowed = branches_of(request.member)
    if allowed is None:
        return rows
    return rows.filter(Q(branches__in=allowed) | Q(branches=None)).distinct()


def _branches(request: StaffRequest) -> Any:
    rows = Branch.objects.filter(clinic=request.clinic, is_active=True)
    allowed = branches_of(request.member)
    return rows if allowed is None else rows.filter(pk__in=allowed)


def _branch(request: StaffRequest, patient: Patient, doctor: Doctor | None, chosen: str) -> Branch | None:
    """The branch that was chosen, else the doctor's that is also the patient's, else the first of the doctor's."""
    open_here: list[Branch] = list(_branches(request))
    named = next((each for each in open_here if each.public_id == chosen), None)
    if named is not None:
        return named
    of_doctor = {each.pk for each in doctor.branches.all()} if doctor else set()
    fit = [each for each in open_here if not of_doctor or each.pk in of_doctor] or open_here
    return next((each for each in fit if each.pk == patient.branch_id), fit[0] if fit else None)
