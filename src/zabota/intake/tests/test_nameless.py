"""People of whom an export tells little: a number, a phone, a name without surname. Each has a card and their visits."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from zabota.analytics import reports
from zabota.analytics.api import Rows, audit
from zabota.booking.models import Appointment, Payment
from zabota.clinic.models import Branch, Clinic
from zabota.desk.calendar.blocks import short_name
from zabota.intake import loads
from zabota.intake.api import read_export
from zabota.intake.models import Batch
from zabota.intake.tests import loading_support
from zabota.kernel import clock
from zabota.kernel.audit import Actor
from zabota.patients.models import Patient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic", "centre")]

HEADER = "Код пациента;Фамилия;Имя;Отчество;Дата рождения;Телефон;Дата приёма;Врач;Услуга;Сумма;Оплачено;Статус"
WORK = "Рябов И. А.;Гигиена;1000;1000;Завершён"
ANNA = ";;Анна;;;8 916 111-22-33"
ACTOR = Actor(kind="import")


def visit(person: str, days: int, hour: int = 10) -> str:
    """A row of an export, so many days ago."""
    return f"{person};{clock.now().date() - dt.timedelta(days=days):%d.%m.%Y} {hour}:00;{WORK}"


def loaded(clinic: Clinic, *rows: str) -> Batch:
    """The rows, from upload to result."""
    return loading_support.loaded(clinic, HEADER, *rows)


def test_a_person_without_a_surname_has_a_card_visits_and_payments(smile: Clinic) -> None:
    loaded(smile, visit(ANNA, 30), visit(ANNA, 10))
    anna = Patient.objects.get()
    assert (anna.full_name, anna.name_key, short_name(anna)) == ("Анна", "анна", "Анна")
    assert (Appointment.objects.filter(patient=anna).count(), Payment.objects.filter(patient=anna).count()) == (2, 2)


def test_a_person_known_by_a_phone_only_is_called_so(smile: Clinic) -> None:
    loaded(smile, visit(";;;;;8 916 111-22-33", 30))
    assert Patient.objects.get().full_name == "Без имени"
    assert Appointment.objects.count() == 1


def test_the_number_of_a_known_patient_is_enough_for_a_visit(smile: Clinic) -> None:
    loaded(smile, visit("7;Соколова;Мила;Андреевна;12.05.1990;8 916 123-45-67", 40))
    loaded(smile, visit("7;;;;;", 5))
    assert Patient.objects.get().full_name == "Соколова Мила Андреевна"
    assert Appointment.objects.count() == 2


def test_a_later_export_tells_the_name_and_undo_takes_it_back(smile: Clinic) -> None:
    loaded(smile, visit("7;;;;;", 40))
    second = loaded(smile, visit("7;Соколова;Мила;;;", 5))
    mila = Patient.objects.get()
    assert (mila.full_name, mila.name_key) == ("Соколова Мила", "соколова мила")
    loads.run_step_now(batch=second, step="undo", actor=ACTOR, now=clock.now())
    mila.refresh_from_db()
    assert (mila.full_name, mila.name_key) == ("Без имени", "без имени")


def test_a_given_name_alone_takes_the_place_of_no_name(smile: Clinic) -> None:
    loaded(smile, visit("7;;;;;", 40))
    loaded(smile, visit("7;;Мила;;;", 5))
    assert Patient.objects.get().full_name == "Мила"


def test_the_same_file_twice_changes_nothing(smile: Clinic) -> None:
    rows = [
        visit(ANNA, 30),
        visit(";;Анна;Ивановна;12.05.1990;", 20),
        visit("7;;;;;", 20),
        visit(";;;;;8 916 999-88-77", 7),
    ]
    loaded(smile, *rows)
    again = loaded(smile, *rows)
    assert (again.result["patients"]["new"], again.result["visits"]["new"]) == (0, 0)
    assert (Patient.objects.count(), Appointment.objects.count()) == (4, 4)


def test_a_second_phone_told_later_makes_no_second_card(smile: Clinic) -> None:
    loaded(smile, visit(ANNA, 30))
    loaded(smile, visit(ANNA, 30), visit(";;Анна;;;8 903 000-00-01, 8 916 111-22-33", 10))
    assert (Patient.objects.count(), Appointment.objects.count()) == (1, 2)


def test_people_of_whom_little_is_told_are_counted_as_the_audit_counts_them(
    smile: Clinic, centre: Branch, tmp_path: Path
) -> None:
    rows = [
        visit(ANNA, 400), visit(ANNA, 30),
        visit(";;Анна;;;8 903 777-66-55", 200),  # another Anna
        visit(";;Анна;;;8 903 777-66-55, 8 916 111-22-44", 100),  # the same, with a second phone
        visit(";;Анна;Ивановна;12.05.1990;", 90), visit(";;Анна;Ивановна;13.05.1990;", 90, 12),
        visit(";;;;;8 916 999-88-77", 300), visit(";;;;;8 916 999-88-77, 8 916 999-88-00", 20),
        visit("7;;;;;", 250), visit("7;Соколова;Мила;;;", 60), visit("8;;Пётр;;;", 50),
        visit(";Лебедева;Анна;;;8 916 111-22-33", 45),
    ]  # fmt: skip
    path = tmp_path / "v.csv"
    path.write_text("\r\n".join([HEADER, *rows]), encoding="utf-8")
    today = clock.now().date()
    reading = read_export([path], today=today)
    of_file = audit(reading.visits, today=today, rows=Rows(len(rows), reading.rows.accepted, 0, 0, 0)).to_json()
    batch = loaded(smile, *rows)
    of_base = reports.audit_of(smile, now=clock.now()).to_json()
    assert reading.rows.accepted == len(rows) == Appointment.objects.count()
    assert Patient.objects.count() == reading.people.height == batch.result["patients"]["total"]
    for key in ("patients", "visits", "next_step", "measures"):
        assert of_base[key] == of_file[key], key
