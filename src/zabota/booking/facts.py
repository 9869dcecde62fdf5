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
    #: When they got it: booked, or taken back after a cancellation.
    since_at: datetime | None = None


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
    #: It was booked by mistake a moment ago.
    is_undo: bool = False


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


@fact("booking.appointment_moved")
@dataclass(frozen=True, kw_only=True)
class AppointmentMoved(FactBase):
    """A visit has another time, doctor or kind; what was said about an older revision no longer holds."""

    patient_id: int
    appointment_id: int
    revision: int
    was_at: datetime
    starts_at: datetime
    by_patient: bool = False
    #: The way back from a move that was a mistake.
    is_undo: bool = False


@fact("booking.visit_arrived")
@dataclass(frozen=True, kw_only=True)
class VisitArrived(FactBase):
    """The patient is in the clinic."""

    patient_id: int
    appointment_id: int


@fact("booking.visit_begun")
@dataclass(frozen=True, kw_only=True)
class VisitBegun(FactBase):
    """The doctor began to receive the patient."""

    patient_id: int
    appointment_id: int


@fact("booking.mark_undone")
@dataclass(frozen=True, kw_only=True)
class MarkUndone(FactBase):
    """A mark of a visit (came, over, did not come) was taken back."""

    patient_id: int
    appointment_id: int


@fact("booking.performers_changed")
@dataclass(frozen=True, kw_only=True)
class PerformersChanged(FactBase):
    """Other doctors perform a service: a visit that names no service may be for something else now."""

    service_id: int


@fact("booking.slot_freed")
@dataclass(frozen=True, kw_only=True)
class SlotFreed(FactBase):
    """A time still to come has nobody any more."""

    freed_id: int


@fact("booking.waitlist_joined")
@dataclass(frozen=True, kw_only=True)
class WaitlistJoined(FactBase):
    """A patient waits for an earlier time."""

    patient_id: int
    entry_id: int


@fact("booking.waitlist_left")
@dataclass(frozen=True, kw_only=True)
class WaitlistLeft(FactBase):
    """An entry of the waitlist was closed without a time."""

    patient_id: int
    entry_id: int


@fact("booking.offer_opened")
@dataclass(frozen=True, kw_only=True)
class OfferOpened(FactBase):
    """A freed time was offered: the patient is to be told."""

    patient_id: int
    entry_id: int
    offer_id: int


@fact("booking.offer_accepted")
@dataclass(frozen=True, kw_only=True)
class OfferAccepted(FactBase):
    """The first who said yes has the time."""

    patient_id: int
    entry_id: int
    offer_id: int
    appointment_id: int


@fact("booking.offer_closed")
@dataclass(frozen=True, kw_only=True)
class OfferClosed(FactBase):
    """An offer ended without this patient: declined, expired, lost, withdrawn."""

    patient_id: int
    entry_id: int
    offer_id: int
    state: str
