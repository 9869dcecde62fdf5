"""Tasks that wait for a later day come forward: the head wants these people called now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from zabota.kernel import audit
from zabota.kernel.audit import Actor
from zabota.worklist.models import Task, TaskEvent
from zabota.worklist.models.task import TaskQuerySet
from zabota.worklist.services.changes import note_event


def waiting_untouched(tasks: TaskQuerySet, *, after: datetime) -> TaskQuerySet:
    """Of these, open ones due later than `after` that nobody has worked on: no contact, no promise, not snoozed by hand."""
    worked = TaskEvent.objects.filter(
        kind__in=[TaskEvent.Kind.ATTEMPT, TaskEvent.Kind.SNOOZED, TaskEvent.Kind.TAKEN], undone_at=None
    ).values("task_id")
    return tasks.filter(state=Task.State.OPEN, due_at__gt=after, attempts=0, promised_at=None, is_urgent=False).exclude(
        pk__in=worked
    )


def bring_forward(*, task_ids: Iterable[int], due_at: datetime, words: str, actor: Actor, now: datetime) -> int:
    """Make untouched tasks due at `due_at` when they were due later, and say why in their words. Returns how many.

    Owners stay; a task with a contact or a promise in it keeps its day. Safe to repeat: what came forward is not later any more.
    """
    with transaction.atomic():
        rows = list(
            waiting_untouched(Task.objects.filter(pk__in=list(task_ids)), after=due_at)
            .select_for_update()
            .order_by("pk")
        )
        for task in rows:
            task.due_at = due_at
            task.hidden_until = None
            task.version += 1
            task.summary = f"{task.summary}. {words}"[:300]
            note_event(task, TaskEvent.Kind.FORWARD, now=now, comment=words[:500])
            audit.record("worklist.task.brought_forward", task, actor=actor, now=now)
        Task.objects.bulk_update(rows, ["due_at", "hidden_until", "version", "summary"])
    return len(rows)
