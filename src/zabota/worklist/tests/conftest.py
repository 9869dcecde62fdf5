"""Fixtures of the worklist's own tests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from zabota.booking.models import Appointment
from zabota.clinic.models import Branch, Clinic, Doctor, Member
from zabota.kernel.ids import new_public_id
from zabota.patients.models import Patient
from zabota.worklist.models import Reason, Task


@pytest.fixture
def now() -> dt.datetime:
    """Tuesday 24 November 2026, 12:00 in Moscow: every test of the queue stands in the middle of a working day."""
    return dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def new_task(in_clinic: Clinic, centre: Branch, now: dt.datetime) -> Callable[..., Task]:
    """Makes a task as the sweep does: `new_task(mila, owner=vera, stake=1000)`."""

    def make(patient: Patient, *, owner: Member | None = None, stake: int = 100_000, **fields: object) -> Task:
        defaults: dict[str, object] = {
            "clinic": in_clinic,
            "patient": patient,
            "branch": centre,
            "reason": Reason.RECALL_DUE,
            "summary": "Полгода после чистки: пора на профилактику",
            "owner": owner,
            "due_at": now + dt.timedelta(days=2),
            "value_kopecks": stake * 2,
            "chance": 0.5,
            "stake_kopecks": stake,
            "dedupe_key": new_public_id(),
            "created_at": now - dt.timedelta(days=1),
        }
        return Task.objects.create(**(defaults | fields))

    return make


@pytest.fixture
def new_visit(in_clinic: Clinic, centre: Branch, doctor_sokolova: Doctor) -> Callable[..., Appointment]:
    """Makes an appointment: `new_visit(mila, starts_at, status="completed", total=450_000)`."""

    def make(patient: Patient, starts_at: dt.datetime, *, status: str = "planned", total: int = 0) -> Appointment:
        return Appointment.objects.create(
            clinic=in_clinic,
            patient=patient,
            branch=centre,
            doctor=doctor_sokolova,
            starts_at=starts_at,
            day=starts_at.date(),
            status=status,
            total_kopecks=total,
        )

    return make
