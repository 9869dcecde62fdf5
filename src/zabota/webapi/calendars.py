"""The secret address under which a doctor's calendar program reads their visits."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from zabota.booking.api import feed_text
from zabota.kernel import clock

#: Secrets are shorter; what is longer is not even looked up.
_LONGEST = 64


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The visits as they are now; an address that never was and one that was revoked answer alike."""
    text = feed_text(token, now=clock.now()) if len(token) <= _LONGEST else None
    if text is None:
        answer = HttpResponse("Такого календаря нет.\n", status=404, content_type="text/plain; charset=utf-8")
    else:
        answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
        answer["Content-Disposition"] = 'inline; filename="visits.ics"'
    answer["Cache-Control"] = "private, no-store"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer
