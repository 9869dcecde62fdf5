"""The calendar: per day and resource the hours, breaks, visits and held times, read in a few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from zabota.booking.models import Appointment, FreedSlot, Hold, Occupation, Resource
from zabota.booking.queries.hours import Timetable, timetable
from zabota.booking.rules.cells import instant_of, minute_of
from zabota.booking.rules.gaps import Busy
from zabota.booking.rules.week import epoch_minute, less
from zabota.clinic.models import Branch, Clinic, Doctor

#: Visits that stand in the calendar, besides the live ones: what happened on the day.
_SHOWN = (*Appointment.BOOKED, "completed", "no_show")


@dataclass(frozen=True, slots=True)
class GridSpan:
    """A span of a column."""

    starts_at: datetime
    ends_at: datetime
    note: str = ""

    @property
    def minutes(self) -> int:
        """How long it is."""
        return round((self.ends_at - self.starts_at).total_seconds() / 60)


@dataclass(slots=True)
class GridColumn:
    """One resource on one day. `work` is without breaks; `away` says why there is no work where there usually is."""

    day: date
    resource: Resource
    branch: Branch
    work: list[GridSpan] = field(default_factory=list)
    breaks: list[GridSpan] = field(default_factory=list)
    away: list[GridSpan] = field(default_factory=list)
    appointments: list[Appointment] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    freed: list[FreedSlot] = field(default_factory=list)
    #: Free spans of the work to come.
    free: list[GridSpan] = field(default_factory=list)
    work_minutes: int = 0
    busy_minutes: int = 0

    @property
    def doctor(self) -> Doctor | None:
        """The doctor whose column it is."""
        return self.resource.doctor

    @property
    def share(self) -> float | None:
        """Booked part of the working minutes; None on a day without work."""
        return min(self.busy_minutes / self.work_minutes, 1.0) if self.work_minutes else None

    @property
    def free_minutes(self) -> int:
        """Free minutes to come."""
        return sum(span.minutes for span in self.free)


@dataclass(slots=True)
class DayGrid:
    """The calendar of a branch on one day. Holidays are those of the branch or the whole clinic."""

    day: date
    columns: list[GridColumn]
    opens_at: datetime
    closes_at: datetime
    notes: list[str] = field(default_factory=list)


def day_grid(
    *,
    clinic: Clinic,
    branch: Branch,
    first: date,
    now: datetime,
    days: int = 1,
    kind: str = Resource.Kind.DOCTOR,
    doctor: Doctor | None = None,
) -> list[DayGrid]:
    """Columns of everybody who works in the branch on a day or has a visit there; rooms and devices with `kind`."""
    resources = _resources(clinic, branch, kind, doctor)
    zone = ZoneInfo(branch.time_zone)
    last = first + timedelta(days=max(days, 1) - 1)
    table = timetable(clinic.pk, [row.pk for row in resources], first - timedelta(days=1), last)
    begins, ends = epoch_minute(first, 0, zone), epoch_minute(last, 1440, zone)
    visits = _visits(clinic, branch, resources, kind, begins, ends)
    holds = _holds(branch, begins, ends, now)
    occupied = _held_by(resources, begins, ends)
    freed = _freed(branch, begins, ends) if kind == Resource.Kind.DOCTOR else {}
    grids = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        span = (epoch_minute(day, 0, zone), epoch_minute(day, 1440, zone))
        columns = []
        for resource in resources:
            column = GridColumn(day, resource, branch)
            _hours(column, table, span)
            column.appointments = [row for row in visits.get(resource.pk, ()) if _within(row.starts_at, span)]
            column.holds = [
                row
                for row in holds
                if _within(row.starts_at, span)
                and (row.doctor_id == resource.doctor_id if resource.doctor_id else row.pk in occupied[resource.pk])
            ]
            column.freed = [row for row in freed.get(resource.doctor_id or 0, ()) if _within(row.starts_at, span)]
            _fill(column, now)
            if column.work or column.appointments or column.away or kind != Resource.Kind.DOCTOR:
                columns.append(column)
        grids.append(_grid(day, columns, table, branch, zone))
    return grids


def _resources(clinic: Clinic, branch: Branch, kind: str, doctor: Doctor | None) -> list[Resource]:
    rows = Resource.objects.filter(clinic=clinic, kind=kind).select_related("doctor").order_by("name", "id")
    if kind != Resource.Kind.DOCTOR:
        return list(rows.filter(branch=branch, is_active=True))
    return list(rows.filter(doctor=doctor) if doctor is not None else rows.filter(doctor__is_active=True))


def _visits(
    clinic: Clinic, branch: Branch, resources: Sequence[Resource], kind: str, begins: int, ends: int
) -> dict[int, list[Appointment]]:
    rows = (
        Appointment.objects.filter(
            clinic=clinic,
            branch=branch,
            # The index of a clinic is sorted by day.
            day__gte=instant_of(begins).date() - timedelta(days=1),
            day__lte=instant_of(ends).date() + timedelta(days=1),
            starts_at__gte=instant_of(begins),
            starts_at__lt=instant_of(ends),
            status__in=_SHOWN,
            vanished_at=None,
        )
        .select_related("patient", "doctor", "branch")
        .prefetch_related("lines__service", "occupations__resource")
        .order_by("starts_at", "id")
    )
    seat_of = {row.doctor_id: row.pk for row in resources}
    found: dict[int, list[Appointment]] = defaultdict(list)
    for row in rows:
        if kind == Resource.Kind.DOCTOR:
            if row.doctor_id in seat_of:
                found[seat_of[row.doctor_id]].append(row)
        else:
            for place in row.occupations.all():
                found[place.resource_id].append(row)
    return found


def _holds(branch: Branch, begins: int, ends: int, now: datetime) -> list[Hold]:
    rows = Hold.objects.filter(
        branch=branch, starts_at__gte=instant_of(begins), starts_at__lt=instant_of(ends), expires_at__gt=now
    )
    return list(rows.select_related("patient", "doctor").order_by("starts_at", "id"))


def _held_by(resources: Sequence[Resource], begins: int, ends: int) -> dict[int, set[int]]:
    rows = Occupation.objects.filter(
        resource__in=resources, hold__isnull=False, begins_minute__lt=ends, ends_minute__gt=begins
    ).values_list("resource_id", "hold_id")
    found: dict[int, set[int]] = defaultdict(set)
    for resource_id, hold_id in rows:
        found[resource_id].add(hold_id or 0)
    return found


def _freed(branch: Branch, begins: int, ends: int) -> dict[int, list[FreedSlot]]:
    rows = FreedSlot.objects.filter(
        branch=branch,
        starts_at__gte=instant_of(begins),
        starts_at__lt=instant_of(ends),
        state__in=FreedSlot.OPEN,
    )
    found: dict[int, list[FreedSlot]] = defaultdict(list)
    for row in rows.order_by("starts_at", "id"):
        found[row.doctor_id].append(row)
    return found


def _hours(column: GridColumn, table: Timetable, span: tuple[int, int]) -> None:
    """Work of the day (with the rest of a night before), its breaks, and what is off."""
    windows = [
        (max(window.begins, span[0]), min(window.ends, span[1]))
        for day in (column.day - timedelta(days=1), column.day)
        for window in table.windows(column.resource.pk, day)
        if window.branch_id == column.branch.pk and window.begins < span[1] and window.ends > span[0]
    ]
    column.work = [_span(begins, ends) for begins, ends in windows]
    zone = table.zones[column.branch.pk]
    usual = [
        row
        for row in table.hours.get(column.resource.pk, ())
        if row.branch_id == column.branch.pk and row.holds_on(column.day)
    ]
    why = next(
        (
            row.note
            for row in table.specials
            if not row.is_extra and row.concerns(column.resource.pk, column.branch.pk, column.day)
        ),
        "",
    )
    for row in usual:
        begins, ends = epoch_minute(column.day, row.begins, zone), epoch_minute(column.day, row.ends, zone)
        if row.is_break:
            if any(since <= begins and ends <= until for since, until in _around(windows)):
                column.breaks.append(_span(begins, ends))
        elif why:
            pauses = [
                (epoch_minute(column.day, each.begins, zone), epoch_minute(column.day, each.ends, zone))
                for each in usual
                if each.is_break
            ]
            column.away += [_span(*rest, why) for rest in less((begins, ends), [*windows, *pauses])]


def _around(windows: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """From the first work of a day to the last: a break between is one."""
    return [(min(each[0] for each in windows), max(each[1] for each in windows))] if windows else []


def _fill(column: GridColumn, now: datetime) -> None:
    visits = [(minute_of(row.starts_at), minute_of(row.ends_at)) for row in column.appointments]
    taken = Busy.of([*visits, *((minute_of(row.starts_at), minute_of(row.ends_at)) for row in column.holds)])
    spans = list(zip(taken.begins, taken.ends, strict=True))
    for work in column.work:
        begins, ends = minute_of(work.starts_at), minute_of(work.ends_at)
        rest = less((begins, ends), spans)
        column.work_minutes += ends - begins
        column.busy_minutes += ends - begins - sum(right - left for left, right in rest)
        later = max(begins, -(-minute_of(now) // 5) * 5)
        column.free += [_span(max(left, later), right) for left, right in rest if right - max(left, later) >= 5]


def _grid(day: date, columns: list[GridColumn], table: Timetable, branch: Branch, zone: ZoneInfo) -> DayGrid:
    """The frame of a day: from the first hour anybody works to the last, whole hours."""
    begins = [span.starts_at for each in columns for span in (*each.work, *each.away)]
    begins += [row.starts_at for each in columns for row in each.appointments]
    ends = [span.ends_at for each in columns for span in (*each.work, *each.away)]
    ends += [row.ends_at for each in columns for row in each.appointments]
    opens = min(begins).astimezone(zone) if begins else datetime.combine(day, datetime.min.time(), zone).replace(hour=9)
    closes = max(ends).astimezone(zone) if ends else opens.replace(hour=18)
    opens = opens.replace(minute=0, second=0, microsecond=0)
    if closes.minute or closes.second:
        closes = closes.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    notes = sorted(
        {
            row.note
            for row in table.specials
            if row.resource_id is None and not row.is_extra and row.concerns(0, branch.pk, day)
        }
    )
    return DayGrid(day, columns, opens, closes, notes)


def _within(at: datetime, span: tuple[int, int]) -> bool:
    return span[0] <= minute_of(at) < span[1]


def _span(begins: int, ends: int, note: str = "") -> GridSpan:
    return GridSpan(instant_of(begins), instant_of(ends), note)
