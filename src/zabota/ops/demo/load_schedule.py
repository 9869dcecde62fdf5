"""The demo clinic's schedule: hours, breaks, holidays and leaves, rooms, needs of services, times of visits, who waits."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np

from zabota.booking import api as booking
from zabota.booking.models import (
    Appointment,
    ExceptionDay,
    NextFree,
    Resource,
    ServiceNeed,
    WaitlistEntry,
    WorkingHours,
)
from zabota.ops.demo.catalogue import DOCTORS, LEAVE_DAYS, SERVICES
from zabota.ops.demo.generate import Clinic
from zabota.ops.demo.hours import HOLIDAYS
from zabota.ops.demo.load_clinic import Frame
from zabota.ops.demo.load_video import is_by_video, load_video

#: Reception notes when a patient comes and goes; the demo has done so for this long.
TIMES_DAYS: Final = 98
#: Evenings whose waiting to the next free time is known.
EVENINGS: Final = 98
WAITING: Final = 12
ROOMS: Final = (("Кабинет 1", 0), ("Кабинет 2", 0), ("Кабинет 3", 0), ("Кабинет 4", 0), ("Кабинет 1", 1),
                ("Кабинет 2", 1), ("Кабинет 3", 1))  # fmt: skip
AIR_FLOW: Final = "GG-02"
HOLIDAY: Final = "праздничный день"
LEAVE: Final = "отпуск"
_NOTICES: Final = (60, 180, 180, 1440)


def load_schedule(clinic: Clinic, frame: Frame, *, now: dt.datetime) -> None:
    """Write the schedule around visits that are there already, and give the future ones their cells."""
    seats = _doctors(frame)
    _specials(clinic, frame, seats)
    _needs(frame, now)
    _times(clinic, frame, now)
    _evenings(clinic, frame, now)
    load_video(clinic, frame, now=now)
    booking.settle(clinic=frame.clinic, now=now)
    _waiting(clinic, frame, now)


def _doctors(frame: Frame) -> list[Resource]:
    seats, hours = [], []
    for doctor, shown in zip(frame.doctors, DOCTORS, strict=True):
        seat = Resource.objects.create(clinic=frame.clinic, kind=Resource.Kind.DOCTOR, doctor=doctor, name=doctor.name)
        seats.append(seat)
        for weekday, branch, begins, ends in shown.shifts:
            hours.append(
                WorkingHours(
                    resource=seat,
                    branch=frame.branches[branch],
                    weekday=weekday,
                    begins_minute=begins,
                    ends_minute=ends,
                )
            )
    WorkingHours.objects.bulk_create(hours)
    return seats


def _specials(clinic: Clinic, frame: Frame, seats: list[Resource]) -> None:
    """Holidays and leaves of the year around the as-of day, as the visits were laid out by them."""
    as_of = clinic.spec.as_of
    years = (as_of.year, as_of.year + 1)
    rows = [
        ExceptionDay(clinic=frame.clinic, kind=ExceptionDay.Kind.HOLIDAY, first_on=day, last_on=day, note=HOLIDAY)
        for year in years
        for month, number in sorted(HOLIDAYS)
        if (day := dt.date(year, month, number)) >= as_of
    ]
    for seat, shown in zip(seats, DOCTORS, strict=True):
        for year in years:
            for begin, length in zip(shown.leave, LEAVE_DAYS, strict=True):
                first = dt.date(year, 1, 1) + dt.timedelta(days=begin - 1)
                last = first + dt.timedelta(days=length - 1)
                if last >= as_of:
                    rows.append(
                        ExceptionDay(
                            clinic=frame.clinic, kind=ExceptionDay.Kind.OFF, resource=seat, first_on=first,
                            last_on=last, note=LEAVE,
                        )
                    )  # fmt: skip
    ExceptionDay.objects.bulk_create(rows)


def _needs(frame: Frame, now: dt.datetime) -> None:
    """Rooms, two machines for Air Flow, and who performs what."""
    Resource.objects.bulk_create(
        Resource(clinic=frame.clinic, kind=Resource.Kind.ROOM, name=name, branch=frame.branches[branch])
        for name, branch in ROOMS
    )
    machines = [
        Resource.objects.create(clinic=frame.clinic, kind=Resource.Kind.DEVICE, name="Аппарат Air Flow", branch=branch)
        for branch in frame.branches
    ]
    for service, shown in zip(frame.services, SERVICES, strict=True):
        need = ServiceNeed.objects.create(
            service=service,
            buffer_after_minutes=0,
            needs=ServiceNeed.Needs.DEVICE if shown.code == AIR_FLOW else ServiceNeed.Needs.NOTHING,
            by_video=is_by_video(shown.code, consultation=shown.consultation),
        )
        if shown.code == AIR_FLOW:
            need.resources.set(machines)
    booking.ensure_performers(clinic=frame.clinic, now=now)


def _times(clinic: Clinic, frame: Frame, now: dt.datetime) -> None:
    """When patients of the last weeks came, were received and left: some early, some kept waiting after noon."""
    rng = clinic.spec.stream("reception")
    since = clinic.spec.as_of - dt.timedelta(days=TIMES_DAYS)
    rows = list(
        Appointment.objects.filter(
            clinic=frame.clinic, status=Appointment.Status.COMPLETED, day__gte=since, starts_at__lt=now
        ).order_by("starts_at", "doctor_id", "id")
    )
    early = rng.gamma(4.0, 2.2, len(rows))
    late = rng.gamma(1.6, 4.5, len(rows))
    length = rng.normal(1.0, 0.12, len(rows)).clip(0.6, 1.5)
    for row, before, wait, share in zip(rows, early, late, length, strict=True):
        slow = 1.0 + 0.12 * max(row.starts_at.hour - 9, 0)  # the day falls behind towards the evening
        row.arrived_at = row.starts_at - dt.timedelta(minutes=round(float(before)))
        row.begun_at = row.starts_at + dt.timedelta(minutes=round(float(wait) * slow))
        row.ended_at = row.begun_at + dt.timedelta(minutes=round(row.duration_minutes * float(share)))
    Appointment.objects.bulk_update(rows, ["arrived_at", "begun_at", "ended_at"], batch_size=200)


def _evenings(clinic: Clinic, frame: Frame, now: dt.datetime) -> None:
    """Days to the next free time on each of the last evenings, drifting a little."""
    rng = clinic.spec.stream("evenings")
    rows = []
    for doctor in frame.doctors:
        level = float(rng.uniform(0.5, 4.0))
        for ago in range(EVENINGS, 0, -1):
            level = float(np.clip(level + rng.normal(0, 0.5), 0.0, 9.0))
            first = int(level)
            rows.append(
                NextFree(
                    clinic=frame.clinic,
                    doctor=doctor,
                    on=clinic.spec.as_of - dt.timedelta(days=ago),
                    days_to_first=first,
                    days_to_third=first + int(rng.integers(0, 3)),
                )
            )
    NextFree.objects.bulk_create(rows)


def _waiting(clinic: Clinic, frame: Frame, now: dt.datetime) -> None:
    """Patients with a time in more than a week who would come earlier."""
    rng = clinic.spec.stream("waiting")
    later = list(
        Appointment.objects.filter(
            clinic=frame.clinic,
            status__in=Appointment.BOOKED,
            starts_at__gt=now + dt.timedelta(days=7),
            patient__merged_into=None,
        )
        .select_related("patient", "doctor")
        .prefetch_related("lines__service")
        .order_by("starts_at", "doctor_id", "id")
    )
    if not later:
        return
    places = sorted(rng.choice(len(later), min(WAITING, len(later)), replace=False))
    parts: tuple[list[str], ...] = (["morning"], ["evening"], ["day", "evening"], [])
    for place in places:
        visit = later[int(place)]
        entry = WaitlistEntry.objects.create(
            clinic=frame.clinic,
            patient=visit.patient,
            appointment=visit,
            minutes=visit.duration_minutes,
            day_parts=parts[int(rng.integers(0, len(parts)))],
            notice_minutes=_NOTICES[int(rng.integers(0, len(_NOTICES)))],
            priority=int(rng.random() < 0.2),
            created_at=now - dt.timedelta(days=int(rng.integers(1, 14)), minutes=int(rng.integers(0, 600))),
            created_by=frame.clerk,
        )
        entry.services.set([line.service for line in visit.lines.all()])
        if visit.doctor is not None and rng.random() < 0.6:
            entry.doctors.set([visit.doctor])
