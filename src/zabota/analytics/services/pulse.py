"""What the page «Пульс» shows, as JSON: the audit's main figures, the monthly line, coverage, tasks, violations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl
from django.db.models import Count, Q, Sum

from zabota.analytics.rules.report import AuditReport
from zabota.analytics.rules.series import retention_series
from zabota.clinic.models import Clinic
from zabota.kernel import clock
from zabota.nextstep import api as nextstep
from zabota.worklist.models import Task

SCHEMA: Final = 1
#: Days of violations drawn.
VIOLATION_DAYS: Final = 30
WEEK: Final = timedelta(days=7)


def pulse_of(
    *, clinic: Clinic, frame: pl.DataFrame, report: AuditReport, now: datetime, branches: Sequence[int] | None = None
) -> dict[str, Any]:
    """The figures of this moment; the caller holds the scope of the clinic.

    Coverage and violations are counted for the whole clinic only: of some branches they stay empty.
    """
    days = report.retention.window_days
    series = retention_series(frame, as_of=report.as_of, days=days) if days else ()
    data = report.to_json()
    return {
        "schema": SCHEMA,
        "as_of": data["as_of"],
        "headline": data["headline"],
        "lead": data["lead"],
        "retention": data["retention"],
        "drivers": data["drivers"],
        "alarms": [each for each in data["alarms"] if each["definition"] == data["retention"]["definition"]],
        "common": data["common"],
        "actions": data["actions"],
        "next_step": {name: data["next_step"][name] for name in ("known", "booked", "without", "value_kopecks")},
        "yearly_value_kopecks": data["yearly_value_kopecks"],
        "warnings": data["warnings"],
        "series": [point.to_json() for point in series],
        "coverage": _coverage(clinic, now) if branches is None else None,
        "tasks": _tasks(clinic, now, branches),
        "violations": _violations(clinic, now) if branches is None else [],
    }


def _coverage(clinic: Clinic, now: datetime) -> dict[str, Any]:
    found = nextstep.coverage_of(clinic_id=clinic.pk, now=now)
    return {
        "under_rule": found.under_rule,
        "booked": found.booked,
        "with_task": found.with_task,
        "without": found.without,
        "share": found.share,
    }


def _tasks(clinic: Clinic, now: datetime, branches: Sequence[int] | None) -> dict[str, Any]:
    """Open tasks with what is at stake in them, and what was closed in the last seven days against the seven before."""
    of_clinic = Task.objects.filter(clinic=clinic)
    if branches is not None:
        of_clinic = of_clinic.filter(Q(branch_id__in=branches) | Q(branch=None))
    opened = of_clinic.open().aggregate(
        count=Count("id"), stake=Sum("stake_kopecks"), overdue=Count("id", filter=Q(due_at__lt=now))
    )
    week, before = Q(closed_at__gt=now - WEEK), Q(closed_at__lte=now - WEEK)
    booked = Q(outcome="booked")
    closed = of_clinic.filter(state=Task.State.CLOSED, closed_at__gt=now - 2 * WEEK, closed_at__lte=now).aggregate(
        done=Count("id", filter=week),
        done_before=Count("id", filter=before),
        booked=Count("id", filter=week & booked),
        booked_before=Count("id", filter=before & booked),
    )
    return {
        "open": opened["count"],
        "stake_kopecks": opened["stake"] or 0,
        "overdue": opened["overdue"],
        **closed,
    }


def _violations(clinic: Clinic, now: datetime) -> list[dict[str, Any]]:
    today = clock.today(clinic.time_zone, now)
    found = nextstep.violations_by_day(
        clinic_id=clinic.pk, since=today - timedelta(days=VIOLATION_DAYS - 1), until=today
    )
    return [
        {"on": each.on.isoformat(), "found": each.found, "left": each.left_after, "under_rule": each.under_rule}
        for each in found
    ]
