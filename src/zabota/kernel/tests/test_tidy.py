"""Tidying: what is finished and old goes, what is parked or recent stays."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.sessions.models import Session
from django_tasks_db.models import DBTaskResult
from tests import odd_jobs

from zabota.kernel import jobs
from zabota.kernel.models import Fact, FactDelivery, JobLease, ScheduledRun, WorkerSeen
from zabota.kernel.tidy import tidy

pytestmark = pytest.mark.django_db


def delivery(now: dt.datetime, *, state: str, days: int) -> FactDelivery:
    moment = now - dt.timedelta(days=days)
    fact = Fact.objects.create(kind="test.bell_rang", clinic_id=1, payload={}, happened_at=moment)
    return FactDelivery.objects.create(fact=fact, handler="h", state=state, try_at=moment, done_at=moment)


def test_old_done_deliveries_go_with_their_facts_and_parked_ones_stay(now: dt.datetime) -> None:
    delivery(now, state="done", days=31)
    kept = [delivery(now, state="done", days=29).pk, delivery(now, state="parked", days=400).pk]

    tidy(now=now)

    assert sorted(FactDelivery.objects.values_list("pk", flat=True)) == sorted(kept)
    assert Fact.objects.count() == 2


def test_old_jobs_go_with_their_leases_and_parked_ones_stay(now: dt.datetime, settings: object) -> None:
    settings.JOB_MAX_ATTEMPTS = 1
    odd_jobs.note.enqueue("раз")
    odd_jobs.stumble.enqueue("яма")
    jobs.run_due(worker="w1")
    DBTaskResult.objects.update(finished_at=now - dt.timedelta(days=31))

    tidy(now=now)

    assert [job.status for job in DBTaskResult.objects.all()] == ["FAILED"]
    assert JobLease.objects.get().parked_at is not None


def test_the_last_due_time_of_a_schedule_stays_so_that_it_is_not_new(now: dt.datetime) -> None:
    for days in (400, 200):
        ScheduledRun.objects.create(name="test.yearly", due_at=now - dt.timedelta(days=days))

    tidy(now=now)

    assert [run.due_at for run in ScheduledRun.objects.filter(name="test.yearly")] == [now - dt.timedelta(days=200)]


def test_signs_of_gone_workers_and_ended_sessions_go(now: dt.datetime) -> None:
    WorkerSeen.objects.create(worker="w1", started_at=now, seen_at=now - dt.timedelta(days=2))
    Session.objects.create(session_key="x" * 32, session_data="", expire_date=now - dt.timedelta(seconds=1))

    assert tidy(now=now) == 2
