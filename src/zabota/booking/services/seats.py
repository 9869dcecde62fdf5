"""Takes and frees the cells of resources: the only place that writes them. Callers hold the transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from zabota.booking.models import Appointment, Hold, Occupation, Resource, ResourceCell
from zabota.booking.queries.fitting import rooms_there
from zabota.booking.queries.needs import Need, need_of
from zabota.booking.rules.cells import CELL_MINUTES, cells_of, minute_of
from zabota.clinic.models import Branch, Doctor

#: Cells of the past are kept this long: a visit under way, a mark that may be taken back.
_PAST = timedelta(days=2)
#: First half of the advisory locks' key; the other is the resource.
_LOCK_CLASS = 0x5A42


def lock_resources(ids: Iterable[int]) -> None:
    """One booking at a time per resource, always in the order of ids. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for pk in sorted(set(ids)):
                cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_CLASS, pk])


def resource_of(doctor: Doctor) -> Resource:
    """The doctor as a resource; made when first needed."""
    found, _ = Resource.objects.get_or_create(
        doctor=doctor, defaults={"clinic_id": doctor.clinic_id, "kind": Resource.Kind.DOCTOR, "name": doctor.name}
    )
    return found


def span_of(starts_at: datetime, minutes: int, need: Need) -> tuple[int, int]:
    """Minutes since the epoch that a visit occupies with its buffers."""
    begins = minute_of(starts_at)
    return begins - need.before, begins + minutes + need.after


def fitting(need: Need, branch: Branch, span: tuple[int, int]) -> list[list[Resource]]:
    """Per kind that is needed: the rooms or devices that would do and are not shut at that time, in order."""
    rooms = rooms_there(branch, need.kinds, span)
    return rooms.fit(need, span) if rooms is not None else []


def free_expired(resource_ids: Collection[int], *, now: datetime) -> None:
    """Holds of these resources that ran out."""
    ids = list(
        Hold.objects.filter(expires_at__lte=now, occupations__resource_id__in=resource_ids)
        .values_list("pk", flat=True)
        .distinct()
    )
    if ids:
        Hold.objects.filter(pk__in=ids).delete()


def taken(resource_ids: Collection[int], span: tuple[int, int]) -> set[int]:
    """Which of the resources have a cell of the span taken by a hold or a live appointment.

    Cells that a load left behind (its appointment vanished, moved or ended) are given back on the way.
    """
    cells = cells_of(*span)
    rows = list(
        ResourceCell.objects.filter(resource_id__in=resource_ids, cell__gte=cells.start, cell__lt=cells.stop)
        .values_list("resource_id", "appointment_id", "cell")
        .order_by()
    )
    owners = Appointment.objects.in_bulk({owner for _, owner, _ in rows if owner is not None})
    stale = {pk for pk, owner in owners.items() if not _is_live(owner)}
    busy = set()
    for resource_id, owner_id, cell in rows:
        owner = owners.get(owner_id or 0)
        if owner is None or (owner.pk not in stale and cell in cells_of_visit(owner)):
            busy.add(resource_id)
        elif owner is not None:
            stale.add(owner.pk)
    for pk in stale:
        own = cells_of_visit(owners[pk]) if _is_live(owners[pk]) else range(0)
        ResourceCell.objects.filter(appointment_id=pk).exclude(cell__gte=own.start, cell__lt=own.stop).delete()
        if not own:
            Occupation.objects.filter(appointment_id=pk).delete()
    return busy


def take(
    resource_ids: Sequence[int],
    span: tuple[int, int],
    *,
    appointment: Appointment | None = None,
    hold: Hold | None = None,
    partly: bool = False,
) -> bool:
    """Write the cells in the order of (resource, cell); False when one belongs to somebody else.

    The caller rolls back then, unless it asked for what is free (`partly`).
    """
    cells = cells_of(*span)
    rows = [
        ResourceCell(resource_id=pk, cell=cell, appointment=appointment, hold=hold)
        for pk in sorted(set(resource_ids))
        for cell in cells
    ]
    ResourceCell.objects.bulk_create(rows, ignore_conflicts=True)
    mine = Q(appointment=appointment) if appointment is not None else Q(hold=hold)
    got = ResourceCell.objects.filter(mine, resource_id__in=resource_ids, cell__gte=cells.start, cell__lt=cells.stop)
    whole = got.count() == len(rows)
    if whole or partly:
        doctors = (
            set()
            if hold is not None
            else set(Resource.objects.filter(pk__in=resource_ids, kind="doctor").values_list("pk", flat=True))
        )
        Occupation.objects.bulk_create(
            Occupation(resource_id=pk, begins_minute=span[0], ends_minute=span[1], appointment=appointment, hold=hold)
            for pk in sorted(set(resource_ids) - doctors)
        )
    return whole


def give_back(appointment: Appointment, *, since: datetime | None = None) -> None:
    """Free the cells of an appointment, all or those from an instant on."""
    cells = ResourceCell.objects.filter(appointment=appointment)
    if since is not None:
        cells = cells.filter(cell__gte=-(-minute_of(since) // CELL_MINUTES))
    cells.delete()
    Occupation.objects.filter(appointment=appointment).delete()


def overlapping(
    starts_at: datetime, ends_at: datetime, *, but: Appointment | None = None, **whose: int
) -> Appointment | None:
    """An appointment that holds a place and shares an instant with the span. Durations lie between 0 and a day."""
    around = Appointment.objects.filter(
        **whose,
        status__in=Appointment.BOOKED,
        vanished_at=None,
        starts_at__lt=ends_at,
        starts_at__gt=starts_at - timedelta(days=1),
    )
    if but is not None:
        around = around.exclude(pk=but.pk)
    return next((row for row in around if row.ends_at > starts_at), None)


def _is_live(row: Appointment) -> bool:
    return row.status in Appointment.BOOKED and row.vanished_at is None


def cells_of_visit(row: Appointment) -> range:
    """Cells of the doctor that a visit occupies with its buffers."""
    need = Need(before=row.buffer_before_minutes, after=row.buffer_after_minutes)
    return cells_of(*span_of(row.starts_at, row.duration_minutes, need))


def sit_again(row: Appointment, *, now: datetime) -> None:
    """Best effort: the cells of a visit that lives without them (loaded, or its mark taken back).

    What somebody else has stays theirs; the visit is kept and `in_conflict` says so.
    """
    give_back(row)
    row.in_conflict = False
    if row.doctor is None or row.ends_at <= now:
        return
    mine = resource_of(row.doctor)
    need = Need(before=row.buffer_before_minutes, after=row.buffer_after_minutes)
    span = span_of(row.starts_at, row.duration_minutes, need)
    groups = _rooms_again(row, span)
    every = {mine.pk, *(each.pk for group in groups for each in group)}
    lock_resources(every)
    free_expired(every, now=now)
    if not take([mine.pk], span, appointment=row, partly=True):
        row.in_conflict = overlapping(row.starts_at, row.ends_at, but=row, doctor_id=row.doctor.pk) is not None
    busy = taken(every - {mine.pk}, span) if groups else set()
    rooms = [next((each.pk for each in group if each.pk not in busy), None) for group in groups]
    take([pk for pk in rooms if pk is not None], span, appointment=row, partly=True)


def _rooms_again(row: Appointment, span: tuple[int, int]) -> list[list[Resource]]:
    """Rooms and devices that the services of a visit booked here need; a loaded visit never had one."""
    if row.branch is None or row.origin == Appointment.Origin.IMPORT:
        return []
    services = [line.service for line in row.lines.select_related("service").order_by("pk")]
    return fitting(need_of(services, online=row.kind == Appointment.Kind.ONLINE), row.branch, span)


def drop_past_cells(*, now: datetime) -> int:
    """Cells guard the future only; those of days gone by are of no use."""
    dropped, _ = ResourceCell.objects.filter(cell__lt=minute_of(now - _PAST) // CELL_MINUTES).delete()
    return dropped
