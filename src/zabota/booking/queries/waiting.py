"""How long people wait: for the next free time, and in the corridor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from zabota.booking.models import Appointment, NextFree
from zabota.booking.queries.search import find_slots
from zabota.booking.rules.waits import Waits, WaitSpan, periods, waits_of
from zabota.clinic.models import Branch, Clinic, Doctor

#: Days ahead in which a free time is looked for; who finds none waits longer than that.
LOOK_AHEAD_DAYS = 60


@dataclass(frozen=True, slots=True)
class DoctorWait:
    """Days from today to the first and the third free time (None: none within two months), and how it was before."""

    doctor: Doctor
    days_to_first: int | None
    days_to_third: int | None
    #: Evening → days to the third free time, as kept then.
    history: tuple[tuple[date, int | None], ...] = ()


@dataclass(frozen=True, slots=True)
class CorridorWait:
    """Minutes from arriving, or from the agreed time when that is later, to the doctor's door."""

    key: str
    visits: int
    median_minutes: float
    #: Nine of ten waited no longer.
    most_minutes: float
    #: The same of as many days before; None: nobody's times were noted then.
    before_visits: int = 0
    before_minutes: float | None = None


@dataclass(frozen=True, slots=True)
class WaitingFigures:
    """Waiting of a clinic or a branch."""

    to_next_free: Sequence[DoctorWait]
    by_doctor: Sequence[CorridorWait]
    by_hour: Sequence[CorridorWait]


def waiting_figures(
    *, clinic: Clinic, now: datetime, branch: Branch | None = None, first_on: date | None = None, days: int = 30
) -> WaitingFigures:
    """Days to the next free time as it is now, minutes in the corridor over the last `days`."""
    since = first_on or now.astimezone(ZoneInfo(clinic.time_zone)).date() - timedelta(days=days)
    kept: dict[int, list[tuple[date, int | None]]] = defaultdict(list)
    for doctor_id, on, third in (
        NextFree.objects.filter(clinic=clinic, on__gte=since)
        .order_by("on")
        .values_list("doctor_id", "on", "days_to_third")
    ):
        kept[doctor_id].append((on, third))
    free = [
        DoctorWait(each.doctor, each.days_to_first, each.days_to_third, tuple(kept.get(each.doctor.pk, ())))
        for each in next_free(clinic=clinic, now=now, branch=branch)
    ]
    before_on = since - timedelta(days=days)
    by_doctor: dict[str, list[float]] = defaultdict(list)
    by_hour: dict[str, list[float]] = defaultdict(list)
    doctor_before: dict[str, list[float]] = defaultdict(list)
    hour_before: dict[str, list[float]] = defaultdict(list)
    for each in _corridor_waits(clinic=clinic, since=before_on, branch=branch):
        doctors, hours = (by_doctor, by_hour) if each.day >= since else (doctor_before, hour_before)
        hours[f"{each.hour:02}"].append(each.minutes)
        if each.doctor:
            doctors[each.doctor].append(each.minutes)
    return WaitingFigures(free, _corridor(by_doctor, doctor_before), _corridor(by_hour, hour_before))


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """Waiting of one week or month; None where nothing was noted."""

    first_on: date
    last_on: date
    #: It goes on today: there is nothing to compare it with yet.
    goes_on: bool
    #: Minutes in the corridor, a visit each.
    corridor: Waits | None
    #: Days to the first and to the third free time, one for every evening of every doctor.
    to_first: Waits | None
    to_third: Waits | None


def waiting_trend(
    *, clinic: Clinic, now: datetime, span: WaitSpan, branch: Branch | None = None, doctor: Doctor | None = None
) -> list[TrendPoint]:
    """Waiting week by week or month by month, the oldest first; of a branch, of one doctor."""
    today = now.astimezone(ZoneInfo(clinic.time_zone)).date()
    spans = periods(span, today)
    since = spans[0][0]
    minutes: dict[date, list[float]] = defaultdict(list)
    first: dict[date, list[float]] = defaultdict(list)
    third: dict[date, list[float]] = defaultdict(list)
    for each in _corridor_waits(clinic=clinic, since=since, branch=branch, doctor=doctor):
        minutes[_start_of(each.day, spans)].append(each.minutes)
    rows = NextFree.objects.filter(clinic=clinic, on__gte=since)
    if doctor is not None:
        rows = rows.filter(doctor=doctor)
    elif branch is not None:
        rows = rows.filter(doctor__in=branch.doctors.all())
    for on, to_first, to_third in rows.values_list("on", "days_to_first", "days_to_third"):
        start = _start_of(on, spans)
        first[start].append(LOOK_AHEAD_DAYS + 1 if to_first is None else to_first)
        third[start].append(LOOK_AHEAD_DAYS + 1 if to_third is None else to_third)
    return [
        TrendPoint(start, end, end >= today, waits_of(minutes[start]), waits_of(first[start]), waits_of(third[start]))
        for start, end in spans
    ]


def _start_of(day: date, spans: Sequence[tuple[date, date]]) -> date:
    return next((start for start, end in reversed(spans) if start <= day), spans[0][0])


@dataclass(frozen=True, slots=True)
class _Wait:
    day: date
    hour: int
    doctor: str
    minutes: float


def _corridor_waits(
    *, clinic: Clinic, since: date, branch: Branch | None = None, doctor: Doctor | None = None
) -> Iterator[_Wait]:
    """Every visit whose coming and beginning were noted."""
    rows = Appointment.objects.filter(
        clinic=clinic, day__gte=since, arrived_at__isnull=False, begun_at__isnull=False, vanished_at=None
    )
    if branch is not None:
        rows = rows.filter(branch=branch)
    if doctor is not None:
        rows = rows.filter(doctor=doctor)
    found = rows.values_list("day", "starts_at", "arrived_at", "begun_at", "doctor__name", "branch__time_zone")
    for day, starts_at, arrived_at, begun_at, name, zone in found.iterator():
        if arrived_at is None or begun_at is None:
            continue
        # Who comes an hour early does not wait because of the clinic.
        waited = max((begun_at - max(arrived_at, starts_at)).total_seconds() / 60, 0.0)
        yield _Wait(day, starts_at.astimezone(ZoneInfo(zone or clinic.time_zone)).hour, name or "", waited)


def next_free(*, clinic: Clinic, now: datetime, branch: Branch | None = None) -> list[DoctorWait]:
    """Days to the first and the third free time of each doctor, by name."""
    found = find_slots(clinic_id=clinic.pk, now=now, branch=branch, days=LOOK_AHEAD_DAYS, minutes=30)
    today = now.astimezone(ZoneInfo(clinic.time_zone)).date()
    doctors: dict[int, Doctor] = {
        row.pk: row
        for row in Doctor.objects.filter(clinic=clinic, is_active=True, resource__is_active=True).exclude(
            resource__hours=None
        )
    }
    if branch is not None:
        doctors = {row.pk: row for row in doctors.values() if row.branches.filter(pk=branch.pk).exists()}
    days: dict[int, list[int]] = defaultdict(list)
    for day, slots in found.items():
        for slot in slots:
            if len(days[slot.doctor.pk]) < 3:
                days[slot.doctor.pk].append((day - today).days)
    return [
        DoctorWait(
            doctor,
            days[doctor.pk][0] if days[doctor.pk] else None,
            days[doctor.pk][2] if len(days[doctor.pk]) > 2 else None,
        )
        for doctor in sorted(doctors.values(), key=lambda row: row.name)
    ]


def _corridor(groups: Mapping[str, list[float]], before: Mapping[str, list[float]]) -> list[CorridorWait]:
    found = [(key, waits_of(waits), waits_of(before.get(key, ()))) for key, waits in sorted(groups.items())]
    return [
        CorridorWait(
            key,
            now.count,
            round(now.median, 1),
            round(now.most, 1),
            was.count if was else 0,
            round(was.median, 1) if was else None,
        )
        for key, now, was in found
        if now is not None
    ]
