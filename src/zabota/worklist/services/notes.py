"""What becomes known about a task while it is open stands in its history."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from zabota.kernel import audit
from zabota.kernel.audit import Actor
from zabota.worklist.models import Task, TaskEvent
from zabota.worklist.services.changes import note_event


@transaction.atomic
def add_note(*, task: Task, comment: str, actor: Actor, now: datetime) -> bool:
    """Add a line to the history of an open task. Told twice it stands once; False then, and when the task is closed."""
    comment = comment[:500]
    row = Task.objects.select_for_update().filter(pk=task.pk, state=Task.State.OPEN).first()
    if row is None or row.events.filter(kind=TaskEvent.Kind.NOTED, comment=comment).exists():
        return False
    note_event(row, TaskEvent.Kind.NOTED, now=now, comment=comment)
    audit.record("worklist.task.noted", row, actor=actor, now=now)
    return True
