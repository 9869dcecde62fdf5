"""From the list behind a cause to the queue: a task for everybody who has neither a booking nor a task."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from zabota.analytics.models import Behind
from zabota.analytics.queries.people import PersonBehind, people_behind
from zabota.analytics.services.behind import unpack
from zabota.kernel.audit import Actor, record
from zabota.kernel.jobs import assure_lease
from zabota.nextstep.models import PatientState, PatientType
from zabota.patients.models import Patient
from zabota.worklist import api as worklist
from zabota.worklist.models import Reason

#: Days within which somebody should call.
DUE_IN: Final = timedelta(days=7)
#: Tasks made in one transaction.
PORTION: Final = 50
_REASONS: Final = {PatientType.SLEEPING: Reason.SLEEPING, PatientType.LOST: Reason.LOST}


@dataclasses.dataclass(frozen=True, slots=True)
class Sent:
    """What became of the people of a list."""

    made: int
    #: Booked already, or with a task.
    had: int
    #: Outside the rule: asked not to be called, moved away.
    left: int


def send_behind(*, behind_id: int, branches: Sequence[int] | None, actor: Actor, now: datetime) -> Sent:
    """Make the tasks, in portions; whoever has a next step is left in peace. Safe to repeat within a month."""
    behind = Behind.objects.select_related("report__clinic").get(pk=behind_id)
    people = people_behind(unpack(behind.patients), now=now, branches=branches)
    without = [each for each in people if each.step == "none"]
    made = 0
    for start in range(0, len(without), PORTION):
        with transaction.atomic():
            assure_lease()
            made += _make(behind, without[start : start + PORTION], actor, now)
    left = sum(each.step == "left" for each in people)
    had = len(people) - left - made
    record(
        "analytics.people.sent", behind.report, actor=actor, now=now, clinic_id=behind.clinic_id,
        details={"made": made, "had": had},
    )  # fmt: skip
    return Sent(made=made, had=had, left=left)


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
