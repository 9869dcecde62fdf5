"""The day by doctors or rooms, and a doctor's week: columns of blocks with the load of each, read in a fixed number of queries."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse

from zabota.booking.models import Appointment, Hold, Occupation, Resource, WorkingHours
from zabota.clinic.models import Doctor
from zabota.desk.calendar import blocks, grid
from zabota.desk.calendar.asked import ROOMS, Asked, midnight, minute_of
from zabota.desk.calendar.grid import Block, Column, Frame, Span
from zabota.desk.calendar.hours import Windows, windows_of
from zabota.ui import formats

#: A gap shorter than this holds no appointment.
LEAST_FREE = 15
WORDS = (
    ("begun", "на приёме"),
    ("arrived", "в клинике"),
    ("late", "опаздывают"),
    ("confirmed", "подтвердили"),
    ("planned", "ждём ответа"),
    ("no_show", "неявки"),
    ("completed", "завершены"),
)


@dataclass(frozen=True, slots=True)
class Sight:
    """What this person sees and may do in the calendar."""

    health: bool
    book: bool


@dataclass(slots=True)
class Shown:
    """Everything the grid needs."""

    frame: Frame
    columns: list[Column]
    kind: str
    counts: list[tuple[str, str, str, int]] = field(default_factory=list)
    free: int = 0
    free_minutes: int = 0
    hidden: int = 0
    now_minute: int | None = None
    #: In the view of rooms: appointments of the day that occupy none.
    roomless: int = 0

    def stamp(self) -> str:
        """Changes when anything on the grid does."""
        text = repr([(column, self.frame) for column in self.columns])
        return hashlib.blake2s(text.encode(), digest_size=9).hexdigest()

    def context(self) -> dict[str, Any]:
        """Variables of the template."""
        return {
            "frame": self.frame,
            "columns": self.columns,
            "column_kind": self.kind,
            "counts": self.counts,
            "free": self.free,
            "free_minutes": self.free_minutes,
            "hidden": self.hidden,
            "roomless": self.roomless,
            "now_minute": self.now_minute,
            "now_clock": "" if self.now_minute is None else grid.clock(self.now_minute),
            "stamp": self.stamp(),
        }


def load_day(asked: Asked, sight: Sight, now: datetime, own: int | None = None) -> Shown:
    """Columns of one day in one branch; a doctor's `own` column stands first."""
    rows = _appointments(asked, asked.day, asked.day)
    resources = _resources(asked)
    windows = windows_of(resources, branch=asked.branch, first=asked.day, last=asked.day)
    if asked.by == ROOMS:
        columns = _by_room(asked, rows, resources, windows, sight, now)
    else:
        columns = _by_doctor(asked, rows, resources, windows, sight, now, own)
    shown = _shown(asked, columns, rows, now, kind="room" if asked.by == ROOMS else "doctor")
    if asked.by == ROOMS:
        seen = {block.key for column in columns for block in column.blocks}
        shown.roomless = sum(1 for row in rows if row.public_id not in seen)
    return shown


def load_week(asked: Asked, doctor: Doctor, sight: Sight, now: datetime) -> Shown:
    """Seven days of one doctor, from the Monday of the day asked for."""
    monday = asked.day - timedelta(days=asked.day.weekday())
    days = [monday + timedelta(days=step) for step in range(7)]
    rows = [row for row in _appointments(asked, days[0], days[-1]) if row.doctor_id == doctor.pk]
    holds = [hold for hold in _holds(asked, days[0], days[-1], now) if hold.doctor_id == doctor.pk]
    resource = Resource.objects.filter(clinic_id=doctor.clinic_id, doctor=doctor).first()
    windows = windows_of([resource] if resource else [], branch=asked.branch, first=days[0], last=days[-1])
    columns = []
    for day in days:
        open_spans = windows.get((resource.pk, day), []) if resource else []
        of_day = [row for row in rows if row.day == day]
        made = _column(asked, day, of_day, [h for h in holds if _day(h, asked) == day], open_spans, sight, now, doctor)
        columns.append(
            Column(
                key=doctor.public_id,
                title=formats.ru_day(day),
                sub="сегодня" if day == asked.today else "",
                url=f"{reverse('desk:calendar')}?{asked.query(day=day, doctor='')}",
                day=day.isoformat(),
                blocks=[*_shut(open_spans, has_visits=bool(made)), *made],
                booked_minutes=_booked(of_day),
                open_spans=[(span.start, span.end) for span in open_spans],
                is_today=day == asked.today,
            )
        )
    return _shown(asked, columns, rows, now, kind="doctor", with_now=False)


def _by_doctor(
    asked: Asked,
    rows: list[Appointment],
    resources: list[Resource],
    windows: Windows,
    sight: Sight,
    now: datetime,
    own: int | None,
) -> list[Column]:
    of_doctor: dict[int | None, list[Appointment]] = defaultdict(list)
    for row in rows:
        of_doctor[row.doctor_id].append(row)
    holds: dict[int, list[Hold]] = defaultdict(list)
    for hold in _holds(asked, asked.day, asked.day, now):
        holds[hold.doctor_id].append(hold)
    by_doctor = {each.doctor_id: each for each in resources if each.doctor_id}
    doctors = _doctors(asked, {row.doctor_id for row in rows if row.doctor_id})
    doctors.sort(key=lambda each: each.pk != own)
    columns = []
    for doctor in doctors:
        resource = by_doctor.get(doctor.pk)
        open_spans = windows.get((resource.pk, asked.day), []) if resource else []
        mine = of_doctor.get(doctor.pk, [])
        if not (open_spans or mine or asked.everybody):
            continue
        made = _column(asked, asked.day, mine, holds[doctor.pk], open_spans, sight, now, doctor)
        week = f"{reverse('desk:calendar-week')}?{asked.query(doctor=doctor.public_id)}"
        columns.append(
            Column(
                key=doctor.public_id,
                title=blocks.short_doctor(doctor.name),
                sub=doctor.speciality,
                url=week,
                day=asked.day.isoformat(),
                blocks=[*_shut(open_spans, has_visits=bool(made)), *made],
                booked_minutes=_booked(mine),
                open_spans=[(span.start, span.end) for span in open_spans],
            )
        )
    if of_doctor.get(None):
        made = _column(asked, asked.day, of_doctor[None], [], [], sight, now, None)
        columns.append(Column(key="", title="Врач не назначен", day=asked.day.isoformat(), blocks=made))
    return columns


def _by_room(
    asked: Asked, rows: list[Appointment], resources: list[Resource], windows: Windows, sight: Sight, now: datetime
) -> list[Column]:
    rooms = [each for each in resources if each.kind != Resource.Kind.DOCTOR]
    known = {row.pk: row for row in rows}
    of_room: dict[int, list[Appointment]] = defaultdict(list)
    taken = Occupation.objects.filter(resource__in=rooms, appointment__in=list(known)).values_list(
        "resource_id", "appointment_id"
    )
    for resource_id, appointment_id in taken:
        of_room[resource_id].append(known[appointment_id])
    with_hours = set(WorkingHours.objects.filter(resource__in=rooms).values_list("resource_id", flat=True))
    received = [span for (_, day), spans in windows.items() if day == asked.day for span in spans]
    columns = []
    for room in rooms:
        # A room without hours of its own is there whenever a doctor is.
        open_spans = windows.get((room.pk, asked.day), []) if room.pk in with_hours else grid.joined(received)
        mine = sorted(of_room[room.pk], key=lambda row: row.starts_at)
        made = _column(asked, asked.day, mine, [], [], sight, now, None, with_doctor=True)
        columns.append(
            Column(
                key=room.public_id,
                title=room.name,
                sub=room.get_kind_display(),
                day=asked.day.isoformat(),
                blocks=[*_shut(open_spans, has_visits=bool(made)), *made],
                booked_minutes=_booked(mine),
                open_spans=[(span.start, span.end) for span in open_spans],
            )
        )
    return columns


def _column(
    asked: Asked,
    day: date,
    rows: Sequence[Appointment],
    holds: Sequence[Hold],
    open_spans: Sequence[Span],
    sight: Sight,
    now: datetime,
    doctor: Doctor | None,
    *,
    with_doctor: bool = False,
) -> list[Block]:
    """Appointments, holds and free times of one column, in the order of time."""
    zone = asked.zone
    held = [Span(max(0, minute_of(h.starts_at, day, zone)), minute_of(h.ends_at, day, zone)) for h in holds]
    lanes = grid.in_lanes([*(blocks.span_of(row, day, zone) for row in rows), *held])
    made = [
        blocks.visit_block(
            row,
            day=day,
            zone=zone,
            now=now,
            health=sight.health,
            movable=sight.book,
            lane=lane,
            with_doctor=with_doctor,
        )
        for row, lane in zip(rows, lanes, strict=False)
    ]
    made += [
        blocks.hold_block(h, day=day, zone=zone, lane=lane) for h, lane in zip(holds, lanes[len(rows) :], strict=True)
    ]
    busy = [*(blocks.busy_span(row, day, zone) for row in rows if _holds_place(row)), *held]
    made += _free(asked, day, grid.gaps(open_spans, busy, least=LEAST_FREE), sight, now, doctor)
    return sorted(made, key=lambda block: (block.start, block.kind == "free"))


def _free(
    asked: Asked, day: date, found: Iterable[Span], sight: Sight, now: datetime, doctor: Doctor | None
) -> list[Block]:
    """Free times still to come; they open the booking form for whoever may book."""
    floor = minute_of(now, day, asked.zone)
    made = []
    for gap in found:
        start = max(gap.start, -(-floor // 5) * 5)
        if gap.end - start < LEAST_FREE or doctor is None:
            continue
        where = {"doctor": doctor.public_id, "time": _padded(start), "day": day.isoformat()}
        if len(asked.branches) > 1:
            where["branch"] = asked.branch.public_id
        words = formats.duration(gap.end - start)
        made.append(
            Block(
                kind="free",
                start=start,
                minutes=gap.end - start,
                state=f"свободно {words}",
                label=doctor.name,
                url=f"{reverse('desk:calendar-book')}?{urlencode(where)}" if sight.book else "",
                key=f"f-{doctor.public_id}-{day.isoformat()}-{start}",
            )
        )
    return made


def _shut(open_spans: Sequence[Span], *, has_visits: bool) -> list[Block]:
    """Breaks, and the hours before and after the reception; the frame cuts what lies outside of it."""
    if not open_spans:
        return [Block(kind="off", start=0, minutes=grid.MINUTES, title="" if has_visits else "Нет приёма")]
    first, last = min(s.start for s in open_spans), max(s.end for s in open_spans)
    inner = grid.gaps([Span(first, last)], open_spans, least=1)
    return [
        Block(kind="off", start=0, minutes=first, title=f"Приём с {grid.clock(first)}"),
        *(Block(kind="break", start=span.start, minutes=span.minutes, title="Перерыв") for span in inner),
        Block(kind="off", start=last, minutes=grid.MINUTES - last, title=f"Приём до {grid.clock(last)}"),
    ]


def _shown(
    asked: Asked, columns: list[Column], rows: list[Appointment], now: datetime, *, kind: str, with_now: bool = True
) -> Shown:
    """The frame around the columns, each block cut by it; the figures above."""
    frame = grid.frame_of(
        Span(start, end)
        for column in columns
        for start, end in [*column.open_spans, *((b.start, b.end) for b in column.blocks if b.kind != "off")]
    )
    kinds: dict[str, int] = defaultdict(int)
    for row in rows:
        kinds[blocks.kind_of(row, now)] += 1
    free = [block for column in columns for block in column.blocks if block.kind == "free"]
    minute = minute_of(now, asked.day, asked.zone)
    visible = with_now and asked.is_today and frame.start <= minute <= frame.end
    return Shown(
        frame=frame,
        columns=[grid.cut(column, frame) for column in columns],
        kind=kind,
        counts=[(key, words, blocks.STATES[key][1], kinds[key]) for key, words in WORDS if kinds[key]],
        free=len(free),
        free_minutes=sum(block.minutes for block in free),
        now_minute=minute if visible else None,
    )


def _appointments(asked: Asked, first: date, last: date) -> list[Appointment]:
    """What stands in the calendar from one day to another, in the order of time."""
    return list(
        Appointment.objects.filter(
            Q(branch=asked.branch) | Q(branch=None),
            clinic_id=asked.branch.clinic_id,
            day__gte=first,
            day__lte=last,
            status__in=blocks.SHOWN,
            vanished_at=None,
        )
        .select_related("patient", "doctor")
        .prefetch_related("lines__service")
        .order_by("starts_at", "id")
    )


def _holds(asked: Asked, first: date, last: date, now: datetime) -> list[Hold]:
    return list(
        Hold.objects.filter(
            branch=asked.branch,
            expires_at__gt=now,
            starts_at__gte=midnight(first, asked.zone),
            starts_at__lt=midnight(last + timedelta(days=1), asked.zone),
        ).order_by("starts_at")
    )


def _resources(asked: Asked) -> list[Resource]:
    """Doctors of the clinic, rooms and devices of the branch."""
    return list(
        Resource.objects.filter(Q(branch=asked.branch) | Q(kind=Resource.Kind.DOCTOR))
        .filter(clinic_id=asked.branch.clinic_id, is_active=True)
        .order_by("kind", "name", "id")
    )


def _doctors(asked: Asked, with_visits: set[int]) -> list[Doctor]:
    """Doctors of the branch, and whoever has a visit here on this day."""
    here = Q(branches=asked.branch) | Q(branches=None)
    rows = Doctor.objects.filter(Q(is_active=True) & here | Q(pk__in=with_visits), clinic_id=asked.branch.clinic_id)
    return list(rows.distinct().order_by("name"))


def _holds_place(row: Appointment) -> bool:
    return row.status != Appointment.Status.NO_SHOW


def _booked(rows: Iterable[Appointment]) -> int:
    return sum(row.duration_minutes for row in rows if _holds_place(row))


def _day(hold: Hold, asked: Asked) -> date:
    return hold.starts_at.astimezone(asked.zone).date()


def _padded(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
