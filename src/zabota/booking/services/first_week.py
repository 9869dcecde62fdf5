"""A believable schedule for a clinic that only loaded its visits: hours and performers as its history shows them."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, Q

from zabota.booking.models import Appointment, AppointmentService, Resource, ServiceNeed, WorkingHours
from zabota.booking.queries.busy import EpochMinutes
from zabota.booking.rules.cells import instant_of
from zabota.booking.services.resources import DayHours, write_week
from zabota.booking.services.seats import resource_of
from zabota.clinic.models import Branch, Clinic, Doctor

_LOOK_BACK = timedelta(days=180)
_PERFORMED_WITHIN = timedelta(days=540)
#: A weekday counts when the doctor received on so many of them.
_ENOUGH_DAYS = 2
#: A doctor performs what they did so often.
_ENOUGH_TIMES = 3
#: Hours of a doctor without any history.
_OPENS, _CLOSES = 9 * 60, 18 * 60

_Day = tuple[int, int]


@transaction.atomic
def ensure_resources(*, clinic: Clinic, now: datetime) -> int:
    """Every active doctor has a place in the schedule with hours; what people set is never changed. Returns how many were made."""
    known = set(
        WorkingHours.objects.filter(resource__clinic=clinic, resource__kind=Resource.Kind.DOCTOR)
        .values_list("resource__doctor_id", flat=True)
        .distinct()
    )
    seen = set(Resource.objects.filter(clinic=clinic, doctor__isnull=False).values_list("doctor_id", flat=True))
    new = [doctor for doctor in Doctor.objects.filter(clinic=clinic, is_active=True) if doctor.pk not in known & seen]
    if not new:
        return 0
    branches = {row.pk: row for row in Branch.objects.filter(clinic=clinic, is_active=True).order_by("id")}
    if not branches:
        return 0
    history = _history(clinic, branches, now)
    ever = set(Appointment.objects.filter(clinic=clinic, doctor__in=new).values_list("doctor_id", flat=True).distinct())
    made = 0
    for doctor in new:
        if doctor.pk in seen and doctor.pk not in history:
            continue  # a person emptied the week, or the doctor left
        resource = resource_of(doctor)
        week = _week(history.get(doctor.pk, {}), branches)
        if not week and doctor.pk not in ever:
            home = doctor.branches.filter(is_active=True).order_by("id").first() or next(iter(branches.values()))
            week = [DayHours(home, weekday, _OPENS, _CLOSES) for weekday in range(5)]
        write_week(resource, week)
        if not week:
            Resource.objects.filter(pk=resource.pk).update(is_active=False)  # receives nobody for half a year
        made += 1
    ensure_performers(clinic=clinic, now=now)
    return made


def ensure_performers(*, clinic: Clinic, now: datetime) -> None:
    """Who performs each service, from who did it; services whose doctors somebody chose keep them."""
    done = (
        AppointmentService.objects.filter(
            appointment__clinic=clinic,
            appointment__starts_at__gt=now - _PERFORMED_WITHIN,
            appointment__doctor__is_active=True,
            service__is_active=True,
        )
        .filter(Q(service__need=None) | Q(service__need__doctors=None))
        .values_list("service_id", "appointment__doctor_id")
        .annotate(times=Count("id"))
        .filter(times__gte=_ENOUGH_TIMES)
        .order_by()
    )
    performers: dict[int, set[int]] = defaultdict(set)
    for service_id, doctor_id, _ in done:
        performers[service_id].add(doctor_id or 0)
    known = {row.service_id: row for row in ServiceNeed.objects.filter(service__in=performers)}
    fresh = [ServiceNeed(service_id=pk) for pk in sorted(performers) if pk not in known]
    needs = [*ServiceNeed.objects.bulk_create(fresh), *known.values()]
    through = ServiceNeed.doctors.through
    through.objects.bulk_create(
        through(serviceneed_id=need.pk, doctor_id=doctor_id)
        for need in needs
        for doctor_id in sorted(performers[need.service_id])
    )


def _history(
    clinic: Clinic, branches: dict[int, Branch], now: datetime
) -> dict[int, dict[int, dict[int, dict[date, _Day]]]]:
    """Doctor → branch → weekday → day → first and last minute of the day's visits."""
    zones = {pk: ZoneInfo(row.time_zone) for pk, row in branches.items()}
    found: dict[int, dict[int, dict[int, dict[date, _Day]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(dict))
    )
    rows = (
        Appointment.objects.filter(
            clinic=clinic,
            doctor__isnull=False,
            branch_id__in=branches,
            vanished_at=None,
            starts_at__gt=now - _LOOK_BACK,
            starts_at__lt=now + timedelta(days=30),
        )
        .exclude(status=Appointment.Status.MOVED)
        .order_by()
        .values_list("doctor_id", "branch_id", EpochMinutes("starts_at"), "duration_minutes")
    )
    for doctor_id, branch_id, minute, length in rows.iterator(chunk_size=5000):
        local = instant_of(minute).astimezone(zones[branch_id or 0])
        begins = local.hour * 60 + local.minute
        days = found[doctor_id or 0][branch_id or 0][local.weekday()]
        first, last = days.get(local.date(), (begins, begins + length))
        days[local.date()] = (min(first, begins), max(last, begins + length))
    return found


def _week(history: dict[int, dict[int, dict[date, _Day]]], branches: dict[int, Branch]) -> list[DayHours]:
    """One branch per weekday, the more usual; a quarter of odd days on either side does not count."""
    week = []
    for weekday in range(7):
        per_branch = [(len(days.get(weekday, {})), -pk, pk) for pk, days in history.items()]
        count, _, branch_id = max(per_branch, default=(0, 0, 0))
        if count < _ENOUGH_DAYS:
            continue
        spans = history[branch_id][weekday].values()
        begins = sorted(span[0] for span in spans)[count // 4] // 30 * 30
        ends = -(-sorted(span[1] for span in spans)[(3 * count) // 4 - (1 if count % 4 == 0 else 0)] // 30) * 30
        ends = min(max(ends, begins + 60), 1440)
        if begins < ends:
            week.append(DayHours(branches[branch_id], weekday, begins, ends))
    return week
