"""What a patient does with a visit through a link: will come, will not, asks to be called. A second time changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from zabota.booking import api as booking
from zabota.booking.api import Slot
from zabota.booking.models import Appointment, DayPart
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.visits.models import ActionLink
from zabota.visits.rules.calling import call_until
from zabota.visits.rules.video import closes_at
from zabota.visits.services.links import PATIENT, LinkGone
from zabota.worklist.api import create_task
from zabota.worklist.models import Reason, Task


def link_expiry(visit: Appointment) -> datetime:
    """When links to this visit die: at its beginning; of an online one when its door closes."""
    return closes_at(visit.ends_at) if visit.kind == Appointment.Kind.ONLINE else visit.starts_at


#: What was done by a slip of the finger may be taken back this long.
UNDO = timedelta(minutes=15)
MOVED = "Эту запись с тех пор перенесли. Новое время есть в последнем сообщении от клиники."
#: Why a time is given up, as the page offers it; the code is kept in words for people.
CANCEL_REASONS: tuple[tuple[str, str], ...] = (
    ("ill", "Плохо себя чувствую"),
    ("time", "Время стало неудобным"),
    ("better", "Уже не нужно, стало лучше"),
    ("elsewhere", "Обращусь в другую клинику"),
    ("money", "Сейчас дорого"),
    ("other", "Другая причина"),
)


def visit_of(link: ActionLink, *, now: datetime, begun: bool = False) -> Appointment:
    """The visit of the link as it is now. Raises LinkGone when it was moved since the message, has begun, or is
    no longer in the program of the clinic.

    `begun` is for what a patient still needs after the beginning: the door of an online visit.
    """
    if link.appointment_id is None or link.expires_at <= now:
        raise LinkGone
    visit = Appointment.objects.select_related("branch", "clinic", "patient", "doctor").get(pk=link.appointment_id)
    if visit.vanished_at is not None or (visit.starts_at <= now and not begun):
        raise LinkGone
    if visit.revision != link.revision:
        raise LinkGone(MOVED)
    return visit


def confirm_visit(*, link: ActionLink, now: datetime) -> Appointment:
    """«Приду». Raises LinkGone for a visit that is no longer to come."""
    visit = visit_of(link, now=now)
    if visit.status in (Appointment.Status.CONFIRMED, Appointment.Status.ARRIVED):
        return visit
    if visit.status != Appointment.Status.PLANNED:
        raise LinkGone
    try:
        return booking.mark_status(appointment=visit, status=Appointment.Status.CONFIRMED, actor=PATIENT, now=now)
    except AlreadyDone:
        return visit_of(link, now=now)  # the other tab was quicker


def cancel_visit(*, link: ActionLink, reason: str, now: datetime) -> Appointment:
    """Give the time up. What was cancelled before, by whomever, is the same answer."""
    visit = visit_of(link, now=now)
    if visit.status not in Appointment.BOOKED:
        return visit
    words = dict(CANCEL_REASONS).get(reason, "")
    try:
        return booking.cancel(
            appointment=visit,
            by_patient=True,
            reason=words,
            expected_revision=link.revision,
            actor=PATIENT,
            now=now,
        )
    except AlreadyDone:
        return visit_of(link, now=now)
    except booking.Outdated:
        raise LinkGone(MOVED) from None


def free_times(*, visit: Appointment, start_day: date | None, days: int, now: datetime) -> dict[date, list[Slot]]:
    """Times to which this visit may go: the same doctor, the same place, the same length."""
    return booking.find_slots(
        clinic_id=visit.clinic_id,
        now=now,
        services=[line.service for line in visit.lines.select_related("service")],
        minutes=visit.duration_minutes,
        doctors=[visit.doctor] if visit.doctor is not None else None,
        branch=visit.branch,
        start_day=start_day,
        days=days,
        limit_per_day=6,
        online=visit.kind == Appointment.Kind.ONLINE,
    )


def move_visit(*, link: ActionLink, slot_key: str, expected_revision: int, now: datetime) -> Appointment:
    """Another time of the patient's choice. The link follows the visit; others that spoke of the old time die.

    Raises Outdated when the visit changed since the page was drawn and SlotTaken when somebody was quicker.
    """
    visit = visit_of(link, now=now)
    slot = booking.slot_of_key(slot_key, clinic_id=visit.clinic_id)
    if slot is None or visit.doctor_id not in (None, slot.doctor.pk) or slot.minutes != visit.duration_minutes:
        raise BadInput("Выберите время из списка.")
    if visit.status not in (Appointment.Status.PLANNED, Appointment.Status.CONFIRMED):
        raise LinkGone
    return _moved(visit, slot, link, expected_revision, is_undo=False, now=now)


@transaction.atomic
def _moved(
    visit: Appointment, slot: Slot, link: ActionLink, expected_revision: int, *, is_undo: bool, now: datetime
) -> Appointment:
    """The visit at the slot, and the link that follows it. The way back may lead outside the hours: it stood there."""
    moved = booking.move_appointment(
        appointment=visit,
        starts_at=slot.starts_at,
        expected_revision=expected_revision,
        doctor=slot.doctor,
        branch=slot.branch,
        within_hours=not is_undo,
        by_patient=True,
        is_undo=is_undo,
        actor=PATIENT,
        now=now,
    )
    ActionLink.objects.filter(pk=link.pk).update(revision=moved.revision, expires_at=link_expiry(moved))
    return moved


def may_restore(visit: Appointment, *, now: datetime) -> bool:
    """Given up a moment ago by the patient: it may have been a slip of the finger."""
    at = visit.cancelled_at
    return visit.status == Appointment.Status.CANCELLED_PATIENT and at is not None and now - at <= UNDO


def restore_visit(*, link: ActionLink, now: datetime) -> Appointment:
    """«Отменили по ошибке»: the same time again. Raises SlotTaken when it was given or offered to others."""
    visit = visit_of(link, now=now)
    if visit.status not in Appointment.BOOKED and not may_restore(visit, now=now):
        raise BadInput("Вернуть запись можно только сразу после отмены. Выберите время заново.")
    return booking.restore(appointment=visit, actor=PATIENT, now=now)


@transaction.atomic
def move_back(
    *, link: ActionLink, slot_key: str, expected_revision: int, had_said: bool = False, now: datetime
) -> Appointment:
    """«Перенесли по ошибке»: back to the time before, and to «приду» where it was said.

    The caller vouches that both were this visit's own.
    """
    visit = visit_of(link, now=now)
    slot = booking.slot_of_key(slot_key, clinic_id=visit.clinic_id)
    if slot is None or visit.status not in (Appointment.Status.PLANNED, Appointment.Status.CONFIRMED):
        raise LinkGone
    moved = _moved(visit, slot, link, expected_revision, is_undo=True, now=now)
    return booking.mark_confirmed(appointment=moved, actor=PATIENT, now=now) if had_said else moved


@transaction.atomic
def ask_for_call(*, link: ActionLink, now: datetime) -> Task:
    """«Перезвоните мне»: one task per visit and revision, due within the hour while the clinic answers calls."""
    visit = visit_of(link, now=now)
    due_at = call_until(now, ZoneInfo((visit.branch or visit.clinic).time_zone))
    return create_task(
        patient=visit.patient,
        reason=Reason.CALL_BACK,
        summary="Просит перезвонить о визите: нажал в сообщении «Перезвоните мне»",
        due_at=due_at,
        is_urgent=visit.starts_at - now < timedelta(hours=24),
        dedupe_key=f"visit-call:{visit.pk}:{visit.revision}",
        actor=PATIENT,
        now=now,
    )


@transaction.atomic
def wait_for_earlier(*, link: ActionLink, day_parts: Sequence[str], now: datetime) -> None:
    """Onto the waitlist: for an earlier time instead of this one, or for a new one when this was given up.

    Who waits already waits on.
    """
    visit = visit_of(link, now=now)
    keeps = visit.status in (Appointment.Status.PLANNED, Appointment.Status.CONFIRMED)
    try:
        booking.join_waitlist(
            patient=visit.patient,
            services=[line.service for line in visit.lines.select_related("service")],
            doctors=[visit.doctor] if visit.doctor is not None else [],
            branch=visit.branch,
            minutes=visit.duration_minutes,
            day_parts=[each for each in day_parts if each in DayPart.values],
            latest_on=visit.day if keeps else None,
            appointment=visit if keeps else None,
            kind=visit.kind,
            actor=PATIENT,
            now=now,
        )
    except AlreadyDone:
        return
