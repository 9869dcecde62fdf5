"""The page with every component in every state; it exists only while the program is being developed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from zabota.ui import samples
from zabota.ui.page import done, page

View = Callable[[HttpRequest], HttpResponse]


def only_in_debug(view: View) -> View:
    """Hides a view outside debug: an installation in a clinic has no such page."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not settings.DEBUG:
            raise Http404
        return view(request)

    return guarded


@only_in_debug
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component in every state."""
    return page(request, "ui/gallery.html", partial="rows", context=samples.context(request))


@only_in_debug
def plain(request: HttpRequest) -> HttpResponse:
    """The centred page: logging in and what a patient opens from a link."""
    return page(request, "ui/gallery_plain.html", context=samples.plain_context())


@only_in_debug
def workspace(request: HttpRequest) -> HttpResponse:
    """The working place of three columns."""
    return page(request, "ui/gallery_workspace.html", context=samples.context(request))


@only_in_debug
def find(request: HttpRequest) -> JsonResponse:
    """What a live search answers to the command palette."""
    return JsonResponse({"items": samples.found(request.GET.get("q", ""))})


@only_in_debug
@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """What a small action answers: nothing to draw, a word about what was done and a way back."""
    return done("Отмечено: перезвонить завтра", undo_url=request.path)
