"""A doctor who receives; visits of the clinic's own program."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from zabota.booking import api as booking
from zabota.booking.models import Appointment, Resource
from zabota.clinic.models import Branch, Clinic, Doctor
from zabota.kernel import clock
from zabota.patients.models import Patient


@pytest.fixture
def imported(smile: Clinic, centre: Branch, doctor_sokolova: Doctor) -> Callable[..., Appointment]:
    """A visit of three days ahead as an export brought it."""

    def make(patient: Patient, ext_id: str = "v1", hour: int = 10) -> Appointment:
        day = clock.today("Europe/Moscow") + dt.timedelta(days=3)
        return Appointment.objects.create(
            clinic=smile, patient=patient, branch=centre, doctor=doctor_sokolova, day=day, system="ident",
            ext_id=ext_id, origin="import",
            starts_at=dt.datetime.combine(day, dt.time(hour), ZoneInfo("Europe/Moscow")),
        )  # fmt: skip

    return make


@pytest.fixture
def day() -> dt.date:
    """A week ahead."""
    return clock.today("Europe/Moscow") + dt.timedelta(days=7)


@pytest.fixture
def seat(in_clinic: Clinic, centre: Branch, doctor_sokolova: Doctor, actor) -> Resource:
    """Dr Sokolova receives every day from nine to five with a break at one."""
    now = clock.now()
    booking.ensure_resources(clinic=in_clinic, now=now)
    row = Resource.objects.get(doctor=doctor_sokolova)
    week = [booking.DayHours(centre, wd, a, b) for wd in range(7) for a, b in ((540, 780), (840, 1020))]
    booking.set_week(resource=row, week=week, actor=actor, now=now)
    return row


@pytest.fixture
def visit(in_clinic, seat: Resource, centre: Branch, doctor_sokolova: Doctor, mila: Patient, day, actor) -> Appointment:
    """Mila at ten."""
    return booking.book(
        patient=mila,
        doctor=doctor_sokolova,
        branch=centre,
        starts_at=dt.datetime.combine(day, dt.time(10), ZoneInfo("Europe/Moscow")),
        duration_minutes=60,
        actor=actor,
        now=clock.now(),
    )
