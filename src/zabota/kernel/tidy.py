"""Answers for what need not be kept: finished jobs and deliveries, old due times, ended sessions, signs of gone workers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.sessions.models import Session
from django.db import models, transaction
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from zabota.kernel.models import Fact, FactDelivery, JobLease, ScheduledRun, WorkerSeen

#: Days for which finished work stays to be looked at.
KEPT_DAYS = 30
#: Rows of one transaction: on SQLite a long one keeps all other writers waiting.
PORTION = 2000


def tidy(*, now: dt.datetime) -> int:
    """Remove what is finished and old; parked work and the audit trail stay. Returns how many rows went."""
    old = now - dt.timedelta(days=KEPT_DAYS)
    last_runs = ScheduledRun.objects.values("name").annotate(last=models.Max("id")).values("last")
    finished = DBTaskResult.objects.filter(status=TaskResultStatus.SUCCESSFUL, finished_at__lt=old)
    return sum(
        (
            _remove(FactDelivery.objects.filter(state=FactDelivery.State.DONE, done_at__lt=old)),
            _remove(Fact.objects.filter(deliveries=None, happened_at__lt=old)),
            _remove(JobLease.objects.filter(parked_at=None, job_id__in=finished.values("id"))),
            _remove(finished),
            _remove(ScheduledRun.objects.filter(due_at__lt=old).exclude(pk__in=last_runs)),
            _remove(WorkerSeen.objects.filter(seen_at__lt=now - dt.timedelta(days=1))),
            _remove(Session.objects.filter(expire_date__lt=now)),
        )
    )


def _remove(rows: models.QuerySet[Any]) -> int:
    removed = 0
    while True:
        with transaction.atomic():
            portion = list(rows.order_by("pk").values_list("pk", flat=True)[:PORTION])
            if not portion:
                return removed
            rows.model._default_manager.filter(pk__in=portion).delete()
            removed += len(portion)
