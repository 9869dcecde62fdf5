"""The last tap of a booking: name and phone, the code, the visit; alternatives when somebody was quicker."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from zabota.booking.api import HoldGone, Slot, SlotTaken, alternatives, held_by, slot_of_key
from zabota.clinic.models import Clinic, Service
from zabota.kernel import clock
from zabota.kernel.errors import BadInput
from zabota.kernel.phones import show_phone
from zabota.portal.book import book_page, who_page
from zabota.portal.booking_state import LIFE_SECONDS, StateLost, pack, unpack
from zabota.portal.limits import address_of, client_key
from zabota.portal.page import show
from zabota.portal.place import Place, place_of
from zabota.visits import api as visits


@book_page("POST")
def phone(request: HttpRequest, clinic: Clinic, place: Place) -> HttpResponseBase:
    """Name, phone and consent: a code goes out, whoever the phone belongs to."""
    state, slot, services = _read(request, clinic)
    packed = pack(clinic.pk, state)
    errors: dict[str, str] = {}
    name = surname = number = ""
    try:
        name, surname = visits.read_person(name=request.POST.get("name", ""), surname=request.POST.get("surname", ""))
    except BadInput as wrong:
        errors["name" if _is_wrong(request.POST.get("name", "")) else "surname"] = wrong.text
    try:
        number = visits.read_mobile(request.POST.get("tel", ""))
    except (BadInput, visits.PhoneWrong) as wrong:
        errors["tel"] = wrong.text
    if request.POST.get("pd") != "1":
        errors["pd"] = "Без согласия на хранение имени и телефона записать не сможем. Можно позвонить."
    if errors:
        first, until = next(iter(errors)), _held_until(state, slot)
        more = {"errors": errors, "first": first, "until": until, "online": _is_online(state)}
        return who_page(request, clinic, place, slot, services, packed, **more)
    person = {"n": name, "f": surname, "t": number, "a": request.POST.get("ads") == "1"}
    return _send(request, clinic, place, {**state, **person})


def _held_until(state: dict[str, Any], slot: Slot) -> datetime | None:
    """Until when the time is still kept, if it is."""
    try:
        hold = held_by(str(state.get("h", "")), now=clock.now())
    except HoldGone:
        return None
    return hold.expires_at.astimezone(ZoneInfo(slot.branch.time_zone))


def _is_online(state: dict[str, Any]) -> bool:
    """By video was chosen, and may be."""
    return bool(state.get("w"))


def _is_wrong(name: str) -> bool:
    try:
        visits.read_person(name=name, surname=name)
    except BadInput:
        return True
    return False


@book_page("POST")
def code(request: HttpRequest, clinic: Clinic, place: Place) -> HttpResponseBase:
    """The code, or «прислать ещё раз»; then the visit."""
    state, slot, services = _read(request, clinic)
    if "o" not in state:
        raise StateLost
    if request.POST.get("again"):
        return _send(request, clinic, place, state)
    now = clock.now()
    try:
        typed = request.POST.get("code", "")
        visits.check_code(clinic=clinic, public_id=state["o"], phone=state["t"], typed=typed, now=now)
    except visits.CodeWrong as wrong:
        return _code_page(request, clinic, place, state, error=wrong.text)
    except visits.CodeUnchecked as trouble:
        return _try_later(_code_page(request, clinic, place, state, error=trouble.text))
    proven = {**state, "v": int(now.timestamp())}
    return _book(request, clinic, place, proven, slot, services)


@book_page("POST")
def other(request: HttpRequest, clinic: Clinic, place: Place) -> HttpResponseBase:
    """Another time after the first was taken: what was typed and proven is kept."""
    state, _, services = _read(request, clinic)
    # The form is signed anew with every page, the phone was proven once.
    if not 0 <= clock.now().timestamp() - state.get("v", 0) <= LIFE_SECONDS:
        raise StateLost
    slot = slot_of_key(request.POST.get("slot", ""), clinic_id=clinic.pk)
    if slot is None:
        raise StateLost
    return _book(request, clinic, place, {**state, "k": slot.key, "h": ""}, slot, services)


def _book(
    request: HttpRequest, clinic: Clinic, place: Place, state: dict[str, Any], slot: Slot, services: list[Service]
) -> HttpResponse:
    now = clock.now()
    person = visits.Person(
        name=state["n"],
        surname=state["f"],
        phone=state["t"],
        advertising=bool(state["a"]),
        ip=address_of(request),
        user_agent=request.headers.get("User-Agent", ""),
    )
    try:
        visit = visits.book_by_patient(
            clinic=clinic,
            slot=slot,
            services=services,
            online=_is_online(state),
            hold_token=state["h"],
            person=person,
            now=now,
        )
    except SlotTaken as taken:
        others = alternatives(taken.wanted, now=now) if taken.wanted else []
        context = {"clinic": clinic, "slot": slot, "others": others, "state": pack(clinic.pk, state), "why": taken.text}
        return show(request, "book_taken", place=place, context=context, status=409)
    except BadInput as wrong:
        context = {"clinic": clinic, "slot": slot, "others": [], "state": "", "why": wrong.text}
        return show(request, "book_taken", place=place, context=context, status=409)
    here = place_of(clinic, slot.branch)
    return show(request, "book_done", place=here, context={"visit": visit, "slot": slot, "services": services})


def _send(request: HttpRequest, clinic: Clinic, place: Place, state: dict[str, Any]) -> HttpResponse:
    try:
        sent = visits.send_code(clinic=clinic, phone=state["t"], address=client_key(request), now=clock.now())
    except visits.TooManyCodes as many:
        response = _code_page(request, clinic, place, state, error=many.text) if "o" in state else None
        if response is None:
            context = {"clinic": clinic, "words": many.text, "minutes": max(1, many.wait_seconds // 60)}
            response = show(request, "book_wait", place=place, context=context)
        response.status_code = 429
        response.headers["Retry-After"] = str(many.wait_seconds)
        return response
    except visits.CodeUnsent as trouble:
        if "o" in state:
            return _try_later(_code_page(request, clinic, place, state, error=trouble.text))
        context = {"clinic": clinic, "words": trouble.text, "minutes": 0}
        return _try_later(show(request, "book_wait", place=place, context=context))
    return _code_page(request, clinic, place, {**state, "o": sent.public_id})


def _try_later(response: HttpResponse) -> HttpResponse:
    """The trouble is ours: 503, and programs are told when to come again."""
    response.status_code = 503
    response.headers["Retry-After"] = "60"
    return response


def _code_page(
    request: HttpRequest, clinic: Clinic, place: Place, state: dict[str, Any], *, error: str = ""
) -> HttpResponse:
    context = {
        "clinic": clinic,
        "state": pack(clinic.pk, state),
        "phone": show_phone(state["t"]),
        "error": error,
    }
    return show(request, "book_code", place=place, context=context, status=422 if error else 200)


def _read(request: HttpRequest, clinic: Clinic) -> tuple[dict[str, Any], Slot, list[Service]]:
    """State, time and services of the form. Raises StateLost."""
    state = unpack(clinic.pk, request.POST.get("state", ""))
    slot = slot_of_key(str(state.get("k", "")), clinic_id=clinic.pk)
    services = [visits.widget_service(clinic.pk, each) for each in state.get("s", ())]
    if slot is None or not services or None in services:
        raise StateLost
    return state, slot, [each for each in services if each is not None]
