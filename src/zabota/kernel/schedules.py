"""Answers for jobs that the clock starts: each due time becomes one job, however many schedulers there are."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from croniter import croniter
from django.conf import settings
from django.db import IntegrityError, transaction
from django_tasks.base import Task

from zabota.kernel.models import ScheduledRun


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
    return sum(_enqueue(each, now=now) for each in _schedules.values())


def last_due(each: Schedule, *, now: dt.datetime) -> dt.datetime:
    """The latest time at which this schedule was due."""
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    # get_prev() looks strictly before its start; a job due this very second is due.
    due: dt.datetime = croniter(each.cron, local + dt.timedelta(seconds=1)).get_prev(dt.datetime)
    return due


def next_due(each: Schedule, *, now: dt.datetime) -> dt.datetime:
    """The next time at which this schedule will be due."""
    due: dt.datetime = croniter(each.cron, now.astimezone(ZoneInfo(settings.TIME_ZONE))).get_next(dt.datetime)
    return due


def _enqueue(each: Schedule, *, now: dt.datetime) -> int:
    due_at = last_due(each, now=now)
    if not ScheduledRun.objects.filter(name=each.name).exists():
        # A new installation does not catch up with a night it was not there for.
        ScheduledRun.objects.get_or_create(name=each.name, due_at=due_at)
        return 0
    if ScheduledRun.objects.filter(name=each.name, due_at__gte=due_at).exists():
        return 0
    try:
        with transaction.atomic():
            run = ScheduledRun.objects.create(name=each.name, due_at=due_at)
            job = each.task.enqueue()
            ScheduledRun.objects.filter(pk=run.pk).update(job_id=uuid.UUID(str(job.id)))
    except IntegrityError:
        return 0  # another scheduler was quicker
    return 1
