"""Booking beside the open person: what for, to whom, free times of exactly that length, what is worth adding and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict

from zabota.booking import api as booking
from zabota.clinic.models import Branch, Doctor, Service
from zabota.desk.access import StaffRequest
from zabota.desk.calendar.offers import sensible_next
from zabota.desk.today.person import Person
from zabota.ui import formats
from zabota.visits import api as visits

#: Free times beside the person; all others are in the calendar.
SLOTS = 6


@dataclass(frozen=True, slots=True)
class Slot:
    """A free time as a button; `doctor` is named where any doctor will do."""

    at: datetime
    label: str
    value: str
    doctor: str = ""

    @property
    def surname(self) -> str:
        """What has room on a button."""
        return self.doctor.split(" ")[0]


def read_services(data: QueryDict, clinic_id: int) -> list[Service]:
    """What the visit is for, in order, each once; nothing chosen is a visit without a service."""
    ids = [each for each in (data.get("service", ""), data.get("also", "")) if each]
    if not ids:
        return []
    known = {
        each.public_id: each for each in Service.objects.filter(clinic=clinic_id, is_active=True, public_id__in=ids)
    }
    return [known[each] for each in dict.fromkeys(ids) if each in known]


def load_booking(
    request: StaffRequest,
    person: Person,
    now: datetime,
    doctor: Doctor | None,
    *,
    anybody: bool = False,
    services: Sequence[Service] = (),
    online: bool = False,
) -> dict[str, Any]:
    """Doctors of this patient's branch and free times of the chosen one, or of all of them, for these services.

    `online` holds where the services may be by video.
    """
    branch = person.task.branch or person.patient.branch
    doctors = list(
        Doctor.objects.filter(clinic=request.clinic, is_active=True).prefetch_related("branches").order_by("name")
    )
    by_video = visits.offers_video(services)
    need = booking.need_of(services)
    if need.doctor_ids is not None:
        doctors = [each for each in doctors if each.pk in need.doctor_ids]
        # Their own doctor does not do it: whoever does, soonest first.
        anybody = anybody or (doctor is not None and doctor not in doctors)
    near = [each for each in doctors if _receives_at(each, branch)]
    usual = (person.doctor, person.last.doctor if person.last else None)
    chosen = doctor or next((each for each in usual if each in doctors), None) or next(iter([*near, *doctors]), None)
    where = branch_for(chosen, branch)
    slots: list[Slot] = []
    if anybody:
        chosen, where = None, branch
        slots = _of_anybody(request, branch, now, services, online=online and by_video)
    elif chosen is not None and where is not None:
        zone = ZoneInfo(where.time_zone)
        times = booking.suggested_times(
            doctor=chosen, branch=where, now=now, limit=SLOTS, services=services, online=online and by_video
        )
        slots = [Slot(at, _day_of(at.astimezone(zone)), at.isoformat()) for at in times]
    return {
        "doctors": [*near, *(each for each in doctors if each not in near)],
        "doctor": chosen,
        "anybody": anybody,
        "slots": slots,
        "booking_branch": where if where != branch else None,
        "services": list(Service.objects.filter(clinic=request.clinic, is_active=True).order_by("name")),
        "service": services[0] if services else None,
        "also": services[1] if len(services) > 1 else None,
        "hint": sensible_next(person.patient, services, now=now) if len(services) == 1 else None,
        "minutes": need.minutes if services else None,
        "by_video": by_video,
        "online": online,
        "consent": visits.video_consent(person.patient) if online and by_video else None,
    }


def branch_for(doctor: Doctor | None, branch: Branch | None) -> Branch | None:
    """Where this doctor would see the patient: in the patient's branch when they receive there."""
    if doctor is None or branch is None or _receives_at(doctor, branch):
        return branch or next(iter(doctor.branches.all() if doctor else ()), None)
    return next(iter(doctor.branches.all()), None)


def _of_anybody(
    request: StaffRequest, branch: Branch | None, now: datetime, services: Sequence[Service], *, online: bool
) -> list[Slot]:
    """The first free times of all doctors of the branch who do it, two a day."""
    found = booking.find_slots(
        clinic_id=request.clinic.pk,
        now=now,
        branch=branch,
        services=services,
        online=online,
        days=14,
        limit_per_day=2,
    )
    every = [slot for slots in found.values() for slot in slots][:SLOTS]
    return [Slot(slot.local, _day_of(slot.local), slot.key, slot.doctor.name) for slot in every]


def _day_of(at: datetime) -> str:
    return f"{formats.weekday(at.date())}, {formats.day_short(at.date())}"


def _receives_at(doctor: Doctor, branch: Branch | None) -> bool:
    branches = list(doctor.branches.all())
    return branch is None or not branches or branch in branches
