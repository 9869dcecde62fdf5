"""Moving by hand in the view of rooms, and what the calendar says when nothing is free."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from zabota.booking import api as booking
from zabota.booking.models import Appointment, Resource
from zabota.clinic.models import Branch, Clinic, Doctor, Service
from zabota.kernel import clock
from zabota.kernel.models import Fact

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture
def monday() -> dt.date:
    """A Monday a week ahead or more."""
    today = clock.today("Europe/Moscow")
    return today + dt.timedelta(days=14 - today.weekday())


@pytest.fixture
def seat(in_clinic: Clinic, centre: Branch, doctor_sokolova: Doctor, actor) -> Resource:
    """Dr Sokolova receives on weekdays from nine to five."""
    booking.ensure_resources(clinic=in_clinic, now=clock.now())
    row = Resource.objects.get(doctor=doctor_sokolova)
    week = [booking.DayHours(centre, weekday, 540, 1020) for weekday in range(5)]
    booking.set_week(resource=row, week=week, actor=actor, now=clock.now())
    return row


@pytest.fixture
def rooms(in_clinic: Clinic, centre: Branch, actor) -> list[Resource]:
    """Two rooms and a device."""
    return [
        booking.add_resource(clinic=in_clinic, branch=centre, kind=kind, name=name, actor=actor, now=clock.now())
        for kind, name in (("room", "Кабинет 1"), ("room", "Кабинет 2"), ("device", "Рентген"))
    ]


@pytest.fixture
def visit(in_clinic, seat, rooms, centre, doctor_sokolova, mila, cleaning: Service, monday, actor) -> Appointment:
    """Mila on Monday at ten, in a room."""
    booking.set_need(service=cleaning, needs="room", actor=actor, now=clock.now())
    return booking.book(
        patient=mila,
        doctor=doctor_sokolova,
        branch=centre,
        starts_at=dt.datetime.combine(monday, dt.time(10), MOSCOW),
        duration_minutes=60,
        services=[cleaning],
        actor=actor,
        now=clock.now(),
    )


def room_of(visit: Appointment) -> str:
    return visit.occupations.get().resource.name


def drop(client, visit: Appointment, room: Resource, at: str, **more: object):
    values = {"room": room.public_id, "day": visit.day.isoformat(), "time": at, "revision": visit.revision} | more
    return client.post(reverse("desk:calendar-visit-move", args=[visit.public_id]), values)


def test_a_visit_is_drawn_in_its_room_and_may_be_moved(log_in, vera, visit: Appointment) -> None:
    page = log_in(vera).get(reverse("desk:calendar"), {"day": visit.day.isoformat(), "by": "rooms"}).content.decode()

    assert 'data-kind="room"' in page
    assert f'data-move="{reverse("desk:calendar-visit-move", args=[visit.public_id])}"' in page
    assert "Свободного времени" not in page


def test_another_room_at_the_same_time_is_no_move_for_the_patient(log_in, vera, visit, rooms) -> None:
    told = Fact.objects.filter(kind="booking.appointment_moved").count()

    assert drop(log_in(vera), visit, rooms[1], "10:00").status_code == 302

    visit.refresh_from_db()
    assert (room_of(visit), visit.revision, visit.starts_at.astimezone(MOSCOW).hour) == ("Кабинет 2", 0, 10)
    assert Fact.objects.filter(kind="booking.appointment_moved").count() == told
    assert visit.cells.values("resource").distinct().count() == 2


def test_another_room_and_another_time_are_one_move(log_in, vera, visit, rooms) -> None:
    drop(log_in(vera), visit, rooms[1], "12:00")

    visit.refresh_from_db()
    assert (room_of(visit), visit.revision, visit.starts_at.astimezone(MOSCOW).hour) == ("Кабинет 2", 1, 12)


def test_a_column_that_does_not_fit_is_refused_in_words(log_in, vera, visit, rooms, cleaning, actor) -> None:
    client = log_in(vera)
    device = drop(client, visit, rooms[2], "10:00")
    booking.set_need(service=cleaning, needs="room", resources=[rooms[0]], actor=actor, now=clock.now())
    wrong = drop(client, visit, rooms[1], "10:00")

    assert (device.status_code, wrong.status_code) == (422, 422)
    assert "не нужен" in device.content.decode()
    assert "не подходит для этой услуги" in wrong.content.decode()
    assert room_of(visit) == "Кабинет 1"


def test_a_room_that_is_taken_is_refused_and_the_visit_keeps_its_own(
    log_in, vera, visit, rooms, pyotr, cleaning, centre, new_doctor, actor
) -> None:
    other = booking.book(
        patient=pyotr,
        doctor=new_doctor,
        branch=centre,
        starts_at=visit.starts_at,
        duration_minutes=60,
        services=[cleaning],
        actor=actor,
        now=clock.now(),
    )
    assert room_of(other) == "Кабинет 2"

    assert drop(log_in(vera), visit, rooms[1], "10:00").status_code == 422
    assert room_of(visit) == "Кабинет 1"


@pytest.fixture
def new_doctor(smile: Clinic, centre: Branch) -> Doctor:
    """One more who receives in the same branch."""
    row = Doctor.objects.create(clinic=smile, name="Лебедев", name_key="лебедев", speciality="терапевт")
    row.branches.set([centre])
    return row


def test_a_closed_day_names_the_nearest_day_with_a_free_time(log_in, vera, seat, monday) -> None:
    client = log_in(vera)
    sunday = monday - dt.timedelta(days=1)

    page = client.get(reverse("desk:calendar"), {"day": sunday.isoformat()}).content.decode()
    past = client.get(reverse("desk:calendar"), {"day": (monday - dt.timedelta(days=60)).isoformat()}).content.decode()

    assert "В этот день приёма нет." in page
    assert f"day={monday.isoformat()}" in page.split("Ближайшее свободное")[1][:200]
    assert "Этот день прошёл." in past
