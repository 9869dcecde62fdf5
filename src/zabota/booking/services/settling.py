"""Appointments that loads brought take their cells, as far as those are free; what stands on one time is shown, never lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Max, Min

from zabota.booking.models import Appointment, AppointmentQuerySet, FreedSlot, Occupation, Resource, ResourceCell
from zabota.booking.queries.busy import LONGEST_MINUTES, EpochMinutes
from zabota.booking.rules.cells import cells_of, minute_of
from zabota.booking.services import seats
from zabota.booking.services.freed import note_freed
from zabota.clinic.models import Clinic, Doctor
from zabota.kernel.jobs import assure_lease

_PORTION = 200


def settle(*, clinic: Clinic, now: datetime) -> int:
    """Bring cells in line with the appointments of the future. Returns how many appointments were touched.

    What is right already is left alone, so that a second run does nothing.
    """
    # Every doctor with a future has a resource before the cells are compared.
    for doctor in Doctor.objects.filter(clinic=clinic, resource=None, pk__in=_live(clinic, now).values("doctor_id")):
        seats.resource_of(doctor)
    seat_of = dict(Resource.objects.filter(clinic=clinic, doctor__isnull=False).values_list("doctor_id", "pk"))
    wanted = _wanted(clinic, seat_of, now)
    cells = (
        ResourceCell.objects.filter(
            resource__in=seat_of.values(), appointment__isnull=False, cell__gte=minute_of(now) // 5
        )
        .order_by()
        .values_list("appointment_id", "resource_id")
        .annotate(first=Min("cell"), last=Max("cell"), count=Count("id"))
    )
    present: dict[int, list[tuple[int, int, int, int]]] = defaultdict(list)
    for appointment_id, resource_id, first, last, count in cells:
        present[appointment_id or 0].append((resource_id, first, last, count))
    wrong = [pk for pk, seat in wanted.items() if present.get(pk) != [seat]]
    gone = [pk for pk in present if pk not in wanted]
    overlaps = _overlaps(clinic, now)
    flagged = set(
        Appointment.objects.filter(
            clinic=clinic,
            in_conflict=True,
            day__gte=now.date() - timedelta(days=2),
            starts_at__gt=now - timedelta(minutes=LONGEST_MINUTES),
        ).values_list("pk", flat=True)
    )
    # A visit that shares its time keeps the cells it got: nothing changes by trying again.
    wrong = [
        pk
        for pk in wrong
        if not (pk in overlaps and pk in flagged and (pk not in present or _is_part(present[pk], wanted[pk])))
    ]
    for begin in range(0, len(gone), _PORTION):
        _clear(gone[begin : begin + _PORTION], now=now)
    for begin in range(0, len(wrong), _PORTION):
        _seat(wrong[begin : begin + _PORTION], now=now)
    Appointment.objects.filter(pk__in=overlaps - flagged).update(in_conflict=True)
    Appointment.objects.filter(pk__in=flagged - overlaps).update(in_conflict=False)
    return len(gone) + len(wrong)


def _live(clinic: Clinic, now: datetime) -> AppointmentQuerySet:
    """Visits that are not over yet, those under way included."""
    return Appointment.objects.filter(
        clinic=clinic,
        doctor__isnull=False,
        day__gte=now.date() - timedelta(days=2),
        status__in=Appointment.BOOKED,
        vanished_at=None,
        starts_at__gt=now - timedelta(minutes=LONGEST_MINUTES),
    )


def _wanted(clinic: Clinic, seat_of: dict[int, int], now: datetime) -> dict[int, tuple[int, int, int, int]]:
    """Appointment → resource, first cell, last cell, how many."""
    rows = (
        _live(clinic, now)
        .order_by()
        .values_list(
            "pk", "doctor_id", EpochMinutes("starts_at"), "duration_minutes", "buffer_before_minutes",
            "buffer_after_minutes",
        )
    )  # fmt: skip
    found = {}
    floor = minute_of(now) // 5
    for pk, doctor_id, start, minutes, before, after in rows:
        cells = cells_of(start - before, start + minutes + after)
        if cells.stop <= floor:
            continue
        first = max(cells.start, floor)
        found[pk] = (seat_of[doctor_id or 0], first, cells.stop - 1, cells.stop - first)
    return found


def _overlaps(clinic: Clinic, now: datetime) -> set[int]:
    """Appointments of the future that share an instant with another of the same doctor."""
    rows = (
        _live(clinic, now)
        .order_by("doctor_id", "starts_at", "pk")
        .values_list("pk", "doctor_id", EpochMinutes("starts_at"), "duration_minutes")
    )
    found: set[int] = set()
    last: tuple[int, int | None, int] | None = None
    for pk, doctor_id, start, minutes in rows:
        if last is not None and last[1] == doctor_id and start < last[2]:
            found |= {last[0], pk}
        if last is None or last[1] != doctor_id or start + minutes > last[2]:
            last = (pk, doctor_id, start + minutes)
    return found


def _is_part(present: Sequence[tuple[int, int, int, int]], wanted: tuple[int, int, int, int]) -> bool:
    return len(present) == 1 and present[0][0] == wanted[0] and wanted[1] <= present[0][1] <= present[0][2] <= wanted[2]


@transaction.atomic
def _clear(ids: Sequence[int], *, now: datetime) -> None:
    """Cells of what vanished, was cancelled or has no doctor any more; a cancelled time is one that fell free."""
    assure_lease()
    rows = [
        row
        for row in Appointment.objects.filter(pk__in=ids).select_related("doctor", "branch")
        if row.status not in Appointment.BOOKED or row.vanished_at is not None or row.doctor is None
    ]
    ids = [row.pk for row in rows]
    held = ResourceCell.objects.filter(appointment_id__in=ids)
    seats.lock_resources(held.values_list("resource_id", flat=True).distinct())
    held.delete()
    Occupation.objects.filter(appointment_id__in=ids).delete()
    for row in rows:
        gave_up = row.status in Appointment.CANCELLED
        if gave_up or (row.vanished_at is not None and row.status in Appointment.BOOKED):
            note_freed(row, cause=FreedSlot.Cause.CANCELLED, now=now)


@transaction.atomic
def _seat(ids: Sequence[int], *, now: datetime) -> None:
    assure_lease()
    rows = list(Appointment.objects.filter(pk__in=ids).select_related("doctor").order_by("booked_at", "pk"))
    seats_of = {row.pk: seats.resource_of(row.doctor).pk for row in rows if row.doctor is not None}
    seats.lock_resources(seats_of.values())
    ResourceCell.objects.filter(appointment_id__in=ids, resource__kind=Resource.Kind.DOCTOR).delete()
    ResourceCell.objects.bulk_create(
        [
            ResourceCell(resource_id=seats_of[row.pk], cell=cell, appointment=row)
            for row in rows
            if row.pk in seats_of
            for cell in seats.cells_of_visit(row)
        ],
        ignore_conflicts=True,
        batch_size=500,
    )
