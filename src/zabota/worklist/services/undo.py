"""Taking back the last thing done with a task: for a short time, by the person who did it, with everything it caused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from zabota.booking import api as booking
from zabota.booking.models import Appointment
from zabota.clinic.models import Member
from zabota.kernel import audit, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone
from zabota.patients import api as patients
from zabota.patients.models import Contact
from zabota.worklist.facts import TaskHanded, TaskReopened
from zabota.worklist.models import Task, TaskEvent
from zabota.worklist.rules.outcomes import UNDO_WITHIN
from zabota.worklist.services.changes import note_event
from zabota.worklist.services.escalation import take_back_review
from zabota.worklist.services.peace import disturb_again

_INSTANTS = ("due_at", "hidden_until", "promised_at", "closed_at")


class TooLate(AlreadyDone):
    """The outcome can no longer be taken back."""

    code = "undo_too_late"
    text = "Отменить уже нельзя: прошло больше пяти минут. Откройте задачу и запишите новый исход."


def undo_outcome(*, event: TaskEvent, member: Member, actor: Actor, now: datetime) -> Task:
    """Put the task back as it was before `event`. Raises TooLate, or AlreadyDone when the task has changed since."""
    if event.undone_at is not None:
        raise AlreadyDone("Этот исход уже отменён.")
    if event.member_id != member.pk or event.before is None:
        raise AlreadyDone("Этот исход записали не вы: отменить его может тот, кто записал.")
    if now - event.at > UNDO_WITHIN:
        raise TooLate
    before: dict[str, Any] = event.before
    with transaction.atomic():
        task = _put_back(event, now, gone_on="С задачей уже работали дальше, отменить прошлый исход нельзя.")
        # Told first: whatever else is heard of, the patient has a task again.
        facts.publish(
            TaskReopened(
                clinic_id=task.clinic_id,
                task_id=task.pk,
                patient_id=task.patient_id,
                reason=task.reason,
                outcome=event.outcome,
                outcome_reason=event.outcome_reason,
            ),
            now=now,
        )
        _restore_phone(before, actor=actor, now=now)
        _take_back_consequences(before, member=member, actor=actor, now=now)
        note_event(task, TaskEvent.Kind.REOPENED, now=now, member=member, outcome=event.outcome)
        audit.record("worklist.task.undone", task, actor=actor, now=now, details={"outcome": event.outcome})
    return task


def undo_move(*, event: TaskEvent, member: Member, actor: Actor, now: datetime) -> Task:
    """Take back putting off, handing over or taking a task. Raises TooLate, or AlreadyDone when the task has changed since."""
    if event.undone_at is not None:
        raise AlreadyDone("Это уже отменено.")
    if event.member_id != member.pk or event.before is None:
        raise AlreadyDone("Это сделали не вы: отменить может тот, кто сделал.")
    if now - event.at > UNDO_WITHIN:
        raise TooLate("Отменить уже нельзя: прошло больше пяти минут.")
    with transaction.atomic():
        task = _put_back(event, now, gone_on="С задачей уже работали дальше, вернуть как было нельзя.")
        audit.record("worklist.task.undone", task, actor=actor, now=now, details={"kind": event.kind})
        if "owner_id" in event.before["fields"]:
            facts.publish(
                TaskHanded(
                    clinic_id=task.clinic_id,
                    task_id=task.pk,
                    patient_id=task.patient_id,
                    from_member_id=event.to_member_id,
                    to_member_id=task.owner_id,
                ),
                now=now,
            )
    return task


def _put_back(event: TaskEvent, now: datetime, *, gone_on: str) -> Task:
    """The task with the fields it had before; nothing is written when somebody has touched it since."""
    before: dict[str, Any] = event.before or {}
    restored = Task.objects.filter(pk=event.task_id, version=before["version"], **before.get("still", {})).update(
        version=before["version"] + 1, **_fields(before["fields"])
    )
    if not restored:
        raise AlreadyDone(gone_on)
    if not TaskEvent.objects.filter(pk=event.pk, undone_at=None).update(undone_at=now):
        raise AlreadyDone("Это уже отменено.")
    return Task.objects.select_related("patient", "clinic", "owner__user").get(pk=event.task_id)


def _fields(stored: dict[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value) if name in _INSTANTS and value else value for name, value in stored.items()
    }


def _restore_phone(before: dict[str, Any], *, actor: Actor, now: datetime) -> None:
    mark = before.get("mark")
    if not mark:
        return
    # Whoever marked the phone after this outcome knows better.
    ours = Contact.objects.filter(
        pk=mark["contact_id"], reach=mark["reach"], reach_at=datetime.fromisoformat(mark["at"])
    )
    if contact := ours.first():
        was = mark["was"]
        patients.take_back_mark(
            contact=contact,
            reach=was["reach"],
            reach_at=datetime.fromisoformat(was["reach_at"]) if was["reach_at"] else None,
            is_preferred=was["is_preferred"],
            actor=actor,
            now=now,
        )


def _take_back_consequences(before: dict[str, Any], *, member: Member, actor: Actor, now: datetime) -> None:
    if before["escalation_id"]:
        take_back_review(review_id=before["escalation_id"], member=member, actor=actor, now=now)
    disturb_again(before, actor=actor, now=now)
    if before.get("booked_here_id"):
        made = Appointment.objects.filter(pk=before["booked_here_id"], status__in=Appointment.BOOKED).first()
        if made is not None:
            booking.cancel(appointment=made, by_patient=False, reason="исход отменён", actor=actor, now=now)
