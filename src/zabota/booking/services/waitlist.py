"""Who waits: joining and leaving the list; entries that close themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from zabota.booking.facts import OfferClosed, WaitlistJoined, WaitlistLeft
from zabota.booking.models import Appointment, DayPart, FreedSlot, SlotOffer, WaitlistEntry
from zabota.booking.queries.needs import need_of, performs_any
from zabota.clinic.models import Branch, Doctor, Service
from zabota.kernel import audit, facts
from zabota.kernel.audit import SYSTEM, Actor
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.patients.models import Patient

_MOST_NOTICE = 14 * 1440


@transaction.atomic
def join_waitlist(
    *,
    patient: Patient,
    services: Sequence[Service] = (),
    doctors: Sequence[Doctor] = (),
    branch: Branch | None = None,
    minutes: int | None = None,
    day_parts: Sequence[str] = (),
    weekdays: Sequence[int] = (),
    earliest_on: date | None = None,
    latest_on: date | None = None,
    notice_minutes: int = 180,
    priority: int = 0,
    appointment: Appointment | None = None,
    kind: str = "",
    actor: Actor,
    now: datetime,
) -> WaitlistEntry:
    """Put a patient on the list. `appointment` is the later time that they give up for an earlier one.

    `kind` is that of the appointment unless it is named, else in the clinic.

    A branch in which none of the doctors receives gives way to theirs: nothing would ever be offered there.
    Raises AlreadyDone when they wait for the same services already, BadInput for wishes that cannot come true.
    """
    clinics = {row.clinic_id for row in services} | {row.clinic_id for row in doctors}
    if branch is not None:
        clinics.add(branch.clinic_id)
    if clinics - {patient.clinic_id} or (appointment is not None and appointment.patient_id != patient.pk):
        raise BadInput("Врач, филиал, услуги и запись должны быть этого пациента и этой клиники.")
    if set(day_parts) - set(DayPart.values) or any(not 0 <= each <= 6 for each in weekdays):
        raise BadInput("Время дня или день недели указаны неверно.")
    if earliest_on is not None and latest_on is not None and latest_on < earliest_on:
        raise BadInput("«Не позже» раньше, чем «не раньше». Проверьте даты.")
    if latest_on is not None and latest_on < now.astimezone(ZoneInfo(patient.clinic.time_zone)).date():
        raise BadInput("День «не позже» уже прошёл.")
    if not 0 <= notice_minutes <= _MOST_NOTICE:
        raise BadInput("Предупредить можно не раньше чем за две недели.")
    if not -9 <= priority <= 9:
        raise BadInput("Срочность от −9 до 9.")
    length = minutes or (appointment.duration_minutes if appointment is not None else need_of(services).minutes)
    if not 5 <= length <= 480:
        raise BadInput("Длительность приёма от 5 минут до 8 часов.")
    wanted = {row.pk for row in services}
    branch = branch_for(doctors, branch)
    Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)
    for row in WaitlistEntry.objects.filter(patient=patient, state__in=WaitlistEntry.OPEN).prefetch_related("services"):
        if {each.pk for each in row.services.all()} == wanted:
            raise AlreadyDone("Пациент уже в листе ожидания.")
    entry = WaitlistEntry.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        branch=branch,
        minutes=length,
        kind=kind or (appointment.kind if appointment is not None else Appointment.Kind.IN_PERSON),
        day_parts=sorted(set(day_parts)),
        weekdays=sorted(set(weekdays)),
        earliest_on=earliest_on,
        latest_on=latest_on,
        notice_minutes=notice_minutes,
        priority=priority,
        appointment=appointment,
        created_at=now,
        created_by_id=actor.user_id,
    )
    entry.services.set(services)
    entry.doctors.set(doctors)
    audit.record("booking.waitlist.joined", entry, actor=actor, now=now)
    facts.publish(WaitlistJoined(clinic_id=entry.clinic_id, patient_id=patient.pk, entry_id=entry.pk), now=now)
    return entry


def branch_for(doctors: Sequence[Doctor], branch: Branch | None) -> Branch | None:
    """Where these doctors may be waited for: the branch asked for when one of them receives there, else theirs; None: any."""
    if branch is None or not doctors:
        return branch
    theirs: dict[int, Branch] = {}
    for doctor in doctors:
        receives = list(doctor.branches.filter(is_active=True))
        if not receives or branch in receives:
            return branch
        theirs |= {each.pk: each for each in receives}
    return next(iter(theirs.values())) if len(theirs) == 1 else None


@transaction.atomic
def close_entry(*, entry: WaitlistEntry, reason: str, actor: Actor, now: datetime) -> WaitlistEntry:
    """Take a patient off the list; what was offered to them is offered on."""
    row = WaitlistEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    if row.state not in WaitlistEntry.OPEN:
        raise AlreadyDone("Пациент уже не в листе ожидания.")
    _close(row, WaitlistEntry.State.CLOSED, reason.strip()[:200] or "по просьбе пациента", now=now)
    audit.record("booking.waitlist.closed", row, actor=actor, now=now)
    return row


def close_satisfied(*, appointment: Appointment, since_at: datetime, now: datetime) -> int:
    """A booking made elsewhere is what the patient waited for: entries without a time of their own close themselves.

    Whoever joined the list after `since_at`, when they had this time already, waits for another. A booking that names no service is when its doctor performs what the patient waits for.
    """
    booked = set(appointment.lines.values_list("service_id", flat=True))
    closed = 0
    rows = WaitlistEntry.objects.filter(
        patient_id=appointment.patient_id, state__in=WaitlistEntry.OPEN, created_at__lte=since_at
    ).filter(Q(appointment=None))
    for entry in rows.prefetch_related("services"):
        wanted = {row.pk for row in entry.services.all()}
        if wanted and not (wanted & booked if booked else performs_any(appointment.doctor_id, wanted)):
            continue
        with transaction.atomic():
            row = WaitlistEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
            if row.state in WaitlistEntry.OPEN:
                row.booked = appointment
                _close(row, WaitlistEntry.State.BOOKED, "записан", now=now)
                closed += 1
    return closed


def expire_entries(*, now: datetime) -> int:
    """Entries whose last day is over, or whose own time came, close themselves."""
    expired = 0
    rows = WaitlistEntry.objects.filter(state__in=WaitlistEntry.OPEN).filter(
        Q(latest_on__lt=now.date()) | Q(appointment__starts_at__lte=now, appointment__status__in=Appointment.BOOKED)
        | Q(appointment__status=Appointment.Status.COMPLETED)
    )  # fmt: skip
    for entry in rows.select_related("clinic"):
        today = now.astimezone(ZoneInfo(entry.clinic.time_zone)).date()
        if entry.appointment is None and entry.latest_on is not None and entry.latest_on >= today:
            continue  # the day is not over where the clinic is
        with transaction.atomic():
            row = WaitlistEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
            if row.state in WaitlistEntry.OPEN:
                _close(row, WaitlistEntry.State.EXPIRED, "раньше времени не нашлось", now=now)
                audit.record("booking.waitlist.closed", row, actor=SYSTEM, now=now)
                expired += 1
    return expired


def _close(row: WaitlistEntry, state: str, reason: str, *, now: datetime) -> None:
    row.state, row.reason, row.closed_at = state, reason, now
    row.save(update_fields=["state", "reason", "closed_at", "booked"])
    for offer in SlotOffer.objects.filter(entry=row, state=SlotOffer.State.OPEN):
        if SlotOffer.objects.filter(pk=offer.pk, state=SlotOffer.State.OPEN).update(
            state=SlotOffer.State.WITHDRAWN, answered_at=now
        ):
            FreedSlot.objects.filter(pk=offer.freed_id, state=FreedSlot.State.OFFERING).exclude(
                offers__state=SlotOffer.State.OPEN
            ).update(next_wave_at=now)
            facts.publish(
                OfferClosed(
                    clinic_id=row.clinic_id, patient_id=row.patient_id, entry_id=row.pk, offer_id=offer.pk,
                    state=SlotOffer.State.WITHDRAWN,
                ),
                now=now,
            )  # fmt: skip
    if state != WaitlistEntry.State.BOOKED:
        facts.publish(WaitlistLeft(clinic_id=row.clinic_id, patient_id=row.patient_id, entry_id=row.pk), now=now)
