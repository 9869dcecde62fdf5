"""How long people wait: for the next free time, and in the corridor."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from zabota.booking.models import Appointment, NextFree
from zabota.booking.queries.search import find_slots
from zabota.clinic.models import Branch, Clinic, Doctor

#: Days ahead in which a free time is looked for.
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
    by_doctor: dict[str, list[float]] = defaultdict(list)
    by_hour: dict[str, list[float]] = defaultdict(list)
    rows = Appointment.objects.filter(
        clinic=clinic, day__gte=since, arrived_at__isnull=False, begun_at__isnull=False, vanished_at=None
    )
    if branch is not None:
        rows = rows.filter(branch=branch)
    for row in rows.select_related("doctor", "branch"):
        if row.arrived_at is None or row.begun_at is None:
            continue
        # Who comes an hour early does not wait because of the clinic.
        waited = max((row.begun_at - max(row.arrived_at, row.starts_at)).total_seconds() / 60, 0.0)
        zone = ZoneInfo(row.branch.time_zone if row.branch is not None else clinic.time_zone)
        by_hour[f"{row.starts_at.astimezone(zone).hour:02}"].append(waited)
        if row.doctor is not None:
            by_doctor[row.doctor.name].append(waited)
    return WaitingFigures(free, _corridor(by_doctor), _corridor(by_hour))


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


def _corridor(groups: dict[str, list[float]]) -> list[CorridorWait]:
    return [
        CorridorWait(
            key, len(waits), round(statistics.median(waits), 1), round(sorted(waits)[(9 * len(waits) - 1) // 10], 1)
        )
        for key, waits in sorted(groups.items())
    ]
