"""From the list behind a cause to the queue: a task for everybody who has neither a booking nor a task."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from zabota.analytics.models import Behind
from zabota.analytics.queries.people import DUE_IN, PersonBehind, people_behind
from zabota.analytics.services.behind import unpack
from zabota.kernel.audit import Actor, record
from zabota.kernel.jobs import assure_lease
from zabota.nextstep.models import PatientState, PatientType
from zabota.patients.models import Patient
from zabota.worklist import api as worklist
from zabota.worklist.models import Reason, Task

#: Tasks made in one transaction.
PORTION: Final = 50
_REASONS: Final = {PatientType.SLEEPING: Reason.SLEEPING, PatientType.LOST: Reason.LOST}


@dataclasses.dataclass(frozen=True, slots=True)
class Sent:
    """What became of the people of a list."""

    made: int
    #: Had a task for a later day, which is due within a week now.
    forward: int
    #: Booked already, with a task of these days or one that somebody works on.
    had: int
    #: Outside the rule: asked not to be called, moved away.
    left: int


def send_behind(*, behind_id: int, branches: Sequence[int] | None, actor: Actor, now: datetime) -> Sent:
    """Make the tasks, in portions, and bring forward those that wait for a later day. Safe to repeat within a month."""
    behind = Behind.objects.select_related("report__clinic").get(pk=behind_id)
    people = people_behind(unpack(behind.patients), now=now, branches=branches)
    without = [each for each in people if each.step == "none"]
    made = 0
    for start in range(0, len(without), PORTION):
        with transaction.atomic():
            assure_lease()
            made += _make(behind, without[start : start + PORTION], actor, now)
    later = [each.task_id for each in people if each.step == "task" and each.task_waits]
    forward = 0
    for start in range(0, len(later), PORTION):
        with transaction.atomic():
            assure_lease()
            forward += _bring(behind, later[start : start + PORTION], actor, now)
    left = sum(each.step == "left" for each in people)
    had = len(people) - left - made - forward
    record(
        "analytics.people.sent", behind.report, actor=actor, now=now, clinic_id=behind.clinic_id,
        details={"made": made, "forward": forward, "had": had},
    )  # fmt: skip
    return Sent(made=made, forward=forward, had=had, left=left)


def _bring(behind: Behind, public_ids: Sequence[str], actor: Actor, now: datetime) -> int:
    ids = list(Task.objects.filter(public_id__in=public_ids).values_list("pk", flat=True))
    words = f"Из отчёта: {behind.title}"
    return worklist.bring_forward(task_ids=ids, due_at=now + DUE_IN, words=words, actor=actor, now=now)


def _make(behind: Behind, people: Sequence[PersonBehind], actor: Actor, now: datetime) -> int:
    ids = [each.pk for each in people]
    cards = Patient.objects.select_related("clinic").in_bulk(ids)
    types = dict(PatientState.objects.filter(pk__in=ids).values_list("pk", "type"))
    digest = hashlib.sha256(behind.title.encode()).hexdigest()[:12]
    made = 0
    for each in people:
        task = worklist.create_task(
            patient=cards[each.pk],
            reason=_REASONS.get(types.get(each.pk, ""), Reason.NO_NEXT_STEP),  # type: ignore[call-overload]
            summary=_summary(behind, each),
            due_at=now + DUE_IN,
            actor=actor,
            now=now,
            dedupe_key=f"behind:{digest}:{now:%Y%m}:{each.pk}",
        )
        made += task.created_at == now
    return made


def _summary(behind: Behind, person: PersonBehind) -> str:
    seen = f", последний визит {person.last_visit_on:%d.%m.%Y}" if person.last_visit_on else ""
    return f"Не вернулся{seen}. Из отчёта: {behind.title}"
