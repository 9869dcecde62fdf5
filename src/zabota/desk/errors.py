"""Pages for what is not there and for what broke: in words, with the way on."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """404, also for what exists but is not this person's to see."""
    return render(request, "desk/not_found.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: says that nothing was lost and what to do. Uses no database."""
    from django.template.loader import render_to_string  # noqa: PLC0415 -- the simplest path when all else fails

    return HttpResponse(render_to_string("desk/server_error.html"), status=500)
