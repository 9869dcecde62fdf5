"""«Перенести в программу клиники»: what was booked, cancelled or moved here, until somebody has entered it there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import Max
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from zabota.booking import api as booking
from zabota.booking.models import Appointment, Transfer
from zabota.clinic.api import Right
from zabota.clinic.models import Doctor
from zabota.desk.access import StaffRequest, branches_of, staff_page, visible
from zabota.desk.calendar import blocks
from zabota.intake.models import Batch
from zabota.kernel import clock
from zabota.kernel.errors import Trouble
from zabota.ui import formats


@dataclass(frozen=True, slots=True)
class Line:
    """One visit: who, what happened and when, where the program has it, where it stands here."""

    visit: Appointment
    what: str
    since: datetime | None
    there: str
    here: str
    #: Where «Перенесено», or its way back, is said.
    url: str
    transfer: Transfer | None = None
    #: Where it was made and what for, of a booking that has to be made anew there.
    origin: str = ""
    services: str = ""

    @property
    def at(self) -> datetime:
        """When it is the turn of one of the two programs to be wrong."""
        return (self.transfer.there_at if self.transfer else None) or self.visit.starts_at

    @property
    def stand(self) -> str:
        """What the person who marks it has seen."""
        return booking.stand_of(self.visit)


@require_GET
@staff_page(Right.VISITS_BOOK)
def transfers(request: StaffRequest) -> HttpResponse:
    """What is still to be entered, and what was entered within a day."""
    clinic_id, now, branches = request.clinic.pk, clock.now(), branches_of(request.member)
    loaded_at = last_load(clinic_id)
    changed = [line_of(each) for each in booking.open_transfers(clinic_id, now=now, branches=branches)]
    made = booking.new_bookings(clinic_id, now=now, loaded_at=loaded_at, branches=branches)
    health, several = request.may(Right.PATIENTS_HEALTH), len({each.branch_id for each in made}) > 1
    new = [new_line(each, health=health, branch=several) for each in made]
    every = len(changed) + len(new)
    if len(new) == booking.NEW_SHOWN:
        every = booking.count_transfers(clinic_id, now=now, loaded_at=loaded_at, branches=branches)
    done = booking.done_transfers(clinic_id, now=now, branches=branches)
    context = {
        "lines": sorted([*changed, *new], key=lambda each: (each.at <= now, each.at, each.visit.pk)),
        "every": every,
        "done": [line_of(each, done=True) for each in done],
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
            seen = request.POST.get("seen", "")
            booking.transfer_done(transfer=row, seen=seen, actor=request.actor, now=clock.now())
            messages.success(request, f"Перенесено: {row.appointment.patient.full_name}")
        else:
            booking.transfer_undone(transfer=row, actor=request.actor, now=clock.now())
            messages.success(request, f"Снова в списке: {row.appointment.patient.full_name}")
    except Trouble as trouble:
        messages.error(request, trouble.text)
    return redirect(reverse("desk:calendar-transfers"))


@require_POST
@staff_page(Right.VISITS_BOOK)
def enter(request: StaffRequest, public_id: str) -> HttpResponse:
    """«Перенесено» of a booking made here."""
    rows = visible(request, Appointment.objects.filter(clinic=request.clinic, patient__erased_at=None))
    row = get_object_or_404(rows.select_related("patient"), public_id=public_id)
    seen = request.POST.get("seen", "")
    try:
        booking.booking_entered(appointment=row, seen=seen, actor=request.actor, now=clock.now())
        messages.success(request, f"Перенесено: {row.patient.full_name}")
    except Trouble as trouble:
        messages.error(request, trouble.text)
    return redirect(reverse("desk:calendar-transfers"))


def waiting_to_be_entered(request: StaffRequest) -> int:
    """How many visits wait on the page."""
    return booking.count_transfers(
        request.clinic.pk,
        now=clock.now(),
        loaded_at=last_load(request.clinic.pk),
        branches=branches_of(request.member),
    )


def last_load(clinic_id: int) -> datetime | None:
    """When the last load of the clinic was finished."""
    loads = Batch.objects.filter(clinic_id=clinic_id, state=Batch.State.LOADED)
    last: datetime | None = loads.aggregate(last=Max("finished_at"))["last"]
    return last


def new_line(visit: Appointment, *, health: bool, branch: bool = False) -> Line:
    """The words of a booking made here: services for who may know them, the branch where there are several."""
    told = [blocks.services_of(visit) if health else "", visit.branch.name if branch and visit.branch else ""]
    return Line(
        visit=visit,
        what="Новая запись",
        since=visit.booked_at,
        there="нет",
        here=_place(visit.starts_at, visit.doctor, visit),
        url=reverse("desk:calendar-transfer-visit", args=[visit.public_id]),
        origin=visit.get_origin_display(),
        services=" · ".join(filter(None, told)),
    )


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
    there = "нет" if done and row.is_of_new_booking else _place(at, doctor, visit)
    here = "отменена" if off else _place(visit.starts_at, visit.doctor, visit)
    url = reverse("desk:calendar-transfer", args=[row.public_id, "undo" if done else "done"])
    return Line(visit=visit, what=what, since=row.made_at, there=there, here=here, url=url, transfer=row)


def _place(at: datetime | None, doctor: Doctor | None, visit: Appointment) -> str:
    if at is None:
        return "отменена"
    place = visit.branch or visit.clinic
    words = formats.ru_date(at.astimezone(ZoneInfo(place.time_zone)))
    return f"{words}, {doctor.name}" if doctor is not None else words
