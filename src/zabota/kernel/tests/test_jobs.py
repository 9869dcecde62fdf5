"""Jobs: leased, retried, parked, taken over; schedules: one job for each due time."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from tests import odd_jobs

from zabota.clinic.models import Clinic
from zabota.kernel import clock, jobs, schedules
from zabota.kernel.models import JobLease, ScheduledRun, WorkerSeen

pytestmark = pytest.mark.django_db
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    odd_jobs.RAN.clear()


def make_due() -> None:
    DBTaskResult.objects.update(run_after=LONG_AGO)


def test_a_job_runs_once_and_is_done() -> None:
    odd_jobs.note.enqueue("раз")

    assert jobs.run_due(worker="w1") == 1
    assert jobs.run_due(worker="w1") == 0

    assert odd_jobs.RAN == ["раз"]
    job = DBTaskResult.objects.get()
    assert (job.status, job.return_value, job.worker_ids) == ("SUCCESSFUL", "раз", ["w1"])
    assert JobLease.objects.get().leased_until is None


def test_a_job_that_asks_for_its_context_gets_it() -> None:
    odd_jobs.tell_attempt.enqueue()

    jobs.run_due(worker="w1")

    assert odd_jobs.RAN == ["TaskContext"]


def test_a_failing_job_is_tried_again_later_and_then_parked_with_its_reason(settings: object) -> None:
    settings.JOB_MAX_ATTEMPTS = 2
    odd_jobs.stumble.enqueue("яма")

    jobs.run_due(worker="w1")
    assert DBTaskResult.objects.get().status == TaskResultStatus.READY
    assert jobs.run_due(worker="w1") == 0, "it waits before the next attempt"
    make_due()
    jobs.run_due(worker="w1")

    lease = JobLease.objects.get()
    assert lease.parked_at is not None
    assert lease.reason == "ValueError: не вышло: яма"
    assert DBTaskResult.objects.get().status == TaskResultStatus.FAILED
    make_due()
    assert jobs.run_due(worker="w1") == 0


def test_a_parked_job_can_be_given_fresh_attempts(settings: object, now: dt.datetime) -> None:
    settings.JOB_MAX_ATTEMPTS = 1
    odd_jobs.stumble.enqueue("яма")
    jobs.run_due(worker="w1")

    assert jobs.retry_parked(JobLease.objects.get().pk, now=now)
    assert not jobs.retry_parked(JobLease.objects.get().pk, now=now), "only what is parked"
    assert jobs.run_due(worker="w1") == 1


def test_a_whole_job_that_fails_leaves_nothing(smile: Clinic) -> None:
    odd_jobs.rename_whole.enqueue(smile.pk, "Другая", True)

    jobs.run_due(worker="w1")

    smile.refresh_from_db()
    assert smile.name == "Улыбка"
    assert DBTaskResult.objects.get().status == TaskResultStatus.READY


def test_a_whole_job_and_its_completion_are_one(smile: Clinic) -> None:
    odd_jobs.rename_whole.enqueue(smile.pk, "Другая", False)

    jobs.run_due(worker="w1")

    smile.refresh_from_db()
    assert smile.name == "Другая"
    assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL


def test_a_job_of_a_dead_worker_goes_to_another_when_its_lease_ends() -> None:
    odd_jobs.note.enqueue("раз")
    jobs._claim_next("dead")

    assert jobs.recover_lost(now=clock.now()) == 0, "its lease still runs"
    assert jobs.recover_lost(now=clock.now() + dt.timedelta(minutes=5)) == 1
    make_due()
    jobs.run_due(worker="w2")

    assert odd_jobs.RAN == ["раз"]
    assert JobLease.objects.get().attempts == 2


def test_a_job_that_kills_its_worker_each_time_is_parked(settings: object) -> None:
    settings.JOB_MAX_ATTEMPTS = 2
    odd_jobs.note.enqueue("раз")
    for _ in range(2):
        jobs._claim_next("dead")
        jobs.recover_lost(now=clock.now() + dt.timedelta(minutes=5))
        make_due()

    assert JobLease.objects.get().reason == "исполнитель остановился на середине"
    assert JobLease.objects.get().parked_at is not None
    assert jobs.run_due(worker="w2") == 0


def test_a_worker_that_was_taken_over_cannot_finish_the_job(smile: Clinic) -> None:
    odd_jobs.rename_whole.enqueue(smile.pk, "Поздняя", False)
    job, attempt = jobs._claim_next("slow")
    jobs.recover_lost(now=clock.now() + dt.timedelta(minutes=5))

    jobs._run(job, attempt)

    smile.refresh_from_db()
    assert smile.name == "Улыбка"
    assert DBTaskResult.objects.get().status == TaskResultStatus.READY


def test_a_worker_that_was_taken_over_cannot_fail_the_job() -> None:
    odd_jobs.stumble.enqueue("яма")
    job, attempt = jobs._claim_next("slow")
    jobs.recover_lost(now=clock.now() + dt.timedelta(minutes=5))
    make_due()
    DBTaskResult.objects.update(status=TaskResultStatus.SUCCESSFUL)

    jobs._run(job, attempt)

    assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL


def taken_over() -> tuple[jobs._Job, jobs.Attempt, jobs.Attempt]:
    """The job in hand of a slow worker, its attempt, and the attempt of the worker that has it now."""
    job, slow = jobs._claim_next("slow")
    jobs.recover_lost(now=clock.now() + dt.timedelta(minutes=5))
    make_due()
    _, quick = jobs._claim_next("quick")
    return job, slow, quick


def test_while_the_next_worker_has_the_job_the_slow_one_can_neither_finish_nor_prolong_it(smile: Clinic) -> None:
    """T23: the lease is that of one attempt, not of the job."""
    odd_jobs.rename_whole.enqueue(smile.pk, "Поздняя", False)
    job, slow, quick = taken_over()

    jobs._run(job, slow)

    smile.refresh_from_db()
    assert smile.name == "Улыбка"
    assert DBTaskResult.objects.get().status == TaskResultStatus.RUNNING
    assert quick.lease().exists() and not slow.lease().exists()


def test_while_the_next_worker_has_the_job_the_slow_one_cannot_fail_it() -> None:
    """T23."""
    odd_jobs.stumble.enqueue("яма")
    job, slow, quick = taken_over()

    jobs._run(job, slow)

    assert quick.lease().exists(), "the lease of the next worker stays"
    row = DBTaskResult.objects.get()
    assert (row.status, row.exception_class_path, JobLease.objects.get().reason) == (TaskResultStatus.RUNNING, "", "")


def test_of_two_workers_that_saw_the_same_job_one_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """T23."""
    odd_jobs.note.enqueue("раз")
    real = clock.now

    def other_is_quicker() -> dt.datetime:
        monkeypatch.setattr(clock, "now", real)
        assert jobs._claim_next("quick") is not None
        return real()

    monkeypatch.setattr(clock, "now", other_is_quicker)

    assert jobs._claim_next("slow") is None
    assert JobLease.objects.values_list("worker", "attempts").get() == ("quick", 1)


@pytest.mark.django_db(transaction=True)
def test_the_lease_is_kept_while_the_job_runs_and_not_after_it_was_taken_over() -> None:
    """T23: a long job is not taken from a worker that lives."""
    odd_jobs.note.enqueue("раз")
    _, attempt = jobs._claim_next("w1")

    class OneBeat(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            over, self.is_over = getattr(self, "is_over", False), True
            return over

    for worker, kept in ("w1", True), ("w2", False):
        nearly_over = clock.now() + dt.timedelta(seconds=1)
        JobLease.objects.update(leased_until=nearly_over, worker=worker)
        jobs._heartbeat(attempt, OneBeat())
        assert (JobLease.objects.get().leased_until > nearly_over) is kept


def test_a_step_of_a_long_job_is_refused_after_a_take_over(smile: Clinic) -> None:
    odd_jobs.rename_and_assure.enqueue(smile.pk, "Поздняя")
    job, attempt = jobs._claim_next("slow")
    jobs.recover_lost(now=clock.now() + dt.timedelta(minutes=5))

    jobs._run(job, attempt)

    smile.refresh_from_db()
    assert smile.name == "Улыбка"


def test_a_step_of_a_long_job_prolongs_its_lease(smile: Clinic) -> None:
    odd_jobs.rename_and_assure.enqueue(smile.pk, "Новая")
    _, attempt = jobs._claim_next("w1")
    nearly_over = clock.now() + dt.timedelta(seconds=1)
    JobLease.objects.update(leased_until=nearly_over)
    token = jobs._attempt.set(attempt)
    try:
        jobs.assure_lease()
    finally:
        jobs._attempt.reset(token)

    assert JobLease.objects.get().leased_until > nearly_over


def test_outside_a_worker_no_lease_is_needed() -> None:
    jobs.assure_lease()


def test_two_recoverers_give_a_job_back_once(monkeypatch: pytest.MonkeyPatch) -> None:
    odd_jobs.note.enqueue("раз")
    jobs._claim_next("dead")
    later = clock.now() + dt.timedelta(minutes=5)
    taken: list[jobs.Attempt] = []
    first = JobLease.objects.filter

    def other_is_quicker(*args: object, **fields: object) -> object:
        rows = first(*args, **fields)
        if "leased_until" in fields:  # between this one's look and its change another recovers and runs the job
            monkeypatch.setattr(JobLease.objects, "filter", first)
            jobs.recover_lost(now=later)
            make_due()
            taken.append(jobs._claim_next("w2")[1])
        return rows

    monkeypatch.setattr(JobLease.objects, "filter", other_is_quicker)

    assert jobs.recover_lost(now=later) == 0
    assert DBTaskResult.objects.get().status == TaskResultStatus.RUNNING
    assert taken[0].lease().exists(), "the lease of whoever runs it now stays"


def test_a_claim_is_not_shared() -> None:
    odd_jobs.note.enqueue("раз")

    assert jobs._claim_next("w1") is not None
    assert jobs._claim_next("w2") is None


def test_the_second_signal_gives_the_job_back_at_once() -> None:
    odd_jobs.interrupt_first.enqueue()

    with pytest.raises(KeyboardInterrupt):
        jobs.run_due(worker="w1")

    assert DBTaskResult.objects.get().status == TaskResultStatus.READY
    assert jobs.run_due(worker="w2") == 1


def test_the_loop_delivers_facts_and_runs_jobs_until_nothing_is_left(run_jobs: object) -> None:
    odd_jobs.note.enqueue("раз")
    odd_jobs.note.enqueue("два")

    run_jobs()

    assert odd_jobs.RAN == ["раз", "два"]


def test_a_worker_that_stops_takes_its_sign_away() -> None:
    stop = threading.Event()
    seen: list[int] = []
    odd_jobs.note.enqueue("раз")

    class StopAfterFirst(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            seen.append(WorkerSeen.objects.count())
            stop.set()
            return self.is_set()

        def is_set(self) -> bool:
            return stop.is_set()

    jobs.work(stop=StopAfterFirst())

    assert seen == [1]
    assert not WorkerSeen.objects.exists()


class TestSchedules:
    @pytest.fixture(autouse=True)
    def one_schedule(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(schedules, "_schedules", {})
        jobs.schedule("test.night", cron="30 3 * * *", says="проверка")(odd_jobs.note.using())

    def test_a_new_installation_does_not_run_the_night_before(self) -> None:
        assert jobs.enqueue_due(now=dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)) == 0

    def test_each_due_time_becomes_one_job_whoever_schedules(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ScheduledRun.objects.create(name="test.night", due_at=LONG_AGO)
        night = dt.datetime(2026, 11, 21, 0, 30, tzinfo=dt.UTC)  # 3:30 in Moscow

        assert jobs.enqueue_due(now=night) == 1
        assert jobs.enqueue_due(now=night + dt.timedelta(seconds=1)) == 0
        assert DBTaskResult.objects.count() == 1
        assert ScheduledRun.objects.get(due_at=night).job_id == DBTaskResult.objects.get().pk

    def test_the_slower_of_two_schedulers_makes_no_second_job(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ScheduledRun.objects.create(name="test.night", due_at=LONG_AGO)
        night = dt.datetime(2026, 11, 21, 0, 30, tzinfo=dt.UTC)
        each = jobs.known_schedules()["test.night"]
        first = ScheduledRun.objects.filter

        def other_is_quicker(**fields: object) -> object:
            rows = first(**fields)
            if "due_at__gte" in fields:  # between this one's look and its row another makes the job
                monkeypatch.setattr(ScheduledRun.objects, "filter", first)
                later = night + dt.timedelta(milliseconds=40)  # no two machines have one clock
                assert schedules._enqueue(each, now=later) == 1
                return rows.none()
            return rows

        monkeypatch.setattr(ScheduledRun.objects, "filter", other_is_quicker)

        assert schedules._enqueue(each, now=night) == 0
        assert DBTaskResult.objects.count() == 1

    def test_a_missed_night_is_made_up_for_once(self) -> None:
        ScheduledRun.objects.create(name="test.night", due_at=LONG_AGO)

        assert jobs.enqueue_due(now=dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)) == 1

    def test_a_clock_that_goes_back_repeats_nothing(self) -> None:
        ScheduledRun.objects.create(name="test.night", due_at=LONG_AGO)
        jobs.enqueue_due(now=dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC))

        assert jobs.enqueue_due(now=dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)) == 0
