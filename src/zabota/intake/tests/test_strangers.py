"""Different people under one number of the clinic's system: the load gives each a card, as the audit counts them."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.booking.models import Appointment
from zabota.clinic.models import Branch, Clinic
from zabota.intake import loads
from zabota.intake.api import read_export
from zabota.intake.models import Batch
from zabota.intake.tests import loading_support
from zabota.kernel import clock
from zabota.kernel.audit import Actor
from zabota.patients.models import Patient, PatientExternalId

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic", "centre")]

HEADER = "Код пациента;Фамилия;Имя;Отчество;Дата рождения;Телефон;Дата приёма;Врач;Услуга;Сумма;Оплачено;Статус"
WORK = "Рябов И. А.;Гигиена;1000;1000;Завершён"
ACTOR = Actor(kind="import")
ZOYA = "77;Белова;Зоя;Петровна;01.02.1980;8 916 111-22-33"
IGOR = "77;Чернов;Игорь;Львович;05.06.1991;8 903 444-55-66"


def visit(person: str, days: int) -> str:
    """A row of an export, so many days ago."""
    return f"{person};{clock.now().date() - dt.timedelta(days=days):%d.%m.%Y} 10:00;{WORK}"


def loaded(clinic: Clinic, *rows: str) -> Batch:
    """The rows, from upload to result."""
    return loading_support.loaded(clinic, HEADER, *rows)


def visits_by_person() -> dict[str, int]:
    """Surname and how many visits the card has."""
    return {each.surname: Appointment.objects.filter(patient=each).count() for each in Patient.objects.cards()}


def test_two_people_under_one_number_have_two_cards_as_the_audit_counts_them(smile: Clinic, tmp_path) -> None:
    rows = [visit(ZOYA, 300), visit(ZOYA, 30), visit(IGOR, 40)]
    batch = loaded(smile, *rows)
    assert visits_by_person() == {"Белова": 2, "Чернов": 1}
    assert {each.born_on.year: each.name for each in Patient.objects.cards()} == {1980: "Зоя", 1991: "Игорь"}
    assert PatientExternalId.objects.get(ext_id="77").patient.surname == "Белова"
    assert batch.result["patients"]["shared_numbers"] == 1
    assert batch.result["examples"]["shared_numbers"] == ["77"]

    path = tmp_path / "v.csv"
    path.write_text("\r\n".join([HEADER, *rows]), encoding="utf-8")
    reading = read_export([path], today=clock.now().date())
    assert reading.people.height == Patient.objects.cards().count()


def test_the_same_export_again_and_in_another_order_finds_both(smile: Clinic) -> None:
    rows = [visit(ZOYA, 300), visit(IGOR, 40)]
    loaded(smile, *rows)
    again = loaded(smile, *rows[::-1], visit(IGOR, 5))
    assert visits_by_person() == {"Белова": 1, "Чернов": 2}
    assert again.result["patients"]["new"] == 0


def test_a_later_export_that_tells_of_one_of_them_alone_does_not_mix_them(smile: Clinic) -> None:
    loaded(smile, visit(ZOYA, 300), visit(IGOR, 40))
    loaded(smile, visit(IGOR, 5))
    loaded(smile, visit(ZOYA, 3))
    assert visits_by_person() == {"Белова": 2, "Чернов": 2}


def test_the_number_stays_with_whom_the_clinic_knows_by_it(smile: Clinic) -> None:
    loaded(smile, visit(IGOR, 400))
    loaded(smile, visit(ZOYA, 300), visit(IGOR, 40))
    assert visits_by_person() == {"Белова": 1, "Чернов": 2}
    assert PatientExternalId.objects.get(ext_id="77").patient.surname == "Чернов"


def test_rows_under_a_wrong_number_go_to_the_number_that_is_one_s_own(smile: Clinic) -> None:
    loaded(smile, visit(ZOYA, 300), visit(IGOR, 40), visit(IGOR.replace("77;", "78;", 1), 20))
    assert visits_by_person() == {"Белова": 1, "Чернов": 2}


def test_a_person_known_by_name_and_birth_is_found_under_a_number_of_another(smile: Clinic) -> None:
    loaded(smile, visit(IGOR.replace("77;", "78;", 1), 400))
    loaded(smile, visit(ZOYA, 300), visit(IGOR, 40))
    assert visits_by_person() == {"Белова": 1, "Чернов": 2}


def test_a_corrected_name_or_birth_date_is_the_same_person_under_the_number(smile: Clinic) -> None:
    loaded(smile, visit(ZOYA, 300), visit(ZOYA.replace("Белова", "Чернова"), 30))
    assert sum(visits_by_person().values()) == 2
    assert Patient.objects.cards().count() == 1


def test_numbers_of_cards_are_told_apart_too(smile: Clinic) -> None:
    header = HEADER.replace("Код пациента", "Номер карты")
    batch = loading_support.loaded(smile, header, visit(ZOYA, 300), visit(IGOR, 40))
    assert visits_by_person() == {"Белова": 1, "Чернов": 1}
    assert batch.result["examples"]["shared_numbers"] == ["77"]


def test_undo_takes_both_cards_back(smile: Clinic, centre: Branch) -> None:
    batch = loaded(smile, visit(ZOYA, 300), visit(IGOR, 40))
    loads.run_step_now(batch=batch, step="undo", actor=ACTOR, now=clock.now())
    assert visits_by_person() == {}
