"""A clinic with a schedule: Dr Sokolova receives on weekdays with a break, room and machine, and who books there."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from zabota.booking import api
from zabota.booking.models import FreedSlot, Resource
from zabota.clinic.models import Doctor
from zabota.kernel.names import fold

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture
def now():
    """Tuesday, noon in Moscow."""
    return dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def at():
    """Local time of the branch: at(25, 10) is the 25th of November, 10:00."""
    return lambda day, hour, minute=0, month=11: dt.datetime(2026, month, day, hour, minute, tzinfo=MOSCOW)


@pytest.fixture
def week(actor, now):
    """Writes a week of a resource: `week(resource, branch, range(5), 9, 18, pause=(13, 14))`, hours of the day."""

    def make(resource, branch, weekdays, begins, ends, pause=None):
        rows = []
        for weekday in weekdays:
            rows.append(api.DayHours(branch, weekday, int(begins * 60), int(ends * 60)))
            if pause is not None:
                rows.append(api.DayHours(branch, weekday, int(pause[0] * 60), int(pause[1] * 60), is_break=True))
        api.set_week(resource=resource, week=rows, actor=actor, now=now)
        return resource

    return make


@pytest.fixture
def new_doctor(smile, centre):
    """Makes a doctor of «Центр» with a place in the schedule, without hours."""

    def make(name, speciality="терапевт", branch=None):
        doctor = Doctor.objects.create(clinic=smile, name=name, name_key=fold(name), speciality=speciality)
        doctor.branches.set([branch or centre])
        Resource.objects.create(clinic=smile, kind="doctor", doctor=doctor, name=name)
        return doctor

    return make


@pytest.fixture
def seat(in_clinic, doctor_sokolova, centre, week):
    """Dr Sokolova in the schedule: weekdays 9–18, break 13–14."""
    resource = Resource.objects.create(
        clinic=in_clinic, kind="doctor", doctor=doctor_sokolova, name=doctor_sokolova.name
    )
    return week(resource, centre, range(5), 9, 18, pause=(13, 14))


@pytest.fixture
def book(in_clinic, mila, doctor_sokolova, centre, actor, now, at):
    """Books Mila with Dr Sokolova on the 25th at 10:00; anything may be changed."""

    def make(**changes):
        fields = {"patient": mila, "doctor": doctor_sokolova, "branch": centre, "starts_at": at(25, 10)}
        return api.book(**{**fields, "actor": actor, "now": now, **changes})

    return make


@pytest.fixture
def waits(in_clinic, actor, now):
    """Puts a patient on the list: `waits(mila, minutes=30)`."""

    def make(patient, **wishes):
        return api.join_waitlist(patient=patient, **{"notice_minutes": 0, "actor": actor, "now": now, **wishes})

    return make


@pytest.fixture
def people(new_patient, smile):
    """Six who may wait."""
    return [new_patient(smile, f"Ждущий Номер{number}", phone=f"+7916000{number:04}") for number in range(6)]


@pytest.fixture
def freed(seat, book, actor, now):
    """Frees Mila's time of tomorrow at 10:00 and gives what became of it."""

    def make(**changes):
        row = book(**changes)
        api.cancel(appointment=row, by_patient=True, actor=actor, now=now)
        return FreedSlot.objects.filter(appointment=row).get()

    return make
