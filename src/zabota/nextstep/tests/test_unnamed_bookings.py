"""A booking that names no service answers the recall of a group when its doctor performs a service of the group."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.booking import api as booking
from zabota.booking.models import Appointment, ServiceNeed
from zabota.clinic.models import Clinic, Doctor, Service, ServiceGroup
from zabota.kernel.audit import Actor
from zabota.kernel.models import Fact
from zabota.nextstep import api
from zabota.nextstep.models import Recall
from zabota.patients.models import Patient
from zabota.worklist.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]
PLANNED = Appointment.Status.PLANNED


@pytest.fixture
def dermatologist(smile: Clinic) -> Doctor:
    return Doctor.objects.create(clinic=smile, name="Кожина К. К.", name_key="кожина к. к.", speciality="дерматолог")


@pytest.fixture
def by_sokolova(cleaning: Service, doctor_sokolova: Doctor) -> ServiceNeed:
    """Hygiene is done by Sokolova alone."""
    need = ServiceNeed.objects.create(service=cleaning)
    need.doctors.set([doctor_sokolova])
    return need


def answered(patient: Patient, now: dt.datetime) -> bool:
    """What the sweep wrote; the card, which asks the rules, must say the same."""
    api.sweep_patients(patient_ids=[patient.pk], now=now)
    found = Recall.objects.get(patient=patient).booked_id is not None
    (line,) = api.recalls_of(patient=patient, now=now)
    assert line.hidden_because.startswith("скрыто: записан") == found
    assert Task.objects.open().filter(patient=patient, reason="recall_due").exists() != found
    return found


def test_booking_with_a_dermatologist_does_not_hide_overdue_hygiene(
    mila, visit, cleaning, by_sokolova, dermatologist, now
) -> None:
    visit(mila, -340, cleaning)
    visit(mila, 10, status=PLANNED, doctor=dermatologist)
    assert not answered(mila, now)
    assert Task.objects.open().get(patient=mila).summary.startswith("Пора: Гигиена")


def test_booking_with_the_doctor_who_does_it_answers_and_says_that_the_service_is_not_named(
    mila, visit, cleaning, by_sokolova, doctor_sokolova, now
) -> None:
    visit(mila, -340, cleaning)
    visit(mila, 10, status=PLANNED, doctor=doctor_sokolova)
    assert answered(mila, now)
    assert api.recalls_of(patient=mila, now=now)[0].hidden_because.endswith("услуга не указана")


def test_booking_without_a_doctor_has_the_benefit_of_the_doubt(mila, visit, cleaning, by_sokolova, now) -> None:
    visit(mila, -340, cleaning)
    visit(mila, 10, status=PLANNED)
    assert answered(mila, now)


@pytest.mark.parametrize("known", [False, True], ids=["nothing is known", "nobody is chosen"])
def test_service_nobody_was_chosen_for_is_open_to_every_doctor(
    known, mila, visit, cleaning, dermatologist, now
) -> None:
    if known:
        ServiceNeed.objects.create(service=cleaning)
    visit(mila, -340, cleaning)
    visit(mila, 10, status=PLANNED, doctor=dermatologist)
    assert answered(mila, now)


def test_service_that_is_not_in_use_opens_its_group_to_nobody(
    mila, visit, smile, hygiene, cleaning, by_sokolova, dermatologist, now
) -> None:
    Service.objects.create(clinic=smile, name="Чистка", name_key="чистка", group=hygiene, is_active=False)
    visit(mila, -340, cleaning)
    visit(mila, 10, status=PLANNED, doctor=dermatologist)
    assert not answered(mila, now)


def test_doctor_of_a_service_that_starts_the_recall_answers_it(
    mila, visit, implant: Service, implants: ServiceGroup, doctor_sokolova, dermatologist, now
) -> None:
    ServiceNeed.objects.create(service=implant).doctors.set([doctor_sokolova])
    visit(mila, -400, implant)
    row = visit(mila, 10, status=PLANNED, doctor=dermatologist)
    assert not answered(mila, now)
    Appointment.objects.filter(pk=row.pk).update(doctor=doctor_sokolova)
    assert answered(mila, now)


def test_other_performers_are_a_reason_to_look_at_everybody_again(
    mila, visit, cleaning, by_sokolova, dermatologist, doctor_sokolova, actor: Actor, now, run_jobs
) -> None:
    visit(mila, -340, cleaning)
    visit(mila, 10, status=PLANNED, doctor=dermatologist)
    assert not answered(mila, now)
    booking.set_need(service=cleaning, doctors=[doctor_sokolova], actor=actor, now=now)
    assert not Fact.objects.filter(kind="booking.performers_changed").exists()
    booking.set_need(service=cleaning, doctors=[doctor_sokolova, dermatologist], actor=actor, now=now)
    run_jobs()
    assert Recall.objects.get(patient=mila).booked_id is not None
