"""A sweep by portions gives what one statement gives, and a sweep that was stopped between two portions loses nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from zabota.kernel.models import AuditEntry, Fact
from zabota.kernel.scope import every_clinic
from zabota.nextstep.models import Exemption, PatientState, Recall, TypeChange, ViolationDay
from zabota.nextstep.queries.coverage import coverage_of, uncovered_ids
from zabota.nextstep.services.steps import SweepResult, changing_ids, params_of
from zabota.nextstep.services.sweep import sweep_clinic
from zabota.nextstep.tests.random_clinic import RandomClinic, make_clinic
from zabota.nextstep.tests.test_sweep_promises import live
from zabota.patients.models import Patient
from zabota.worklist.models import Task, TaskEvent

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
ALL_AT_ONCE = 1_000_000
#: Numbers of rows and names given by chance.
NOT_COMPARED = {"id", "public_id", "task_id"}


@pytest.fixture(autouse=True)
def _all_clinics():
    with every_clinic(reason="test"):
        yield


def everything(world: RandomClinic) -> dict[str, list[dict[str, object]]]:
    """Rows that a sweep writes, without what no two sweeps have in common."""
    found: dict[str, list[dict[str, object]]] = {}
    for model in (PatientState, Recall, TypeChange, Task, Exemption):
        rows = model.objects.filter(clinic=world.clinic).values()
        found[model.__name__] = sorted(
            ({k: v for k, v in row.items() if k not in NOT_COMPARED} for row in rows), key=str
        )
    events = TaskEvent.objects.filter(clinic=world.clinic).values(
        "task__patient_id", "task__dedupe_key", "kind", "at", "outcome", "outcome_reason", "to_member_id", "comment"
    )
    found["TaskEvent"] = sorted(events, key=str)
    found["ViolationDay"] = list(
        ViolationDay.objects.filter(clinic=world.clinic).order_by("on").values(
            "on", "under_rule", "booked", "with_task", "found", "tasks_created", "tasks_closed", "left_after", "swept_at"
        )
    )  # fmt: skip
    return found


def swept(world: RandomClinic, portion: int) -> tuple[SweepResult, dict[str, list[dict[str, object]]]]:
    """What such a sweep does and leaves; everything is as it was afterwards."""
    with transaction.atomic():
        result = sweep_clinic(clinic_id=world.clinic.pk, now=world.now, portion=portion)
        rows = everything(world)
        transaction.set_rollback(True)
    return result, rows


@pytest.mark.parametrize("seed", range(3))
def test_portions_of_seven_give_the_rows_of_the_one_statement_day_after_day(seed: int) -> None:
    world = make_clinic(500 + seed, now=NOW, patients=40, capacity=3)
    for _ in range(4):
        at_once, by_portions = swept(world, ALL_AT_ONCE), swept(world, 7)
        assert by_portions[0] == at_once[0]
        for name, rows in at_once[1].items():
            assert by_portions[1][name] == rows, name
        sweep_clinic(clinic_id=world.clinic.pk, now=world.now, portion=7)
        assert uncovered_ids(clinic_id=world.clinic.pk, now=world.now) == []
        assert changing_ids(params_of(world.clinic, world.now)) == (Patient.objects.cards().count(), [])
        world.now += dt.timedelta(hours=9)
        live(world)
        world.now += dt.timedelta(days=world.dice.choice([1, 3, 30]))


class Killed(BaseException):
    """The process is gone."""


def test_a_sweep_killed_after_two_portions_leaves_them_whole_and_the_next_does_the_rest() -> None:
    world = make_clinic(4, now=NOW)
    whole, rows = swept(world, ALL_AT_ONCE)
    portions = 0

    def killed_in_the_third(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        nonlocal portions
        portions += sql.startswith("INSERT INTO nextstep_patientstate")
        if portions == 3:
            raise Killed
        return execute(sql, *rest)

    with connection.execute_wrapper(killed_in_the_third), pytest.raises(Killed):
        sweep_clinic(clinic_id=world.clinic.pk, now=NOW, portion=7)
    done = PatientState.objects.filter(clinic=world.clinic).count()
    assert done == 14
    day = ViolationDay.objects.get(clinic=world.clinic)
    assert day.tasks_created == Task.objects.filter(clinic=world.clinic, dedupe_key__startswith="sweep:").count() > 0
    assert not Fact.objects.filter(kind="nextstep.clinic_swept").exists()

    again = sweep_clinic(clinic_id=world.clinic.pk, now=NOW, portion=7)
    assert again.patients == whole.patients
    assert again.tasks_created == whole.tasks_created - day.tasks_created
    after = everything(world)
    assert after["ViolationDay"] == rows["ViolationDay"]
    assert after["PatientState"] == rows["PatientState"]
    assert after["Recall"] == rows["Recall"]


def test_each_portion_that_changed_something_and_the_whole_leave_a_row_in_the_trail() -> None:
    world = make_clinic(5, now=NOW)
    result = sweep_clinic(clinic_id=world.clinic.pk, now=NOW, portion=15)
    rows = AuditEntry.objects.filter(clinic_id=world.clinic.pk)
    parts = rows.filter(action="nextstep.sweep.patients")
    assert sum(row.details["tasks_created"] for row in parts) == result.tasks_created > 0
    assert rows.get(action="nextstep.sweep").details["tasks_created"] == result.tasks_created
    counts = coverage_of(clinic_id=world.clinic.pk, now=NOW)
    day = ViolationDay.objects.get(clinic=world.clinic)
    assert (day.under_rule, day.with_task, day.left_after) == (counts.under_rule, counts.with_task, 0)
    assert (day.found, day.tasks_created) == (result.found, result.tasks_created)


def test_those_who_are_due_are_the_same_by_portions() -> None:
    world = make_clinic(6, now=NOW)
    sweep_clinic(clinic_id=world.clinic.pk, now=NOW)
    world.now += dt.timedelta(days=20)
    found = []
    for portion in (ALL_AT_ONCE, 3):
        with transaction.atomic():
            result = sweep_clinic(clinic_id=world.clinic.pk, now=world.now, due_only=True, portion=portion)
            found.append((result.patients, everything(world) | {"ViolationDay": []}))
            transaction.set_rollback(True)
    assert found[0] == found[1]
    assert found[0][0] > 3


def test_where_nobody_waits_all_is_one_transaction() -> None:
    world = make_clinic(5, now=NOW)
    sweep_clinic(clinic_id=world.clinic.pk, now=NOW, portion=7, nobody_waits=True)
    rows = AuditEntry.objects.filter(clinic_id=world.clinic.pk, action__startswith="nextstep.sweep")
    assert [row.action for row in rows] == ["nextstep.sweep"]
