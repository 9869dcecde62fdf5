"""The room to practise in: what the demo clinic has instead of a video server, and says so."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponseBase

from zabota.kernel import clock
from zabota.portal.page import nowhere, patient_page, show
from zabota.visits import api as visits


@patient_page()
def room(request: HttpRequest, room: str) -> HttpResponseBase:
    """Checks the pass as a video server does and tells what would be here; without a good pass, why not."""
    place = nowhere()
    found = visits.practice_pass(room=room, pass_=request.GET.get("jwt", "")[:2000], now=clock.now())
    if found is None:
        words = "Пропуск в эту комнату не подходит или его время прошло. Откройте её ещё раз со страницы визита."
        return show(request, "trouble", place=place, context={"words": words}, status=403)
    zone = ZoneInfo(place.zone)
    context = {
        "room": room,
        "who": found,
        "opens": found.opens_at.astimezone(zone),
        "closes": found.closes_at.astimezone(zone),
    }
    return show(request, "demo_video", place=place, context=context)
