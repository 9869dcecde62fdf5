"""The booking page believes no key: only what it offers can be kept or booked, and nobody keeps the whole day."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.core.cache import cache

from zabota.booking.models import Hold, ServiceNeed
from zabota.clinic.models import Branch, Doctor
from zabota.kernel import clock
from zabota.kernel.scope import clinic_scope
from zabota.portal.tests.conftest import Visitor, visits_of
from zabota.visits.services.self_booking import HELD_AT_ONCE

pytestmark = pytest.mark.django_db


def key_of(doctor: Doctor, branch: Branch, at: dt.datetime, minutes: int) -> str:
    return f"{doctor.public_id}.{branch.public_id}.{int(at.timestamp()) // 60}.{minutes}"


@pytest.fixture
def stranger(smile) -> Doctor:
    """A doctor of the clinic who does not perform the service."""
    return Doctor.objects.create(clinic=smile, name="Орлов Пётр Ильич")


def press(visitor: Visitor, service, key: str):
    """A press on a time that the page may never have shown."""
    visitor.page = ""
    return visitor.post(f"service/{service.public_id}/", slot=key)


def lose_the_time(visitor: Visitor, service, new_visit, mila) -> None:
    """To the page «записать не получилось», with a phone that was proven."""
    visitor.choose(service)
    held = Hold._base_manager.get()
    visitor.name("+79031112233", name="Анна", surname="Лебедева")
    code = visitor.sent_code()
    Hold._base_manager.all().delete()
    new_visit(mila, starts_at=held.starts_at)
    assert visitor.post("code", code=code).status_code == 409


def test_a_time_of_a_doctor_who_does_not_perform_the_service_is_not_kept(
    visitor, open_clinic, cleaning, receiving, stranger, centre, noon
) -> None:
    need, _ = ServiceNeed.objects.get_or_create(service=cleaning)
    need.doctors.add(receiving)

    answer = press(visitor, cleaning, key_of(stranger, centre, noon, cleaning.duration_minutes))

    assert answer.status_code == 409
    assert "больше не предлагаем" in visitor.page and visitor.slots
    assert not Hold._base_manager.exists()


@pytest.mark.parametrize("gone", ["doctor", "branch"])
def test_a_time_of_a_doctor_or_a_branch_that_is_closed_is_not_kept(
    visitor, open_clinic, cleaning, receiving, centre, noon, gone
) -> None:
    key = key_of(receiving, centre, noon, cleaning.duration_minutes)
    closed = receiving if gone == "doctor" else centre
    closed.is_active = False
    closed.save()

    assert press(visitor, cleaning, key).status_code == 409
    assert not Hold._base_manager.exists()


def test_a_doctor_who_left_while_the_form_was_filled_in_is_not_booked_and_others_are_offered(
    visitor, open_clinic, cleaning, receiving
) -> None:
    visitor.choose(cleaning)
    visitor.name("+79031112233")
    receiving.is_active = False
    receiving.save()

    assert visitor.post("code", code=visitor.sent_code()).status_code == 409

    assert "больше не предлагаем" in visitor.page
    assert visits_of(open_clinic) == []


def test_another_time_after_a_lost_one_must_be_as_long_as_the_services_and_of_their_doctors(
    visitor, open_clinic, cleaning, receiving, stranger, centre, noon, new_visit, mila
) -> None:
    lose_the_time(visitor, cleaning, new_visit, mila)
    later = noon + dt.timedelta(days=1)

    for doctor, minutes in (receiving, cleaning.duration_minutes - 5), (stranger, cleaning.duration_minutes):
        assert visitor.post("other", slot=key_of(doctor, centre, later, minutes)).status_code == 409
        assert "больше не предлагаем" in visitor.page
    assert len(visits_of(open_clinic)) == 1

    visitor.post("other", slot=key_of(receiving, centre, later, cleaning.duration_minutes))
    assert "Вы записаны" in visitor.page


def test_the_proof_of_a_phone_lives_an_hour_however_often_the_form_is_sent(
    visitor, open_clinic, cleaning, receiving, centre, noon, new_visit, mila
) -> None:
    lose_the_time(visitor, cleaning, new_visit, mila)
    start = clock.now()
    for minutes in 40, 59:
        with time_machine.travel(start + dt.timedelta(minutes=minutes), tick=False):
            taken = visits_of(open_clinic)[0].starts_at
            assert (
                visitor.post("other", slot=key_of(receiving, centre, taken, cleaning.duration_minutes)).status_code
                == 409
            )

    with time_machine.travel(start + dt.timedelta(minutes=61), tick=False):
        free = key_of(receiving, centre, noon + dt.timedelta(days=1), cleaning.duration_minutes)
        assert visitor.post("other", slot=free).status_code == 410

    assert len(visits_of(open_clinic)) == 1


def test_a_stranger_keeps_few_times_and_the_newest_give_the_oldest_back(
    visitor, open_clinic, cleaning, receiving, centre, noon
) -> None:
    starts = [noon + dt.timedelta(hours=each) for each in range(HELD_AT_ONCE + 2)]
    for at in starts:
        assert press(visitor, cleaning, key_of(receiving, centre, at, cleaning.duration_minutes)).status_code == 200

    with clinic_scope(open_clinic.pk):
        assert list(Hold.objects.order_by("starts_at").values_list("starts_at", flat=True)) == starts[2:]
        assert "127.0.0.1" not in str(Hold.objects.first().__dict__)


def test_times_kept_by_others_are_not_given_back(visitor, open_clinic, cleaning, receiving, centre, noon) -> None:
    other = Visitor(open_clinic)
    other.client.defaults["REMOTE_ADDR"] = "198.51.100.7"
    assert press(other, cleaning, key_of(receiving, centre, noon, cleaning.duration_minutes)).status_code == 200
    for each in range(1, HELD_AT_ONCE + 2):
        at = noon + dt.timedelta(hours=each)
        press(visitor, cleaning, key_of(receiving, centre, at, cleaning.duration_minutes))

    with clinic_scope(open_clinic.pk):
        assert Hold.objects.filter(starts_at=noon).exists()


def test_an_address_that_presses_time_after_time_is_told_when_to_come_again(
    visitor, cleaning, receiving, centre, noon, monkeypatch
) -> None:
    monkeypatch.setattr("zabota.portal.book._PRESSES", 2)
    key = key_of(receiving, centre, noon, cleaning.duration_minutes)
    answers = []
    for _ in range(3):
        cache.clear()
        answers.append(press(visitor, cleaning, key))

    assert [each.status_code for each in answers] == [200, 409, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
