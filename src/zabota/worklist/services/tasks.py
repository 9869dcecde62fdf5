"""Tasks come into being and are opened by the person who will call; set-based closing for the sweep."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from zabota.clinic.models import Member
from zabota.kernel import audit, clock, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import BadInput
from zabota.patients.models import Patient
from zabota.worklist.facts import TaskClosed, TaskCreated
from zabota.worklist.models import Outcome, Reason, Task, TaskEvent
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


def close_tasks(
    *,
    task_ids: Iterable[int],
    outcome: Outcome,
    outcome_reason: str = "",
    actor: Actor,
    now: datetime,
) -> int:
    """Close open tasks whose question answered itself (booked in the clinic's system, left the rule). Returns how many.

    Set-based and safe to repeat: what was closed by a person meanwhile keeps the person's outcome.
    """
    if outcome not in {Outcome.BOOKED_ELSEWHERE, Outcome.NOT_NEEDED}:
        raise ValueError(f"{outcome} is recorded by a person, task by task")
    with transaction.atomic():
        rows = list(
            Task.objects.select_for_update()
            .filter(pk__in=list(task_ids), state=Task.State.OPEN)
            .values_list("id", "clinic_id", "patient_id", "reason")
        )
        Task.objects.filter(pk__in=[row[0] for row in rows], state=Task.State.OPEN).update(
            state=Task.State.CLOSED,
            outcome=outcome,
            outcome_reason=outcome_reason,
            closed_at=now,
            closed_by_id=actor.user_id,
            hidden_until=None,
            version=F("version") + 1,
        )
        TaskEvent.objects.bulk_create(
            TaskEvent(
                task_id=pk,
                clinic_id=clinic_id,
                kind=TaskEvent.Kind.CLOSED,
                at=now,
                outcome=outcome,
                outcome_reason=outcome_reason,
            )
            for pk, clinic_id, _, _ in rows
        )
        facts.publish(
            *(
                TaskClosed(
                    clinic_id=clinic_id,
                    task_id=pk,
                    patient_id=patient_id,
                    reason=reason,
                    outcome=outcome,
                    outcome_reason=outcome_reason,
                    appointment_id=None,
                )
                for pk, clinic_id, patient_id, reason in rows
            ),
            now=now,
        )
    return len(rows)
