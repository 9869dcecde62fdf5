"""How a contact ended: the outcome with its proof, the state of the phone, the escalation of a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from zabota.booking.models import Appointment
from zabota.clinic.models import Member
from zabota.kernel import audit, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.kernel.plain import plain
from zabota.patients import api as patients
from zabota.patients.models import Contact
from zabota.worklist.facts import ContactAttempted
from zabota.worklist.models import Outcome, Script, Task, TaskEvent
from zabota.worklist.queries.contacts import callable_phones
from zabota.worklist.queries.sittings import seconds_open
from zabota.worklist.rules import reasons
from zabota.worklist.rules.calls import wrong_time
from zabota.worklist.rules.outcomes import DESK_ORDER, SPOKEN, Decision, decide
from zabota.worklist.services.changes import change, note_event, tell_closed, what_happened
from zabota.worklist.services.escalation import escalate_refusal
from zabota.worklist.services.peace import leave_in_peace

#: Fields of a task that an outcome changes and an undo restores.
CHANGED = (
    "state", "due_at", "hidden_until", "promised_at", "attempts", "closed_at", "closed_by_id",
    "outcome", "outcome_reason", "comment", "appointment_id", "evidence", "owner_id",
)  # fmt: skip


class BookingMissing(BadInput):
    """Closing as "booked" without a booking or its evidence."""

    code = "booking_missing"
    text = (
        "Исход «Есть запись» требует записи: выберите запись пациента, запишите его здесь "
        "или укажите, где запись видна (номер и время в программе клиники)."
    )


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of an outcome."""

    task: Task
    event: TaskEvent
    #: After a wrong number: the phone to try next, if there is one.
    next_phone: Contact | None = None
    #: The task made for the quality controller.
    escalation: Task | None = None


def record_outcome(
    *,
    task: Task,
    member: Member,
    outcome: str,
    actor: Actor,
    now: datetime,
    seen_version: int | None = None,
    reason: str = "",
    comment: str = "",
    call_at: datetime | None = None,
    appointment: Appointment | None = None,
    evidence: str = "",
    contact: Contact | None = None,
    script: Script | None = None,
) -> Recorded:
    """Record how a contact ended and what follows from it.

    `seen_version` is the version of the task on the person's page. Raises AlreadyDone when somebody was quicker,
    BookingMissing and BadInput when the outcome lacks what it needs; nothing is written then.
    """
    comment, evidence = " ".join(comment.split())[:500], " ".join(evidence.split())[:200]
    if task.state == Task.State.CLOSED or (seen_version is not None and seen_version != task.version):
        raise AlreadyDone(what_happened(task))
    _check(task, outcome, reason=reason, comment=comment, call_at=call_at, now=now)
    if outcome == Outcome.BOOKED:
        _check_booking(task, appointment, evidence, now)
    with transaction.atomic():
        phones = list(callable_phones(task.patient_id))
        called = contact or (phones[0] if phones else None)
        seconds = seconds_open(task=task, member=member, now=now)
        before = _before(task)
        left = [phone for phone in phones if outcome != Outcome.WRONG_NUMBER or phone != called]
        decision = decide(
            outcome,
            attempts=task.attempts,
            due_at=task.due_at,
            call_at=call_at,
            phones_left=len(left),
            now=now,
            zone=ZoneInfo(task.clinic.time_zone),
        )
        change(task, **_fields(task, decision, member, outcome, reason, comment, appointment, evidence, now))
        event = note_event(
            task,
            TaskEvent.Kind.ATTEMPT,
            now=now,
            member=member,
            outcome=outcome,
            outcome_reason=reason,
            comment=comment,
            seconds=seconds,
            contact=called,
            script=script if script is not None and script.pk else None,
        )
        # Told first: whoever hears of the phone must already know that the patient refused.
        _tell(task, member, outcome, reason, decision, now)
        mark = _mark_phone(called, outcome, actor=actor, now=now)
        escalation = None
        if outcome == Outcome.REFUSED:
            escalation = escalate_refusal(
                task=task, reason=reason, comment=comment, member=member, actor=actor, now=now
            )
        taken_back = leave_in_peace(
            task, outcome=outcome, reason=reason, comment=comment, called=called, actor=actor, now=now
        )
        event.before = before | {
            "version": task.version,
            "escalation_id": escalation.pk if escalation else None,
            "mark": mark,
            **taken_back,
        }
        event.save(update_fields=["before"])
        audit.record(
            "worklist.task.outcome", task, actor=actor, now=now, details={"outcome": outcome, "reason": reason}
        )
    return Recorded(
        task, event, next_phone=left[0] if left and outcome == Outcome.WRONG_NUMBER else None, escalation=escalation
    )


def _check(task: Task, outcome: str, *, reason: str, comment: str, call_at: datetime | None, now: datetime) -> None:
    if outcome not in DESK_ORDER:
        raise BadInput("Такого исхода нет. Обновите страницу.")
    if outcome == Outcome.REFUSED:
        _check_choice(reasons.REFUSALS, reason, comment, "Выберите причину отказа: по ней видно, что менять в клинике.")
    elif outcome == Outcome.RESOLVED:
        _check_choice(reasons.RESOLUTIONS, reason, comment, "Выберите, как решился вопрос.")
    elif outcome == Outcome.CALL_BACK and call_at is None:
        raise BadInput("Укажите, когда перезвонить.")
    kept_at = call_at if outcome in {Outcome.CALL_BACK, Outcome.THINKS} else None
    if kept_at is not None and (wrong := wrong_time(kept_at, now)):
        raise BadInput(wrong)
    if outcome == Outcome.WRONG_NUMBER and not callable_phones(task.patient_id).exists():
        raise BadInput("Рабочих номеров в карте нет. Внесите новый номер или выберите другой исход.")


def _check_choice(choices: tuple[reasons.Choice, ...], code: str, comment: str, empty: str) -> None:
    choice = reasons.find_choice(choices, code)
    if choice is None:
        raise BadInput(empty)
    if choice.needs_comment and not comment:
        raise BadInput("Для «Другое» нужны два слова в комментарии.")


def _check_booking(task: Task, appointment: Appointment | None, evidence: str, now: datetime) -> None:
    if appointment is None and not evidence:
        raise BookingMissing
    if appointment is None:
        if sum(letter.isalnum() for letter in evidence) < 4:
            raise BookingMissing("Напишите, где видна запись: номер или день и время в программе клиники.")
        return
    if appointment.patient_id != task.patient_id or appointment.clinic_id != task.clinic_id:
        raise BookingMissing("Эта запись сделана на другого пациента. Выберите запись этого пациента.")
    if appointment.status not in Appointment.BOOKED or appointment.vanished_at or appointment.starts_at <= now:
        raise BookingMissing("Эта запись отменена или уже прошла. Нужна запись на будущее время.")


def _before(task: Task) -> dict[str, Any]:
    return {"fields": {name: plain(getattr(task, name)) for name in CHANGED}}


def _fields(
    task: Task,
    decision: Decision,
    member: Member,
    outcome: str,
    reason: str,
    comment: str,
    appointment: Appointment | None,
    evidence: str,
    now: datetime,
) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "due_at": decision.due_at,
        "hidden_until": decision.hidden_until,
        "promised_at": decision.promised_at,
        "attempts": min(decision.attempts, 32767),
    }
    # Whoever promised to call keeps the promise; a task from the common queue is theirs from now on.
    if task.owner_id is None:
        fields["owner_id"] = member.pk
    if comment:
        fields["comment"] = comment
    if decision.closes:
        fields |= {
            "state": Task.State.CLOSED,
            "closed_at": now,
            "closed_by_id": member.user_id,
            "outcome": outcome,
            "outcome_reason": reason,
            "appointment_id": appointment.pk if appointment else None,
            "evidence": evidence,
        }
    return fields


def _mark_phone(called: Contact | None, outcome: str, *, actor: Actor, now: datetime) -> dict[str, Any] | None:
    """Mark whether the phone reaches the patient. Returns what an undo needs to take this mark back."""
    reach = Contact.Reach.REACHED if outcome in SPOKEN else None
    if outcome == Outcome.NO_ANSWER:
        reach = Contact.Reach.NO_ANSWER
    elif outcome == Outcome.WRONG_NUMBER:
        reach = Contact.Reach.WRONG
    if called is None or reach is None or called.reach == reach:
        return None
    was = {
        "reach": called.reach,
        "reach_at": plain(called.reach_at),
        "is_preferred": called.is_preferred,
    }
    marked = patients.mark_reach(contact=called, reach=reach, actor=actor, now=now)
    return {"contact_id": called.pk, "was": was, "reach": marked.reach, "at": now.isoformat()}


def _tell(task: Task, member: Member, outcome: str, reason: str, decision: Decision, now: datetime) -> None:
    facts.publish(
        ContactAttempted(
            clinic_id=task.clinic_id,
            task_id=task.pk,
            patient_id=task.patient_id,
            reason=task.reason,
            outcome=outcome,
            member_id=member.pk,
        ),
        now=now,
    )
    if decision.closes:
        tell_closed(task, outcome=outcome, reason=reason, appointment_id=task.appointment_id, now=now)
