"""What happens to appointments and payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from zabota.kernel.facts import FactBase, fact


@fact("booking.appointment_booked")
@dataclass(frozen=True, kw_only=True)
class AppointmentBooked(FactBase):
    """A patient has a time."""

    patient_id: int
    appointment_id: int
    starts_at: datetime


@fact("booking.appointment_confirmed")
@dataclass(frozen=True, kw_only=True)
class AppointmentConfirmed(FactBase):
    """The patient said that they will come."""

    patient_id: int
    appointment_id: int


@fact("booking.appointment_cancelled")
@dataclass(frozen=True, kw_only=True)
class AppointmentCancelled(FactBase):
    """A time was given up, by the patient or by the clinic."""

    patient_id: int
    appointment_id: int
    by_patient: bool


@fact("booking.appointment_missed")
@dataclass(frozen=True, kw_only=True)
class AppointmentMissed(FactBase):
    """The patient did not come."""

    patient_id: int
    appointment_id: int


@fact("booking.visit_completed")
@dataclass(frozen=True, kw_only=True)
class VisitCompleted(FactBase):
    """An appointment became a visit."""

    patient_id: int
    appointment_id: int
