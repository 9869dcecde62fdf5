"""What the clinic does: groups of services with their recall intervals, services, the goal path."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction

from zabota.clinic.facts import RecallIntervalChanged
from zabota.clinic.models import Clinic, GoalPath, Service, ServiceGroup
from zabota.clinic.rules.goal import GoalProblem, Stage, goal_problem
from zabota.clinic.services.troubles import NameTaken, NotOfThisClinic
from zabota.kernel import facts
from zabota.kernel.audit import Actor, record
from zabota.kernel.errors import BadInput
from zabota.kernel.names import fold

_GOAL_TEXTS: dict[GoalProblem, str] = {
    "share_out_of_range": "Доли пишите в процентах от 1 до 100.",
    "target_not_later": "Дата цели должна быть позже исходной.",
    "stage_outside_path": "Этапы должны лежать между исходной датой и датой цели.",
    "stages_out_of_order": "Этапы идут по порядку, на один день — один этап.",
}


def add_group(
    *, clinic: Clinic, name: str, recall_interval_days: int | None, actor: Actor, now: dt.datetime
) -> ServiceGroup:
    """A group of services recalled together. Raises NameTaken."""
    with transaction.atomic():
        _free_group_name(clinic.pk, name, besides=None)
        group = ServiceGroup.objects.create(
            clinic=clinic, name=" ".join(name.split()), recall_interval_days=_interval(recall_interval_days)
        )
        record("clinic.group.added", group, actor=actor, now=now, details={"interval": recall_interval_days})
    return group


def change_group(
    *,
    group: ServiceGroup,
    name: str,
    recall_interval_days: int | None,
    late_factor: Decimal,
    sleeping_factor: Decimal,
    lost_factor: Decimal,
    is_consultation: bool,
    is_prevention: bool,
    is_chronic: bool,
    actor: Actor,
    now: dt.datetime,
) -> ServiceGroup:
    """Change a group. A new interval or threshold is told by a fact: due dates follow. Raises NameTaken, BadInput."""
    if not Decimal(1) <= late_factor <= sleeping_factor <= lost_factor <= Decimal(20):
        raise BadInput("Пороги растут: опаздывает, спит, потерян; от 1 до 20 интервалов.")
    with transaction.atomic():
        locked = ServiceGroup.objects.select_for_update().get(pk=group.pk)
        _free_group_name(locked.clinic_id, name, besides=locked)
        values: dict[str, object] = {
            "recall_interval_days": _interval(recall_interval_days),
            "late_factor": late_factor,
            "sleeping_factor": sleeping_factor,
            "lost_factor": lost_factor,
            "is_consultation": is_consultation,
            "is_prevention": is_prevention,
            "is_chronic": is_chronic,
        }
        changed = sorted(key for key, value in values.items() if getattr(locked, key) != value)
        for key, value in values.items():
            setattr(locked, key, value)
        locked.name = " ".join(name.split())
        locked.save()
        details = {"fields": changed, "interval": recall_interval_days}
        record("clinic.group.changed", locked, actor=actor, now=now, details=details)
        if changed:
            facts.publish(RecallIntervalChanged(clinic_id=locked.clinic_id, group_ids=(locked.pk,)), now=now)
    return locked


def change_service(
    *,
    service: Service,
    group: ServiceGroup | None,
    recall_interval_days: int | None,
    triggers_group: ServiceGroup | None,
    is_active: bool,
    actor: Actor,
    now: dt.datetime,
) -> Service:
    """Where a service belongs and whose recall it starts. Its name and price come from the clinic's system."""
    with transaction.atomic():
        locked = Service.objects.select_for_update().get(pk=service.pk)
        for each in (group, triggers_group):
            if each is not None and each.clinic_id != locked.clinic_id:
                raise NotOfThisClinic
        before = {locked.group_id, locked.triggers_group_id}
        locked.group, locked.triggers_group = group, triggers_group
        locked.recall_interval_days = _interval(recall_interval_days)
        locked.is_active = is_active
        locked.save()
        touched = tuple(sorted(each for each in before | {locked.group_id, locked.triggers_group_id} if each))
        record("clinic.service.changed", locked, actor=actor, now=now, details={"group": locked.group_id})
        if touched:
            facts.publish(RecallIntervalChanged(clinic_id=locked.clinic_id, group_ids=touched), now=now)
    return locked


def sort_services(
    *, clinic: Clinic, services: Sequence[str], group: ServiceGroup | None, actor: Actor, now: dt.datetime
) -> int:
    """Put services, named by their public ids, into one group, or out of all; returns how many changed their place."""
    with transaction.atomic():
        if group is not None and group.clinic_id != clinic.pk:
            raise NotOfThisClinic
        rows = list(Service.objects.select_for_update().filter(clinic=clinic, public_id__in=services).order_by("pk"))
        moved = [row for row in rows if row.group_id != (group.pk if group else None)]
        touched = {row.group_id for row in moved if row.group_id} | ({group.pk} if group and moved else set())
        for row in moved:
            row.group = group
            record("clinic.service.changed", row, actor=actor, now=now, details={"group": row.group_id})
        Service.objects.bulk_update(moved, ["group"])
        if touched:
            facts.publish(RecallIntervalChanged(clinic_id=clinic.pk, group_ids=tuple(sorted(touched))), now=now)
    return len(moved)


def set_goal(
    *,
    clinic: Clinic,
    baseline: float,
    baseline_on: dt.date,
    target: float,
    target_on: dt.date,
    stages: list[Stage],
    actor: Actor,
    now: dt.datetime,
) -> GoalPath:
    """Set or change the goal path of retention. Raises BadInput when it makes no sense."""
    ordered = sorted(stages, key=lambda stage: stage.on)
    problem = goal_problem(
        baseline=baseline, baseline_on=baseline_on, target=target, target_on=target_on, stages=ordered
    )
    if problem:
        raise BadInput(_GOAL_TEXTS[problem])
    with transaction.atomic():
        goal, _ = GoalPath.objects.update_or_create(
            clinic=clinic,
            defaults={
                "baseline": baseline,
                "baseline_on": baseline_on,
                "target": target,
                "target_on": target_on,
                "stages": [_stored(stage) for stage in ordered],
            },
        )
        details = {"baseline": baseline, "target": target, "stages": len(ordered)}
        record("clinic.goal.set", goal, actor=actor, now=now, details=details)
    return goal


def _stored(stage: Stage) -> dict[str, str | float]:
    row: dict[str, str | float] = {"on": stage.on.isoformat(), "value": stage.value, "title": stage.title}
    return row if stage.by == "return" else {**row, "by": stage.by}


def _interval(days: int | None) -> int | None:
    if days is not None and not 1 <= days <= 3660:
        raise BadInput("Интервал — от 1 дня до 10 лет; пусто, если ритма нет.")
    return days


def _free_group_name(clinic_id: int, name: str, *, besides: ServiceGroup | None) -> None:
    text = " ".join(name.split())
    if not text:
        raise BadInput("Напишите название группы.")
    others = ServiceGroup.objects.filter(clinic_id=clinic_id).exclude(pk=besides.pk if besides else 0)
    # Compared here: SQLite knows no capital letters but Latin ones.
    if fold(text) in {fold(name) for name in others.values_list("name", flat=True)}:
        raise NameTaken("Группа с таким названием уже есть.")
