"""Next and last visits, money, free times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Min, Q, Sum

from zabota.booking.models import Appointment, AppointmentQuerySet, Payment, WorkingHours
from zabota.booking.queries.needs import need_of
from zabota.booking.queries.search import find_slots
from zabota.booking.rules.slots import Span, free_times, usual_hours
from zabota.clinic.models import Branch, Doctor, Service

_LOOK_BACK = timedelta(days=120)
#: Times suggested of one day: morning and evening alike.
_PER_DAY = 4


@dataclass(frozen=True, slots=True)
class MoneySummary:
    """Money of one patient, kopecks. `balance` is what was paid less what was done; None when no payments are known."""

    paid_year: int = 0
    paid_total: int = 0
    done_year: int = 0
    done_total: int = 0
    payments: int = 0

    @property
    def balance(self) -> int | None:
        """Above zero: an advance of the patient. Below: a debt."""
        return self.paid_total - self.done_total if self.payments else None

    @property
    def value_year(self) -> int:
        """What the patient brought in the last twelve months: payments, or services done where payments are not loaded."""
        return self.paid_year if self.payments else self.done_year


@dataclass(frozen=True, slots=True)
class VisitSummary:
    """How often and how long a patient has been coming."""

    visits: int
    first_on: date | None
    last_on: date | None
    missed: int


def next_bookings(patient_ids: Sequence[int], *, now: datetime) -> dict[int, Appointment]:
    """The nearest time each patient has, with doctor, branch and services at hand."""
    rows = (
        Appointment.objects.upcoming(now)
        .filter(patient_id__in=list(patient_ids))
        .select_related("doctor", "branch")
        .prefetch_related("lines__service")
        .order_by("-starts_at", "-id")
    )
    return {row.patient_id: row for row in rows}


def last_visits(patient_ids: Sequence[int]) -> dict[int, Appointment]:
    """The latest completed visit of each patient, with doctor, branch and services at hand."""
    latest = (
        Appointment.objects.visits()
        .filter(patient_id__in=list(patient_ids))
        .values("patient_id")
        .annotate(at=Max("starts_at"))
        .values_list("patient_id", "at")
    )
    wanted = Q(pk__in=[])
    for patient_id, at in latest:
        wanted |= Q(patient_id=patient_id, starts_at=at)
    rows = (
        Appointment.objects.visits()
        .filter(wanted)
        .select_related("doctor", "branch")
        .prefetch_related("lines__service")
        .order_by("id")
    )
    return {row.patient_id: row for row in rows}


def visit_summaries(patient_ids: Sequence[int]) -> dict[int, VisitSummary]:
    """Number of visits, first and last day, missed ones."""
    done = Q(status=Appointment.Status.COMPLETED)
    rows = (
        Appointment.objects.filter(patient_id__in=list(patient_ids))
        .values("patient_id")
        .annotate(
            visits=Count("id", filter=done),
            first=Min("day", filter=done),
            last=Max("day", filter=done),
            missed=Count("id", filter=Q(status=Appointment.Status.NO_SHOW)),
        )
    )
    found = {row["patient_id"]: VisitSummary(row["visits"], row["first"], row["last"], row["missed"]) for row in rows}
    return {patient_id: found.get(patient_id, VisitSummary(0, None, None, 0)) for patient_id in patient_ids}


def payments_summary(patient_ids: Sequence[int], *, today: date) -> dict[int, MoneySummary]:
    """Money of each patient: the last 365 days and all time."""
    since = today - timedelta(days=365)
    paid = (
        Payment.objects.filter(patient_id__in=list(patient_ids))
        .values("patient_id")
        .annotate(
            year=Sum("amount_kopecks", filter=Q(paid_on__gt=since)), total=Sum("amount_kopecks"), count=Count("id")
        )
    )
    done = (
        Appointment.objects.visits()
        .filter(patient_id__in=list(patient_ids))
        .values("patient_id")
        .annotate(year=Sum("total_kopecks", filter=Q(day__gt=since)), total=Sum("total_kopecks"))
    )
    by_paid = {row["patient_id"]: row for row in paid}
    by_done = {row["patient_id"]: row for row in done}
    empty: dict[str, int] = {}
    return {
        patient_id: MoneySummary(
            paid_year=by_paid.get(patient_id, empty).get("year") or 0,
            paid_total=by_paid.get(patient_id, empty).get("total") or 0,
            done_year=by_done.get(patient_id, empty).get("year") or 0,
            done_total=by_done.get(patient_id, empty).get("total") or 0,
            payments=by_paid.get(patient_id, empty).get("count") or 0,
        )
        for patient_id in patient_ids
    }


def treating_doctors(patient_ids: Sequence[int]) -> dict[int, Doctor]:
    """The doctor each patient saw most often, the latest of equals."""
    rows = (
        Appointment.objects.visits()
        .filter(patient_id__in=list(patient_ids), doctor__isnull=False)
        .values("patient_id", "doctor_id")
        .annotate(visits=Count("id"), last=Max("starts_at"))
        .order_by("patient_id", "visits", "last")
    )
    chosen = {row["patient_id"]: row["doctor_id"] for row in rows}
    doctors = Doctor.objects.in_bulk(set(chosen.values()))
    return {patient_id: doctors[doctor_id] for patient_id, doctor_id in chosen.items()}


def suggested_times(
    *,
    doctor: Doctor,
    branch: Branch,
    now: datetime,
    services: Sequence[Service] = (),
    online: bool = False,
    days: int = 14,
    limit: int = 12,
) -> list[datetime]:
    """Free times of a doctor in the next days, by their hours; without any, by when they usually receive in this branch.

    As long as the services take, where their rooms and devices are free; nothing when this doctor does not perform them.
    """
    if WorkingHours.objects.filter(resource__doctor=doctor, resource__is_active=True).exists():
        found = find_slots(
            clinic_id=doctor.clinic_id,
            now=now,
            doctors=[doctor],
            branch=branch,
            services=services,
            online=online,
            days=days,
            limit_per_day=_PER_DAY,
        )
        return [slot.starts_at for slots in found.values() for slot in slots][:limit]
    zone = ZoneInfo(branch.time_zone)
    past = Appointment.objects.filter(
        doctor=doctor, branch=branch, starts_at__gt=now - _LOOK_BACK, starts_at__lte=now
    ).exclude(status=Appointment.Status.MOVED)
    hours = usual_hours(_spans(past), zone)
    first_day = now.astimezone(zone).date()
    ahead = Appointment.objects.filter(
        doctor=doctor,
        status__in=Appointment.BOOKED,
        vanished_at=None,
        starts_at__gt=now - timedelta(days=1),
        starts_at__lt=now + timedelta(days=days + 1),
    )
    return free_times(
        hours=hours,
        busy=_spans(ahead),
        first_day=first_day,
        days=days,
        duration_minutes=need_of(services).minutes,
        zone=zone,
        not_before=now + timedelta(minutes=30),
    )[:limit]


def _spans(rows: AppointmentQuerySet) -> list[Span]:
    values = rows.values_list("starts_at", "duration_minutes")
    return [Span(starts_at, starts_at + timedelta(minutes=minutes)) for starts_at, minutes in values]
