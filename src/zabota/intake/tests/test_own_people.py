"""Whoever booked here under a name and a phone is known again when the clinic's program tells of that visit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from zabota.booking import api as booking
from zabota.booking.models import Appointment
from zabota.clinic.models import Clinic, Doctor, Service
from zabota.intake.models import Batch
from zabota.intake.tests.conftest import Load
from zabota.kernel import clock
from zabota.kernel.audit import SYSTEM
from zabota.patients.api import register_patient
from zabota.patients.models import Patient, PatientExternalId

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]

HEADER = "Код визита;Код пациента;ФИО;Дата рождения;Телефон;Дата приёма;Врач;Услуга;Сумма;Статус"
PHONE = "+79161234567"


def export(*rows: str) -> str:
    """An export of visits with phones."""
    return "\r\n".join([HEADER, *rows]) + "\r\n"


def on(offset: int, clock_time: str = "10:00") -> str:
    """A day this many days from now, as an export writes it."""
    return f"{clock.now().date() + dt.timedelta(days=offset):%d.%m.%Y} {clock_time}"


def row(who: str = "Соколова Мила Андреевна;12.05.1990;8 916 123-45-67", when: str = "", number: str = "7") -> str:
    """The visit of the widget as the program tells of it."""
    return f"v9{number};{number};{who};{when or on(3)};Рябов И. А.;Осмотр;700;Запланирован"


@pytest.fixture
def guest(load: Load, smile: Clinic) -> Patient:
    """Mila booked on the site: name, surname, phone."""
    load(export(f"v1;1;Котов Пётр Ильич;01.02.1980;8 916 000-00-01;{on(-30)};Рябов И. А.;Осмотр;500;Завершён"))
    now = clock.now()
    patient = register_patient(clinic=smile, surname="Соколова", name="Мила", phones=PHONE, actor=SYSTEM, now=now)
    local = dt.datetime.combine(now.date() + dt.timedelta(days=3), dt.time(10))
    booking.book(
        patient=patient,
        doctor=Doctor.objects.get(name="Рябов И. А."),
        branch=None,
        starts_at=local.replace(tzinfo=ZoneInfo(smile.time_zone)),
        duration_minutes=40,
        services=[Service.objects.get(name="Осмотр")],
        actor=SYSTEM,
        now=now,
    )
    return patient


def test_name_phone_and_visit_together_tell_who_it_is(
    load: Load, undo: Callable[[Batch], Batch], guest: Patient
) -> None:
    batch = load(export(row()), complete=False)

    guest.refresh_from_db()
    assert Patient.objects.count() == 2
    assert (guest.patronymic, guest.born_on) == ("Андреевна", dt.date(1990, 5, 12))
    assert PatientExternalId.objects.get(patient=guest).ext_id == "7"
    assert Appointment.objects.get(patient=guest).ext_id == "v97"
    assert batch.result["patients"]["new"] == 0

    undo(batch)
    guest.refresh_from_db()
    assert guest.born_on is None and guest.patronymic == ""
    assert not PatientExternalId.objects.filter(patient=guest).exists()
    assert Appointment.objects.get(patient=guest).ext_id == ""


@pytest.mark.parametrize(
    ("who", "offset"),
    [
        pytest.param("Соколова Анна Андреевна;12.05.1990;8 916 123-45-67", 3, id="her sister on her phone"),
        pytest.param("Соколова Мила Андреевна;12.05.1990;8 916 765-43-21", 3, id="a namesake with another phone"),
        pytest.param("Соколова Мила Андреевна;12.05.1990;8 916 123-45-67", 5, id="another visit"),
    ],
)
def test_a_phone_or_a_name_alone_decides_nothing(load: Load, guest: Patient, who: str, offset: int) -> None:
    load(export(row(who, on(offset))), complete=False)
    guest.refresh_from_db()
    assert Patient.objects.count() == 3
    assert guest.born_on is None


def test_a_number_that_a_later_load_relies_on_stays_when_the_load_that_gave_it_is_undone(
    load: Load, undo: Callable[[Batch], Batch], guest: Patient
) -> None:
    first = load(export(row()), complete=False)
    load(
        export(row(), f"v98;7;Соколова Мила Андреевна;12.05.1990;;{on(9)};Рябов И. А.;Осмотр;1;Запланирован"),
        complete=False,
    )

    undo(first)

    assert PatientExternalId.objects.get(patient=guest).ext_id == "7"


def test_two_who_fit_are_left_to_a_person(load: Load, guest: Patient) -> None:
    mother = row("Соколова Мила Петровна;12.05.1960;8 916 123-45-67", number="8")
    load(export(row(), mother), complete=False)
    assert Patient.objects.count() == 4
