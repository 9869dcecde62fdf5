"""Times and services to offer: the nearest free, others when one was taken, what is due for this patient and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.http import QueryDict

from zabota.booking import api as booking
from zabota.booking.models import Appointment, AppointmentService
from zabota.clinic.models import Doctor, Service
from zabota.desk.calendar.asked import Asked, read_day
from zabota.desk.calendar.slots import Offer, offers_of
from zabota.kernel.errors import Trouble
from zabota.kernel.typed import number_of
from zabota.nextstep import api as nextstep
from zabota.patients.models import Patient
from zabota.ui import formats

#: What is due within these days is worth a word while the patient is on the phone.
SOON = timedelta(days=30)
DAYS, SHOWN = 21, 9


@dataclass(frozen=True, slots=True)
class Sensible:
    """A service to offer and the reason in words."""

    service: Service
    why: str


def nearest(
    data: QueryDict, services: Sequence[Service], *, online: bool = False, asked: Asked, now: datetime
) -> list[Offer]:
    """The first free times from the chosen day on, of the chosen doctor or of whoever performs the services."""
    doctor = Doctor.objects.filter(clinic=asked.branch.clinic_id, public_id=data.get("doctor", "")).first()
    minutes = number_of(data.get("duration_minutes", ""), most=480)
    found = booking.find_slots(
        clinic_id=asked.branch.clinic_id,
        now=now,
        services=services,
        minutes=minutes if minutes is not None and minutes >= 5 else None,
        doctors=[doctor] if doctor else None,
        branch=asked.branch,
        start_day=max(read_day(data.get("day", ""), asked.today), asked.today),
        online=online,
        days=DAYS,
        limit_per_day=3,
    )
    return offers_of(islice((slot for slots in found.values() for slot in slots), SHOWN))


def alternatives_for(trouble: Trouble, *, now: datetime) -> list[Offer]:
    """Other times like the one that was taken; nothing when it was refused for another reason."""
    wanted = trouble.wanted if isinstance(trouble, booking.SlotTaken) else None
    return offers_of(booking.alternatives(wanted, now=now, limit=6)) if wanted is not None else []


def other_times(row: Appointment, *, asked: Asked, now: datetime) -> list[Offer]:
    """Free times for an appointment that is to be moved: its doctor, its length, the nearest days."""
    found = booking.find_slots(
        clinic_id=row.clinic_id,
        now=now,
        services=[line.service for line in row.lines.all()],
        minutes=row.duration_minutes,
        doctors=[row.doctor] if row.doctor else None,
        branch=asked.branch,
        start_day=max(row.day, asked.today),
        online=row.kind == Appointment.Kind.ONLINE,
        days=DAYS,
        limit_per_day=3,
    )
    return offers_of(islice((slot for slots in found.values() for slot in slots), SHOWN))


def sensible_next(patient: Patient, chosen: Sequence[Service], *, now: datetime) -> Sensible | None:
    """What is due for this patient and not among the chosen, else what goes well with the chosen; with its reason."""
    groups = {each for service in chosen for each in (service.group_id, service.triggers_group_id)}
    until = now.date() + SOON
    for line in nextstep.recalls_of(patient=patient, now=now):
        recall = line.recall
        if line.hidden_because or line.due_on > until or recall.is_disabled or recall.group_id in groups:
            continue
        service = _usual_service(patient, recall.group_id)
        if service is not None:
            on = recall.previous_on
            last = formats.day_month(on) if on.year == now.year else formats.day(on)
            return Sensible(service, f"Пора: последний раз {last}, обычно раз в {line.interval_words}.")
    for each in booking.complementary_services(chosen, patient, now=now, limit=1):
        return Sensible(each.service, each.reason)
    return None


def _usual_service(patient: Patient, group_id: int) -> Service | None:
    line = (
        AppointmentService.objects.filter(
            appointment__patient=patient, appointment__status=Appointment.Status.COMPLETED,
            service__group_id=group_id, service__is_active=True,
        )
        .select_related("service")
        .order_by("-appointment__starts_at")
        .first()
    )  # fmt: skip
    return line.service if line else Service.objects.filter(group_id=group_id, is_active=True).order_by("name").first()
