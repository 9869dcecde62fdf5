"""The one way in which a task changes: a conditional UPDATE, so that of two people who press at once one is told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F

from zabota.clinic.models import Member
from zabota.kernel import facts
from zabota.kernel.errors import AlreadyDone
from zabota.worklist.facts import TaskClosed
from zabota.worklist.models import Task, TaskEvent


def change(task: Task, **fields: Any) -> None:
    """Write `fields` when the task is still as the caller saw it. Raises AlreadyDone with a sentence that says what happened."""
    changed = Task.objects.filter(pk=task.pk, state=Task.State.OPEN, version=task.version).update(
        version=F("version") + 1, **fields
    )
    if not changed:
        raise AlreadyDone(what_happened(task))
    task.version += 1
    for name, value in fields.items():
        setattr(task, name, value)


def what_happened(task: Task) -> str:
    """Who changed the task meanwhile and how, for the person who came second."""
    row = Task.objects.filter(pk=task.pk).first()
    event = (
        TaskEvent.objects.filter(task_id=task.pk, undone_at=None)
        .exclude(kind=TaskEvent.Kind.OPENED)
        .select_related("member__user", "to_member__user")
        .order_by("-at", "-id")
        .first()
    )
    who = event.member.user.short_name if event and event.member else ""
    if row is not None and row.state == Task.State.CLOSED:
        outcome = row.get_outcome_display()
        by = f": {who}" if who else ""
        return f"Эту задачу уже закрыли{by}, исход «{outcome}». Ваш исход не записан."
    if event is not None and event.kind in {TaskEvent.Kind.HANDED, TaskEvent.Kind.TAKEN} and event.to_member:
        return f"Эту задачу теперь ведёт {event.to_member.user.short_name.rstrip('.')}. Ваш исход не записан."
    by = f" ({who})" if who else ""
    return f"Пока задача была открыта у вас, её изменили{by}. Посмотрите, что нового, и запишите исход ещё раз."


def note_event(
    task: Task,
    kind: TaskEvent.Kind,
    *,
    now: datetime,
    member: Member | None = None,
    **fields: Any,
) -> TaskEvent:
    """Add a line to the history of a task."""
    return TaskEvent.objects.create(task=task, clinic_id=task.clinic_id, kind=kind, at=now, member=member, **fields)


def tell_closed(task: Task, *, outcome: str, reason: str, appointment_id: int | None, now: datetime) -> None:
    """The fact of a task that is over, for whoever follows it."""
    facts.publish(
        TaskClosed(
            clinic_id=task.clinic_id,
            task_id=task.pk,
            patient_id=task.patient_id,
            reason=task.reason,
            outcome=outcome,
            outcome_reason=reason,
            appointment_id=appointment_id,
        ),
        now=now,
    )
