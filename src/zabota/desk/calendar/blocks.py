"""How one appointment looks in a column: its state in a word and an icon, who, what, what to mind."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.urls import reverse

from zabota.booking.models import Appointment, Hold
from zabota.desk.calendar.asked import minute_of
from zabota.desk.calendar.grid import Block, Span
from zabota.patients.models import Patient
from zabota.ui import formats

#: After so many minutes somebody who has not come is late.
LATE = timedelta(minutes=5)
#: An appointment shorter than this would be a line nobody can press.
LEAST = 10

#: Kind of a block → word and icon.
STATES: dict[str, tuple[str, str]] = {
    "begun": ("на приёме", "play"),
    "arrived": ("в клинике", "enter"),
    "confirmed": ("подтверждён", "ok"),
    "planned": ("ждём ответа", "ring"),
    "late": ("опаздывает", "alert"),
    "completed": ("завершён", "ok"),
    "no_show": ("неявка", "x"),
}
HOLDS = {Hold.Why.DESK: "регистратура", Hold.Why.WIDGET: "выбирают на сайте", Hold.Why.OFFER: "для ожидающих"}
SHOWN = (*Appointment.BOOKED, Appointment.Status.COMPLETED, Appointment.Status.NO_SHOW)


def kind_of(row: Appointment, now: datetime) -> str:
    """The state as the desk thinks of it."""
    if row.status == Appointment.Status.ARRIVED and row.begun_at is not None:
        return "begun"
    is_awaited = row.status in (Appointment.Status.PLANNED, Appointment.Status.CONFIRMED)
    if is_awaited and row.starts_at + LATE < now < row.ends_at:
        return "late"
    return str(row.status)


def state_words(row: Appointment, kind: str, zone: ZoneInfo) -> str:
    """«на приёме с 9:34»."""
    words = STATES.get(kind, (row.get_status_display(), ""))[0]
    at = {"begun": row.begun_at, "arrived": row.arrived_at}.get(kind)
    return f"{words} с {formats.clock(at.astimezone(zone))}" if at else words


def span_of(row: Appointment, day: date, zone: ZoneInfo) -> Span:
    """Where it stands on the day, cut at midnights."""
    start = minute_of(row.starts_at, day, zone)
    end = start + max(LEAST, row.duration_minutes)
    return Span(max(0, start), min(24 * 60, max(end, LEAST)))


def busy_span(row: Appointment, day: date, zone: ZoneInfo) -> Span:
    """The same with the minutes around it in which the doctor receives nobody else."""
    start = minute_of(row.starts_at, day, zone)
    end = start + row.duration_minutes + row.buffer_after_minutes
    return Span(max(0, start - row.buffer_before_minutes), min(24 * 60, max(0, end)))


def short_name(patient: Patient) -> str:
    """«Зайцева О. К.»; a child is called by name."""
    if not patient.surname:
        return patient.given_names or "без имени"
    initials = " ".join(f"{part[0]}." for part in (patient.name, patient.patronymic) if part)
    return f"{patient.surname} {initials}".strip()


def short_doctor(name: str) -> str:
    """«Соколова М. В.» of a full name; what is not one stays as it is."""
    parts = name.split()
    if len(parts) != 3 or any(len(part) < 2 for part in parts):
        return name
    return f"{parts[0]} {parts[1][0]}. {parts[2][0]}."


def services_of(row: Appointment) -> str:
    """Names of the services, «визит» when none is known."""
    return ", ".join(line.service.name for line in row.lines.all())


def visit_block(
    row: Appointment,
    *,
    day: date,
    zone: ZoneInfo,
    now: datetime,
    health: bool,
    movable: bool,
    lane: tuple[int, int],
    with_doctor: bool = False,
) -> Block:
    """The block of an appointment."""
    span, kind = span_of(row, day, zone), kind_of(row, now)
    words = state_words(row, kind, zone)
    what = services_of(row) if health else ""
    if with_doctor and row.doctor is not None:
        what = ", ".join(part for part in (row.doctor.name, what) if part)
    name = short_name(row.patient)
    alarm = " ".join(
        part for part in (row.patient.alert if health else "", "Время пересекается" if row.in_conflict else "") if part
    )
    label = ", ".join(
        part
        for part in (formats.clock(row.starts_at.astimezone(zone)), row.patient.full_name, words, what, alarm)
        if part
    )
    can_move = movable and row.status in Appointment.BOOKED and row.begun_at is None and not row.vanished_at
    return Block(
        kind=kind,
        start=span.start,
        minutes=span.minutes,
        title=name,
        state=words,
        icon=STATES.get(kind, ("", "ring"))[1],
        what=what,
        label=label,
        url=reverse("desk:calendar-visit", args=[row.public_id]),
        key=row.public_id,
        alarm=alarm,
        move_url=reverse("desk:calendar-visit-move", args=[row.public_id]) if can_move else "",
        revision=row.revision,
        lane=lane[0],
        lanes=lane[1],
    )


def hold_block(hold: Hold, *, day: date, zone: ZoneInfo, lane: tuple[int, int]) -> Block:
    """A time kept for somebody for a few minutes."""
    start = max(0, minute_of(hold.starts_at, day, zone))
    return Block(
        kind="hold",
        start=start,
        minutes=min(24 * 60 - start, max(LEAST, hold.duration_minutes)),
        title="Держим",
        state=f"{HOLDS[Hold.Why(hold.why)]}, до {formats.clock(hold.expires_at.astimezone(zone))}",
        lane=lane[0],
        lanes=lane[1],
    )
