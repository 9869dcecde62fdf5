"""The door to snapshots of patients: what `analytics.rules.snapshot` describes, column by column.

    snapshot = open_latest(clinic_id)            # None before the first build
    snapshot.numbers("last_on")                  # whole numbers; days since 1970; −1 absent
    snapshot.coded("type")                       # codes and sorted words
    snapshot.days                                # all days of visits, and where each row's begin

The file is Parquet: DuckDB and polars read it as it is, by the path of `latest_snapshot`.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from zabota.analytics.queries import snapshot_files as files
from zabota.analytics.rules.snapshot import NONE, SCHEMA, Snapshot
from zabota.analytics.rules.snapshot_cohorts import CohortMatrix, Return, cohort_matrix, matrix_of_visits, return_within
from zabota.analytics.services.snapshot import Built, build_snapshot

__all__ = [
    "NONE",
    "SCHEMA",
    "Built",
    "CohortMatrix",
    "Return",
    "Snapshot",
    "build_snapshot",
    "cohort_matrix",
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
