"""A visit booked here that comes back from the clinic's own program is the same visit, under a number."""

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
from zabota.patients.models import Patient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]

MILA = "7;Соколова Мила Андреевна;12.05.1990"
HEADER = "Код визита;Код пациента;ФИО;Дата рождения;Дата приёма;Врач;Услуга;Сумма;Статус"
S = Appointment.Status


def export(*rows: str) -> str:
    """An export of visits."""
    return "\r\n".join([HEADER, *rows]) + "\r\n"


def on(offset: int, clock_time: str = "10:00") -> str:
    """A day this many days from now, as an export writes it."""
    return f"{clock.now().date() + dt.timedelta(days=offset):%d.%m.%Y} {clock_time}"


@pytest.fixture
def known(load: Load) -> Patient:
    """A patient and two doctors whom the clinic knows from a former export."""
    load(
        export(
            f"v1;{MILA};{on(-40)};Рябов И. А.;Осмотр;500;Завершён",
            f"v2;8;Котов Пётр Ильич;01.02.1980;{on(-30)};Котова Е. В.;Осмотр;500;Завершён",
        )
    )
    return Patient.objects.get(surname="Соколова")


@pytest.fixture
def book(known: Patient, smile: Clinic) -> Callable[..., Appointment]:
    """Book the patient at the desk."""

    def make(offset: int = 3, hour: int = 10, doctor: str = "Рябов И. А.", minutes: int = 40) -> Appointment:
        local = dt.datetime.combine(clock.now().date() + dt.timedelta(days=offset), dt.time(hour))
        return booking.book(
            patient=known,
            doctor=Doctor.objects.get(name=doctor),
            branch=None,
            starts_at=local.replace(tzinfo=ZoneInfo(smile.time_zone)),
            duration_minutes=minutes,
            services=[Service.objects.get(name="Осмотр")],
            actor=SYSTEM,
            now=clock.now(),
        )

    return make


def shape(row: Appointment) -> tuple[object, ...]:
    """What a booking is."""
    row.refresh_from_db()
    return row.system, row.ext_id, row.starts_at, row.duration_minutes, row.status, row.doctor_id, row.origin


def test_a_booking_made_here_is_known_again_when_the_clinics_program_tells_of_it(
    load: Load, undo: Callable[[Batch], Batch], book: Callable[..., Appointment]
) -> None:
    own = book()
    before = shape(own)
    text = export(f"v9;{MILA};{on(3)};Рябов И. А.;Осмотр;700;Запланирован")

    batch = load(text, complete=False)

    assert Appointment.objects.filter(day=own.day).count() == 1
    assert shape(own) == ("file", "v9", own.starts_at, 40, S.PLANNED, own.doctor_id, "desk")
    assert own.total_kopecks == 70_000
    assert batch.result["visits"]["recognised"] == 1 and batch.result["visits"]["new"] == 0
    assert load(text, complete=False).result["visits"]["changed"] == 0, "the same file twice changes nothing"

    undo(batch)
    assert shape(own) == before


def test_the_clinics_program_knows_what_became_of_a_booking_made_here(
    load: Load, known: Patient, smile: Clinic
) -> None:
    local = dt.datetime.combine(clock.now().date() - dt.timedelta(days=2), dt.time(10))
    own = Appointment.objects.create(
        clinic=smile,
        patient=known,
        doctor=Doctor.objects.get(name="Рябов И. А."),
        starts_at=local.replace(tzinfo=ZoneInfo(smile.time_zone)),
        day=local.date(),
    )
    load(export(f"v9;{MILA};{on(-2)};Рябов И. А.;Осмотр;700;Завершён"), complete=False)
    own.refresh_from_db()
    assert (own.status, own.total_kopecks) == (S.COMPLETED, 70_000)
    assert Appointment.objects.count() == 3


def test_another_time_or_doctor_of_that_day_is_the_same_booking_moved(
    load: Load, book: Callable[..., Appointment]
) -> None:
    moved, taken_over = book(offset=3, hour=10), book(offset=4, hour=12)
    load(
        export(
            f"v9;{MILA};{on(3, '11:30')};Рябов И. А.;Осмотр;700;Запланирован",
            f"v10;{MILA};{on(4, '12:00')};Котова Е. В.;Осмотр;700;Запланирован",
        ),
        complete=False,
    )
    assert Appointment.objects.count() == 4
    revision = moved.revision
    moved.refresh_from_db()
    taken_over.refresh_from_db()
    assert moved.ext_id == "v9" and moved.starts_at.minute == 30
    assert moved.revision > revision, "a link about the former time is stale"
    assert taken_over.ext_id == "v10" and taken_over.doctor is not None and taken_over.doctor.name == "Котова Е. В."


def test_two_visits_of_a_day_find_each_its_own_booking(load: Load, book: Callable[..., Appointment]) -> None:
    morning, evening = book(hour=10), book(hour=16)
    load(
        export(
            f"v9;{MILA};{on(3, '15:00')};Рябов И. А.;Осмотр;700;Запланирован",
            f"v10;{MILA};{on(3, '10:00')};Рябов И. А.;Осмотр;700;Запланирован",
        ),
        complete=False,
    )
    morning.refresh_from_db()
    evening.refresh_from_db()
    assert (morning.ext_id, evening.ext_id) == ("v10", "v9")
    assert Appointment.objects.count() == 4


@pytest.mark.parametrize(
    "row",
    [
        pytest.param("v9;8;Котов Пётр Ильич;01.02.1980;{day};Рябов И. А.;Осмотр;700;Запланирован", id="another person"),
        pytest.param(f"v9;{MILA};{{later}};Рябов И. А.;Осмотр;700;Запланирован", id="another day"),
        pytest.param(f"v9;{MILA};{{noon}};Котова Е. В.;Осмотр;700;Запланирован", id="another time and doctor"),
        pytest.param(f"v9;{MILA};{{noon}};Рябов И. А.;Осмотр;700;Отменён пациентом", id="another time, given up"),
    ],
)
def test_a_visit_is_not_taken_for_a_booking_made_here(load: Load, book: Callable[..., Appointment], row: str) -> None:
    own = book()
    load(export(row.format(day=on(3), later=on(4), noon=on(3, "12:00"))), complete=False)
    own.refresh_from_db()
    assert own.ext_id == "" and own.status == S.PLANNED
    assert Appointment.objects.count() == 4


def test_a_booking_given_up_here_does_not_come_back_under_a_number_as_given_up(
    load: Load, book: Callable[..., Appointment]
) -> None:
    own = book()
    booking.cancel(appointment=own, by_patient=True, actor=SYSTEM, now=clock.now())
    load(export(f"v9;{MILA};{on(3)};Рябов И. А.;Осмотр;700;Запланирован"), complete=False)
    own.refresh_from_db()
    assert own.ext_id == "", "the clinic booked the patient anew"
    load(export(f"v11;{MILA};{on(3)};Рябов И. А.;Осмотр;700;Отменён пациентом"), complete=False)
    own.refresh_from_db()
    assert own.ext_id == "v11"


def test_what_the_patient_confirmed_here_stays_confirmed(load: Load, book: Callable[..., Appointment]) -> None:
    own = book()
    booking.mark_confirmed(appointment=own, actor=SYSTEM, now=clock.now())
    load(export(f"v9;{MILA};{on(3)};Рябов И. А.;Осмотр;700;Запланирован"), complete=False)
    own.refresh_from_db()
    assert (own.ext_id, own.status) == ("v9", S.CONFIRMED)


@pytest.mark.parametrize("offset", [3, 4])
def test_a_booking_entered_there_and_moved_here_since_stays_where_it_was_moved(
    load: Load, book: Callable[..., Appointment], offset: int
) -> None:
    own = book()
    booking.booking_entered(appointment=own, actor=SYSTEM, now=clock.now())
    later = own.starts_at + dt.timedelta(days=offset - 3, hours=2)
    booking.move_appointment(appointment=own, starts_at=later, expected_revision=None, actor=SYSTEM, now=clock.now())

    load(export(f"v9;{MILA};{on(3)};Рябов И. А.;Осмотр;700;Запланирован"), complete=False)

    own.refresh_from_db()
    assert (own.ext_id, own.starts_at) == ("v9", later)
    assert Appointment.objects.count() == 3


def test_a_booking_entered_there_and_given_up_here_since_stays_given_up(
    load: Load, book: Callable[..., Appointment]
) -> None:
    own = book()
    booking.booking_entered(appointment=own, actor=SYSTEM, now=clock.now())
    booking.cancel(appointment=own, by_patient=True, actor=SYSTEM, now=clock.now())

    load(export(f"v9;{MILA};{on(3)};Рябов И. А.;Осмотр;700;Запланирован"), complete=False)

    own.refresh_from_db()
    assert (own.ext_id, own.status) == ("v9", S.CANCELLED_PATIENT)
    assert Appointment.objects.count() == 3
