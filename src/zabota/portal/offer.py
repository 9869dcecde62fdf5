"""A freed time behind a link: the first who takes it has it, the others hear it kindly."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from zabota.booking.api import OfferGone, SlotTaken
from zabota.booking.models import Appointment, SlotOffer
from zabota.kernel import clock
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.portal.links import Visitor, ask_phone_end, link_page
from zabota.portal.page import show, told
from zabota.visits import api as visits
from zabota.visits.models import ActionLink

OFFER = ActionLink.Purpose.OFFER

#: Face of the page by what became of the offer.
_FACES = {
    SlotOffer.State.OPEN: "open",
    SlotOffer.State.ACCEPTED: "accepted",
    SlotOffer.State.DECLINED: "declined",
    SlotOffer.State.EXPIRED: "open",
    SlotOffer.State.LOST: "lost",
    SlotOffer.State.WITHDRAWN: "withdrawn",
}


@link_page(OFFER)
def offer(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """The time and what became of it."""
    return _page(request, visitor)


@link_page(OFFER, "POST")
def take(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """«Беру»."""
    if visitor.needs_digits:
        return redirect(f"{reverse('portal:offer-digits', args=[visitor.link.public_id])}?then=take")
    return _take(request, visitor)


@link_page(OFFER, "POST")
def refuse(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """«Не подходит», or «больше не ждать»: the second loses a place in the list."""
    leave = request.POST.get("leave") == "1"
    if leave and visitor.needs_digits:
        return redirect(f"{reverse('portal:offer-digits', args=[visitor.link.public_id])}?then=leave")
    return _refuse(visitor, leave=leave)


@link_page(OFFER, "GET", "HEAD", "POST")
def digits(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """The end of the phone before a time is taken by a short link; the right digits finish what was begun."""
    here, after = (reverse(f"portal:{name}", args=[visitor.link.public_id]) for name in ("offer-digits", "offer"))
    then = request.GET.get("then", "")
    if then == "take":
        act, press = (lambda: _take(request, visitor)), "Беру это время"
    elif then == "leave":
        act, press = (lambda: _refuse(visitor, leave=True)), "Больше не ждать"
    else:
        return ask_phone_end(request, visitor, here=here, after=after)
    return ask_phone_end(request, visitor, here=f"{here}?then={then}", after=after, act=act, press=press)


def _refuse(visitor: Visitor, *, leave: bool) -> HttpResponse:
    try:
        visits.refuse_offer(link=visitor.link, leave=leave, now=clock.now())
    except AlreadyDone:
        pass  # taken from another tab: the page shows it
    return redirect("portal:offer", visitor.link.public_id)


def _take(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    try:
        visits.take_offer(link=visitor.link, now=clock.now())
    except (OfferGone, SlotTaken, BadInput) as gone:
        return _page(request, visitor, lost=told(gone))
    return redirect("portal:offer", visitor.link.public_id)


def _page(request: HttpRequest, visitor: Visitor, *, lost: str = "") -> HttpResponse:
    row = visits.offer_of(visitor.link)
    zone = ZoneInfo(visitor.place.zone)
    context: dict[str, Any] = {
        "link": visitor.link,
        "seal": visitor.guest.seal,
        "starts": row.starts_at.astimezone(zone),
        "until": row.expires_at.astimezone(zone),
        "late": row.expires_at <= clock.now(),
        "waits": row.entry.state in row.entry.OPEN,
        "had": row.entry.appointment.starts_at.astimezone(zone) if row.entry.appointment else None,
        "online": row.entry.kind == Appointment.Kind.ONLINE,
        "lost": lost,
    }
    face = "lost" if lost else _FACES[SlotOffer.State(row.state)]
    return show(request, f"offer_{face}", place=visitor.place, context=context)
