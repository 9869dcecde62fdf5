"""Pages of «Приём»: the day, begin and end, when the patient shall be seen again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import reswap, retarget

from zabota.booking import api as booking
from zabota.booking.models import Appointment
from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, staff_page
from zabota.desk.calendar.asked import read_day
from zabota.desk.reception.day import control_key, load_day
from zabota.kernel import audit, clock
from zabota.kernel.errors import AlreadyDone, Trouble
from zabota.ui import formats
from zabota.ui.page import toast, wants_fragment
from zabota.visits import api as visits
from zabota.worklist import api as worklist
from zabota.worklist.models import Reason, Task

#: Ready answers to «когда показаться»: code, words, days.
CONTROLS = (
    ("week", "через неделю", 7),
    ("two-weeks", "через 2 недели", 14),
    ("month", "через месяц", 30),
    ("quarter", "через 3 месяца", 91),
    ("half-year", "через полгода", 182),
)
#: So many days before, the desk begins to call.
AHEAD = timedelta(days=7)


@require_GET
@staff_page(Right.RECEPTION_OWN)
def reception(request: StaffRequest) -> HttpResponse:
    """The patients of a day, today's unless another is asked for; 204 for a poll when nothing has changed."""
    context = _context(request)
    if wants_fragment(request) and context["stamp"] and request.GET.get("seen") == context["stamp"]:
        return HttpResponse(status=204)
    if not wants_fragment(request):
        audit.record("desk.reception.viewed", request.member, actor=request.actor, now=clock.now())
    name = "desk/reception/_day.html" if wants_fragment(request) else "desk/reception/reception.html"
    with timezone.override(ZoneInfo(request.clinic.time_zone)):
        return render(request, name, context)


@require_POST
@staff_page(Right.RECEPTION_OWN)
def mark(request: StaffRequest, public_id: str, step: str) -> HttpResponse:
    """The doctor calls the patient in, is done, or takes the last mark back."""
    row, now = _own_or_404(request, public_id), clock.now()
    acts: dict[str, tuple[Callable[..., Appointment], str]] = {
        "begin": (booking.mark_begun, "Приём начат"),
        "end": (booking.mark_ended, "Приём завершён"),
        "undo": (booking.undo_mark, "Отметка снята"),
    }
    if step not in acts:
        raise Http404
    act, said = acts[step]
    undo = "" if step == "undo" else reverse("desk:reception-mark", args=[public_id, "undo"]) + _tail(request)
    return _answer(request, lambda: act(appointment=row, actor=request.actor, now=now), said, undo=undo)


@require_POST
@staff_page(Right.RECEPTION_OWN)
def control(request: StaffRequest, public_id: str) -> HttpResponse:
    """«Нужен контроль через…»: a task of the desk, which becomes visible a week before."""
    row, now = _own_or_404(request, public_id), clock.now()
    days = {code: days for code, _, days in CONTROLS}.get(request.POST.get("after", ""))
    if days is None:
        raise Http404
    due = now + timedelta(days=days)
    words = formats.day_month(due.astimezone(ZoneInfo(request.clinic.time_zone)).date())
    return _answer(request, lambda: _ask_for_control(request, row, due, words, now), f"Контроль около {words}")


@require_GET
@staff_page(Right.RECEPTION_OWN)
def video(request: StaffRequest, public_id: str) -> HttpResponse:
    """The doctor's door into the room of a visit by video."""
    row = _own_or_404(request, public_id)
    try:
        return redirect(visits.doctor_video_address(visit=row, name=request.member.user.short_name, now=clock.now()))
    except Trouble as trouble:
        messages.error(request, trouble.text)
        return redirect("desk:reception")


def _ask_for_control(request: StaffRequest, row: Appointment, due: datetime, words: str, now: datetime) -> None:
    if Task.objects.filter(dedupe_key=control_key(row)).exists():
        raise AlreadyDone("Контроль после этого визита уже назначен.")
    doctor = row.doctor.name if row.doctor else ""
    worklist.create_task(
        patient=row.patient,
        reason=Reason.MANUAL,
        summary=f"Записать на контроль около {words}, просит {doctor}",
        due_at=due,
        hidden_until=max(due - AHEAD, now + timedelta(hours=12)),
        member=request.member,
        actor=request.actor,
        now=now,
        dedupe_key=control_key(row),
    )


def _answer(request: StaffRequest, act: Callable[[], object], said: str, *, undo: str = "") -> HttpResponse:
    error = ""
    try:
        act()
    except Trouble as trouble:
        error = trouble.text
    if not wants_fragment(request):
        (messages.error if error else messages.success)(request, error or said)
        return redirect(f"{reverse('desk:reception')}{_tail(request)}")
    with timezone.override(ZoneInfo(request.clinic.time_zone)):
        response = render(request, "desk/reception/_day.html", _context(request))
    response = reswap(retarget(response, "#reception"), "outerHTML")
    return toast(response, error or said, undo_url="" if error else undo, tone="bad" if error else "")


def _context(request: StaffRequest) -> dict[str, Any]:
    doctor = request.member.doctor
    if doctor is None:
        return {"doctor": None, "day": None, "stamp": "", "tail": ""}
    now, zone = clock.now(), ZoneInfo(request.clinic.time_zone)
    # An act is sent with the address of the page: the answer shows the same day.
    asked = request.GET.get("day", "")
    on = read_day(asked, now.astimezone(zone).date()) if asked else None
    day = load_day(doctor, now=now, zone=zone, on=on)
    tail = "" if day.is_today else f"?day={day.on.isoformat()}"
    return {"doctor": doctor, "day": day, "stamp": day.stamp(), "controls": CONTROLS, "tail": tail}


def _own_or_404(request: StaffRequest, public_id: str) -> Appointment:
    """Only the doctor's own patients."""
    if request.member.doctor is None:
        raise Http404
    rows = Appointment.objects.filter(clinic=request.clinic, doctor=request.member.doctor, vanished_at=None)
    return get_object_or_404(rows.select_related("patient__clinic", "doctor", "branch"), public_id=public_id)


def _tail(request: StaffRequest) -> str:
    """The day of the page that sent an act, as the tail of its address."""
    day = request.GET.get("day", "")
    return f"?{urlencode({'day': day})}" if day else ""
