"""How long a person had a patient before them."""

from __future__ import annotations

from datetime import datetime

from zabota.clinic.models import Member
from zabota.worklist.models import Task, TaskEvent
from zabota.worklist.rules.outcomes import LONGEST_CONTACT


def seconds_open(*, task: Task, member: Member, now: datetime) -> int | None:
    """Seconds since the person was opened without looking at another one in between; None when it is not known.

    Reloading the page does not make a contact shorter: the first opening of the sitting counts.
    """
    # A sitting begins after whatever else this person last opened or recorded; an outcome of this very task ends it too.
    events = (
        TaskEvent.objects.filter(
            clinic_id=task.clinic_id,
            member=member,
            at__gt=now - LONGEST_CONTACT,
            at__lte=now,
            kind__in=[TaskEvent.Kind.OPENED, TaskEvent.Kind.ATTEMPT],
        )
        .order_by("-at", "-id")
        .values_list("task_id", "kind", "at")
    )
    opened: datetime | None = None
    for task_id, kind, at in events[:50]:
        if task_id != task.pk or kind == TaskEvent.Kind.ATTEMPT:
            break
        opened = at
    return None if opened is None else int((now - opened).total_seconds())
