"""Appointments and services of the tests of one patient's next step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from zabota.booking.models import Appointment, AppointmentService
from zabota.clinic.models import Clinic, Doctor, Service, ServiceGroup
from zabota.patients.models import Patient

S = Appointment.Status


@pytest.fixture
def visit(smile: Clinic, now: dt.datetime) -> Callable[..., Appointment]:
    """Makes an appointment so many days from now: `visit(mila, -200, cleaning)`."""

    def make(
        patient: Patient,
        days: int,
        *services: Service,
        status: str = S.COMPLETED,
        total: int = 450_000,
        doctor: Doctor | None = None,
    ) -> Appointment:
        at = now + dt.timedelta(days=days)
        row = Appointment.objects.create(
            clinic=smile, patient=patient, starts_at=at, day=(at + dt.timedelta(hours=3)).date(), status=status,
            total_kopecks=total, branch_id=patient.branch_id, doctor=doctor,
        )  # fmt: skip
        for service in services:
            AppointmentService.objects.create(appointment=row, service=service, price_kopecks=total)
        return row

    return make


@pytest.fixture
def implants(smile: Clinic) -> ServiceGroup:
    return ServiceGroup.objects.create(clinic=smile, name="Контроль имплантов", recall_interval_days=365)


@pytest.fixture
def implant(smile: Clinic, implants: ServiceGroup) -> Service:
    """Belongs to no group itself and starts the yearly control."""
    return Service.objects.create(clinic=smile, name="Имплант", name_key="имплант", triggers_group=implants)
