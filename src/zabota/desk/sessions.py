"""How long a login lasts: it ends after idle time and at the end of a working day, and shows when it was last used."""

from __future__ import annotations

from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from zabota.kernel import clock

#: How often the time of last use is written, seconds: a page needs no write of its own.
NOTE_EVERY = 60


class SessionLimitsMiddleware:
    """Logs out who was idle too long or logged in too long ago; must come after authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Check the two limits, then note the use once a minute.

        What an open page asks by itself every few seconds (`X-Background`) is no use: it would keep a left desk open.
        """
        if request.user.is_authenticated:
            now = int(clock.now().timestamp())
            begun = request.session.setdefault("begun_at", now)
            seen = request.session.get("seen_at", now)
            if now - begun > settings.SESSION_COOKIE_AGE or now - seen > settings.SESSION_IDLE_SECONDS:
                logout(request)
            elif "X-Background" not in request.headers and now - request.session.get("seen_at", 0) >= NOTE_EVERY:
                request.session["seen_at"] = now
                UserSession.objects.create_from_request(request)
        return self.get_response(request)
