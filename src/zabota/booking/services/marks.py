"""What became of a visit, with times: confirmed, came, begun, over, missed; and the last mark taken back."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from zabota.booking.facts import (
    AppointmentConfirmed,
    AppointmentMissed,
    MarkUndone,
    VisitArrived,
    VisitBegun,
    VisitCompleted,
)
from zabota.booking.models import Appointment
from zabota.booking.services import seats
from zabota.kernel import audit, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.kernel.facts import FactBase

_Status = Appointment.Status
#: Where an appointment may go from each status; what is over does not come back except by an undo.
_MOVES: dict[str, frozenset[str]] = {
    "planned": frozenset({"confirmed", "arrived", "completed", "no_show"}),
    "confirmed": frozenset({"arrived", "completed", "no_show"}),
    "arrived": frozenset({"completed", "no_show"}),
    "no_show": frozenset({"arrived", "completed"}),
}
#: A mark may be taken back on the day of the visit and shortly after.
_UNDO_WITHIN = timedelta(hours=36)


@transaction.atomic
def mark_status(*, appointment: Appointment, status: str, actor: Actor, now: datetime) -> Appointment:
    """Confirmed, came, done, did not come. Raises BadInput for a step that cannot be and AlreadyDone for the same again."""
    row = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
    if row.vanished_at is not None:
        raise BadInput("Этой записи больше нет в программе клиники.")
    if row.status == status:
        raise AlreadyDone
    if status not in _MOVES.get(row.status, frozenset()):
        raise BadInput(f"Приём «{row.get_status_display()}» нельзя отметить так.")
    # A visit that was begun before its time may be over before it too.
    if status in ("completed", "no_show") and row.starts_at > now and (status == "no_show" or row.begun_at is None):
        raise BadInput("Приём ещё не начался.")
    if status == _Status.ARRIVED:
        _assure_own_day(row, now)
    if row.status not in Appointment.BOOKED and status in Appointment.BOOKED:
        seats.sit_again(row, now=now)
    row.status = status
    if status == _Status.CONFIRMED:
        row.confirmed_at = now
    elif status == _Status.ARRIVED:
        row.arrived_at = now
    elif status == _Status.COMPLETED:
        row.ended_at = now
    _keep(row, actor=actor, now=now, mark=status)
    if status in ("completed", "no_show"):
        # The rest of the time is free again.
        seats.give_back(row, since=now)
    return row


@transaction.atomic
def mark_begun(*, appointment: Appointment, actor: Actor, now: datetime) -> Appointment:
    """The doctor receives the patient now; who was not marked as arrived has arrived."""
    row = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
    if row.begun_at is not None:
        raise AlreadyDone
    if row.status not in Appointment.BOOKED:
        raise BadInput(f"Приём «{row.get_status_display()}» нельзя начать.")
    _assure_own_day(row, now)
    row.status, row.begun_at = _Status.ARRIVED, now
    row.arrived_at = row.arrived_at or now
    _keep(row, actor=actor, now=now, mark="begun")
    return row


def day_where(appointment: Appointment, now: datetime) -> date:
    """The day it is now where the visit takes place."""
    place = appointment.branch or appointment.clinic
    return now.astimezone(ZoneInfo(place.time_zone)).date()


def is_own_day(appointment: Appointment, now: datetime) -> bool:
    """Whether somebody may come to this visit now: on its day, and past midnight as long as it lasts."""
    return appointment.day == day_where(appointment, now) or appointment.starts_at <= now < appointment.ends_at


def _assure_own_day(row: Appointment, now: datetime) -> None:
    if is_own_day(row, now):
        return
    if row.starts_at > now:
        raise BadInput(f"Этот приём {row.day:%d.%m.%Y}: отметить приход можно в этот день.")
    raise BadInput(f"Этот приём был {row.day:%d.%m.%Y}: теперь его отмечают «Завершён» или «Неявка».")


def mark_confirmed(*, appointment: Appointment, actor: Actor, now: datetime) -> Appointment:
    """The patient said that they will come."""
    return mark_status(appointment=appointment, status=_Status.CONFIRMED, actor=actor, now=now)


def mark_arrived(*, appointment: Appointment, actor: Actor, now: datetime) -> Appointment:
    """The patient is in the clinic."""
    return mark_status(appointment=appointment, status=_Status.ARRIVED, actor=actor, now=now)


def mark_ended(*, appointment: Appointment, actor: Actor, now: datetime) -> Appointment:
    """The visit is over."""
    return mark_status(appointment=appointment, status=_Status.COMPLETED, actor=actor, now=now)


def mark_no_show(*, appointment: Appointment, actor: Actor, now: datetime) -> Appointment:
    """The patient did not come."""
    return mark_status(appointment=appointment, status=_Status.NO_SHOW, actor=actor, now=now)


@transaction.atomic
def undo_mark(*, appointment: Appointment, actor: Actor, now: datetime) -> Appointment:
    """Take the last mark back: over → being received → arrived → as before. Raises BadInput when there is none."""
    row = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
    if row.starts_at < now - _UNDO_WITHIN:
        raise BadInput("Отметку можно вернуть только в день приёма.")
    was_live = row.status in Appointment.BOOKED
    before = _Status.CONFIRMED if row.confirmed_at is not None else _Status.PLANNED
    if row.status == _Status.COMPLETED:
        row.status, row.ended_at = (_Status.ARRIVED if row.arrived_at is not None else before), None
    elif row.status == _Status.NO_SHOW:
        row.status = _Status.ARRIVED if row.arrived_at is not None else before
    elif row.status == _Status.ARRIVED and row.begun_at is not None:
        row.begun_at = None
    elif row.status == _Status.ARRIVED:
        row.status, row.arrived_at = before, None
    elif row.status == _Status.CONFIRMED:
        row.status, row.confirmed_at = _Status.PLANNED, None
    else:
        raise BadInput("Отметок, которые можно вернуть, нет.")
    if not was_live:
        seats.sit_again(row, now=now)
    _keep(row, actor=actor, now=now, mark="undone")
    return row


def _keep(row: Appointment, *, actor: Actor, now: datetime, mark: str) -> None:
    row.save(update_fields=["status", "confirmed_at", "arrived_at", "begun_at", "ended_at", "in_conflict"])
    audit.record("booking.appointment.marked", row, actor=actor, now=now, details={"status": mark})
    ids = {"clinic_id": row.clinic_id, "patient_id": row.patient_id, "appointment_id": row.pk}
    told: dict[str, type[FactBase]] = {
        "completed": VisitCompleted,
        "no_show": AppointmentMissed,
        "confirmed": AppointmentConfirmed,
        "arrived": VisitArrived,
        "begun": VisitBegun,
        "undone": MarkUndone,
    }
    facts.publish(told[mark](**ids), now=now)
