"""Tasks come into being and are opened by the person who will call."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from zabota.clinic.models import Member
from zabota.kernel import audit, clock, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import BadInput
from zabota.patients.models import Patient
from zabota.worklist.facts import TaskCreated
from zabota.worklist.models import Reason, Task, TaskEvent
from zabota.worklist.queries.values import value_and_chance
from zabota.worklist.services.changes import note_event

#: Opening the same person again within this time is one sitting, not a new one.
SITTING = timedelta(hours=1)


def create_task(
    *,
    patient: Patient,
    reason: Reason,
    summary: str,
    due_at: datetime,
    actor: Actor,
    now: datetime,
    owner: Member | None = None,
    member: Member | None = None,
    is_urgent: bool = False,
    escalated_from: Task | None = None,
    dedupe_key: str = "",
    hidden_until: datetime | None = None,
    promised_at: datetime | None = None,
) -> Task:
    """A task made by a person or by a rule of this app. An equal `dedupe_key` returns the task that is there."""
    summary = " ".join(summary.split())[:300]
    if not summary:
        raise BadInput("Напишите, о чём задача: одно предложение для того, кто будет звонить.")
    key = dedupe_key or f"manual:{secrets.token_hex(12)}"
    with transaction.atomic():
        value, chance = value_and_chance(patient.pk, today=clock.today(patient.clinic.time_zone, now))
        task, is_new = Task.objects.get_or_create(
            dedupe_key=key,
            defaults={
                "clinic_id": patient.clinic_id,
                "patient": patient,
                "branch_id": patient.branch_id,
                "reason": reason,
                "summary": summary,
                "owner": owner,
                "due_at": due_at,
                "hidden_until": hidden_until,
                "promised_at": promised_at,
                "is_urgent": is_urgent,
                "escalated_from": escalated_from,
                "value_kopecks": value,
                "chance": chance,
                "stake_kopecks": round(value * chance),
                "created_at": now,
            },
        )
        if is_new:
            note_event(task, TaskEvent.Kind.CREATED, now=now, member=member, to_member=owner)
            audit.record("worklist.task.created", task, actor=actor, now=now, details={"reason": reason})
            facts.publish(
                TaskCreated(clinic_id=task.clinic_id, task_id=task.pk, patient_id=patient.pk, reason=reason), now=now
            )
    return task


def open_task(*, task: Task, member: Member, actor: Actor, now: datetime) -> None:
    """Stamp that this person has the patient before them: control counts seconds from here, the trail shows who looked."""
    with transaction.atomic():
        last = (
            TaskEvent.objects.filter(clinic_id=task.clinic_id, member=member, at__gt=now - SITTING)
            .order_by("-at", "-id")
            .values("task_id", "kind")
            .first()
        )
        if last != {"task_id": task.pk, "kind": TaskEvent.Kind.OPENED}:
            note_event(task, TaskEvent.Kind.OPENED, now=now, member=member)
        audit.record("worklist.task.viewed", task, actor=actor, now=now)
