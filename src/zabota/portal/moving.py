"""Another time for a visit: free times by day, one press on one of them moves it."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from zabota.booking.api import Outdated, SlotTaken
from zabota.booking.models import Appointment, DayPart
from zabota.kernel import clock
from zabota.kernel.errors import BadInput
from zabota.portal.links import Visitor, link_page
from zabota.portal.page import show, told
from zabota.portal.undo import after_move
from zabota.portal.visit import VISIT, digits_of, facts_of
from zabota.visits import api as visits

_DAYS = 6


@link_page(VISIT, "GET", "HEAD", "POST")
def move(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """Free times; the old one stays until a new one is pressed."""
    if visitor.needs_digits:
        return redirect(digits_of(visitor, "move"))
    now = clock.now()
    row = visits.visit_of(visitor.link, now=now)
    if row.status not in (Appointment.Status.PLANNED, Appointment.Status.CONFIRMED):
        return redirect("portal:visit", visitor.link.public_id)
    if request.method != "POST":
        return _times(request, visitor, row)
    seen = request.POST.get("revision", "")
    try:
        moved = visits.move_visit(
            link=visitor.link,
            slot_key=request.POST.get("slot", ""),
            expected_revision=int(seen) if seen.isascii() and seen.isdigit() else -1,
            now=now,
        )
    except (SlotTaken, BadInput) as trouble:
        return _times(request, visitor, row, error=told(trouble), status=409)
    except Outdated:
        # The other tab was quicker: the page of the visit shows what holds.
        return redirect("portal:visit", visitor.link.public_id)
    return redirect(after_move(visitor, row, moved.revision, now))


@link_page(VISIT, "GET", "HEAD", "POST")
def wait(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """«Сообщите, когда освободится»: parts of the day that suit, none means any."""
    if visitor.needs_digits:
        return redirect(digits_of(visitor, "wait"))
    now = clock.now()
    row = visits.visit_of(visitor.link, now=now)
    context = {**facts_of(visitor, row, now), "parts": DayPart.choices}
    if request.method == "POST":
        visits.wait_for_earlier(link=visitor.link, day_parts=request.POST.getlist("part"), now=now)
        context["done"] = True
    return show(request, "visit_wait", place=visitor.place, context=context)


def _times(
    request: HttpRequest, visitor: Visitor, row: Appointment, *, error: str = "", status: int = 200
) -> HttpResponse:
    now = clock.now()
    today = now.astimezone(ZoneInfo(visitor.place.zone)).date()
    start = read_day(request.GET.get("from", ""), today)
    found = visits.free_times(visit=row, start_day=start, days=_DAYS, now=now)
    following = start + timedelta(days=_DAYS)
    context = {
        **facts_of(visitor, row, now),
        "days": sorted(found.items()),
        "following": following if following < today + timedelta(days=90) else None,
        "error": error,
    }
    return show(request, "visit_move", place=visitor.place, context=context, status=status)


def read_day(text: str, today: date) -> date:
    """The day of an address, never in the past and never a year away; nonsense is today."""
    try:
        asked = date.fromisoformat(text)
    except ValueError:
        return today
    return min(max(asked, today), today + timedelta(days=180))
