"""From the card a visit is booked by video where the service may be, at times as long as the service takes."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from zabota.booking import api as booking
from zabota.booking.models import Appointment, Resource, ServiceNeed
from zabota.clinic.models import Doctor
from zabota.kernel import clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]
HTMX = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def receives(smile, centre, doctor_sokolova, actor) -> None:
    booking.ensure_resources(clinic=smile, now=clock.now())
    row = Resource.objects.get(doctor=doctor_sokolova)
    week = [booking.DayHours(centre, weekday, 600, 660) for weekday in range(7)]
    booking.set_week(resource=row, week=week, actor=actor, now=clock.now())


def test_a_visit_by_video_is_booked_from_the_card(as_vera, mila, receives, cleaning, doctor_sokolova, centre, settings):
    url = reverse("desk:patient-book", args=[mila.public_id])
    ServiceNeed.objects.create(service=cleaning, by_video=True, needs=ServiceNeed.Needs.ROOM, minutes=60)
    asked = {"service": cleaning.public_id, "doctor": doctor_sokolova.public_id, "branch": centre.public_id}
    assert 'name="online"' not in as_vera.get(url, asked, **HTMX).content.decode()

    settings.JITSI_URL, settings.JITSI_SECRET = "https://video.ulybka.ru", "тайна"
    page = as_vera.get(url, {**asked, "online": "1"}, **HTMX).content.decode()
    assert set(re.findall(r"<b>(\d+:\d\d)</b>", page)) == {"10:00"}  # an hour fits once
    slot = re.search(r'name="slot" value="([^"]+)"', page).group(1)
    assert as_vera.post(url, {**asked, "online": "1", "slot": slot}, **HTMX).headers["HX-Redirect"]

    row = Appointment.objects.get()
    assert (row.kind, row.duration_minutes) == ("online", 60)
    refused = as_vera.post(url, {**asked, "service": "", "online": "1", "slot": slot}, **HTMX)
    assert (refused.status_code, "не оказывают" in refused.content.decode()) == (422, True)


def test_whoever_does_not_perform_the_service_is_not_offered(as_vera, mila, receives, cleaning, doctor_sokolova, smile):
    other = Doctor.objects.create(clinic=smile, name="Рябов Илья", name_key="рябов илья")
    ServiceNeed.objects.create(service=cleaning).doctors.add(doctor_sokolova)
    url = reverse("desk:patient-book", args=[mila.public_id])

    page = as_vera.get(url, {"service": cleaning.public_id, "doctor": other.public_id}, **HTMX).content.decode()

    assert "Рябов" not in page and doctor_sokolova.name in page
