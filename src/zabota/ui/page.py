"""What a view returns: the whole page, or only its fragment when htmx asks for one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.http import trigger_client_event


def wants_fragment(request: HttpRequest) -> bool:
    """Whether this request came from htmx for a part of the page, not for the page itself."""
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def page(
    request: HttpRequest,
    template: str,
    *,
    partial: str | None = None,
    context: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of `template`; for htmx only its `{% partialdef partial %}`."""
    name = f"{template}#{partial}" if partial and wants_fragment(request) else template
    response = render(request, name, dict(context or {}), status=status)
    if partial:
        # One address has two faces; a cache in between must not mix them.
        patch_vary_headers(response, ["HX-Request"])
    return response


def toast(response: HttpResponse, text: str, *, undo_url: str = "", tone: str = "") -> HttpResponse:
    """Adds to an htmx answer a short word about what was done, with a way to take it back."""
    detail = {"text": text, "undo": undo_url, "tone": tone}
    return trigger_client_event(response, "toast", detail)


def done(text: str = "", *, undo_url: str = "", refresh: str = "", close: bool = True) -> HttpResponse:
    """Answer without a body: says what was done, closes the drawer, lets elements listening to `refresh` ask anew."""
    response = HttpResponse(status=204)
    if text:
        toast(response, text, undo_url=undo_url)
    if close:
        trigger_client_event(response, "overlay:close", {})
    if refresh:
        trigger_client_event(response, refresh, {})
    return response
