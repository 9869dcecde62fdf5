"""A clinic that sends SMS, with its texts; visits of Mila at any time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from zabota.booking.models import Appointment
from zabota.booking.services.appointments import book
from zabota.clinic.models import Branch, Clinic, Doctor
from zabota.kernel.audit import Actor
from zabota.kernel.scope import clinic_scope
from zabota.messaging.api import ensure_templates
from zabota.messaging.models import ChannelAccount
from zabota.patients.models import Patient

#: Wednesday noon in Moscow.
WEDNESDAY = dt.datetime(2026, 11, 18, 12, tzinfo=ZoneInfo("Europe/Moscow"))


@pytest.fixture
def sends_sms(smile: Clinic) -> Clinic:
    """«Улыбка» with an SMS account and the built-in texts."""
    with clinic_scope(smile.pk):
        ensure_templates(clinic=smile, now=WEDNESDAY)
        ChannelAccount.objects.create(
            clinic=smile, provider="smsc", channel="sms", title="SMS", hook_hash="x", is_on=True, created_at=WEDNESDAY
        )
    return smile


@pytest.fixture
def book_for(sends_sms: Clinic, centre: Branch, doctor_sokolova: Doctor, actor: Actor) -> Callable[..., Appointment]:
    """`book_for(mila, "2026-11-26 15:00", at=WEDNESDAY)`: booked at the desk, wall time of Moscow."""

    def make(patient: Patient, starts: str, *, at: dt.datetime = WEDNESDAY, **fields: object) -> Appointment:
        begins = dt.datetime.fromisoformat(starts).replace(tzinfo=ZoneInfo("Europe/Moscow"))
        fields.setdefault("doctor", doctor_sokolova)
        with clinic_scope(patient.clinic_id):
            return book(patient=patient, branch=centre, starts_at=begins, actor=actor, now=at, **fields)

    return make
