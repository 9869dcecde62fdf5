"""A task that nothing asks for any more is closed by the rule that made it, unless somebody works on it already."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from zabota.clinic.models import Member
from zabota.kernel import audit
from zabota.kernel.audit import Actor
from zabota.worklist.models import Outcome, Task, TaskEvent
from zabota.worklist.rules.reasons import ENDINGS
from zabota.worklist.services.changes import note_event, tell_closed
from zabota.worklist.services.notes import add_note


@transaction.atomic
def close_needless(*, task_id: int, reason: str, actor: Actor, now: datetime) -> bool:
    """Close an open task with a reason of ENDINGS. Whoever has begun it reads the reason in it and decides: False then."""
    task = Task.objects.select_for_update().filter(pk=task_id, state=Task.State.OPEN).first()
    if task is None:
        return False
    if task.version:
        add_note(task=task, comment=ENDINGS[reason].capitalize(), actor=actor, now=now)
        return False
    close_untouched(task, reason=reason, member=None, actor=actor, now=now)
    return True


def close_untouched(task: Task, *, reason: str, member: Member | None, actor: Actor, now: datetime) -> None:
    """The closing itself, with its history, audit row and fact. Callers hold the row locked and nobody has changed it."""
    Task.objects.filter(pk=task.pk).update(
        state=Task.State.CLOSED,
        outcome=Outcome.NOT_NEEDED,
        outcome_reason=reason,
        closed_at=now,
        closed_by_id=actor.user_id,
        hidden_until=None,
        version=F("version") + 1,
    )
    note_event(task, TaskEvent.Kind.CLOSED, now=now, member=member, outcome=Outcome.NOT_NEEDED, outcome_reason=reason)
    audit.record("worklist.task.closed", task, actor=actor, now=now, details={"outcome": Outcome.NOT_NEEDED.value})
    tell_closed(task, outcome=Outcome.NOT_NEEDED, reason=reason, appointment_id=None, now=now)
