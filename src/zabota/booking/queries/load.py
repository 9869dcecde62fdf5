"""Planned against booked minutes, by doctor and week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from zabota.booking.models import Appointment, Resource
from zabota.booking.queries.hours import timetable
from zabota.booking.rules.cells import minute_of
from zabota.clinic.models import Branch, Clinic, Doctor


@dataclass(frozen=True, slots=True)
class WeekLoad:
    """One doctor in one week that begins on Monday `week_on`. `share` is None in a week without working hours."""

    doctor: Doctor
    week_on: date
    planned_minutes: int
    booked_minutes: int

    @property
    def share(self) -> float | None:
        """Booked part of the planned minutes; above 1 when people are received outside the hours."""
        return self.booked_minutes / self.planned_minutes if self.planned_minutes else None


def load_by_week(
    *, clinic: Clinic, first: date, weeks: int, now: datetime, branch: Branch | None = None
) -> list[WeekLoad]:
    """Doctors by name, weeks in order. Booked is what is still to come and what took place; cancelled is not."""
    monday = first - timedelta(days=first.weekday())
    last = monday + timedelta(days=7 * max(weeks, 1) - 1)
    resources = list(
        Resource.objects.filter(clinic=clinic, kind=Resource.Kind.DOCTOR, doctor__is_active=True)
        .select_related("doctor")
        .order_by("name", "id")
    )
    table = timetable(clinic.pk, [row.pk for row in resources], monday, last)
    rows = Appointment.objects.filter(
        clinic=clinic,
        doctor__isnull=False,
        day__gte=monday,
        day__lte=last,
        status__in=(*Appointment.BOOKED, Appointment.Status.COMPLETED),
        vanished_at=None,
    )
    if branch is not None:
        rows = rows.filter(branch=branch)
    booked: dict[tuple[int, int], int] = defaultdict(int)
    for doctor_id, day, minutes in rows.order_by().values_list("doctor_id", "day", "duration_minutes"):
        booked[doctor_id or 0, (day - monday).days // 7] += minutes
    found = []
    for resource in resources:
        if resource.doctor is None:
            continue
        for week in range(max(weeks, 1)):
            planned = sum(
                window.ends - window.begins
                for offset in range(7)
                for window in table.windows(resource.pk, monday + timedelta(days=7 * week + offset))
                if branch is None or window.branch_id == branch.pk
            )
            minutes = booked[resource.doctor.pk, week]
            if planned or minutes:
                found.append(WeekLoad(resource.doctor, monday + timedelta(days=7 * week), planned, minutes))
    return found


def displaced(
    *, clinic: Clinic, now: datetime, days: int = 90, branches: Sequence[int] | None = None
) -> list[Appointment]:
    """Visits to come that stand outside their doctor's hours: booked before a day off was entered, or loaded so."""
    seats = dict(Resource.objects.filter(clinic=clinic, doctor__isnull=False).values_list("doctor_id", "pk"))
    rows = (
        Appointment.objects.upcoming(now)
        .filter(
            clinic=clinic,
            doctor__in=seats,
            day__gte=now.date() - timedelta(days=1),
            starts_at__lt=now + timedelta(days=days),
        )
        .select_related("patient", "doctor", "branch")
        .order_by("starts_at", "id")
    )
    if branches is not None:
        rows = rows.filter(branch__in=branches)
    first = now.date() - timedelta(days=1)
    table = timetable(clinic.pk, seats.values(), first, first + timedelta(days=days + 2))
    found = []
    for row in rows:
        zone = table.zones.get(row.branch_id or 0)
        seat = seats.get(row.doctor_id or 0)
        begins = minute_of(row.starts_at)
        if zone is None or seat is None or not table.hours.get(seat):
            continue
        day = row.starts_at.astimezone(zone).date()
        inside = any(
            window.branch_id == row.branch_id
            and window.begins <= begins
            and begins + row.duration_minutes <= window.ends
            for each in (day - timedelta(days=1), day)
            for window in table.windows(seat, each)
        )
        if not inside:
            found.append(row)
    return found
