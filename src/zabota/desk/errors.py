"""Pages for what is not there and for what broke: in words, with the way on."""

from __future__ import annotations

import sys
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """404, also for what exists but is not this person's to see."""
    return render(request, "desk/not_found.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when the database is away: says that nothing was lost and what to do. Uses no database."""
    away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    body = render_to_string("desk/server_error.html", {"database_away": away})
    return HttpResponse(body, status=503 if away else 500, headers={"Retry-After": "30"} if away else None)
