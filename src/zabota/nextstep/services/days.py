"""The figures of a day of the rule of the two З and the trace of a sweep in the trail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import F

from zabota.clinic.models import Clinic
from zabota.kernel import audit
from zabota.kernel.audit import Actor
from zabota.nextstep.models import ViolationDay
from zabota.nextstep.queries.coverage import Coverage, coverage_of
from zabota.nextstep.services.steps import SweepResult


def details_of(result: SweepResult) -> dict[str, Any]:
    """What the trail keeps of a sweep."""
    return {name: getattr(result, name) for name in SweepResult.__slots__}


def count_day(
    clinic: Clinic, result: SweepResult, params: Mapping[str, Any], *, now: datetime, counts: Coverage | None = None
) -> SweepResult:
    """Write the coverage of this moment into the day and add what a sweep did to its sums."""
    counts = counts or coverage_of(clinic_id=clinic.pk, now=now)
    day, _ = ViolationDay.objects.get_or_create(clinic=clinic, on=params["day"], defaults={"swept_at": now})
    ViolationDay.objects.filter(pk=day.pk).update(
        under_rule=counts.under_rule,
        booked=counts.booked,
        with_task=counts.with_task,
        left_after=counts.without,
        found=F("found") + result.found,
        tasks_created=F("tasks_created") + result.tasks_created,
        tasks_closed=F("tasks_closed") + result.tasks_closed,
        swept_at=now,
    )
    return result + SweepResult(left_after=counts.without)


def add_to_day(
    clinic: Clinic,
    result: SweepResult,
    params: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
    is_part: bool = False,
) -> None:
    """A sweep of some patients adds what it found to the day and leaves its trace when it changed anything.

    A portion of a sweep of all (`is_part`) need not count: the sweep does when it is through.
    """
    if not (result.found or result.tasks_created or result.tasks_closed or result.tasks_raised):
        return
    audit.record(
        "nextstep.sweep.patients", clinic, actor=actor, now=now, clinic_id=clinic.pk, details=details_of(result)
    )
    changed = ViolationDay.objects.filter(clinic=clinic, on=params["day"]).update(
        found=F("found") + result.found,
        tasks_created=F("tasks_created") + result.tasks_created,
        tasks_closed=F("tasks_closed") + result.tasks_closed,
    )
    if not changed:
        _begin_day(clinic, result, params, now=now, is_part=is_part)


def _begin_day(clinic: Clinic, result: SweepResult, params: Mapping[str, Any], *, now: datetime, is_part: bool) -> None:
    """A day that begins with a sweep of some patients carries the counts of the latest full sweep on, and says so.

    Counting a million cards for the first booking after midnight would take longer than sweeping it.
    """
    last = ViolationDay.objects.filter(clinic=clinic, on__lt=params["day"]).order_by("-on").first()
    if last is None and not is_part:
        count_day(clinic, result, params, now=now)
        return
    last = last or ViolationDay(swept_at=now)
    ViolationDay.objects.create(
        clinic=clinic,
        on=params["day"],
        under_rule=last.under_rule,
        booked=last.booked,
        with_task=last.with_task,
        left_after=last.left_after,
        found=result.found,
        tasks_created=result.tasks_created,
        tasks_closed=result.tasks_closed,
        swept_at=last.swept_at,
    )
