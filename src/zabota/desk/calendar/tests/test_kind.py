"""From the calendar a booked visit becomes one by video, where it may be, and one in the clinic again."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from zabota.booking import api as booking
from zabota.booking.models import ServiceNeed
from zabota.kernel import clock

HTMX = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def visit(in_clinic, seat, centre, doctor_sokolova, mila, cleaning, day, actor):
    """Mila at ten, for a service that may be by video."""
    ServiceNeed.objects.create(service=cleaning, by_video=True)
    return booking.book(
        patient=mila,
        doctor=doctor_sokolova,
        branch=centre,
        starts_at=dt.datetime.combine(day, dt.time(10), ZoneInfo("Europe/Moscow")),
        services=[cleaning],
        actor=actor,
        now=clock.now(),
    )


@pytest.fixture
def video(settings):
    """The clinic has a server for it."""
    settings.JITSI_URL, settings.JITSI_SECRET = "https://video.ulybka.ru", "тайна"


def test_the_desk_makes_a_visit_one_by_video_and_takes_it_back(log_in, vera, visit, video) -> None:
    client, page = log_in(vera), reverse("desk:calendar-visit", args=[visit.public_id])
    assert "Принять по видео" in client.get(page, **HTMX).content.decode()
    online, back = (
        reverse("desk:calendar-visit-kind", args=[visit.public_id, kind]) for kind in ("online", "in_person")
    )

    answer = client.post(online, {"revision": "0"}, **HTMX)

    visit.refresh_from_db()
    assert (visit.kind, "Принять в клинике" in answer.content.decode()) == ("online", True)
    assert f"{back}?revision=1" in answer.headers["HX-Trigger"] + answer.content.decode()
    client.post(f"{back}?revision=1", **HTMX)
    visit.refresh_from_db()
    assert visit.kind == "in_person"


def test_where_a_service_is_not_given_by_video_nobody_is_offered_it(log_in, vera, visit) -> None:
    """The clinic has no server."""
    client = log_in(vera)
    assert "по видео" not in client.get(reverse("desk:calendar-visit", args=[visit.public_id]), **HTMX).content.decode()

    refused = client.post(reverse("desk:calendar-visit-kind", args=[visit.public_id, "online"]), **HTMX)

    visit.refresh_from_db()
    assert (refused.status_code, visit.kind, "не оказывают" in refused.content.decode()) == (422, "in_person", True)


def test_what_changed_since_it_was_seen_is_not_changed_unseen(log_in, vera, visit, video) -> None:
    url = reverse("desk:calendar-visit-kind", args=[visit.public_id, "online"])

    refused = log_in(vera).post(url, {"revision": "7"}, **HTMX)

    visit.refresh_from_db()
    assert (refused.status_code, visit.kind) == (422, "in_person")
    assert log_in(vera).post(url.replace("online", "hologram"), **HTMX).status_code == 404
