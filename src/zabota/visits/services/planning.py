"""Reminders of a visit are planned when it is booked or moved, and given up when it is not to be."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Least

from zabota.booking.models import Appointment
from zabota.clinic.models import Clinic
from zabota.messaging.api import ensure_rules, zones_of
from zabota.messaging.models import Message
from zabota.visits.models import Reminder, VisitSettings
from zabota.visits.rules.reminders import Moment, Terms, Window, next_allowed, plan
from zabota.visits.services.settings import settings_of, terms_of

LIVE = (Appointment.Status.PLANNED, Appointment.Status.CONFIRMED)
#: A confirmation is for a booking that was just made; who was booked elsewhere long ago knows it.
_JUST = timedelta(hours=1)
#: How far ahead the sweep looks for visits that no fact told of (loads of an export).
_AHEAD = timedelta(days=15)
_PORTION = 500

UNDONE = "Перенос отменили раньше, чем о нём узнали"
MOVED, CANCELLED, OFF = "Визит перенесён", "Визит отменён", "Напоминания выключены"
VANISHED = "Записи больше нет в программе клиники"
#: Why a visit in this state is not reminded of.
_ENDS: dict[str, str] = {
    Appointment.Status.ARRIVED: "Пациент уже в клинике",
    Appointment.Status.COMPLETED: "Приём уже закончен",
    Appointment.Status.NO_SHOW: "Неявка на визит",
    Appointment.Status.CANCELLED_PATIENT: CANCELLED,
    Appointment.Status.CANCELLED_CLINIC: CANCELLED,
    Appointment.Status.MOVED: MOVED,
}


def why_over(visit: Appointment) -> str:
    """Why this visit needs no reminder any more, in words for the card; empty while it is to come."""
    return VANISHED if visit.vanished_at is not None else _ENDS.get(visit.status, "")


@transaction.atomic
def plan_visit(*, appointment_id: int, now: datetime, undone_at: datetime | None = None) -> list[Reminder]:
    """Plan what is still missing for the visit as it stands; what was planned for an older time is void.

    `undone_at`: the time from which a mistake was taken back; a patient who was not told of it is not told of the way back.
    """
    visit = (
        Appointment.objects.select_for_update(of=("self",))
        .select_related("branch", "clinic", "patient")
        .filter(pk=appointment_id)
        .first()
    )
    if visit is None:
        return []
    over = why_over(visit)
    if over:
        give_up(visit, why=over, now=now)
        return []
    here = Q(revision=visit.revision, starts_at=visit.starts_at)
    _void(Reminder.objects.filter(~here, appointment=visit), why=MOVED, now=now)
    choice = settings_of(visit.clinic_id)
    if visit.starts_at <= now:
        return []
    mine = Reminder.objects.filter(here, appointment=visit)
    # A visit that is on again, or back at its time, is reminded of again.
    mine.filter(state=Reminder.State.VOID, due_at__gt=now).update(
        state=Reminder.State.PLANNED, why="", leader=None, round=F("round") + 1
    )
    known = set(mine.values_list("kind", flat=True))
    told = visit.origin == Appointment.Origin.IMPORT or (visit.booked_at is not None and now - visit.booked_at > _JUST)
    knows = told or has_told(visit.pk, visit.starts_at)  # of a booking made a moment ago nobody may have been told yet
    is_quiet = undone_at is not None and knows and not has_told(visit.pk, undone_at)
    if is_quiet:
        mine.filter(kind=Moment.BOOKED, state=Reminder.State.PLANNED).update(state=Reminder.State.SKIPPED, why=UNDONE)
    if not choice.reminders_on or visit.patient.erased_at is not None:
        return []
    zone = visit.branch.time_zone if visit.branch else visit.clinic.time_zone
    found = plan(
        starts_at=visit.starts_at,
        booked_at=now,
        zone=zone,
        # The zone by which the gate will judge the hour.
        patient_zone=str(zones_of([visit.patient_id], clinic_id=visit.clinic_id)[visit.patient_id]),
        online=visit.kind == Appointment.Kind.ONLINE,
        terms=terms_for(visit.clinic_id),
    )
    return Reminder.objects.bulk_create(
        Reminder(
            clinic_id=visit.clinic_id,
            patient_id=visit.patient_id,
            appointment=visit,
            kind=each.moment,
            revision=visit.revision,
            starts_at=visit.starts_at,
            due_at=each.due_at,
            expires_at=each.expires_at,
            is_pushed=each.pushed,
            # Kept, so that a later planning does not tell of what was taken back.
            **({"state": Reminder.State.SKIPPED, "why": UNDONE} if is_quiet and each.moment is Moment.BOOKED else {}),
        )
        for each in found
        if each.moment not in known and (each.moment is not Moment.BOOKED or not told or visit.revision)
    )


def has_told(appointment_id: int, starts_at: datetime | None = None) -> bool:
    """Whether a message about this visit, or about this time of it, has left."""
    rows = Reminder.objects.filter(appointment=appointment_id, state=Reminder.State.QUEUED)
    return (rows if starts_at is None else rows.filter(starts_at=starts_at)).exists()


def knew_another_time(reminder: Reminder) -> bool:
    """Whether who is told of this time knew another one, by us or before we knew of the visit.

    A visit that only has another doctor, or is by video now, stands at the time they know.
    """
    if reminder.revision == 0:
        return False
    before = Reminder.objects.filter(appointment=reminder.appointment_id, revision__lt=reminder.revision)
    last = before.filter(state=Reminder.State.QUEUED).order_by("-revision", "-queued_at").first()
    if last is not None or before.filter(starts_at=reminder.starts_at).exists():
        return last is not None and last.starts_at != reminder.starts_at
    first = Reminder.objects.filter(appointment=reminder.appointment_id, kind=Moment.BOOKED).exclude(pk=reminder.pk)
    return has_told(reminder.appointment_id) or not first.exists()


def give_up(visit: Appointment, *, why: str, now: datetime) -> None:
    """No reminder of this visit goes out any more; those told of in the same message are told anew."""
    _void(Reminder.objects.filter(appointment=visit), why=why, now=now)


def plan_unplanned(*, now: datetime) -> int:
    """The sweep: visits that came or changed without a fact. Returns how many were looked at."""
    silent = VisitSettings.objects.filter(reminders_on=False).values("clinic_id")
    soon = (
        Appointment.objects.filter(status__in=LIVE, vanished_at=None, starts_at__gt=now, starts_at__lt=now + _AHEAD)
        .exclude(
            pk__in=Reminder.objects.filter(starts_at__gt=now)
            .exclude(state=Reminder.State.VOID)
            .values("appointment_id")
        )
        .exclude(clinic_id__in=silent)
    )
    # A portion of each clinic: visits that get no reminder by their clinic's choice stand in front for ever.
    ids: list[int] = []
    for clinic_id in Clinic.objects.order_by("pk").values_list("pk", flat=True):
        own = soon.filter(clinic_id=clinic_id).order_by("starts_at")
        ids += own.values_list("pk", flat=True)[:_PORTION]
    stale = Reminder.objects.filter(state=Reminder.State.PLANNED).exclude(
        appointment__status__in=LIVE,
        appointment__vanished_at=None,
        appointment__starts_at=F("starts_at"),
        appointment__revision=F("revision"),
    )
    ids += list(stale.values_list("appointment_id", flat=True).distinct()[:_PORTION])
    for pk in ids:
        plan_visit(appointment_id=pk, now=now)
    return len(ids)


def replan(*, clinic_id: int, now: datetime) -> int:
    """The clinic chose other hours: what still waits is planned anew. Returns of how many visits."""
    _confirm_earlier(clinic_id, now)
    waiting = Reminder.objects.filter(
        clinic_id=clinic_id, state=Reminder.State.PLANNED, due_at__gt=now, round=0
    ).exclude(kind=Moment.BOOKED)
    ids = list(waiting.values_list("appointment_id", flat=True).distinct())
    for pk in ids:
        with transaction.atomic():
            waiting.filter(appointment_id=pk).delete()
            plan_visit(appointment_id=pk, now=now)
    return len(ids) + plan_unplanned(now=now)


def _confirm_earlier(clinic_id: int, now: datetime) -> None:
    """Confirmations that wait for the morning go at once when the new hours allow it."""
    waiting = Reminder.objects.filter(
        clinic_id=clinic_id, state=Reminder.State.PLANNED, kind=Moment.BOOKED, due_at__gt=now
    )
    due = dict(waiting.values_list("pk", "patient_id"))
    zones = zones_of(set(due.values()), clinic_id=clinic_id)
    window = terms_for(clinic_id).window
    for pk, patient_id in due.items():
        waiting.filter(pk=pk).update(due_at=Least("due_at", Value(next_allowed(now, zones[patient_id], window))))


def terms_for(clinic_id: int) -> Terms:
    """The clinic's choice with the hours in which service messages may arrive."""
    rules = ensure_rules(clinic_id=clinic_id)
    window = Window()
    if rules.service_from < rules.service_till:
        window = Window(rules.service_from, rules.service_till)
    return terms_of(settings_of(clinic_id), window)


def message_key(reminder: Reminder) -> str:
    """Visit, kind and revision; the minute tells apart what an export moved without a revision."""
    minute = int(reminder.starts_at.timestamp()) // 60
    key = f"visit:{reminder.appointment_id}:{reminder.kind}:{reminder.revision}:{minute}"
    return f"{key}:{reminder.round}" if reminder.round else key


def _void(rows: models.QuerySet[Reminder], *, why: str, now: datetime) -> None:
    """Planned ones are void; those in a message that has not left are taken out of it and the rest is told anew."""
    rows.filter(state=Reminder.State.PLANNED).update(state=Reminder.State.VOID, why=why)
    for row in rows.filter(state=Reminder.State.QUEUED).select_related("leader"):
        leader = row.leader or row
        message = Message.objects.filter(idem_key=message_key(leader)).first()
        if message is None or message.state != Message.State.QUEUED:
            continue
        group = Reminder.objects.filter(Q(pk=leader.pk) | Q(leader=leader), state=Reminder.State.QUEUED)
        # The guard reads the round: the message that waits is stale from now on.
        others = group.exclude(appointment_id=row.appointment_id)
        ids = list(others.values_list("pk", flat=True))
        Reminder.objects.filter(pk__in=ids).update(
            state=Reminder.State.PLANNED, leader=None, round=leader.round + 1, queued_at=None
        )
        Reminder.objects.filter(pk=row.pk).update(state=Reminder.State.VOID, why=why, round=leader.round + 1)
