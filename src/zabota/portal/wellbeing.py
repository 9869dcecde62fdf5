"""«Как вы себя чувствуете?» after a visit: one press; who is unwell reaches the doctor at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from zabota.kernel import clock
from zabota.portal.links import Visitor, ask_phone_end, link_page
from zabota.portal.page import show
from zabota.visits import api as visits
from zabota.visits.models import ActionLink

WELLBEING = ActionLink.Purpose.WELLBEING


@link_page(WELLBEING)
def wellbeing(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """The question, or what follows from the answer."""
    check = visits.check_of(visitor.link)
    zone = ZoneInfo(visitor.place.zone)
    within = timedelta(minutes=visits.settings_of(check.clinic_id).answer_minutes)
    context: dict[str, Any] = {
        "link": visitor.link,
        "seal": visitor.guest.seal,
        "check": check,
        "advice": bool(visits.texts_of(check.appointment).after),
        "call_by": (check.answered_at + within).astimezone(zone) if check.answered_at else None,
    }
    face = check.answer or "ask"
    return show(request, f"wellbeing_{face}", place=visitor.place, context=context)


@link_page(WELLBEING, "POST")
def answer(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """One press, or words after it."""
    visits.answer_wellbeing(
        check=visits.check_of(visitor.link),
        answer=request.POST.get("answer", ""),
        words=request.POST.get("words", ""),
        now=clock.now(),
    )
    return redirect("portal:wellbeing", visitor.link.public_id)


@link_page(WELLBEING)
def advice(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """Advice by what was done: after the end of the phone, because it tells what was done."""
    if not visitor.guest.known:
        return redirect("portal:wellbeing-digits", visitor.link.public_id)
    check = visits.check_of(visitor.link)
    context = {"link": visitor.link, "texts": visits.texts_of(check.appointment), "doctor": check.appointment.doctor}
    return show(request, "wellbeing_advice", place=visitor.place, context=context)


@link_page(WELLBEING, "GET", "HEAD", "POST")
def digits(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """The end of the phone before the advice."""
    here = reverse("portal:wellbeing-digits", args=[visitor.link.public_id])
    return ask_phone_end(
        request, visitor, here=here, after=reverse("portal:wellbeing-advice", args=[visitor.link.public_id])
    )
