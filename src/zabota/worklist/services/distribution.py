"""Round robin: tasks without an owner go to people of their branch as far as the day of each reaches."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from zabota.clinic.models import Clinic
from zabota.kernel import audit
from zabota.kernel.audit import SYSTEM, Actor
from zabota.worklist.models import Task, TaskEvent
from zabota.worklist.queries.queue import in_order
from zabota.worklist.queries.team import Load, loads

CHUNK = 500


def distribute(*, clinic: Clinic, now: datetime, actor: Actor = SYSTEM) -> int:
    """Give tasks of the common queue to people who have room today, dearest first. Returns how many were given.

    People of one household go to one person. What does not fit stays in the common queue; nothing is taken away.
    """
    given = 0
    with transaction.atomic():
        people = loads(clinic, now)
        while people := [load for load in people if load.free]:
            chunk = _unowned(clinic, people, now)
            plan = _plan(chunk, people)
            given += _apply(plan, now)
            if len(chunk) < CHUNK or not plan:
                break
        if given:
            audit.record(
                "worklist.clinic.distributed",
                clinic,
                actor=actor,
                now=now,
                clinic_id=clinic.pk,
                details={"tasks": given},
            )
    return given


def _unowned(clinic: Clinic, people: list[Load], now: datetime) -> list[Task]:
    rows = Task.objects.ready(now).filter(clinic=clinic, owner=None)
    if all(load.branch_ids for load in people):
        reachable = frozenset().union(*(load.branch_ids for load in people))
        rows = rows.filter(Q(branch_id__in=reachable) | Q(branch_id=None))
    return list(in_order(rows, clinic=clinic, now=now).select_related("patient")[:CHUNK])


def _plan(tasks: list[Task], people: list[Load]) -> dict[int, Load]:
    """Owner of each task. The next task goes to whoever has the largest share of the day free; ties go round."""
    by_household = _owners_of_households(tasks, people)
    plan: dict[int, Load] = {}
    for task in tasks:
        household = task.patient.household_id
        candidates = [load for load in people if load.free and load.works_at(task.branch_id)]
        if not candidates:
            continue
        chosen = by_household.get(household) if household else None
        if chosen is None or chosen not in candidates:
            chosen = max(candidates, key=lambda load: (load.free / load.capacity, -load.planned, -load.member.pk))
        if household:
            by_household[household] = chosen
        chosen.planned += 1
        plan[task.pk] = chosen
    return plan


def _owners_of_households(tasks: list[Task], people: list[Load]) -> dict[int, Load]:
    households = {task.patient.household_id for task in tasks if task.patient.household_id is not None}
    by_member = {load.member.pk: load for load in people}
    rows = (
        Task.objects.open()
        .filter(patient__household_id__in=households, owner_id__in=by_member)
        .values_list("patient__household_id", "owner_id")
    )
    return {household: by_member[owner] for household, owner in rows if household and owner}


def _apply(plan: dict[int, Load], now: datetime) -> int:
    groups: dict[int, list[int]] = defaultdict(list)
    for task_id, load in plan.items():
        groups[load.member.pk].append(task_id)
    clinic_ids = {load.member.pk: load.member.clinic_id for load in plan.values()}
    given = 0
    for member_id, task_ids in groups.items():
        # Somebody may take a task at this very moment: theirs it stays. The version is left alone, because a
        # page that shows the task from the common queue may still record its outcome.
        free = list(
            Task.objects.select_for_update().open().filter(pk__in=task_ids, owner=None).values_list("pk", flat=True)
        )
        given += Task.objects.filter(pk__in=free).update(owner_id=member_id)
        TaskEvent.objects.bulk_create(
            TaskEvent(
                task_id=pk,
                clinic_id=clinic_ids[member_id],
                kind=TaskEvent.Kind.ASSIGNED,
                at=now,
                to_member_id=member_id,
            )
            for pk in free
        )
    return given
