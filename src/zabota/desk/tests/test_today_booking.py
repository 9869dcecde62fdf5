"""Booking beside the open person: as long as the service takes, with whoever does it, and what is worth adding with its reason."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.urls import reverse

from zabota.booking import api as booking
from zabota.booking.models import Appointment, Resource, ServiceNeed
from zabota.clinic.models import Doctor, Service, ServiceGroup
from zabota.kernel import clock
from zabota.worklist.models import Reason, Task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]
HTMX = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def receives(smile, centre, doctor_sokolova, actor) -> None:
    """Dr Sokolova receives every day, one hour in the morning and two in the afternoon."""
    booking.ensure_resources(clinic=smile, now=clock.now())
    row = Resource.objects.get(doctor=doctor_sokolova)
    week = [booking.DayHours(centre, wd, a, b) for wd in range(7) for a, b in ((600, 660), (840, 960))]
    booking.set_week(resource=row, week=week, actor=actor, now=clock.now())


@pytest.fixture
def implant(smile, doctor_sokolova) -> Service:
    """Takes an hour and a half and is done by Dr Sokolova alone."""
    row = Service.objects.create(clinic=smile, name="Имплантация", name_key="имплантация", duration_minutes=90)
    need = ServiceNeed.objects.create(service=row, minutes=90)
    need.doctors.add(doctor_sokolova)
    return row


@pytest.fixture
def task(smile, centre, mila, vera, now) -> Task:
    """Mila is to be asked to come, Vera asks."""
    return Task.objects.create(
        clinic=smile, patient=mila, branch=centre, reason=Reason.RECALL_DUE, summary="Пора: Гигиена", owner=vera,
        due_at=now, dedupe_key="recall", created_at=now,
    )  # fmt: skip


def clocks(page: str) -> set[str]:
    """Times on the buttons."""
    return set(re.findall(r"<b>(\d+:\d\d)</b>", page))


def test_free_times_are_as_long_as_the_service_and_so_is_the_visit(as_vera, task, receives, implant):
    url = reverse("desk:today-book", args=[task.public_id])
    doctor = Resource.objects.get(kind="doctor").doctor.public_id

    other = Doctor.objects.create(clinic=task.clinic, name="Рябов Илья", name_key="рябов илья")
    anybody = as_vera.get(url, {"doctor": other.public_id, "service": implant.public_id}, **HTMX).content.decode()
    assert clocks(anybody) == {"14:00", "14:30"} and "Рябов" not in anybody
    without = as_vera.get(url, {"doctor": doctor}, **HTMX).content.decode()
    page = as_vera.get(url, {"doctor": doctor, "service": implant.public_id}, **HTMX).content.decode()

    assert "10:00" in clocks(without)
    assert clocks(page) == {"14:00", "14:30"}
    assert "1 ч 30 мин" in page.replace("\u00a0", " ")
    slot = re.search(r'name="slot" value="([^"]+)"', page).group(1)
    sent = {"version": 0, "doctor": doctor, "service": implant.public_id, "slot": slot}
    assert as_vera.post(url, sent, **HTMX).status_code == 200
    row = Appointment.objects.get()
    assert (row.duration_minutes, [line.service for line in row.lines.all()]) == (90, [implant])


def test_what_is_due_is_offered_with_its_reason_and_both_are_booked(
    as_vera, task, mila, smile, centre, doctor_sokolova, receives, implant
):
    hygiene = ServiceGroup.objects.create(clinic=smile, name="Гигиена", recall_interval_days=182, is_prevention=True)
    cleaning = Service.objects.create(
        clinic=smile, name="Чистка", name_key="чистка", group=hygiene, duration_minutes=30
    )
    then = clock.now() - dt.timedelta(days=300)
    past = Appointment.objects.create(
        clinic=smile, patient=mila, branch=centre, doctor=doctor_sokolova, status="completed", starts_at=then,
        day=then.date(),
    )  # fmt: skip
    past.lines.create(service=cleaning)
    url = reverse("desk:today-book", args=[task.public_id])
    doctor = doctor_sokolova.public_id

    page = as_vera.get(url, {"doctor": doctor, "service": implant.public_id}, **HTMX).content.decode()
    assert "Чистка" in page and ("Пора" in page or "пора" in page)
    both = {"doctor": doctor, "service": implant.public_id, "also": cleaning.public_id}
    slot = re.search(r'name="slot" value="([^"]+)"', as_vera.get(url, both, **HTMX).content.decode()).group(1)

    assert as_vera.post(url, {"version": 0, "slot": slot, **both}, **HTMX).status_code == 200
    row = Appointment.objects.upcoming(clock.now()).get()
    assert (row.duration_minutes, row.lines.count()) == (120, 2)


def test_a_service_chosen_on_the_card_takes_its_own_time(as_vera, mila, doctor_sokolova, centre, receives, implant):
    day = clock.today("Europe/Moscow") + dt.timedelta(days=3)
    sent = {
        "doctor": doctor_sokolova.public_id, "branch": centre.public_id, "service": implant.public_id,
        "day": day.isoformat(), "time": "14:00",
    }  # fmt: skip

    assert as_vera.post(reverse("desk:patient-book", args=[mila.public_id]), sent).status_code == 302
    assert Appointment.objects.get().duration_minutes == 90


def test_a_visit_by_video_is_booked_from_the_task_and_only_where_it_may_be(as_vera, task, receives, cleaning, settings):
    url = reverse("desk:today-book", args=[task.public_id])
    need = ServiceNeed.objects.create(service=cleaning, by_video=True, needs=ServiceNeed.Needs.ROOM)
    asked = {"service": cleaning.public_id, "doctor": "any"}
    assert 'name="online"' not in as_vera.get(url, asked, **HTMX).content.decode()

    settings.JITSI_URL, settings.JITSI_SECRET = "https://video.ulybka.ru", "тайна"
    here = as_vera.get(url, asked, **HTMX).content.decode()
    page = as_vera.get(url, {**asked, "online": "1"}, **HTMX).content.decode()
    assert 'name="online"' in here and not clocks(here)  # in the clinic it needs a room, and there is none
    slot = re.search(r'name="slot" value="([^"]+)"', page).group(1)
    sent = {"version": 0, "doctor": "any", "service": cleaning.public_id, "slot": slot, "online": "1"}
    assert '<input type="hidden" name="online" value="1">' in page

    need.by_video = False
    need.save()
    refused = as_vera.post(url, sent, **HTMX)
    assert (refused.status_code, "По видео эту услугу не оказывают" in refused.content.decode()) == (422, True)
    need.by_video = True
    need.save()
    assert as_vera.post(url, sent, **HTMX).status_code == 200
    assert Appointment.objects.get().kind == "online"
