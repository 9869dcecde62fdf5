"""A worker killed, stopped, doubled or asked to leave: nothing is lost and nothing is done twice."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter

import pytest

from tests.faults.conftest import Installation

pytestmark = pytest.mark.faults


def test_a_worker_killed_again_and_again_loses_nothing_and_does_nothing_twice(installation: Installation) -> None:
    installation.begin(facts=300, whole=150, steps=40)
    wanted = (
        {f"fact-{number}" for number in range(300)}
        | {f"whole-{number}" for number in range(150)}
        | {f"steps-{number}-{step}" for number in range(40) for step in range(3)}
    )
    chance = random.Random(20261120)
    kills = 0

    for _ in range(8):
        before = len(installation.marks())
        worker = installation.start_worker()
        installation.wait(lambda before=before: len(installation.marks()) > before or not installation.waiting())
        time.sleep(chance.uniform(0.0, 0.5))
        if not installation.waiting():
            break
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        kills += 1
    installation.start_worker()
    installation.wait(lambda: not installation.waiting())

    assert kills >= 3, "the queue must last for several kills"
    counted = Counter(word for word in installation.marks() if word != "tick")
    assert set(counted) == wanted
    assert [word for word, times in counted.items() if times > 1] == []


def test_two_workers_share_the_work_and_one_due_time_is_one_run(installation: Installation) -> None:
    installation.begin(facts=80, whole=60)
    workers = [installation.start_worker(), installation.start_worker()]

    installation.wait(lambda: not installation.waiting() and len(installation.marks("tick")) >= 3)
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    assert [worker.wait(timeout=20) for worker in workers] == [0, 0]
    installation.zabota("worker", "--once")

    counted = Counter(installation.marks())
    ticks = counted.pop("tick")
    assert set(counted.values()) == {1}
    assert len(counted) == 140
    ((runs,),) = installation.ask(
        "SELECT count(*) FROM kernel_scheduledrun WHERE name = 'test.tick' AND job_id IS NOT NULL"
    )
    assert ticks == runs
    assert not installation.ask("SELECT 1 FROM kernel_workerseen"), "who leaves by himself takes his sign away"


def test_poison_is_parked_with_its_reason_and_shown_while_the_rest_goes_on(installation: Installation) -> None:
    installation.settings["ZABOTA_JOB_MAX_ATTEMPTS"] = "2"
    installation.begin(facts=5, whole=5, poison=True)
    installation.start_worker()

    installation.wait(
        lambda: (
            not installation.waiting()
            and bool(installation.ask("SELECT 1 FROM kernel_joblease WHERE parked_at IS NOT NULL"))
        )
    )

    assert len(installation.marks("fact-%")) == 5, "what the poison wrote before it failed is undone"
    assert len(installation.marks("whole-%")) == 5
    assert installation.ask("SELECT attempts, reason FROM kernel_factdelivery WHERE state = 'parked'") == [
        (2, "ValueError: яд")
    ]
    assert installation.ask("SELECT attempts, reason FROM kernel_joblease WHERE parked_at IS NOT NULL") == [
        (2, "RuntimeError: так не получится")
    ]
    shown = installation.zabota("doctor")
    assert shown.returncode == 1
    assert "ValueError: яд" in shown.stdout
    assert "RuntimeError: так не получится" in shown.stdout
    assert "яд" not in installation.log()


def test_a_hung_worker_loses_its_job_and_cannot_finish_it_later(installation: Installation) -> None:
    installation.begin(think=[["мысль", 1.0]])
    hung = installation.start_worker()
    installation.wait(lambda: bool(installation.marks("мысль-began")))
    hung.send_signal(signal.SIGSTOP)
    installation.start_worker()

    installation.wait(lambda: bool(installation.marks("мысль")))
    hung.send_signal(signal.SIGCONT)
    installation.wait(lambda: "job_taken_over" in installation.log())

    assert installation.marks("мысль") == ["мысль"]
    assert len(installation.marks("мысль-began")) == 2
    assert installation.ask("SELECT count(*) FROM django_tasks_database_dbtaskresult WHERE status = 'FAILED'") == [(0,)]


def test_heartbeats_keep_a_long_job_with_its_worker(installation: Installation) -> None:
    installation.settings["ZABOTA_JOB_LEASE_SECONDS"] = "4"
    installation.begin(think=[["долгая", 9.0]])
    installation.start_worker()
    installation.start_worker()

    installation.wait(lambda: bool(installation.marks("долгая")))

    assert installation.marks("долгая-began") == ["долгая-began"]


def test_a_worker_asked_to_stop_finishes_the_job_in_hand_and_begins_no_other(installation: Installation) -> None:
    installation.begin(think=[["первая", 2.0], ["вторая", 0.0]])
    worker = installation.start_worker()
    installation.wait(lambda: bool(installation.marks("первая-began")))

    worker.send_signal(signal.SIGTERM)

    assert worker.wait(timeout=20) == 0
    assert installation.marks("первая") == ["первая"]
    assert installation.marks("вторая%") == []
