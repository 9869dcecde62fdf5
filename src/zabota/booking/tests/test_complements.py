"""What is offered beside a booking: to whom it is known, and to somebody who comes for the first time."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.booking import api
from zabota.booking.models import Appointment, AppointmentService, ServiceNeed
from zabota.clinic.models import Service, ServiceGroup
from zabota.patients.models import Patient


@pytest.fixture
def priced(in_clinic):
    """`priced("Осмотр", is_consultation=True)`: a service in a group of its own."""

    def make(name: str, **kind: bool) -> Service:
        group = ServiceGroup.objects.create(clinic=in_clinic, name=name, **kind)
        return Service.objects.create(clinic=in_clinic, group=group, name=name, name_key=name.lower())

    return make


@pytest.fixture
def habit(in_clinic, centre, now):
    """Thirty people had these services in one visit."""

    def make(*services: Service) -> None:
        for number in range(30):
            patient = Patient.objects.create(clinic=in_clinic, surname=f"Лебедева {number}", branch=centre)
            starts_at = now - dt.timedelta(days=40 + number)
            row = Appointment.objects.create(
                clinic=in_clinic, patient=patient, branch=centre, starts_at=starts_at, day=starts_at.date(),
                duration_minutes=30, status="completed",
            )  # fmt: skip
            AppointmentService.objects.bulk_create(
                AppointmentService(appointment=row, service=each, price_kopecks=100) for each in services
            )

    return make


def test_a_newcomer_is_offered_nothing_that_needs_an_examination(priced, habit, now, mila):
    look, caries = priced("Консультация", is_consultation=True), priced("Лечение кариеса")
    hygiene = priced("Чистка зубов", is_prevention=True)
    habit(look, caries, hygiene)

    to_newcomer = [each.service for each in api.complementary_services([look], None, now=now)]
    to_known = [each.service for each in api.complementary_services([look], mila, now=now)]

    assert to_newcomer == [hygiene]
    assert set(to_known) == {caries, hygiene}


def test_what_is_not_booked_on_the_site_is_not_offered_there(priced, habit, now):
    look, hygiene = priced("Консультация", is_consultation=True), priced("Чистка зубов", is_prevention=True)
    habit(look, hygiene)
    assert (
        "В тот же визит эту услугу выбирают 100 из 100" in api.complementary_services([look], None, now=now)[0].reason
    )
    ServiceNeed.objects.create(service=hygiene, in_widget=False)
    assert api.complementary_services([look], None, now=now) == []
