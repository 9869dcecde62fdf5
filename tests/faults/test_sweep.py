"""A sweep by portions killed in the middle, again and again: whole portions stay, nobody gets a task twice."""

from __future__ import annotations

import signal

import pytest

from tests.faults.conftest import Installation

pytestmark = pytest.mark.faults
SWEPT = "SELECT count(*) FROM nextstep_patientstate"
TASKS = "SELECT count(*) FROM worklist_task WHERE dedupe_key LIKE 'sweep:%'"


def test_a_sweep_killed_again_and_again_gives_each_patient_one_task_and_forgets_nobody(
    installation: Installation,
) -> None:
    assert installation.run_module("tests.faults.sweeping", "make", "150").wait(timeout=120) == 0
    kills = 0

    for _ in range(3):
        before = installation.ask(SWEPT)
        sweep = installation.run_module("tests.faults.sweeping", "sweep", "5")
        installation.wait(
            lambda before=before, sweep=sweep: installation.ask(SWEPT) > before or sweep.poll() is not None
        )
        if sweep.poll() is not None:
            break
        sweep.send_signal(signal.SIGKILL)
        sweep.wait()
        kills += 1
        ((states,),), ((tasks,),) = installation.ask(SWEPT), installation.ask(TASKS)
        assert states % 5 == 0, "a portion is there whole or not at all"
        assert installation.ask("SELECT tasks_created FROM nextstep_violationday") == [(tasks,)]
    assert kills >= 2, "the clinic must last for several kills"
    assert installation.run_module("tests.faults.sweeping", "sweep", "5").wait(timeout=120) == 0

    assert installation.ask("SELECT count(*) FROM nextstep_uncovered") == [(0,)]
    assert installation.ask(SWEPT) == installation.ask(
        "SELECT count(*) FROM patients_patient WHERE merged_into_id IS NULL AND erased_at IS NULL"
    )
    twice = "SELECT patient_id FROM worklist_task WHERE dedupe_key LIKE 'sweep:%' AND state = 'open' GROUP BY 1 HAVING count(*) > 1"
    assert installation.ask(twice) == []
    assert installation.ask("SELECT tasks_created FROM nextstep_violationday") == installation.ask(TASKS)
    assert installation.ask("SELECT count(*) FROM kernel_auditentry WHERE action = 'nextstep.sweep'") == [(1,)]
