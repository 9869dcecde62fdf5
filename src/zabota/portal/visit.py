"""The visit behind a link: «приду», another time, «не приду», «перезвоните мне». GET only shows, POST acts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from zabota.booking.models import Appointment
from zabota.kernel import clock
from zabota.portal.choice import another_time
from zabota.portal.links import Visitor, ask_phone_end, link_page
from zabota.portal.page import show
from zabota.portal.undo import take_back, undo_of
from zabota.visits import api as visits
from zabota.visits.models import ActionLink

VISIT = ActionLink.Purpose.VISIT

#: Steps that may follow the end of the phone.
_AFTER_DIGITS = {
    "move": "portal:visit-move",
    "cancel": "portal:visit-cancel",
    "prepare": "portal:visit-prepare",
    "video": "portal:visit-video",
    "consent": "portal:visit-video-consent",
    "wait": "portal:visit-wait",
}


@link_page(VISIT)
def visit(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """The visit as it is now: the question, or the answer that was given."""
    now = clock.now()
    row = visits.visit_of(visitor.link, now=now)
    return face_page(request, visitor, row, now, {"undo": undo_of(request, visitor, row, now)})


def face_page(
    request: HttpRequest, visitor: Visitor, row: Appointment, now: datetime, more: dict[str, Any], *, status: int = 200
) -> HttpResponseBase:
    """The page that fits the state of the visit."""
    face = _face(row)
    if face is None:
        raise visits.LinkGone
    context = facts_of(visitor, row, now) | more
    if face == "cancelled":
        context["again"] = another_time(row)
    return show(request, f"visit_{face}", place=visitor.place, context=context, status=status)


@link_page(VISIT, "POST")
def undo(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """«Нажали по ошибке?»: as it was; when the time is gone, the page of the visit says so and what to do instead."""
    if visitor.needs_digits:
        return redirect(digits_of(visitor, "undo"))
    now = clock.now()
    error = take_back(visitor, request.POST.get("back", ""), now)
    if not error:
        return redirect("portal:visit", visitor.link.public_id)
    row = visits.visit_of(visitor.link, now=now)
    return face_page(request, visitor, row, now, {"undo_error": error}, status=409)


@link_page(VISIT, "POST")
def confirm(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """«Приду»."""
    visits.confirm_visit(link=visitor.link, now=clock.now())
    return redirect("portal:visit", visitor.link.public_id)


@link_page(VISIT, "GET", "HEAD", "POST")
def cancel(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """«Не приду»: one page asks why, without insisting."""
    if visitor.needs_digits:
        return redirect(digits_of(visitor, "cancel"))
    now = clock.now()
    row = visits.visit_of(visitor.link, now=now)
    if request.method == "POST":
        visits.cancel_visit(link=visitor.link, reason=request.POST.get("reason", ""), now=now)
        return redirect("portal:visit", visitor.link.public_id)
    if row.status not in Appointment.BOOKED:
        return redirect("portal:visit", visitor.link.public_id)
    context = {**facts_of(visitor, row, now), "reasons": visits.CANCEL_REASONS}
    return show(request, "visit_cancel", place=visitor.place, context=context)


@link_page(VISIT, "POST")
def call(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """«Перезвоните мне»."""
    now = clock.now()
    task = visits.ask_for_call(link=visitor.link, now=now)
    row = visits.visit_of(visitor.link, now=now)
    zone = ZoneInfo(visitor.place.zone)
    call_at = task.due_at.astimezone(zone)
    day = near_day(call_at.date(), now.astimezone(zone).date())
    context = {**facts_of(visitor, row, now), "call_at": call_at, "call_day": "" if day == "сегодня" else day}
    return show(request, "visit_call", place=visitor.place, context=context)


@link_page(VISIT, "GET", "HEAD", "POST")
def digits(request: HttpRequest, visitor: Visitor, then: str) -> HttpResponseBase:
    """The end of the phone before a step of the visit."""
    after = reverse(_AFTER_DIGITS.get(then, "portal:visit"), args=[visitor.link.public_id])
    return ask_phone_end(request, visitor, here=digits_of(visitor, then), after=after)


def digits_of(visitor: Visitor, then: str) -> str:
    """Address of the page that asks for the end of the phone, and goes on to `then`."""
    return reverse("portal:visit-digits", args=[visitor.link.public_id, then])


def _face(row: Appointment) -> str | None:
    match row.status:
        case Appointment.Status.PLANNED:
            return "ask"
        case Appointment.Status.CONFIRMED | Appointment.Status.ARRIVED:
            return "confirmed"
        case Appointment.Status.CANCELLED_PATIENT | Appointment.Status.CANCELLED_CLINIC:
            return "cancelled"
        case _:
            return None


def facts_of(visitor: Visitor, row: Appointment, now: datetime) -> dict[str, Any]:
    """What every page of a visit shows: date, time, place. No name, no doctor, no service."""
    zone = ZoneInfo(visitor.place.zone)
    starts = row.starts_at.astimezone(zone)
    return {
        "link": visitor.link,
        "seal": visitor.guest.seal,
        "visit": row,
        "starts": starts,
        "near": near_day(starts.date(), now.astimezone(zone).date()),
        "others": _others(visitor, now),
    }


def near_day(day: date, today: date) -> str:
    """«сегодня», «завтра», «послезавтра» or nothing."""
    return {0: "сегодня", 1: "завтра", 2: "послезавтра"}.get((day - today).days, "")


def _others(visitor: Visitor, now: datetime) -> list[tuple[ActionLink, datetime]]:
    """Visits told of in the same message."""
    leader = visitor.link.leader or visitor.link
    rows = [leader, *leader.others.select_related("appointment__branch").filter(expires_at__gt=now)]
    return [
        (each, each.appointment.starts_at.astimezone(ZoneInfo(visitor.place.zone)))
        for each in rows
        if each.pk != visitor.link.pk and each.appointment is not None and each.expires_at > now
    ]
