"""The frame of every page of a patient: headers that let nothing out, answers for trouble, no staff shell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from zabota.clinic.models import Clinic
from zabota.kernel.errors import Trouble
from zabota.portal.limits import client_key, flood_before
from zabota.portal.place import Place, place_of

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

#: Pages that one address may open in a minute; a clinic's waiting room shares one.
_PER_MINUTE = 120


def patient_page(*methods: str) -> Callable[[View[P]], View[P]]:
    """Mark a page of a patient. Its forms prove themselves (see sessions): there is no login that a foreign site could use,
    and the referrer, on which the usual protection leans, is not sent from here at all.
    """

    def mark(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if _has_nul(request, kwargs):
                raise Http404  # nobody types it, and no database keeps it
            wait = flood_before(client_key(request), limit=_PER_MINUTE, seconds=60)
            response = too_often(request, wait) if wait else view(request, *args, **kwargs)
            seal_off(response)
            return response

        marked = csrf_exempt(require_http_methods(list(methods or ("GET", "HEAD")))(guarded))
        marked.patient_page = True  # type: ignore[attr-defined]
        return marked

    return mark


def _has_nul(request: HttpRequest, named: Mapping[str, object]) -> bool:
    typed = [*named.values()]
    for form in (request.GET, request.POST):
        typed += [value for _, values in form.lists() for value in values]
    return any("\x00" in str(each) for each in typed)


def seal_off(response: HttpResponseBase) -> None:
    """Nothing of this page is kept, indexed or told to another site."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers.setdefault("Content-Language", "ru")


def show(
    request: HttpRequest,
    template: str,
    *,
    place: Place,
    context: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """A page of this place."""
    return render(request, f"portal/{template}.html", {"place": place, **(context or {})}, status=status)


def too_often(request: HttpRequest, seconds: int, place: Place | None = None) -> HttpResponse:
    """429: says when to come again, to people and to programs."""
    context = {"minutes": max(1, (seconds + 59) // 60)}
    response = show(request, "too_often", place=place or nowhere(), context=context, status=429)
    response.headers["Retry-After"] = str(max(1, seconds))
    return response


def told(trouble: Trouble) -> str:
    """A trouble of the schedule as the patient reads it: about themselves, not about «пациент»."""
    return trouble.text.replace("У пациента", "У вас")


def nowhere() -> Place:
    """The place of a page whose link says nothing: the only clinic of this installation, else nobody's."""
    clinics = list(Clinic.objects.order_by("id")[:2])
    if len(clinics) == 1:
        return place_of(clinics[0])
    return Place(brand="Клиника", phone="", shown_phone="", branch="", address="", zone="Europe/Moscow", legal="")
