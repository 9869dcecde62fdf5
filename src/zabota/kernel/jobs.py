"""Answers for background jobs: claims, leases, retries and parking on top of the Django Tasks API.

The database is the truth, the queue a wake-up: jobs carry ids only. A worker that was killed leaves a lease behind;
when it runs out another worker takes the job over. So an ordinary job must stand a second run. A job marked `@whole`
runs in one transaction with its own completion and takes effect exactly once.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import secrets
import socket
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.db import OperationalError, close_old_connections, connection, models, transaction
from django_tasks.base import Task, TaskContext, TaskResultStatus
from django_tasks.utils import normalize_json
from django_tasks_db.models import DBTaskResult

from zabota.kernel import clock, facts
from zabota.kernel.errors import LeaseLost, reason_of
from zabota.kernel.models import JobLease, WorkerSeen
from zabota.kernel.schedules import enqueue_due, known_schedules, schedule
from zabota.kernel.scope import every_clinic

__all__ = [
    "assure_lease",
    "enqueue_due",
    "enqueue_once",
    "give_way",
    "known_schedules",
    "recover_lost",
    "retry_parked",
    "run_due",
    "schedule",
    "when_parked",
    "whole",
    "work",
]

log = structlog.get_logger(__name__)

#: How often a worker signs that it is alive, seconds.
SIGN_EVERY = 10
#: Who waits for SQLite looks ten times a second whether it is free.
GIVE_WAY_SECONDS = 0.12
_Job = DBTaskResult[Any, Any]


@dataclasses.dataclass(frozen=True)
class Attempt:
    """One try of a job by one worker. The pair of worker and number fences: an attempt taken over writes nothing."""

    job_id: uuid.UUID
    worker: str
    number: int

    def lease(self) -> models.QuerySet[JobLease]:
        """The lease of the job, as long as this attempt holds it."""
        return JobLease.objects.filter(pk=self.job_id, worker=self.worker, attempts=self.number).exclude(
            leased_until=None
        )


_attempt: ContextVar[Attempt | None] = ContextVar("attempt", default=None)
_whole: set[str] = set()
_parked: dict[str, Callable[..., None]] = {}


def whole(job: Task[Any, Any]) -> Task[Any, Any]:
    """Decorator above `@task`: the job and its completion are one transaction, so a job killed midway leaves nothing.

    For short jobs: on SQLite the transaction keeps all other writers waiting.
    """
    _whole.add(job.module_path)
    return job


def assure_lease() -> None:
    """Long jobs call this first in each of their transactions: it prolongs the lease.

    Raises LeaseLost when another worker has taken the job over; the transaction is then rolled back. Outside a worker
    it does nothing.
    """
    attempt = _attempt.get()
    if attempt is not None and not attempt.lease().update(leased_until=_lease_end()):
        raise LeaseLost


def give_way() -> None:
    """Long jobs call this between their transactions: SQLite gives nobody a turn, whoever waits must find it free."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        time.sleep(GIVE_WAY_SECONDS)


def when_parked(job: Task[Any, Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorator of what cleans up after `job` was parked, whether it failed or its workers died.

    It gets the arguments of the job and runs in the transaction that parks it.
    """

    def register(clean_up: Callable[..., None]) -> Callable[..., None]:
        _parked[job.module_path] = clean_up
        return clean_up

    return register


def enqueue_once(job: Task[Any, Any], *arguments: Any) -> bool:
    """Put a job into the queue unless the same one waits there already. Returns whether it was put.

    A job that has begun does not count: it may have read what has changed since. One that waits is held until the transaction
    ends, so that it begins after what is written here.
    """
    with transaction.atomic():
        waiting = DBTaskResult.objects.ready().filter(task_path=job.module_path).select_for_update()
        if any(each.args_kwargs == {"args": list(arguments), "kwargs": {}} for each in waiting):
            return False
        job.enqueue(*arguments)
    return True


def recover_lost(*, now: dt.datetime) -> int:
    """Give jobs whose worker died another try; park those that used up their attempts. Returns how many go on."""
    recovered = 0
    running = DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING)
    for job in running:
        lease = JobLease.objects.filter(pk=job.id).first()
        until = lease.leased_until if lease else None
        if until is None:
            until = (job.started_at or now) + dt.timedelta(seconds=settings.JOB_LEASE_SECONDS)
        if until >= now:
            continue
        with transaction.atomic():
            if lease is None:
                lease, _ = JobLease.objects.get_or_create(
                    pk=job.id, defaults={"task_path": job.task_path, "attempts": 1}
                )
            # Whoever changes the lease as it was seen recovers the job; a heartbeat in between keeps it where it is.
            seen = JobLease.objects.filter(pk=job.id, attempts=lease.attempts, leased_until=lease.leased_until)
            if seen.update(worker=""):
                recovered += _again(job, attempts=lease.attempts, reason=facts.STOPPED_MIDWAY, now=now)
    return recovered


def _again(job: _Job, *, attempts: int, reason: str, now: dt.datetime, pause: dt.timedelta = dt.timedelta(0)) -> int:
    """Back to the queue after `pause`, or parked when all attempts are used up. The caller holds the transaction."""
    running = DBTaskResult.objects.filter(pk=job.id, status=TaskResultStatus.RUNNING, started_at=job.started_at)
    if attempts >= settings.JOB_MAX_ATTEMPTS:
        JobLease.objects.filter(pk=job.id).update(leased_until=None, parked_at=now, reason=reason)
        if running.update(status=TaskResultStatus.FAILED, finished_at=now) and (clean_up := _parked.get(job.task_path)):
            result: Any = job.task_result  # the library types results by two classes of one name
            with every_clinic(reason="jobs serve all clinics"):
                clean_up(*result.args, **result.kwargs)
        log.warning("job_parked", job=str(job.id), task=job.task_path)
        return 0
    JobLease.objects.filter(pk=job.id).update(leased_until=None, reason=reason)
    return running.update(status=TaskResultStatus.READY, run_after=now + pause, finished_at=None)


def retry_parked(job_id: uuid.UUID, *, now: dt.datetime) -> bool:
    """Give a parked job a fresh set of attempts."""
    with transaction.atomic():
        freed = (
            JobLease.objects.filter(pk=job_id)
            .exclude(parked_at=None)
            .update(attempts=0, parked_at=None, leased_until=None)
        )
        if freed:
            DBTaskResult.objects.filter(pk=job_id, status=TaskResultStatus.FAILED).update(
                status=TaskResultStatus.READY, run_after=now, finished_at=None
            )
    return bool(freed)


def run_due(*, worker: str, limit: int = 20, stopped: Callable[[], bool] = bool) -> int:
    """Run waiting jobs one after another. Returns how many were tried."""
    tried = 0
    while tried < limit and not stopped():
        claimed = _claim_next(worker)
        if claimed is None:
            break
        tried += 1
        _run(*claimed)
    return tried


def _claim_next(worker: str) -> tuple[_Job, Attempt] | None:
    """Take the first waiting job and its lease in one transaction, so that no kill can come between the two."""
    ready = DBTaskResult.objects.ready().filter(backend_name="default")
    for job_id in list(ready.values_list("id", flat=True)[:10]):
        now = clock.now()
        with transaction.atomic():
            claimed = DBTaskResult.objects.filter(pk=job_id, status=TaskResultStatus.READY).update(
                status=TaskResultStatus.RUNNING, started_at=now
            )
            if not claimed:
                continue  # another worker was quicker
            job = DBTaskResult.objects.get(pk=job_id)
            job.worker_ids = [*job.worker_ids, worker]
            job.save(update_fields=["worker_ids"])
            JobLease.objects.get_or_create(pk=job_id, defaults={"task_path": job.task_path[:200]})
            JobLease.objects.filter(pk=job_id).update(
                attempts=models.F("attempts") + 1, leased_until=_lease_end(), worker=worker, reason=""
            )
            number = JobLease.objects.values_list("attempts", flat=True).get(pk=job_id)
        return job, Attempt(job_id=job.id, worker=worker, number=number)
    return None


def _run(job: _Job, attempt: Attempt) -> None:
    token = _attempt.set(attempt)
    try:
        with _kept_alive(attempt), every_clinic(reason="jobs serve all clinics"):
            if job.task_path in _whole:
                with transaction.atomic():
                    _finish(job, attempt, _call(job))
            else:
                value = _call(job)
                _patiently(partial(_finish, job, attempt, value))
    except LeaseLost:
        log.warning("job_taken_over", job=str(job.id), task=job.task_path, attempt=attempt.number)
    except Exception as error:
        _patiently(partial(_fail, job, attempt, error))
    except BaseException:  # asked to stop at once: the next worker begins without waiting for the lease
        with transaction.atomic():
            if attempt.lease().update(leased_until=None):
                _again(job, attempts=0, reason=facts.STOPPED_MIDWAY, now=clock.now())
        raise
    finally:
        _attempt.reset(token)


def _call(job: _Job) -> Any:
    result: Any = job.task_result  # the library types results by two classes of one name
    first = (TaskContext(task_result=result),) if job.task.takes_context else ()
    return job.task.call(*first, *result.args, **result.kwargs)


def _finish(job: _Job, attempt: Attempt, value: Any) -> None:
    with transaction.atomic():
        if not attempt.lease().update(leased_until=None):
            raise LeaseLost
        DBTaskResult.objects.filter(pk=job.id).update(
            status=TaskResultStatus.SUCCESSFUL,
            finished_at=clock.now(),
            return_value=normalize_json(value),
            exception_class_path="",
            traceback="",
        )


def _fail(job: _Job, attempt: Attempt, error: Exception) -> None:
    """Keep what went wrong and try again later, or park the job."""
    now = clock.now()
    log.warning("job_failed", job=str(job.id), task=job.task_path, error=type(error).__qualname__, exc_info=error)
    with transaction.atomic():
        if not attempt.lease().update(leased_until=None):
            return  # taken over: the other worker's result counts
        DBTaskResult.objects.filter(pk=job.id).update(
            exception_class_path=f"{type(error).__module__}.{type(error).__qualname__}",
            traceback="".join(traceback.format_exception(error)),
        )
        _again(job, attempts=attempt.number, reason=reason_of(error), now=now, pause=facts.pause_after(attempt.number))


def _patiently(write: Callable[[], None]) -> None:
    """Repeat a small write that met a locked or lost database: the work it reports is already done."""
    for pause in (0.2, 1.0, 5.0):
        try:
            return write()
        except OperationalError:
            close_old_connections()
            time.sleep(pause)
    return write()


def _lease_end() -> dt.datetime:
    return clock.now() + dt.timedelta(seconds=settings.JOB_LEASE_SECONDS)


@contextmanager
def _kept_alive(attempt: Attempt) -> Iterator[None]:
    """Prolong the lease three times per its length while the block runs."""
    stop = threading.Event()
    beat = threading.Thread(target=_heartbeat, args=(attempt, stop), daemon=True)
    beat.start()
    try:
        yield
    finally:
        stop.set()
        beat.join()


def _heartbeat(attempt: Attempt, stop: threading.Event) -> None:
    while not stop.wait(settings.JOB_LEASE_SECONDS / 3):
        try:
            attempt.lease().update(leased_until=_lease_end())
            _sign(attempt.worker)
        except Exception as error:  # a locked database must not end the heartbeat
            log.warning("heartbeat_missed", job=str(attempt.job_id), error=type(error).__qualname__)
    connection.close()


def _sign(worker: str) -> int:
    """Leave the sign that this worker is alive, for the page «Система» and `zabota doctor`."""
    now = clock.now()
    if not WorkerSeen.objects.filter(pk=worker).update(seen_at=now):
        WorkerSeen.objects.get_or_create(pk=worker, defaults={"started_at": now, "seen_at": now})
    return 0


def work(*, once: bool = False, interval: float = 1.0, stop: threading.Event | None = None) -> None:
    """The worker's loop: recover, schedule, deliver facts, run jobs, until `stop`; the job in hand is finished first.

    `once` ends when nothing is left to do, and raises what would else be logged.
    """
    stop = stop or threading.Event()
    worker = f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(3)}"
    signed = float("-inf")
    while not stop.is_set():
        busy, broken = 0, False
        steps: list[Callable[[], int]] = [
            lambda: recover_lost(now=clock.now()),
            lambda: enqueue_due(now=clock.now()),
            lambda: facts.deliver_due(stopped=stop.is_set),
            lambda: run_due(worker=worker, stopped=stop.is_set),
        ]
        if not once and time.monotonic() - signed > SIGN_EVERY:
            steps.insert(0, lambda: _sign(worker))
            signed = time.monotonic()
        for step in steps:
            try:
                busy += step()
            except Exception as error:  # the worker outlives a database that is away for a moment
                if once:
                    raise
                log.error("worker_step_failed", error=type(error).__qualname__, exc_info=error)
                close_old_connections()
                broken = True
        if once and not busy:
            return
        if broken or not busy:
            stop.wait(5 if broken else interval)
    WorkerSeen.objects.filter(pk=worker).delete()
