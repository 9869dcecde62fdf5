"""Reminders that are due become messages: several visits of one day, or of a family, are one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import DateTimeField, Q, Value
from django.db.models.functions import Greatest

from zabota.booking.models import Appointment
from zabota.clinic.models import Clinic
from zabota.kernel.errors import BadInput
from zabota.kernel.jobs import assure_lease
from zabota.messaging.api import NewMessage, SubjectRef, TextUnusable, enqueue, ensure_templates, text_failed
from zabota.patients.api import best_phones
from zabota.visits.models import ActionLink, Reminder
from zabota.visits.queries.texts import texts_of
from zabota.visits.rules import wording
from zabota.visits.rules.reminders import Moment
from zabota.visits.services.acts import link_expiry
from zabota.visits.services.addresses import link_words
from zabota.visits.services.links import make_links
from zabota.visits.services.planning import MOVED, OFF, knew_another_time, message_key, why_over
from zabota.visits.services.settings import settings_of

SUBJECT = "reminder"
_PORTION = 200
#: The evening before, all visits of tomorrow are due at one moment.
_PORTIONS = 50
#: A text that cannot be written is looked at again so often: somebody mends it, or what it lacked.
_AGAIN = timedelta(minutes=15)
#: Visits of the same day that are due a little later are told of in the message of the first.
_TOGETHER = timedelta(hours=14)


def send_due(*, now: datetime) -> int:
    """Turn what is due into messages. Returns how many messages were made; safe with any number of workers."""
    made = 0
    for _ in range(_PORTIONS):
        assure_lease()
        due = list(
            Reminder.objects.filter(state=Reminder.State.PLANNED, due_at__lte=now)
            .order_by("due_at", "id")
            .values_list("pk", flat=True)[:_PORTION]
        )
        made += sum(_send(pk, now) for pk in due)
        if len(due) < _PORTION:
            break
    return made


@transaction.atomic
def _send(reminder_id: int, now: datetime) -> int:
    # A family is told by one worker at a time: two that each held a reminder of hers would wait for each other's.
    clinics = Reminder.objects.filter(pk=reminder_id).values("clinic_id")
    list(Clinic.objects.select_for_update(no_key=True).filter(pk__in=clinics).values_list("pk"))
    leader = (
        Reminder.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=reminder_id, state=Reminder.State.PLANNED, due_at__lte=now)
        .first()
    )
    if leader is None:
        return 0  # another worker has it, or it went in the message of another
    group = [row for row in _family(leader, now) if _still_wanted(row, now)]
    if leader.pk not in {row.pk for row in group}:
        return 0
    visits = {row.pk: _visit(row) for row in group}
    group.sort(key=lambda row: (row.pk != leader.pk, row.starts_at))
    told = Reminder.objects.filter(pk__in=[row.pk for row in group])
    try:
        with transaction.atomic():
            _tell(leader, group, visits, now)
    except TextUnusable as wrong:
        told.update(why=wrong.text[:120], due_at=Greatest("due_at", Value(now + _AGAIN, DateTimeField())))
        text_failed(wrong, now=now)
        return 0
    except BadInput as wrong:
        told.update(state=Reminder.State.SKIPPED, why=wrong.text[:120])
        return 0
    return 1


def _tell(leader: Reminder, group: Sequence[Reminder], visits: Mapping[int, Appointment], now: datetime) -> None:
    """One message for the whole group. Raises TextUnusable, BadInput."""
    key = wording.template_of(
        leader.kind,
        several=len(group) > 1,
        moved=knew_another_time(leader),
        pushed=leader.is_pushed,
        online=visits[leader.pk].kind == Appointment.Kind.ONLINE,
    )
    if key == wording.ONLINE_BOOKED:
        ensure_templates(clinic=visits[leader.pk].clinic, now=now)  # a clinic of before has no such text
    message = NewMessage(
        template_key=key,
        idem_key=message_key(leader),
        not_before_at=now,
        expires_at=min(row.expires_at for row in group),
        patient_id=leader.patient_id,
        branch_id=visits[leader.pk].branch_id,
        context=_words(leader, group, visits, now),
        subject=SubjectRef(SUBJECT, leader.pk, leader.round),
    )
    enqueue(clinic_id=leader.clinic_id, message=message, now=now)
    rows = Reminder.objects.filter(pk__in=[row.pk for row in group])
    rows.update(state=Reminder.State.QUEUED, queued_at=now, leader=None, why="")
    rows.exclude(pk=leader.pk).update(leader=leader, round=leader.round)


def still_valid(refs: Sequence[tuple[int, int]], *, now: datetime) -> Mapping[tuple[int, int], str]:
    """The guard of messages: which of these groups no longer say the truth, and why."""
    ids = [each[0] for each in refs]
    rows = Reminder.objects.filter(Q(pk__in=ids) | Q(leader_id__in=ids)).select_related("appointment")
    groups: dict[int, list[Reminder]] = defaultdict(list)
    for row in rows:
        groups[row.pk if row.leader_id is None or row.pk in ids else row.leader_id].append(row)
    wrong: dict[tuple[int, int], str] = {}
    for pk, round_ in refs:
        leader = next((row for row in groups.get(pk, ()) if row.pk == pk), None)
        if leader is None or leader.round != round_ or leader.state == Reminder.State.VOID:
            wrong[pk, round_] = leader.why if leader is not None and leader.why else MOVED
            continue
        for row in groups[pk]:
            reason = _reason(row, now)
            if reason:
                wrong[pk, round_] = reason
                break
    return wrong


def _reason(row: Reminder, now: datetime) -> str:
    visit = row.appointment
    over = why_over(visit)
    if over:
        return over
    if visit.revision != row.revision or visit.starts_at != row.starts_at:
        return MOVED
    return "Визит уже начался" if visit.starts_at <= now else ""


def _family(leader: Reminder, now: datetime) -> list[Reminder]:
    """The reminder itself and others of the same kind and day that go to the same phone of one household."""
    until = now if leader.kind == Moment.BOOKED else leader.due_at + _TOGETHER
    people = _household(leader)
    rows = (
        Reminder.objects.select_for_update(of=("self",))
        .filter(
            clinic_id=leader.clinic_id,
            patient_id__in=people,
            kind=leader.kind,
            state=Reminder.State.PLANNED,
            due_at__lte=until,
        )
        .select_related("appointment__branch", "appointment__clinic", "appointment__doctor", "patient")
        .order_by("starts_at", "id")
    )
    day = _day(leader)
    return [row for row in rows if _day(row) == day]


def _household(leader: Reminder) -> list[int]:
    patient = leader.patient
    if patient.household_id is None:
        return [patient.pk]
    members = list(type(patient).objects.cards().filter(household_id=patient.household_id).values_list("pk", flat=True))
    phones = best_phones([*members, patient.pk])
    mine = phones.get(patient.pk)
    return [pk for pk in {*members, patient.pk} if pk == patient.pk or (mine and phones.get(pk) == mine)]


def _still_wanted(row: Reminder, now: datetime) -> bool:
    """Ends those that became needless since they were planned."""
    visit = row.appointment
    why = _reason(row, now)
    if not why and row.expires_at <= now:
        # What kept it back all this time is the true reason.
        why = row.why or "Опоздало: визит вот-вот начнётся"
    if not why and not settings_of(row.clinic_id).reminders_on:
        why = OFF
    if not why and row.kind == Moment.LONG and visit.status == Appointment.Status.CONFIRMED:
        why = "Пациент уже подтвердил"
    if why:
        Reminder.objects.filter(pk=row.pk).update(state=Reminder.State.SKIPPED, why=why)
    return not why


def _words(
    leader: Reminder, group: Sequence[Reminder], visits: Mapping[int, Appointment], now: datetime
) -> dict[str, str]:
    """Values of the text: date, time, links. The links of the others hang on the first."""
    first = visits[leader.pk]
    leaders: tuple[ActionLink, ActionLink] | None = None
    words: dict[str, str] = {}
    for row in group:
        visit = visits[row.pk]
        secrets, made = make_links(
            purpose=ActionLink.Purpose.VISIT,
            clinic_id=row.clinic_id,
            patient_id=row.patient_id,
            appointment=visit,
            expires_at=link_expiry(visit),
            leaders=leaders,
            now=now,
        )
        if leaders is None:
            leaders, words = made, link_words(secrets)
    begins = [_local(visits[row.pk]) for row in group]
    times = wording.several_times(begins, pushed=any(row.is_pushed for row in group))
    told = {**wording.words_of_visit(_local(first)), **words, "визиты": times}
    # Said only to whoever asked for detailed messages: the name of a doctor tells what somebody is treated for.
    told["врач"] = wording.doctor_words(first.doctor.name) if first.doctor is not None else "врач"
    if all(visits[row.pk].kind == Appointment.Kind.ONLINE for row in group):
        told |= wording.BY_VIDEO
    if leader.kind == Moment.EVENING and len(group) == 1:
        told |= _how_to_prepare(first)
    return told


def _how_to_prepare(visit: Appointment) -> dict[str, str]:
    texts = texts_of(visit)
    services = visit.lines.select_related("service").order_by("id")
    words = {
        "услуга": ", ".join(line.service.name for line in services),
        "подготовка": texts.prepare,
        "как_доехать": texts.way,
    }
    return {name: value for name, value in words.items() if value}


def _visit(row: Reminder) -> Appointment:
    return row.appointment


def _local(visit: Appointment) -> datetime:
    zone = visit.branch.time_zone if visit.branch else visit.clinic.time_zone
    return visit.starts_at.astimezone(ZoneInfo(zone))


def _day(row: Reminder) -> date:
    return _local(row.appointment).date()
