"""The door to snapshots of patients: what `analytics.rules.snapshot` describes, column by column.

    snapshot = open_latest(clinic_id)            # None before the first build
    snapshot.numbers("last_on")                  # whole numbers; days since 1970; −1 absent
    snapshot.coded("type")                       # codes and sorted words
    snapshot.days                                # all days of visits, and where each row's begin

The file is Parquet: DuckDB and polars read it as it is, by the path of `latest_snapshot`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from zabota.analytics import jobs
from zabota.analytics.queries import snapshot_files as files
from zabota.analytics.rules.snapshot import NONE, SCHEMA, Snapshot
from zabota.analytics.rules.snapshot_cohorts import CohortMatrix, Return, cohort_matrix, matrix_of_visits, return_within
from zabota.analytics.services.snapshot import Built, build_snapshot, forget_erased

__all__ = [
    "NONE",
    "SCHEMA",
    "Built",
    "CohortMatrix",
    "Return",
    "Snapshot",
    "ask_build",
    "build_failed",
    "build_snapshot",
    "cohort_matrix",
    "forget_erased",
    "is_being_built",
    "latest_snapshot",
    "matrix_of_visits",
    "month_ends",
    "open_latest",
    "open_snapshot",
    "return_within",
    "snapshot_days",
]


def latest_snapshot(clinic_id: int, *, on: date | None = None) -> Path | None:
    """The file of the newest snapshot, or of the newest that is not younger than a day; None where there is none."""
    days = [day for day in files.days_kept(clinic_id) if on is None or day <= on]
    return files.path_of(clinic_id, days[-1]) if days else None


def open_latest(clinic_id: int, *, on: date | None = None) -> Snapshot | None:
    """The same as columns."""
    days = [day for day in files.days_kept(clinic_id) if on is None or day <= on]
    return files.read(clinic_id, days[-1]) if days else None


def open_snapshot(clinic_id: int, day: date) -> Snapshot | None:
    """The snapshot of exactly this day."""
    return files.read(clinic_id, day) if day in files.days_kept(clinic_id) else None


def snapshot_days(clinic_id: int) -> list[date]:
    """Days of which there is a snapshot."""
    return files.days_kept(clinic_id)


def month_ends(clinic_id: int) -> list[date]:
    """The last snapshot of each month: the history of types, of flows between them, of who was won back."""
    days = files.days_kept(clinic_id)
    return sorted({(day.year, day.month): day for day in days}.values())


#: Jobs looked through for one of this clinic.
_RECENT: Final = 50


def ask_build(clinic_id: int) -> bool:
    """Have the snapshot of today built in the background; False when that is under way already."""
    if is_being_built(clinic_id):
        return False
    jobs.snapshot.enqueue(clinic_id)
    return True


def is_being_built(clinic_id: int) -> bool:
    """True while a build waits for a worker or runs."""
    waiting = (TaskResultStatus.READY, TaskResultStatus.RUNNING)
    builds = DBTaskResult.objects.filter(task_path=jobs.snapshot.module_path, status__in=waiting)[:_RECENT]
    return any(_is_of(each, clinic_id) for each in builds)


def build_failed(clinic_id: int, *, now: datetime) -> bool:
    """True when the last build of the last day ended in an error."""
    builds = DBTaskResult.objects.filter(
        task_path=jobs.snapshot.module_path, enqueued_at__gt=now - timedelta(days=1)
    ).order_by("-enqueued_at")[:_RECENT]
    last = next((each for each in builds if _is_of(each, clinic_id)), None)
    return last is not None and last.status == TaskResultStatus.FAILED


def _is_of(build: DBTaskResult[Any, Any], clinic_id: int) -> bool:
    return bool((build.args_kwargs.get("args") or [None])[0] == clinic_id)
