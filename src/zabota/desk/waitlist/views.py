"""Pages of the waitlist: the list with its offers and figures, a new entry, what is done with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zabota.booking import api as booking
from zabota.booking.models import Appointment, FreedSlot, WaitlistEntry
from zabota.clinic.api import Right
from zabota.clinic.models import Branch, Doctor
from zabota.desk.access import StaffRequest, branches_of, staff_page, visible
from zabota.desk.patients.access import cards_of, sight_of
from zabota.desk.waitlist.forms import WishForm
from zabota.desk.waitlist.soon import soon_of
from zabota.desk.waitlist.words import freed_of, line_of, sentence_of, unwanted_of, where_of
from zabota.kernel import clock
from zabota.kernel.errors import BadInput, Trouble
from zabota.patients import api as patients
from zabota.patients.models import Patient
from zabota.ui import formats
from zabota.visits import api as visits

FOUND = 8


@require_GET
@staff_page(Right.VISITS_BOOK)
def waitlist(request: StaffRequest) -> HttpResponse:
    """Who waits, what is being offered, what came of it this month and the month before."""
    now = clock.now()
    zone = ZoneInfo(request.clinic.time_zone)
    allowed = branches_of(request.member)
    entries = [
        each
        for each in booking.open_entries(request.clinic.pk)
        if allowed is None or each.branch_id is None or each.branch_id in allowed
    ]
    freed = [
        each
        for each in freed_of(request.clinic.pk, branch=None, now=now)
        if allowed is None or each.slot.branch_id in allowed
    ]
    context = {
        "lines": [line_of(each, now, zone) for each in entries],
        "freed": freed,
        "unwanted": [
            each
            for each in unwanted_of(request.clinic.pk, now=now)
            if allowed is None or each.slot.branch_id in allowed
        ],
        "several": len(_branches(request)) > 1,
        "periods": _periods(request, now, zone),
        "may_see": sight_of(request),
    }
    return render(request, "desk/waitlist/waitlist.html", context)


@require_http_methods(["GET", "POST"])
@staff_page(Right.VISITS_BOOK)
def new(request: StaffRequest) -> HttpResponse:
    """Somebody who would come earlier."""
    sent = request.method == "POST"
    data = request.POST if sent else request.GET
    patient = cards_of(request).cards().filter(public_id=data.get("patient", "")).first()
    typed = data.get("q", "").strip()[:80]
    form = _form(request, patient, request.POST if sent else None)
    if sent and patient is not None and form.is_valid():
        try:
            entry = _join(request, patient, form)
            messages.success(request, f"{patient.full_name}: в листе ожидания, {where_of(entry.branch)}")
            return redirect("desk:waitlist")
        except Trouble as trouble:
            form.add_error(None, trouble.text)
    found = patients.search(
        typed, clinic_id=request.clinic.pk, branch_ids=branches_of(request.member), limit=FOUND
    ) if typed and patient is None else []  # fmt: skip
    context: dict[str, Any] = {
        "form": form,
        "patient": patient,
        "found": found,
        "q": typed,
        "sight": sight_of(request),
        "soon": soon_of(form, patient, clinic_id=request.clinic.pk, now=clock.now()) if patient else [],
        "several": len(_branches(request)) > 1,
        "by_video": visits.video_server(request.clinic) is not None,
    }
    return render(request, "desk/waitlist/new.html", context, status=422 if sent else 200)


@require_POST
@staff_page(Right.VISITS_BOOK)
def close(request: StaffRequest, public_id: str) -> HttpResponse:
    """Take a patient off the list."""
    entry = get_object_or_404(
        visible(request, WaitlistEntry.objects.filter(clinic=request.clinic)), public_id=public_id
    )
    reason = request.POST.get("reason", "")[:200]
    return _act(
        request,
        lambda: booking.close_entry(entry=entry, reason=reason, actor=request.actor, now=clock.now()),
        "Убрали из листа ожидания",
    )


@require_POST
@staff_page(Right.VISITS_BOOK)
def freed(request: StaffRequest, public_id: str, action: str) -> HttpResponse:
    """Ask the next people now, book one of them by phone, or leave the time to everybody."""
    slot = get_object_or_404(visible(request, FreedSlot.objects.filter(clinic=request.clinic)), public_id=public_id)
    if action == "withdraw":
        return _act(
            request,
            lambda: booking.withdraw_freed(freed=slot, actor=request.actor, now=clock.now()),
            "Время больше не предлагаем: оно свободно для всех",
        )
    if action == "give":
        entries = visible(request, WaitlistEntry.objects.filter(clinic=request.clinic))
        entry = get_object_or_404(entries, public_id=request.POST.get("entry", ""))
        return _act(
            request,
            lambda: booking.hand_over(freed=slot, entry=entry, actor=request.actor, now=clock.now()),
            f"Записали: {entry.patient.full_name}. Остальным это время больше не предлагается",
        )
    if action != "wave":
        raise Http404
    return _act(request, lambda: _wave(request, slot), "Предложили")


def _wave(request: StaffRequest, slot: FreedSlot) -> None:
    if not booking.start_wave(freed=slot, actor=request.actor, now=clock.now()):
        raise Trouble("Предложить больше некому: остальным это время не подходит.")


def _act(request: StaffRequest, act: Callable[[], object], done: str) -> HttpResponse:
    try:
        act()
        messages.success(request, done)
    except Trouble as trouble:
        messages.error(request, trouble.text)
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/")
    return redirect(back if safe else "desk:waitlist")


def _join(request: StaffRequest, patient: Patient, form: WishForm) -> WaitlistEntry:
    given = form.cleaned_data
    appointment = given["appointment"]
    services = [given["service"]] if given["service"] else []
    if appointment is not None and given["online"] and appointment.kind != Appointment.Kind.ONLINE:
        raise BadInput("Вид визита при переносе не меняется: запись останется в клинике. Снимите «По видео».")
    branch = given["branch"]
    if "branch" not in request.POST:  # one branch to choose from is not asked about
        branch = appointment.branch if appointment else patient.branch
    return booking.join_waitlist(
        patient=patient,
        services=services,
        doctors=[given["doctor"]] if given["doctor"] else [],
        branch=branch,
        day_parts=given["day_parts"],
        weekdays=given["weekdays"],
        earliest_on=given["earliest_on"],
        latest_on=given["latest_on"],
        notice_minutes=given["notice_minutes"],
        priority=given["priority"],
        appointment=appointment,
        kind="" if appointment is not None else visits.kind_of(services, online=given["online"]),
        actor=request.actor,
        now=clock.now(),
    )


def _form(request: StaffRequest, patient: Patient | None, data: Any) -> WishForm:
    booked = Appointment.objects.none()
    start: dict[str, Any] = {}
    branches = _branches(request)
    if patient is not None:
        booked = Appointment.objects.upcoming(clock.now()).filter(patient=patient).order_by("starts_at")
        row = booked.filter(public_id=request.GET.get("appointment", "")).first()
        if row is not None:
            line = row.lines.select_related("service").first()
            start = {
                "appointment": row.public_id,
                "doctor": row.doctor.public_id if row.doctor else "",
                "service": line.service.public_id if line else "",
                "online": row.kind == Appointment.Kind.ONLINE,
            }
        # The form asks anew when the doctor or the service changes.
        start |= {name: request.GET[name] for name in ("doctor", "service", "online") if name in request.GET}
        doctor = Doctor.objects.filter(clinic=request.clinic, public_id=start.get("doctor", "")).first()
        asked = next((each for each in branches if each.public_id == request.GET.get("branch")), None)
        if "branch" not in request.GET:
            asked = (row.branch if row is not None else None) or patient.branch
        found = booking.branch_for([doctor] if doctor else [], asked)
        start["branch"] = found.public_id if found in branches and found is not None else ""
    return WishForm(data, initial=start, clinic=request.clinic, branches=branches, booked=booked)


def _branches(request: StaffRequest) -> Any:
    allowed = branches_of(request.member)
    rows = Branch.objects.filter(clinic=request.clinic, is_active=True).order_by("name")
    return rows if allowed is None else rows.filter(pk__in=allowed)


def _periods(request: StaffRequest, now: datetime, zone: ZoneInfo) -> list[dict[str, Any]]:
    """This month so far and the one before."""
    local = now.astimezone(zone)
    first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    before = (first.replace(day=1, month=first.month - 1) if first.month > 1
              else first.replace(year=first.year - 1, month=12))  # fmt: skip
    spans = ((first, now), (before, first))
    return [
        sentence_of(
            booking.waitlist_report(
                request.clinic.pk, first_at=since, last_at=until, branches=branches_of(request.member)
            ),
            formats.MONTHS[since.month - 1],
        )
        for since, until in spans
    ]
