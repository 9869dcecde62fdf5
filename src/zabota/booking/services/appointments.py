"""One path by which every visit gets, changes or loses its time: desk, site, link, offer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from zabota.booking.facts import AppointmentBooked, AppointmentCancelled, AppointmentMoved
from zabota.booking.models import Appointment, AppointmentService, FreedSlot, Hold, Resource
from zabota.booking.queries.hours import works_throughout
from zabota.booking.queries.needs import need_of
from zabota.booking.queries.wanted import Wanted
from zabota.booking.rules.slots import EARLIEST, LATEST
from zabota.booking.services import seats
from zabota.booking.services.freed import forget_delayed, note_freed
from zabota.booking.services.transfers import is_there, note_transfer
from zabota.booking.services.troubles import Outdated, SlotTaken
from zabota.clinic.models import Branch, Doctor, Service
from zabota.kernel import audit, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.patients.models import Patient

#: Further ahead nobody plans: a wrong year in the date, more likely.
_HORIZON = timedelta(days=550)
_LONGEST = 8 * 60


def book(
    *,
    patient: Patient,
    doctor: Doctor | None,
    branch: Branch | None,
    starts_at: datetime,
    duration_minutes: int | None = None,
    services: Sequence[Service] = (),
    comment: str = "",
    kind: str = Appointment.Kind.IN_PERSON,
    origin: str = Appointment.Origin.DESK,
    hold: Hold | None = None,
    resources: Sequence[Resource] | None = None,
    within_hours: bool = False,
    actor: Actor,
    now: datetime,
) -> Appointment:
    """Give a patient a time; `hold` is theirs and becomes the visit. Rooms are chosen unless `resources` names them.

    Raises BadInput for an impossible time and SlotTaken when doctor, room or patient is busy. Without a branch it is
    the one where the doctor receives, else the patient's own. Patients book `within_hours` only.
    """
    branch = branch or _branch_of(doctor, patient)
    _same_clinic(patient, doctor, branch, services)
    online = kind == Appointment.Kind.ONLINE
    need = need_of(services, online=online)
    minutes = need.minutes if duration_minutes is None else duration_minutes
    local = starts_at.astimezone(ZoneInfo(branch.time_zone))
    _sensible(local, minutes, starts_at, now, doctor=doctor, branch=branch, within_hours=within_hours)
    wanted = Wanted.of(doctor, branch, starts_at, minutes, services, online=online)
    if doctor is not None and seats.overlapping(starts_at, starts_at + timedelta(minutes=minutes), doctor_id=doctor.pk):
        # Many want one time at once: whoever comes late does not stand in the queue of those who write.
        raise SlotTaken(_busy_doctor(doctor), wanted=wanted)
    with transaction.atomic():
        span = seats.span_of(starts_at, minutes, need)
        groups = [[each] for each in resources] if resources is not None else seats.fitting(need, branch, span)
        mine = [seats.resource_of(doctor)] if doctor is not None else []
        candidates = {row.pk for group in [mine, *groups] for row in group}
        seats.lock_resources(candidates)
        Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)
        seats.free_expired(candidates, now=now)
        if hold is not None:
            Hold.objects.filter(pk=hold.pk).delete()
        elif origin == Appointment.Origin.DESK:
            forget_delayed(candidates, span, now=now)
        chosen = choose_seats(doctor, mine, groups, span, starts_at, minutes, wanted)
        if seats.overlapping(starts_at, starts_at + timedelta(minutes=minutes), patient_id=patient.pk):
            raise SlotTaken("У пациента уже есть запись на это время.", wanted=wanted)
        appointment = Appointment.objects.create(
            clinic_id=patient.clinic_id,
            patient=patient,
            branch=branch,
            doctor=doctor,
            starts_at=starts_at,
            day=local.date(),
            duration_minutes=minutes,
            buffer_before_minutes=need.before,
            buffer_after_minutes=need.after,
            total_kopecks=sum(service.price_kopecks or 0 for service in services),
            comment=comment.strip()[:500],
            kind=kind,
            origin=origin,
            created_by_id=actor.user_id,
            booked_at=now,
        )
        AppointmentService.objects.bulk_create(
            AppointmentService(appointment=appointment, service=service, price_kopecks=service.price_kopecks or 0)
            for service in services
        )
        if chosen and not seats.take(chosen, span, appointment=appointment):
            raise SlotTaken(wanted=wanted)
        audit.record("booking.appointment.booked", appointment, actor=actor, now=now)
        facts.publish(
            AppointmentBooked(
                clinic_id=patient.clinic_id,
                patient_id=patient.pk,
                appointment_id=appointment.pk,
                starts_at=starts_at,
                since_at=now,
            ),
            now=now,
        )
        return appointment


def book_next_visit(
    *,
    patient: Patient,
    doctor: Doctor | None,
    branch: Branch | None,
    starts_at: datetime,
    duration_minutes: int = 30,
    services: Sequence[Service] = (),
    comment: str = "",
    kind: str = Appointment.Kind.IN_PERSON,
    actor: Actor,
    now: datetime,
) -> Appointment:
    """The next visit as the desk books it: `book` with a duration that a person chose."""
    return book(
        patient=patient,
        doctor=doctor,
        branch=branch,
        starts_at=starts_at,
        duration_minutes=duration_minutes,
        services=services,
        comment=comment,
        kind=kind,
        actor=actor,
        now=now,
    )


@transaction.atomic
def move_appointment(
    *,
    appointment: Appointment,
    starts_at: datetime,
    expected_revision: int | None,
    doctor: Doctor | None = None,
    branch: Branch | None = None,
    duration_minutes: int | None = None,
    hold: Hold | None = None,
    resources: Sequence[Resource] | None = None,
    within_hours: bool = False,
    by_patient: bool = False,
    is_undo: bool = False,
    cause: str = FreedSlot.Cause.MOVED,
    actor: Actor,
    now: datetime,
) -> Appointment:
    """Another time, doctor or length for a visit; what is not named stays. The same move a second time changes nothing.

    Rooms are chosen anew unless `resources` names them.

    Raises Outdated when the visit is no longer at `expected_revision`, SlotTaken when the new time is busy.
    """
    row = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
    doctor = doctor if doctor is not None else row.doctor
    branch = branch or (row.branch if row.branch is not None else _branch_of(doctor, row.patient))
    minutes = duration_minutes or row.duration_minutes
    same = (row.starts_at, row.doctor_id, row.duration_minutes, row.branch_id) == (
        starts_at,
        doctor.pk if doctor is not None else None,
        minutes,
        branch.pk,
    )
    if same and row.status in Appointment.BOOKED:
        return row
    if expected_revision is not None and row.revision != expected_revision:
        raise Outdated
    if row.status not in (Appointment.Status.PLANNED, Appointment.Status.CONFIRMED):
        raise BadInput(f"Приём «{row.get_status_display()}» перенести нельзя.")
    if row.vanished_at is not None:
        raise BadInput("Этой записи больше нет в системе клиники. Запишите пациента заново.")
    services = [line.service for line in row.lines.select_related("service")]
    _same_clinic(row.patient, doctor, branch, services)
    local = starts_at.astimezone(ZoneInfo(branch.time_zone))
    _sensible(local, minutes, starts_at, now, doctor=doctor, branch=branch, within_hours=within_hours)
    online = row.kind == Appointment.Kind.ONLINE
    need = replace(need_of(services, online=online), before=row.buffer_before_minutes, after=row.buffer_after_minutes)
    wanted = Wanted.of(doctor, branch, starts_at, minutes, services, online=online)
    span = seats.span_of(starts_at, minutes, need)
    mine = [seats.resource_of(doctor)] if doctor is not None else []
    groups = [[each] for each in resources] if resources is not None else seats.fitting(need, branch, span)
    candidates = {each.pk for group in [mine, *groups] for each in group}
    held = set(row.cells.values_list("resource_id", flat=True).distinct())
    seats.lock_resources(candidates | held)
    Patient.objects.select_for_update(of=("self",)).get(pk=row.patient_id)
    seats.free_expired(candidates, now=now)
    if hold is not None:
        Hold.objects.filter(pk=hold.pk).delete()
    elif is_undo or not by_patient:
        forget_delayed(candidates, span, now=now)
    seats.give_back(row)
    chosen = choose_seats(doctor, mine, groups, span, starts_at, minutes, wanted, but=row)
    ends_at = starts_at + timedelta(minutes=minutes)
    if seats.overlapping(starts_at, ends_at, but=row, patient_id=row.patient_id):
        raise SlotTaken("У пациента уже есть запись на это время.", wanted=wanted)
    if chosen and not seats.take(chosen, span, appointment=row):
        raise SlotTaken(wanted=wanted)
    was = Appointment(pk=row.pk, clinic_id=row.clinic_id, doctor_id=row.doctor_id, branch_id=row.branch_id,
                      starts_at=row.starts_at, duration_minutes=row.duration_minutes)  # fmt: skip
    told_at = row.told_at
    if row.told_at is None and is_there(row):
        row.told_at = row.starts_at
    row.doctor, row.branch, row.starts_at, row.day = doctor, branch, starts_at, local.date()
    row.duration_minutes, row.revision = minutes, row.revision + 1
    row.status, row.confirmed_at, row.in_conflict = Appointment.Status.PLANNED, None, False
    row.save(
        update_fields=[
            "doctor", "branch", "starts_at", "day", "duration_minutes", "revision", "status", "confirmed_at",
            "in_conflict", "told_at",
        ]
    )  # fmt: skip
    audit.record(
        "booking.appointment.moved", row, actor=actor, now=now,
        details={"was_at": was.starts_at.isoformat(), "revision": row.revision, "by_patient": by_patient},
    )  # fmt: skip
    facts.publish(
        AppointmentMoved(
            clinic_id=row.clinic_id, patient_id=row.patient_id, appointment_id=row.pk, revision=row.revision,
            was_at=was.starts_at, starts_at=starts_at, by_patient=by_patient, is_undo=is_undo,
        ),
        now=now,
    )  # fmt: skip
    note_transfer(row, was=(was.starts_at, was.doctor_id), told_at=told_at, by_patient=by_patient, now=now)
    if not is_undo:  # what a mistake held for a moment was free before it
        note_freed(was, cause=cause, now=now)
    return row


@transaction.atomic
def cancel(
    *,
    appointment: Appointment,
    by_patient: bool,
    reason: str = "",
    is_undo: bool = False,
    expected_revision: int | None = None,
    cause: str = FreedSlot.Cause.CANCELLED,
    actor: Actor,
    now: datetime,
) -> Appointment:
    """Give a time up. Raises BadInput when the appointment is already over and Outdated when it was moved since."""
    row = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
    if row.status in Appointment.CANCELLED:
        raise AlreadyDone("Эта запись уже отменена.")
    if row.status not in Appointment.BOOKED:
        raise BadInput(f"Приём «{row.get_status_display()}» отменить нельзя.")
    if expected_revision is not None and row.revision != expected_revision:
        raise Outdated
    seats.lock_resources(row.cells.values_list("resource_id", flat=True).distinct())
    row.status = Appointment.Status.CANCELLED_PATIENT if by_patient else Appointment.Status.CANCELLED_CLINIC
    row.cancel_reason = reason.strip()[:200]
    row.cancelled_at, row.in_conflict = now, False
    row.save(update_fields=["status", "cancel_reason", "cancelled_at", "in_conflict"])
    seats.give_back(row)
    audit.record("booking.appointment.cancelled", row, actor=actor, now=now, details={"by_patient": by_patient})
    facts.publish(
        AppointmentCancelled(
            clinic_id=row.clinic_id, patient_id=row.patient_id, appointment_id=row.pk, by_patient=by_patient,
            is_undo=is_undo,
        ),
        now=now,
    )  # fmt: skip
    note_transfer(row, was=(row.starts_at, row.doctor_id), told_at=row.told_at, by_patient=by_patient, now=now)
    if not is_undo:
        note_freed(row, cause=cause, now=now)
    return row


def choose_seats(
    doctor: Doctor | None,
    mine: Sequence[Resource],
    groups: Sequence[Sequence[Resource]],
    span: tuple[int, int],
    starts_at: datetime,
    minutes: int,
    wanted: Wanted,
    but: Appointment | None = None,
) -> list[int]:
    """The doctor's resource and one free room or device of each kind. Raises SlotTaken."""
    every: Collection[int] = {row.pk for group in [mine, *groups] for row in group}
    busy = seats.taken(every, span) if every else set()
    ends_at = starts_at + timedelta(minutes=minutes)
    if doctor is not None and (
        any(row.pk in busy for row in mine) or seats.overlapping(starts_at, ends_at, but=but, doctor_id=doctor.pk)
    ):
        raise SlotTaken(_busy_doctor(doctor), wanted=wanted)
    chosen = [row.pk for row in mine]
    for group in groups:
        free = next((row.pk for row in group if row.pk not in busy and row.pk not in chosen), None)
        if free is None:
            raise SlotTaken("На это время нет свободного кабинета или оборудования. Выберите другое.", wanted=wanted)
        chosen.append(free)
    return chosen


def _busy_doctor(doctor: Doctor) -> str:
    return f"{doctor.name}: это время уже занято. Выберите другое."


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


def _sensible(
    local: datetime,
    minutes: int,
    starts_at: datetime,
    now: datetime,
    *,
    doctor: Doctor | None,
    branch: Branch,
    within_hours: bool,
) -> None:
    if starts_at <= now:
        raise BadInput("Это время уже прошло. Выберите время позже.")
    if starts_at > now + _HORIZON:
        raise BadInput("Дата дальше чем через полтора года. Проверьте год.")
    if not 5 <= minutes <= _LONGEST:
        raise BadInput("Длительность приёма от 5 минут до 8 часов.")
    ends = local + timedelta(minutes=minutes)
    usual = local.time() >= EARLIEST and ends.date() == local.date() and ends.time() <= LATEST
    if usual and not within_hours:
        return
    if doctor is not None and works_throughout(doctor, branch, starts_at, minutes):
        return
    if within_hours:
        raise BadInput("В это время врач не принимает. Выберите другое.")
    raise BadInput(f"Приём должен начаться и закончиться между {EARLIEST:%H:%M} и {LATEST:%H:%M}.")
