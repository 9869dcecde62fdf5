"""Answers for background jobs: schedules, leases, retries and parking on top of the Django Tasks API.

The database is the truth, the queue a wake-up: jobs carry ids only and stand a second run. A worker that was killed
leaves a lease behind; when it runs out another worker takes the job over.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import socket
import threading
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from croniter import croniter
from django.conf import settings
from django.db import IntegrityError, close_old_connections, connection, models, transaction
from django_tasks.base import Task, TaskResultStatus
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from zabota.kernel import clock, facts
from zabota.kernel.models import JobLease, ScheduledRun
from zabota.kernel.scope import every_clinic

log = structlog.get_logger(__name__)


@dataclasses.dataclass(frozen=True)
class Schedule:
    """A job that the clock starts: `cron` in the time zone of the installation."""

    name: str
    cron: str
    task: Task[Any, Any]
    says: str


_schedules: dict[str, Schedule] = {}


def schedule(name: str, *, cron: str, says: str) -> Callable[[Task[Any, Any]], Task[Any, Any]]:
    """Decorator above `@task`: run it at the times of `cron`; `says` is its line in the documentation."""

    def register(job: Task[Any, Any]) -> Task[Any, Any]:
        _schedules[name] = Schedule(name=name, cron=cron, task=job, says=says)
        return job

    return register


def known_schedules() -> dict[str, Schedule]:
    """All schedules by name."""
    return dict(_schedules)


def enqueue_due(*, now: dt.datetime) -> int:
    """Turn the latest due time of each schedule into one job, whoever else tries the same. Returns how many."""
    started = 0
    for each in _schedules.values():
        local = now.astimezone(_zone())
        due_at = croniter(each.cron, local + dt.timedelta(seconds=1)).get_prev(dt.datetime)
        if not ScheduledRun.objects.filter(name=each.name).exists():
            # A new installation does not catch up with a night it was not there for.
            ScheduledRun.objects.get_or_create(name=each.name, due_at=due_at)
            continue
        if ScheduledRun.objects.filter(name=each.name, due_at=due_at).exists():
            continue
        try:
            with transaction.atomic():
                run = ScheduledRun.objects.create(name=each.name, due_at=due_at)
                job = each.task.enqueue()
                ScheduledRun.objects.filter(pk=run.pk).update(job_id=uuid.UUID(str(job.id)))
        except IntegrityError:
            continue  # another scheduler was quicker
        started += 1
    return started


def _zone() -> dt.tzinfo:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 -- settings must be ready

    return ZoneInfo(settings.TIME_ZONE)


def recover_lost(*, now: dt.datetime) -> int:
    """Give jobs whose worker died, or whose attempt failed, another try; park those that used up their attempts."""
    recovered = 0
    running = DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING)
    for job in running.only("id", "task_path", "started_at"):
        lease = JobLease.objects.filter(pk=job.id).first()
        until = lease.leased_until if lease else None
        if until is None:
            # Claimed by a worker that died before it wrote its lease.
            until = (job.started_at or now) + dt.timedelta(seconds=settings.JOB_LEASE_SECONDS)
        if until < now:
            recovered += _again(
                job, now=now, reason="исполнитель остановился на середине", was=TaskResultStatus.RUNNING
            )
    failed = DBTaskResult.objects.filter(status=TaskResultStatus.FAILED)
    parked = JobLease.objects.exclude(parked_at=None).values("pk")
    for job in failed.exclude(pk__in=parked).only("id", "task_path", "exception_class_path", "traceback"):
        last_line = job.traceback.strip().rsplit("\n", 1)[-1]
        recovered += _again(job, now=now, reason=last_line or job.exception_class_path, was=TaskResultStatus.FAILED)
    return recovered


def _again(job: DBTaskResult[Any, Any], *, now: dt.datetime, reason: str, was: str) -> int:
    with transaction.atomic():
        lease, _ = JobLease.objects.get_or_create(pk=job.id, defaults={"task_path": job.task_path, "attempts": 1})
        if lease.attempts >= settings.JOB_MAX_ATTEMPTS:
            JobLease.objects.filter(pk=job.id, parked_at=None).update(parked_at=now, reason=reason[:2000])
            DBTaskResult.objects.filter(pk=job.id, status=was).update(status=TaskResultStatus.FAILED, finished_at=now)
            log.warning("job_parked", job=str(job.id), task=job.task_path, error=reason)
            return 0
        pause = facts.BACKOFF[min(max(lease.attempts, 1), len(facts.BACKOFF)) - 1]
        moved = DBTaskResult.objects.filter(pk=job.id, status=was).update(
            status=TaskResultStatus.READY, run_after=now + dt.timedelta(seconds=pause), finished_at=None
        )
        JobLease.objects.filter(pk=job.id).update(leased_until=None, reason=reason[:2000])
        return moved


def retry_parked(job_id: uuid.UUID, *, now: dt.datetime) -> bool:
    """Give a parked job a fresh set of attempts."""
    with transaction.atomic():
        freed = (
            JobLease.objects.filter(pk=job_id)
            .exclude(parked_at=None)
            .update(attempts=0, parked_at=None, leased_until=None)
        )
        DBTaskResult.objects.filter(pk=job_id, status=TaskResultStatus.FAILED).update(
            status=TaskResultStatus.READY, run_after=now, finished_at=None
        )
    return bool(freed)


class LeasedWorker(Worker):
    """The library's worker with a lease and a heartbeat around each attempt."""

    def run_task(self, db_task_result: DBTaskResult[Any, Any]) -> None:
        lease, _ = JobLease.objects.get_or_create(
            pk=db_task_result.id, defaults={"task_path": db_task_result.task_path}
        )
        JobLease.objects.filter(pk=lease.pk).update(
            attempts=models.F("attempts") + 1, leased_until=_lease_end(), worker=self.worker_id, reason=""
        )
        stop = threading.Event()
        beat = threading.Thread(target=_heartbeat, args=(lease.pk, stop), daemon=True)
        beat.start()
        try:
            with every_clinic(reason="jobs serve all clinics"):
                super().run_task(db_task_result)
        finally:
            stop.set()
            beat.join()
        JobLease.objects.filter(pk=lease.pk).update(leased_until=None)


def _lease_end() -> dt.datetime:
    return clock.now() + dt.timedelta(seconds=settings.JOB_LEASE_SECONDS)


def _heartbeat(job_id: uuid.UUID, stop: threading.Event) -> None:
    """Prolong the lease three times per its length while the attempt runs, on a connection of this thread."""
    while not stop.wait(settings.JOB_LEASE_SECONDS / 3):
        try:
            JobLease.objects.filter(pk=job_id).update(leased_until=_lease_end())
        except Exception as error:  # a locked database must not end the heartbeat
            log.warning("heartbeat_missed", job=str(job_id), error=str(error))
    connection.close()


def work(*, once: bool = False, interval: float = 1.0, stop: threading.Event | None = None) -> None:
    """The worker's loop: recover, schedule, deliver facts, run jobs. `once` ends when nothing is left to do."""
    stop = stop or threading.Event()
    worker = LeasedWorker(
        queue_names=["*"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=20,
        worker_id=f"{socket.gethostname()}-{os.getpid()}"[:64],
        excluded_queue_names=[],
    )
    while not stop.is_set():
        now = clock.now()
        try:
            busy = recover_lost(now=now) + enqueue_due(now=now) + facts.deliver_due()
            before = worker._run_tasks
            worker.max_tasks = before + 20
            worker.run()
            busy += worker._run_tasks - before
        except Exception as error:  # the worker outlives a database that is away for a moment
            log.error("worker_tick_failed", error=str(error))
            close_old_connections()
            busy = 0
            stop.wait(5)
        if once and not busy:
            return
        if not busy:
            stop.wait(interval)
