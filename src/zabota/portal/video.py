"""The door of an online visit: opens a quarter of an hour before, for one device, to who agreed to be received so."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from zabota.booking.models import Appointment
from zabota.kernel import clock
from zabota.kernel.errors import BadInput
from zabota.patients.api import document_of
from zabota.portal.limits import address_of
from zabota.portal.links import Visitor, link_page
from zabota.portal.page import show
from zabota.portal.visit import VISIT, digits_of, facts_of
from zabota.visits import api as visits

_DEVICE = "__Secure-zabota-device" if settings.HTTPS else "zabota-device"
_NOT_TICKED = "Отметьте, что даёте согласие. Без него войти не получится; можно перенести приём в клинику."


@link_page(VISIT, "GET", "HEAD", "POST")
def video(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """The door itself, and what is still needed before it."""
    now = clock.now()
    row = _online(visitor, now)
    if visitor.needs_digits:
        return redirect(digits_of(visitor, "video"))
    device = request.COOKIES.get(_DEVICE, "") or secrets.token_urlsafe(18)
    context = facts_of(visitor, row, now)
    if request.method == "POST":
        try:
            context["room"] = visits.enter_video(
                visit=row, device=device, is_known=visitor.guest.known, actor=visits.PATIENT, now=now
            )
        except visits.OtherDevice:
            return redirect(digits_of(visitor, "video"))
        except (visits.VideoClosed, visits.ConsentNeeded) as closed:
            context["closed"] = closed.text
    context |= _consent_of(visitor, row)
    response = show(request, "visit_video", place=visitor.place, context=context)
    if request.method == "POST":
        response.set_cookie(
            _DEVICE, device, max_age=90 * 86400, path="/p/", secure=settings.HTTPS, httponly=True, samesite="Lax"
        )
    return response


@link_page(VISIT, "GET", "HEAD", "POST")
def consent(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """The whole text on a page of its own with a box that is not ticked; after it is given, the way to take it back.

    Given by who knows the end of the phone, whatever link they came by: what is signed must be theirs.
    """
    now = clock.now()
    row = _online(visitor, now)
    if not visitor.guest.known:
        return redirect(digits_of(visitor, "consent"))
    error = ""
    if request.method == "POST":
        error = _decided(request, row, now)
        if not error:
            return redirect("portal:visit-video", visitor.link.public_id)
    context = {**facts_of(visitor, row, now), **_consent_of(visitor, row), "error": error}
    text = visits.video_text(row.clinic_id)
    context |= {"text": text, "document": document_of(text) if text is not None else ""}
    return show(request, "visit_video_consent", place=visitor.place, context=context, status=422 if error else 200)


def _online(visitor: Visitor, now: datetime) -> Appointment:
    row = visits.visit_of(visitor.link, now=now, begun=True)
    if row.kind != Appointment.Kind.ONLINE:
        raise Http404
    return row


def _consent_of(visitor: Visitor, row: Appointment) -> dict[str, Any]:
    state = visits.video_consent(row.patient)
    at = state.decided_at.astimezone(ZoneInfo(visitor.place.zone)) if state.decided_at else None
    return {"consent": state, "agreed": at}


def _decided(request: HttpRequest, row: Appointment, now: datetime) -> str:
    """Write the decision down; the sentence why it was not."""
    ip, agent = address_of(request), request.headers.get("User-Agent", "")
    if request.POST.get("take_back") == "1":
        visits.take_back_video_consent(visit=row, ip=ip, user_agent=agent, now=now)
        return ""
    if request.POST.get("agree") != "1":
        return _NOT_TICKED
    read = request.POST.get("version", "")
    try:
        version = int(read) if read.isascii() and read.isdigit() and len(read) < 9 else -1
        visits.give_video_consent(visit=row, version=version, ip=ip, user_agent=agent, now=now)
    except (BadInput, visits.TextChanged) as trouble:
        return trouble.text
    return ""
