"""Thresholds of types: clinic-wide fallbacks, and interval and factors of each service group."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from zabota.clinic.api import change_group
from zabota.clinic.models import Clinic, ServiceGroup
from zabota.kernel import audit, clock, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import BadInput
from zabota.nextstep.facts import ThresholdsChanged
from zabota.nextstep.models import RecallMonths, Thresholds

#: Fields of Thresholds that a person may change.
EDITABLE = (
    "new_days", "treatment_pause_days", "sleeping_days", "lost_days", "not_started_days", "referred_days",
    "missed_days", "task_due_days", "rest_days", "refusal_days", "newcomer_value_kopecks", "any_visit_counts",
)  # fmt: skip
LONGEST_DAYS, LONGEST_MONTHS = 3660, 120


def edit_thresholds(*, clinic: Clinic, actor: Actor, now: datetime, **values: Any) -> Thresholds:
    """Change fallbacks of a clinic. Types follow with the next sweep, which is started at once in the background."""
    unknown = set(values) - set(EDITABLE)
    if unknown:
        raise BadInput(f"Таких порогов нет: {', '.join(sorted(unknown))}.")
    with transaction.atomic():
        row, _ = Thresholds.objects.get_or_create(clinic=clinic)
        changed = {name: value for name, value in values.items() if getattr(row, name) != value}
        for name, value in changed.items():
            setattr(row, name, value)
        for name in EDITABLE:
            if name.endswith("_days") and not 1 <= getattr(row, name) <= LONGEST_DAYS:
                raise BadInput("Каждый срок — от одного дня до десяти лет.")
        if row.lost_days <= row.sleeping_days:
            raise BadInput("«Потерян» должен наступать позже, чем «спит».")
        if changed:
            row.save(update_fields=list(changed))
            audit.record("nextstep.thresholds.edited", row, actor=actor, now=now, clinic_id=clinic.pk, details=changed)
            _tell(clinic, now)
    return row


def edit_group(
    *,
    group: ServiceGroup,
    actor: Actor,
    now: datetime,
    interval_days: int | None,
    interval_months: int | None,
    late_factor: Decimal,
    sleeping_factor: Decimal,
    lost_factor: Decimal,
    is_consultation: bool,
    is_prevention: bool,
    is_chronic: bool,
) -> ServiceGroup:
    """Change interval and factors of a group. The interval is in days or in calendar months, not in both."""
    if interval_days and interval_months:
        raise BadInput("Укажите интервал в днях или в месяцах, но не оба.")
    if interval_months is not None and not 1 <= interval_months <= LONGEST_MONTHS:
        raise BadInput("Интервал — от месяца до десяти лет.")
    with transaction.atomic():
        before = RecallMonths.objects.filter(group=group).values_list("months", flat=True).first()
        if interval_months:
            RecallMonths.objects.update_or_create(group=group, defaults={"months": interval_months})
        else:
            RecallMonths.objects.filter(group=group).delete()
        changed = change_group(
            group=group,
            name=group.name,
            recall_interval_days=interval_days,
            late_factor=late_factor,
            sleeping_factor=sleeping_factor,
            lost_factor=lost_factor,
            is_consultation=is_consultation,
            is_prevention=is_prevention,
            is_chronic=is_chronic,
            actor=actor,
            now=now,
        )
        if before != interval_months:
            audit.record(
                "nextstep.group.months",
                group,
                actor=actor,
                now=now,
                details={"before": before, "after": interval_months},
            )
            _tell(group.clinic, now)
    return changed


def _tell(clinic: Clinic, now: datetime) -> None:
    on = clock.today(clinic.time_zone, now)
    facts.publish(ThresholdsChanged(clinic_id=clinic.pk, on=on), now=now)
