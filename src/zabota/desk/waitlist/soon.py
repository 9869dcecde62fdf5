"""Free times that need no waiting: shown before somebody is put on the list for the same doctor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.urls import reverse

from zabota.booking import api as booking
from zabota.booking.models import Appointment
from zabota.clinic.models import Branch, Doctor, Service
from zabota.desk.waitlist.forms import WishForm
from zabota.patients.models import Patient
from zabota.ui import formats
from zabota.visits import api as visits

#: Later than that somebody would rather wait for an earlier time.
DAYS = 7
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Soon:
    """A free time in words, and where it is booked."""

    day: str
    clock: str
    url: str


def soon_of(form: WishForm, patient: Patient, *, clinic_id: int, now: datetime) -> list[Soon]:
    """The first free times of the chosen doctor on one day, earlier than the time the patient has already."""
    doctor = Doctor.objects.filter(clinic_id=clinic_id, public_id=_chosen(form, "doctor"), is_active=True).first()
    if doctor is None:
        return []
    service = Service.objects.filter(clinic_id=clinic_id, public_id=_chosen(form, "service"), is_active=True).first()
    branch = Branch.objects.filter(clinic_id=clinic_id, public_id=_chosen(form, "branch")).first()
    has = Appointment.objects.filter(patient=patient, public_id=_chosen(form, "appointment")).first()
    online = bool(form["online"].value()) and service is not None and visits.offers_video([service])
    found = booking.find_slots(
        clinic_id=clinic_id,
        now=now,
        services=[service] if service else [],
        doctors=[doctor],
        branch=branch,
        start_day=now.astimezone(ZoneInfo(patient.clinic.time_zone)).date(),
        days=DAYS,
        online=online,
    )
    for day, slots in found.items():
        earlier = [each for each in slots if has is None or each.starts_at < has.starts_at]
        if earlier:
            return [_soon(each, day, patient, service, now, online=online) for each in _spread(earlier)]
    return []


def _spread(slots: list[booking.Slot]) -> list[booking.Slot]:
    """Morning, midday and evening rather than three quarters of one hour."""
    if len(slots) <= SHOWN:
        return slots
    step = (len(slots) - 1) / (SHOWN - 1)
    return [slots[round(number * step)] for number in range(SHOWN)]


def _soon(
    slot: booking.Slot, day: date, patient: Patient, service: Service | None, now: datetime, *, online: bool
) -> Soon:
    today = now.astimezone(slot.local.tzinfo).date()
    words = {today: "сегодня", today + timedelta(days=1): "завтра"}.get(day) or formats.ru_day(day)
    asked = {"patient": patient.public_id, "slot": slot.key} | ({"service": service.public_id} if service else {})
    asked |= {"online": "1"} if online else {}
    return Soon(words, formats.clock(slot.local), f"{reverse('desk:calendar-book')}?{urlencode(asked)}")


def _chosen(form: WishForm, name: str) -> str:
    return str(form[name].value() or "")
