"""Booking on the clinic's site in three taps: what, when, who; the phone is proven by a code. No cookie, no script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from zabota.booking.api import Slot, SlotTaken, Suggestion, complementary_services, find_slots, need_of, slot_of_key
from zabota.clinic.models import Branch, Clinic, Service
from zabota.kernel import clock
from zabota.kernel.errors import BadInput
from zabota.kernel.scope import clinic_scope
from zabota.patients.api import current_texts, document_of
from zabota.portal.booking_state import StateLost, pack
from zabota.portal.choice import query_of
from zabota.portal.limits import client_key, wait_before
from zabota.portal.moving import read_day
from zabota.portal.page import patient_page, show, too_often
from zabota.portal.place import Place, place_of
from zabota.visits import api as visits

P = ParamSpec("P")
BookView = Callable[Concatenate[HttpRequest, Clinic, Place, P], HttpResponseBase]

#: Searches of one address in a minute.
_SEARCHES = 40
#: Times that one address may press in ten minutes.
_PRESSES, _PRESSES_SECONDS = 30, 600
_DAYS = 14
_KINDS = (("В клинике", False), ("По видео", True))
_NO_VIDEO = "По видео на эту услугу не записываем. Вот время в клинике."
_PARTS = (("Утром", 0, 12), ("Днём", 12, 17), ("Вечером", 17, 24))


def book_page(*methods: str) -> Callable[[BookView[P]], Callable[..., HttpResponseBase]]:
    """Mark a page of booking: open to everybody, in frames of the clinic's own sites only."""

    def mark(view: BookView[P]) -> Callable[..., HttpResponseBase]:
        def guarded(request: HttpRequest, clinic_id: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            clinic = get_object_or_404(Clinic, public_id=clinic_id)
            choice = visits.settings_of(clinic.pk)
            place = place_of(clinic)
            with clinic_scope(clinic.pk):
                if not choice.widget_on:
                    response: HttpResponseBase = show(request, "book_closed", place=place)
                else:
                    response = _answer(view, request, clinic, place, *args, **kwargs)
            _frame(response, choice.widget_sites.split())
            return response

        return patient_page(*methods)(update_wrapper(guarded, view))

    return mark


def _answer(
    view: BookView[P], request: HttpRequest, clinic: Clinic, place: Place, *args: P.args, **kwargs: P.kwargs
) -> HttpResponseBase:
    wait = wait_before("book", client_key(request), limit=_SEARCHES, seconds=60)
    if wait:
        return too_often(request, wait, place)
    try:
        return view(request, clinic, place, *args, **kwargs)
    except StateLost:
        return show(request, "book_again", place=place, context={"clinic": clinic}, status=410)


def _frame(response: HttpResponseBase, sites: list[str]) -> None:
    if sites:
        response._csp_replace = {"frame-ancestors": ["'self'", *sites]}  # type: ignore[attr-defined]
        response.xframe_options_exempt = True  # type: ignore[attr-defined]


@book_page()
def what(request: HttpRequest, clinic: Clinic, place: Place) -> HttpResponseBase:
    """First tap: what for."""
    return show(
        request, "book_what", place=place, context={"clinic": clinic, "groups": visits.widget_services(clinic.pk)}
    )


@book_page("GET", "HEAD", "POST")
def when(request: HttpRequest, clinic: Clinic, place: Place, service_id: str) -> HttpResponseBase:
    """Second tap: when; any doctor unless one is chosen. A press on a time keeps it."""
    chosen = _services(clinic, service_id, request.GET.get("plus", ""))
    if chosen is None:
        return redirect("portal:book", clinic.public_id)
    online = request.GET.get("video") == "1"
    if request.method != "POST":
        return times(request, clinic, place, chosen)
    slot = slot_of_key(request.POST.get("slot", ""), clinic_id=clinic.pk)
    if slot is None or slot.minutes != need_of(chosen).minutes:
        return times(request, clinic, place, chosen, error="Выберите время из списка.")
    holder = client_key(request)
    wait = wait_before(f"hold:{clinic.pk}", holder, limit=_PRESSES, seconds=_PRESSES_SECONDS, shut_when_unsure=True)
    if wait:
        return too_often(request, wait, place)
    try:
        held = visits.hold_for_patient(slot=slot, services=chosen, online=online, holder=holder, now=clock.now())
    except visits.NotOffered as gone:
        return times(request, clinic, place, chosen, error=gone.text)
    except SlotTaken:
        error = f"{slot.local:%H:%M} только что заняли. Выберите другое время."
        return times(request, clinic, place, chosen, error=error)
    except BadInput as wrong:
        return times(request, clinic, place, chosen, error=wrong.text)
    state = {"s": [each.public_id for each in chosen], "k": slot.key, "h": held.token, "w": online}
    until = held.hold.expires_at.astimezone(ZoneInfo(slot.branch.time_zone))
    return who_page(request, clinic, place, slot, chosen, pack(clinic.pk, state), online=online, until=until)


def who_page(
    request: HttpRequest,
    clinic: Clinic,
    place: Place,
    slot: Slot,
    services: list[Service],
    state: str,
    **more: Any,
) -> HttpResponse:
    """Third tap: who; `errors` stand at their fields, and what was typed and ticked in this very form stays."""
    context = {"clinic": clinic, "slot": slot, "services": services, "state": state, "typed": request.POST, **more}
    return show(request, "book_who", place=place, context=context, status=422 if more.get("errors") else 200)


def times(
    request: HttpRequest, clinic: Clinic, place: Place, services: list[Service], *, error: str = ""
) -> HttpResponse:
    """Days with free times and the times of one day."""
    now = clock.now()
    doctors = visits.widget_doctors(clinic.pk, services)
    may_video = visits.offers_video(services)
    online = may_video and request.GET.get("video") == "1"
    doctor = next((each for each in doctors if each.public_id == request.GET.get("doctor")), None)
    branches = list(Branch.objects.filter(clinic=clinic, is_active=True))
    branch = next((each for each in branches if each.public_id == request.GET.get("branch") and not online), None)
    today = now.astimezone(ZoneInfo(place.zone)).date()
    first = read_day(request.GET.get("from", ""), today)
    found = find_slots(
        clinic_id=clinic.pk,
        now=now,
        services=services,
        doctors=[doctor] if doctor else doctors,
        branch=branch,
        start_day=first,
        days=_DAYS,
        online=online,
    )
    asked = read_day(request.GET.get("day", ""), first)
    day = asked if asked in found else next(iter(found), None)
    context = {
        "clinic": clinic,
        "services": services,
        "doctors": doctors,
        "doctor": doctor,
        "branches": branches,
        "branch": branch,
        "strip": [(each, len({slot.starts_at for slot in found[each]})) for each in found],
        "day": day,
        "parts": _parts(found.get(day, [])) if day else [],
        "following": first + timedelta(days=_DAYS) if first < today + timedelta(days=80) else None,
        "first": first,
        "suggested": _suggested(services, online, now),
        "kinds": [(words, query_of(services, doctor, branch, online=by), by) for words, by in _KINDS]
        if may_video
        else [],
        "online": online,
        "minutes": need_of(services).minutes,
        "price": sum(each.price_kopecks or 0 for each in services),
        "query": query_of(services, doctor, branch, online=online),
        "error": error or (_NO_VIDEO if request.GET.get("video") == "1" and not may_video else ""),
    }
    return show(request, "book_when", place=place, context=context, status=409 if error else 200)


def _suggested(services: list[Service], online: bool, now: datetime) -> list[Suggestion]:
    """What is worth adding; by video only what may be done so too."""
    if len(services) > 1:
        return []
    found = complementary_services(services, None, now=now, limit=1)
    return [each for each in found if not online or visits.offers_video([*services, each.service])]


def _parts(slots: list[Slot]) -> list[tuple[str, list[Slot]]]:
    """Times of a day by its parts; of several doctors at one time the first is shown."""
    unique: dict[Any, Slot] = {}
    for slot in slots:
        unique.setdefault(slot.starts_at, slot)
    named = [
        (name, [each for each in unique.values() if begins <= each.local.hour < ends]) for name, begins, ends in _PARTS
    ]
    return [each for each in named if each[1]]


def _services(clinic: Clinic, first: str, plus: str) -> list[Service] | None:
    service = visits.widget_service(clinic.pk, first)
    if service is None:
        return None
    more = visits.widget_service(clinic.pk, plus) if plus else None
    return [service, more] if more is not None and more.pk != service.pk else [service]


@book_page()
def consent(request: HttpRequest, clinic: Clinic, place: Place, purpose: str) -> HttpResponseBase:
    """The whole text of a consent, on a page of its own."""
    text = current_texts(clinic.pk).get(purpose)
    if text is None:
        return redirect("portal:book", clinic.public_id)
    return show(request, "book_consent", place=place, context={"document": document_of(text), "clinic": clinic})
