"""Appointments entered here: book the next visit, mark what became of it, give it up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from zabota.booking.facts import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentConfirmed,
    AppointmentMissed,
    VisitCompleted,
)
from zabota.booking.models import Appointment, AppointmentService
from zabota.booking.rules.slots import EARLIEST, LATEST, Span
from zabota.clinic.models import Branch, Doctor, Service
from zabota.kernel import audit, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone, BadInput, Trouble
from zabota.kernel.facts import FactBase
from zabota.patients.models import Patient

#: Further ahead nobody plans: a wrong year in the date, more likely.
_HORIZON = timedelta(days=550)
_LONGEST = 8 * 60
#: Where an appointment may go from each status; what is over does not come back except by an undo of its own.
_MOVES: dict[str, frozenset[str]] = {
    "planned": frozenset({"confirmed", "arrived", "completed", "no_show"}),
    "confirmed": frozenset({"arrived", "completed", "no_show"}),
    "arrived": frozenset({"completed", "no_show"}),
    "no_show": frozenset({"arrived", "completed"}),
}


class SlotTaken(Trouble):
    """Somebody else has this time."""

    code = "slot_taken"
    text = "Это время уже занято. Выберите другое."


@transaction.atomic
def book_next_visit(
    *,
    patient: Patient,
    doctor: Doctor | None,
    branch: Branch | None,
    starts_at: datetime,
    duration_minutes: int = 30,
    services: Sequence[Service] = (),
    comment: str = "",
    actor: Actor,
    now: datetime,
) -> Appointment:
    """Give a patient a time. Raises BadInput for an impossible one and SlotTaken when the doctor or the patient is busy.

    Without a branch it is the one where the doctor receives, else the patient's own.
    """
    branch = branch or _branch_of(doctor, patient)
    _same_clinic(patient, doctor, branch, services)
    local = starts_at.astimezone(ZoneInfo(branch.time_zone))
    _sensible(local, duration_minutes, starts_at, now)
    # The doctor's row is the lock: two desks that book one doctor wait for each other (SQLite has one writer anyway).
    if doctor is not None:
        Doctor.objects.select_for_update().get(pk=doctor.pk)
    Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)
    span = Span(starts_at, starts_at + timedelta(minutes=duration_minutes))
    if doctor is not None and _busy(span, doctor_id=doctor.pk):
        raise SlotTaken(f"У врача {doctor.name} это время уже занято. Выберите другое.")
    if _busy(span, patient_id=patient.pk):
        raise SlotTaken("У пациента уже есть запись на это время.")
    appointment = Appointment.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        branch=branch,
        doctor=doctor,
        starts_at=starts_at,
        day=local.date(),
        duration_minutes=duration_minutes,
        total_kopecks=sum(service.price_kopecks or 0 for service in services),
        comment=comment.strip()[:500],
        created_by_id=actor.user_id,
        booked_at=now,
    )
    AppointmentService.objects.bulk_create(
        AppointmentService(appointment=appointment, service=service, price_kopecks=service.price_kopecks or 0)
        for service in services
    )
    audit.record("booking.appointment.booked", appointment, actor=actor, now=now)
    facts.publish(
        AppointmentBooked(
            clinic_id=patient.clinic_id, patient_id=patient.pk, appointment_id=appointment.pk, starts_at=starts_at
        ),
        now=now,
    )
    return appointment


@transaction.atomic
def mark_status(*, appointment: Appointment, status: str, actor: Actor, now: datetime) -> Appointment:
    """Confirmed, came, done, did not come. Raises BadInput for a step that cannot be and AlreadyDone for the same again."""
    row = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
    if row.status == status:
        raise AlreadyDone
    if status not in _MOVES.get(row.status, frozenset()):
        raise BadInput(f"Приём «{row.get_status_display()}» нельзя отметить так.")
    if status in ("completed", "no_show") and row.starts_at > now:
        raise BadInput("Приём ещё не начался.")
    row.status = status
    row.save(update_fields=["status"])
    audit.record("booking.appointment.marked", row, actor=actor, now=now, details={"status": status})
    told = _fact_of(row, status)
    if told is not None:
        facts.publish(told, now=now)
    return row


@transaction.atomic
def cancel(*, appointment: Appointment, by_patient: bool, reason: str = "", actor: Actor, now: datetime) -> Appointment:
    """Give a time up. Raises BadInput when the appointment is already over."""
    row = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
    if row.status in (Appointment.Status.CANCELLED_PATIENT, Appointment.Status.CANCELLED_CLINIC):
        raise AlreadyDone("Эта запись уже отменена.")
    if row.status not in Appointment.BOOKED:
        raise BadInput(f"Приём «{row.get_status_display()}» отменить нельзя.")
    row.status = Appointment.Status.CANCELLED_PATIENT if by_patient else Appointment.Status.CANCELLED_CLINIC
    row.cancel_reason = reason.strip()[:200]
    row.save(update_fields=["status", "cancel_reason"])
    audit.record("booking.appointment.cancelled", row, actor=actor, now=now, details={"by_patient": by_patient})
    facts.publish(
        AppointmentCancelled(
            clinic_id=row.clinic_id, patient_id=row.patient_id, appointment_id=row.pk, by_patient=by_patient
        ),
        now=now,
    )
    return row


def _branch_of(doctor: Doctor | None, patient: Patient) -> Branch:
    known = list(doctor.branches.filter(is_active=True)) if doctor is not None else []
    if patient.branch is not None and (patient.branch in known or not known):
        return patient.branch
    branch = known[0] if known else Branch.objects.filter(clinic_id=patient.clinic_id, is_active=True).first()
    if branch is None:
        raise BadInput("У клиники нет ни одного филиала. Добавьте его в настройках.")
    return branch


def _same_clinic(patient: Patient, doctor: Doctor | None, branch: Branch, services: Sequence[Service]) -> None:
    clinics = {branch.clinic_id, *(service.clinic_id for service in services)}
    if doctor is not None:
        clinics.add(doctor.clinic_id)
    if clinics != {patient.clinic_id}:
        raise BadInput("Врач, филиал и услуги должны быть из той же клиники.")
    if patient.merged_into_id is not None or patient.erased_at is not None:
        raise BadInput("Эта карта больше не ведётся. Откройте основную карту пациента.")


def _sensible(local: datetime, duration_minutes: int, starts_at: datetime, now: datetime) -> None:
    if starts_at <= now:
        raise BadInput("Это время уже прошло. Выберите время позже.")
    if starts_at > now + _HORIZON:
        raise BadInput("Дата дальше чем через полтора года. Проверьте год.")
    if not 5 <= duration_minutes <= _LONGEST:
        raise BadInput("Длительность приёма от 5 минут до 8 часов.")
    ends = local + timedelta(minutes=duration_minutes)
    if local.time() < EARLIEST or ends.date() != local.date() or ends.time() > LATEST:
        raise BadInput(f"Приём должен начаться и закончиться между {EARLIEST:%H:%M} и {LATEST:%H:%M}.")


def _busy(span: Span, **whose: int) -> bool:
    """An appointment that holds a place and shares an instant with the span. Durations lie between 0 and a day."""
    around = Appointment.objects.filter(
        **whose,
        status__in=Appointment.BOOKED,
        vanished_at=None,
        starts_at__lt=span.ends_at,
        starts_at__gt=span.starts_at - timedelta(days=1),
    )
    return any(
        span.overlaps(Span(starts_at, starts_at + timedelta(minutes=minutes)))
        for starts_at, minutes in around.values_list("starts_at", "duration_minutes")
    )


def _fact_of(row: Appointment, status: str) -> FactBase | None:
    ids = {"clinic_id": row.clinic_id, "patient_id": row.patient_id, "appointment_id": row.pk}
    if status == Appointment.Status.COMPLETED:
        return VisitCompleted(**ids)
    if status == Appointment.Status.NO_SHOW:
        return AppointmentMissed(**ids)
    if status == Appointment.Status.CONFIRMED:
        return AppointmentConfirmed(**ids)
    return None
