"""Answers for how the installation is: database, workers, queue, schedules, what is parked and why."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import django
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from zabota.kernel.models import FactDelivery, JobLease, ScheduledRun, WorkerSeen
from zabota.kernel.schedules import known_schedules, next_due

#: A worker that has not signed for so long is taken for gone, seconds.
WORKER_GONE_AFTER = 60
#: Work that waits longer than this while workers are there is worth a look.
SLOW_AFTER = dt.timedelta(minutes=15)


@dataclasses.dataclass(frozen=True)
class ParkedFact:
    """A delivery that used up its attempts."""

    id: int
    clinic_id: int | None
    kind: str
    handler: str
    attempts: int
    reason: str
    happened_at: dt.datetime


@dataclasses.dataclass(frozen=True)
class ParkedJob:
    """A job that used up its attempts."""

    id: uuid.UUID
    task: str
    attempts: int
    reason: str
    parked_at: dt.datetime


@dataclasses.dataclass(frozen=True)
class ScheduleState:
    """A schedule with its last run."""

    name: str
    says: str
    last_at: dt.datetime | None
    last_status: str
    next_at: dt.datetime


@dataclasses.dataclass(frozen=True)
class Health:
    """The whole picture at one instant."""

    version: str
    django: str
    database: str
    migrations_waiting: int
    workers: tuple[tuple[str, dt.datetime], ...]
    facts_waiting: int
    jobs_waiting: int
    jobs_running: int
    oldest_waiting_at: dt.datetime | None
    parked_facts: tuple[ParkedFact, ...]
    parked_jobs: tuple[ParkedJob, ...]
    schedules: tuple[ScheduleState, ...]
    now: dt.datetime

    @property
    def worker_alive(self) -> bool:
        """True when at least one worker has signed lately."""
        return bool(self.workers)

    @property
    def slow(self) -> bool:
        """True when work waits although it was due long ago."""
        return self.oldest_waiting_at is not None and self.now - self.oldest_waiting_at > SLOW_AFTER

    @property
    def well(self) -> bool:
        """True when nothing asks for a person."""
        return not (self.migrations_waiting or self.parked_facts or self.parked_jobs or self.slow)


def examine(*, now: dt.datetime) -> Health:
    """Look at everything. Raises a database error when the database is away."""
    deliveries = FactDelivery.objects.filter(state=FactDelivery.State.WAITING)
    ready = DBTaskResult.objects.filter(status=TaskResultStatus.READY, run_after__lte=now)
    due = [
        deliveries.filter(try_at__lte=now).order_by("try_at").values_list("try_at", flat=True).first(),
        ready.order_by("run_after").values_list("run_after", flat=True).first(),
    ]
    seen = WorkerSeen.objects.filter(seen_at__gte=now - dt.timedelta(seconds=WORKER_GONE_AFTER))
    return Health(
        version=program_version(),
        django=django.get_version(),
        database=_database(),
        migrations_waiting=_migrations_waiting(),
        workers=tuple(seen.order_by("started_at").values_list("worker", "seen_at")),
        facts_waiting=deliveries.count(),
        jobs_waiting=DBTaskResult.objects.filter(status=TaskResultStatus.READY).count(),
        jobs_running=DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING).count(),
        oldest_waiting_at=min((at for at in due if at), default=None),
        parked_facts=_parked_facts(),
        parked_jobs=_parked_jobs(),
        schedules=_schedules(now),
        now=now,
    )


def program_version() -> str:
    """Version of Zabota as installed."""
    try:
        return version("zabota")
    except PackageNotFoundError:
        return "из исходников"


def _database() -> str:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT sqlite_version()")
            return f"SQLite {cursor.fetchone()[0]}"
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return f"PostgreSQL {cursor.fetchone()[0].split(' ')[0]}"


def _migrations_waiting() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _parked_facts() -> tuple[ParkedFact, ...]:
    parked = FactDelivery.objects.filter(state=FactDelivery.State.PARKED).select_related("fact").order_by("-id")[:200]
    return tuple(
        ParkedFact(
            id=each.pk,
            clinic_id=each.fact.clinic_id,
            kind=each.fact.kind,
            handler=each.handler,
            attempts=each.attempts,
            reason=each.reason,
            happened_at=each.fact.happened_at,
        )
        for each in parked
    )


def _parked_jobs() -> tuple[ParkedJob, ...]:
    parked = JobLease.objects.exclude(parked_at=None).order_by("-parked_at")[:200]
    return tuple(
        ParkedJob(
            id=each.job_id,
            task=each.task_path,
            attempts=each.attempts,
            reason=each.reason,
            parked_at=each.parked_at or dt.datetime.min.replace(tzinfo=dt.UTC),
        )
        for each in parked
    )


def _schedules(now: dt.datetime) -> tuple[ScheduleState, ...]:
    states = []
    for each in known_schedules().values():
        run = ScheduledRun.objects.filter(name=each.name).exclude(job_id=None).order_by("-due_at").first()
        job: DBTaskResult[Any, Any] | None = (
            DBTaskResult.objects.filter(pk=run.job_id).first() if run and run.job_id else None
        )
        states.append(
            ScheduleState(
                name=each.name,
                says=each.says,
                last_at=run.due_at if run else None,
                last_status=job.status if job else "",
                next_at=next_due(each, now=now),
            )
        )
    return tuple(states)
