"""«Перенести в программу клиники»: visits of an export that were cancelled or moved here, until somebody has entered them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from zabota.booking import api as booking
from zabota.booking.models import Appointment, Transfer
from zabota.clinic.api import Right
from zabota.clinic.models import Doctor
from zabota.desk.access import StaffRequest, branches_of, staff_page, visible
from zabota.kernel import clock
from zabota.kernel.errors import Trouble
from zabota.ui import formats


@dataclass(frozen=True, slots=True)
class Line:
    """One visit: who, what happened, where the program has it, where it stands here."""

    transfer: Transfer
    visit: Appointment
    what: str
    there: str
    here: str


@require_GET
@staff_page(Right.VISITS_BOOK)
def transfers(request: StaffRequest) -> HttpResponse:
    """What is still to be entered, and what was entered within a day."""
    now, branches = clock.now(), branches_of(request.member)
    context = {
        "lines": [line_of(each) for each in booking.open_transfers(request.clinic.pk, now=now, branches=branches)],
        "done": [
            line_of(each, done=True) for each in booking.done_transfers(request.clinic.pk, now=now, branches=branches)
        ],
    }
    return render(request, "desk/calendar/transfers.html", context)


@require_POST
@staff_page(Right.VISITS_BOOK)
def transfer(request: StaffRequest, public_id: str, action: str) -> HttpResponse:
    """«Перенесено», or the way back."""
    rows = visible(request, Transfer.objects.filter(clinic=request.clinic), branch="appointment__branch_id")
    row = get_object_or_404(rows.select_related("appointment__patient"), public_id=public_id)
    if action not in ("done", "undo"):
        raise Http404
    try:
        if action == "done":
            booking.transfer_done(transfer=row, actor=request.actor, now=clock.now())
            messages.success(request, f"Перенесено: {row.appointment.patient.full_name}")
        else:
            booking.transfer_undone(transfer=row, actor=request.actor, now=clock.now())
            messages.success(request, f"Снова в списке: {row.appointment.patient.full_name}")
    except Trouble as trouble:
        messages.error(request, trouble.text)
    return redirect(reverse("desk:calendar-transfers"))


def line_of(row: Transfer, *, done: bool = False) -> Line:
    """The words of a row; `done`: as it was before it was entered."""
    visit = row.appointment
    at, doctor = (row.before_at, row.before_doctor) if done else (row.there_at, row.there_doctor)
    off = visit.status in Transfer.GIVEN_UP
    if off:
        what = "Отменил пациент" if row.by_patient else "Отменила клиника"
    elif at is None:
        what = "Запись снова в силе"
    else:
        what = "Перенёс пациент" if row.by_patient else "Перенесла клиника"
    there = _place(at, doctor, visit)
    here = "отменена" if off else _place(visit.starts_at, visit.doctor, visit)
    return Line(row, visit, what, there, here)


def _place(at: datetime | None, doctor: Doctor | None, visit: Appointment) -> str:
    if at is None:
        return "отменена"
    place = visit.branch or visit.clinic
    words = formats.ru_date(at.astimezone(ZoneInfo(place.time_zone)))
    return f"{words}, {doctor.name}" if doctor is not None else words
