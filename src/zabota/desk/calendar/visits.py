"""One appointment beside the grid: what became of it, another time, giving it up; each with a way back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import reswap, retarget, trigger_client_event

from zabota.booking import api as booking
from zabota.booking.models import Appointment, Resource
from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, staff_page, visible
from zabota.desk.calendar.asked import Asked, read_asked
from zabota.desk.calendar.day import load_day
from zabota.desk.calendar.forms import CancelForm, WhenForm
from zabota.desk.calendar.offers import alternatives_for, other_times
from zabota.desk.calendar.panel import visit_context, visit_or_404
from zabota.desk.calendar.slots import with_slot
from zabota.desk.calendar.views import frame_of, grid_beside, sight_of
from zabota.kernel import audit, clock
from zabota.kernel.errors import AlreadyDone, Trouble
from zabota.ui import formats
from zabota.ui.page import toast, wants_fragment
from zabota.visits import api as visits

#: A booking made by mistake may be taken back by who made it.
UNDO = timedelta(minutes=10)
SAID = {
    "confirmed": "{}: визит подтверждён",
    "arrived": "{} в клинике",
    "begun": "{}: приём начат",
    "completed": "{}: приём завершён",
    "no_show": "{}: неявка",
}
SAID_KIND = {
    "online": "{}: приём будет по видео",
    "in_person": "{}: приём будет в клинике",
}


@require_GET
@staff_page(Right.PATIENTS_VIEW)
def visit(request: StaffRequest, public_id: str) -> HttpResponse:
    """The appointment; without scripts the whole day around it. Whoever looks leaves a row in the trail."""
    row, now = visit_or_404(request, public_id), clock.now()
    audit.record("booking.appointment.viewed", row, actor=request.actor, now=now, patient_id=row.patient_id)
    asked = asked_for(request, row, now)
    return beside(request, asked, visit_context(request, row, asked, now), now)


@require_POST
@staff_page(Right.VISITS_BOOK)
def mark(request: StaffRequest, public_id: str, step: str) -> HttpResponse:
    """What became of it, with the time at which it was said."""
    row, now, code = visit_or_404(request, public_id), clock.now(), step.replace("-", "_")
    if code not in SAID:
        raise Http404
    try:
        if code == "begun":
            booking.mark_begun(appointment=row, actor=request.actor, now=now)
        else:
            booking.mark_status(appointment=row, status=code, actor=request.actor, now=now)
    except Trouble as trouble:
        return _refuse(request, row, trouble)
    undo = reverse("desk:calendar-visit-unmark", args=[public_id])
    return _done(request, row, SAID[code].format(row.patient.full_name), undo=undo)


@require_POST
@staff_page(Right.VISITS_BOOK)
def unmark(request: StaffRequest, public_id: str) -> HttpResponse:
    """Take the last mark back."""
    row, now = visit_or_404(request, public_id), clock.now()
    try:
        booking.undo_mark(appointment=row, actor=request.actor, now=now)
    except Trouble as trouble:
        return _refuse(request, row, trouble)
    return _done(request, row, "Отметка снята, всё как было")


@require_http_methods(["GET", "POST"])
@staff_page(Right.VISITS_BOOK)
def cancel(request: StaffRequest, public_id: str) -> HttpResponse:
    """GET: who gives the time up and why. POST: it is given up."""
    row, now = visit_or_404(request, public_id), clock.now()
    asked = asked_for(request, row, now)
    sent = request.method == "POST"
    form = CancelForm(request.POST if sent else None)
    error = ""
    if sent and form.is_valid():
        try:
            booking.cancel(
                appointment=row,
                by_patient=form.cleaned_data["by"] == "patient",
                reason=form.cleaned_data["reason"],
                expected_revision=_number(request.POST.get("revision", "")),
                actor=request.actor,
                now=now,
            )
            return _done(request, row, f"Отменили: {row.patient.full_name}", stay=False)
        except Trouble as trouble:
            error = trouble.text
    context = {"panel": "desk/calendar/_cancel.html", "visit": row, "form": form, "error": error}
    return beside(request, asked, visit_context(request, row, asked, now) | context, now, status=422 if sent else 200)


@require_http_methods(["GET", "POST"])
@staff_page(Right.VISITS_BOOK)
def move(request: StaffRequest, public_id: str) -> HttpResponse:
    """GET: other times. POST: the move, from the form, from the grid or as the way back from a move."""
    row, now = visit_or_404(request, public_id), clock.now()
    if request.method == "GET":
        asked = asked_for(request, row, now)
        return beside(request, asked, move_context(request, row, asked, now), now)
    # A way back comes as an address without a body.
    given: QueryDict = request.POST if request.POST.keys() & {"day", "slot"} else request.GET
    data = with_slot(given, asked_for(request, row, now))
    asked = asked_for(request, row, now, data)
    form = WhenForm(_kept(data, row, asked), asked=asked)
    if not form.is_valid():
        text = " ".join(str(each) for errors in form.errors.values() for each in errors)
        return _refuse(request, row, Trouble(text), asked=asked, form=form)
    room = _room(request, data)
    before = where_of(row, asked, room)
    try:
        moved = _move(request, row, form, asked, room, data, now)
    except Trouble as trouble:
        return _refuse(request, row, trouble, asked=asked, form=form)
    said = f"Перенесли: {row.patient.full_name}, {formats.ru_date(moved.starts_at.astimezone(asked.zone))}"
    was = "confirmed" if row.status == Appointment.Status.CONFIRMED else "planned"
    back = f"{reverse('desk:calendar-visit-move', args=[public_id])}?{before}&revision={moved.revision}&undo={was}"
    return _done(request, row, said, undo=back)


@require_POST
@staff_page(Right.VISITS_BOOK)
def unbook(request: StaffRequest, public_id: str) -> HttpResponse:
    """Take a booking back that was made by mistake a moment ago, by whoever made it."""
    row, now = visit_or_404(request, public_id), clock.now()
    if row.created_by_id != request.member.user_id or row.booked_at is None or now - row.booked_at > UNDO:
        return _refuse(request, row, Trouble("Вернуть запись можно в первые десять минут. Теперь её отменяют."))
    try:
        booking.cancel(
            appointment=row, by_patient=False, reason="Записали по ошибке", is_undo=True, actor=request.actor, now=now
        )
    except Trouble as trouble:
        return _refuse(request, row, trouble)
    return _done(request, row, "Запись снята, время снова свободно", stay=False)


@require_POST
@staff_page(Right.VISITS_BOOK)
def kind(request: StaffRequest, public_id: str, wanted: str) -> HttpResponse:
    """By video or in the clinic at the same time; the patient is told how to come."""
    row, now = visit_or_404(request, public_id), clock.now()
    if wanted not in SAID_KIND:
        raise Http404
    revision = _number(request.POST.get("revision", "") or request.GET.get("revision", ""))
    online = wanted == Appointment.Kind.ONLINE
    try:
        code = visits.kind_of([line.service for line in row.lines.all()], online=online)
        changed = booking.change_kind(
            appointment=row, kind=code, expected_revision=revision, actor=request.actor, now=now
        )
    except Trouble as trouble:
        return _refuse(request, row, trouble)
    back = reverse("desk:calendar-visit-kind", args=[public_id, row.kind])
    return _done(
        request, row, SAID_KIND[wanted].format(row.patient.full_name), undo=f"{back}?revision={changed.revision}"
    )


def _room(request: StaffRequest, data: QueryDict) -> Resource | None:
    """The room or device whose column a visit was moved to by hand."""
    public_id = data.get("room", "")
    if not public_id:
        return None
    rows = visible(request, Resource.objects.filter(clinic=request.clinic).exclude(kind=Resource.Kind.DOCTOR))
    found: Resource = get_object_or_404(rows, public_id=public_id)
    return found


def _move(
    request: StaffRequest,
    row: Appointment,
    form: WhenForm,
    asked: Asked,
    room: Resource | None,
    data: QueryDict,
    now: datetime,
) -> Appointment:
    """Another time, doctor or length; another room at the same time is no move for the patient.

    The way back brings back that the visit was confirmed too.
    """
    revision, undo = _number(data.get("revision", "")), data.get("undo", "")
    starts_at, doctor = form.starts_at(), form.cleaned_data["doctor"]
    minutes = form.cleaned_data["duration_minutes"]
    resources = booking.rooms_with(appointment=row, room=room) if room is not None else None
    if resources is not None and (row.starts_at, row.doctor_id) == (starts_at, doctor.pk):
        return booking.change_rooms(
            appointment=row, resources=resources, expected_revision=revision, actor=request.actor, now=now
        )
    moved = booking.move_appointment(
        appointment=row,
        starts_at=starts_at,
        doctor=doctor,
        branch=asked.branch,
        duration_minutes=minutes,
        resources=resources,
        is_undo=bool(undo),
        expected_revision=revision,
        actor=request.actor,
        now=now,
    )
    if undo == "confirmed" and moved.starts_at > now and not visits.has_told(row.pk, row.starts_at):
        booking.mark_confirmed(appointment=moved, actor=request.actor, now=now)
    return moved


def where_of(row: Appointment, asked: Asked, room: Resource | None = None) -> str:
    """Where an appointment stands, as the tail of the address that brings it there; its own one instead of `room`."""
    local = row.starts_at.astimezone(asked.zone)
    pairs = {
        "doctor": row.doctor.public_id if row.doctor else "",
        "day": local.date().isoformat(),
        "time": local.strftime("%H:%M"),
        "duration_minutes": row.duration_minutes,
        "branch": row.branch.public_id if row.branch else asked.branch.public_id,
    }
    for each in row.occupations.all():
        if room is not None and each.resource.kind == room.kind:
            pairs["room"] = each.resource.public_id
    return urlencode(pairs)


def asked_for(request: StaffRequest, row: Appointment, now: datetime, data: QueryDict | None = None) -> Asked:
    """The day around an appointment, in its branch; `data` names another day or branch."""
    given = QueryDict(mutable=True)
    given["day"] = row.day.isoformat()
    if row.branch is not None:
        given["branch"] = row.branch.public_id
    for name in ("day", "branch"):
        if data is not None and (value := data.get(name)):
            given[name] = str(value)
    asked = read_asked(request, now, given)
    if asked is None:
        raise Http404
    return asked


def move_context(
    request: StaffRequest,
    row: Appointment,
    asked: Asked,
    now: datetime,
    form: WhenForm | None = None,
    trouble: Trouble | None = None,
) -> dict[str, Any]:
    """Variables of «desk/calendar/_move.html»: the form and times near the present one."""
    local = row.starts_at.astimezone(asked.zone)
    initial = {
        "doctor": row.doctor.public_id if row.doctor else "",
        "day": local.date(),
        "time": local.time(),
        "duration_minutes": row.duration_minutes,
    }
    return visit_context(request, row, asked, now) | {
        "panel": "desk/calendar/_move.html",
        "form": form or WhenForm(initial=initial, asked=asked),
        "error": trouble.text if trouble else "",
        "others": (trouble and alternatives_for(trouble, now=now)) or other_times(row, asked=asked, now=now),
    }


def beside(
    request: StaffRequest, asked: Asked, context: dict[str, Any], now: datetime, *, status: int = 200
) -> HttpResponse:
    """The panel alone for htmx; without scripts the day with it."""
    with timezone.override(asked.zone):
        if wants_fragment(request):
            response = render(request, context["panel"], context, status=status)
            # A move by hand and a way back are not sent from the panel, but answered in it.
            return response if request.method == "GET" else reswap(retarget(response, "#panel"), "outerHTML")
        shown = load_day(asked, sight_of(request), now, request.member.doctor_id)
        page = shown.context() | frame_of(request, asked, reverse("desk:calendar")) | context
        return render(request, "desk/calendar/day.html", page, status=status)


def _done(request: StaffRequest, row: Appointment, said: str, *, undo: str = "", stay: bool = True) -> HttpResponse:
    """The appointment as it is now, a word, and the grid asks anew."""
    url = reverse("desk:calendar-visit", args=[row.public_id])
    if not wants_fragment(request):
        messages.success(request, said)
        return redirect(url if stay else f"{reverse('desk:calendar')}?{urlencode({'day': row.day.isoformat()})}")
    fresh, now = visit_or_404(request, row.public_id), clock.now()
    asked = asked_for(request, fresh, now)
    response = beside(request, asked, visit_context(request, fresh, asked, now), now)
    return with_grid(request, toast(response, said, undo_url=undo), now)


def with_grid(request: StaffRequest, response: HttpResponse, now: datetime) -> HttpResponse:
    """The changed grid goes with the answer, so that it never lags behind the panel; another page asks for its own."""
    grid = grid_beside(request, now)
    if grid:
        response.write(grid)
        return response
    return trigger_client_event(response, "calendar:changed", {}, after="settle")


def _refuse(
    request: StaffRequest,
    row: Appointment,
    trouble: Trouble,
    *,
    asked: Asked | None = None,
    form: WhenForm | None = None,
) -> HttpResponse:
    """What is in the way stands in the panel, beside other times when a move was refused; the grid is drawn as it is."""
    now = clock.now()
    fresh = visit_or_404(request, row.public_id)
    asked = asked or asked_for(request, fresh, now)
    if form is None:
        context = visit_context(request, fresh, asked, now) | {"error": trouble.text}
    else:
        context = move_context(request, fresh, asked, now, form, trouble)
    response = beside(request, asked, context, now, status=409 if isinstance(trouble, AlreadyDone) else 422)
    if wants_fragment(request):
        response.status_code = 422
        trigger_client_event(response, "calendar:changed", {}, after="settle")
    return response


def _kept(data: QueryDict, row: Appointment, asked: Asked) -> QueryDict:
    """What was not named stays as it is: a block that is moved by hand names a column and a time."""
    given = data.copy()
    given.setdefault("doctor", row.doctor.public_id if row.doctor else "")
    given.setdefault("duration_minutes", str(row.duration_minutes))
    given.setdefault("day", asked.day.isoformat())
    return given


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None
