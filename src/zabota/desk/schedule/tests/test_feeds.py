"""The page of a doctor's calendar addresses: shown once, revoked, for the doctor and for whoever keeps the schedule."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from zabota.booking import api as booking
from zabota.booking.models import CalendarFeed, Resource
from zabota.clinic.models import Member
from zabota.kernel import clock


@pytest.fixture
def seat(in_clinic, doctor_sokolova) -> Resource:
    """Dr Sokolova in the schedule."""
    booking.ensure_resources(clinic=in_clinic, now=clock.now())
    return Resource.objects.get(doctor=doctor_sokolova)


def _address(page: str) -> str:
    return re.search(r'id="feed-address">http://[^/]+(/[^<]+)<', page)[1]


def test_a_doctor_makes_an_address_that_is_shown_once_and_can_be_revoked(log_in, sokolova: Member, client) -> None:
    browser = log_in(sokolova)
    here = reverse("desk:reception-calendar")

    address = _address(browser.post(here, {"with_names": "1"}).content.decode())
    feed = CalendarFeed.objects.get()

    assert client.get(address).status_code == 200
    assert not feed.with_names, "a doctor does not decide to send names of patients abroad"
    assert address.split("/")[-1].removesuffix(".ics") not in browser.get(here).content.decode()
    assert browser.post(here, {"revoke": feed.pk}).status_code == 302
    assert client.get(address).status_code == 404
    assert browser.post(here, {"revoke": feed.pk}).status_code == 404


def test_whoever_keeps_the_schedule_makes_it_for_a_doctor_with_names(log_in, vera, anton, seat, client) -> None:
    browser = log_in(anton)
    here = reverse("desk:schedule-calendar", args=[seat.public_id])

    address = _address(browser.post(here, {"with_names": "1"}).content.decode())

    assert CalendarFeed.objects.get().with_names
    assert client.get(address).status_code == 200
    assert "время и имена пациентов" in browser.get(here).content.decode()


def test_a_calendar_dies_with_the_account_of_its_doctor(log_in, sokolova: Member, client) -> None:
    address = _address(log_in(sokolova).post(reverse("desk:reception-calendar")).content.decode())
    Member.objects.filter(pk=sokolova.pk).update(is_active=False)

    assert client.get(address).status_code == 404


def test_another_clinic_reaches_no_address_of_this_one(log_in, oleg: Member, seat, doctor_sokolova, actor) -> None:
    feed = booking.make_feed(doctor=doctor_sokolova, actor=actor, now=clock.now()).feed

    answer = log_in(oleg).post(reverse("desk:schedule-calendar", args=[seat.public_id]), {"revoke": feed.pk})

    assert answer.status_code == 404
    assert CalendarFeed.objects.get().revoked_at is None


def test_the_eleventh_address_is_refused_in_words(log_in, sokolova: Member) -> None:
    browser = log_in(sokolova)
    for _ in range(11):
        answer = browser.post(reverse("desk:reception-calendar"), follow=True)

    assert "Адресов уже десять" in answer.content.decode()
    assert CalendarFeed.objects.count() == 10
