"""The statements of the sweep and the pure rules give the same rows on random clinics."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.kernel.scope import every_clinic
from zabota.nextstep.models import PatientState, Recall
from zabota.nextstep.queries.coverage import uncovered_ids
from zabota.nextstep.queries.patient_facts import patient_facts, thresholds_of
from zabota.nextstep.rules.stake import yearly_value_kopecks
from zabota.nextstep.rules.steps import next_step
from zabota.nextstep.rules.types import classify
from zabota.nextstep.rules.wording import explain_type
from zabota.nextstep.services.sweep import sweep_clinic
from zabota.nextstep.tests.random_clinic import RandomClinic, decide_about_recalls, make_clinic
from zabota.worklist.models import Task

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)


def _facts(world: RandomClinic) -> dict:
    ids = [patient.pk for patient in world.patients]
    return patient_facts(clinic_id=world.clinic.pk, patient_ids=ids, now=world.now, today=world.today)


@pytest.mark.parametrize("seed", range(8))
def test_types_of_the_sweep_are_those_of_the_rules(seed: int) -> None:
    with every_clinic(reason="test"):
        world = make_clinic(seed, now=NOW)
        sweep_clinic(clinic_id=world.clinic.pk, now=NOW)
        decide_about_recalls(world)
        sweep_clinic(clinic_id=world.clinic.pk, now=NOW)
        thresholds, _ = thresholds_of(world.clinic.pk)
        states = {row.patient_id: row for row in PatientState.objects.filter(clinic=world.clinic)}
        facts = _facts(world)
        assert set(states) == set(facts)
        for pk, each in facts.items():
            verdict = classify(each, thresholds, world.today)
            usual = each.usual
            value = yearly_value_kopecks(
                revenue_kopecks=each.revenue_kopecks,
                first_on=each.first_on,
                last_on=each.last_on,
                newcomer_kopecks=thresholds.newcomer_value_kopecks,
            )
            row = states[pk]
            assert len(explain_type(verdict)) > 10
            assert (
                row.rule, row.type, row.visits, row.last_visit_on, row.next_transition_on, row.sleeping_on,
                row.group_id, row.expected_interval_days, row.value_kopecks, row.next_booking_at,
            ) == (
                verdict.rule, verdict.type, each.visits, each.last_on, verdict.next_transition_on, verdict.sleeping_on,
                usual.group_id if usual else None, usual.interval.days if usual else None, value,
                each.booking.starts_at if each.booking else None,
            ), each  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_recalls_of_the_sweep_are_those_of_the_rules(seed: int) -> None:
    with every_clinic(reason="test"):
        world = make_clinic(seed, now=NOW)
        sweep_clinic(clinic_id=world.clinic.pk, now=NOW)
        decide_about_recalls(world)
        sweep_clinic(clinic_id=world.clinic.pk, now=NOW)
        expected = {
            (pk, recall.group_id): (
                recall.previous_on, recall.calculated_on, recall.interval.days, recall.interval.months,
                recall.booking.appointment_id if recall.booking else None,
            )
            for pk, each in _facts(world).items()
            for recall in each.recalls
        }  # fmt: skip
        found = {
            (row.patient_id, row.group_id): (
                row.previous_on, row.calculated_on, row.interval_days, row.interval_months, row.booked_id,
            )
            for row in Recall.objects.filter(clinic=world.clinic)
        }  # fmt: skip
        assert found == expected


@pytest.mark.parametrize("seed", range(8))
def test_tasks_of_the_sweep_are_those_of_the_rules(seed: int) -> None:
    with every_clinic(reason="test"):
        world = make_clinic(seed, now=NOW)
        # The first look only fills recalls; the second is the one compared, from an empty worklist.
        sweep_clinic(clinic_id=world.clinic.pk, now=NOW)
        decide_about_recalls(world)
        Task.objects.filter(clinic=world.clinic, dedupe_key__startswith="sweep:").delete()
        facts = _facts(world)
        has_open = set(Task.objects.open().values_list("patient_id", flat=True))
        sweep_clinic(clinic_id=world.clinic.pk, now=NOW)
        thresholds, _ = thresholds_of(world.clinic.pk)
        expected = {}
        for pk, each in facts.items():
            step = next_step(each, classify(each, thresholds, world.today), thresholds, world.today)
            if step is not None and pk not in has_open:
                expected[pk] = (
                    step.reason, step.due_on, step.hidden_until_on, step.summary, step.value_kopecks,
                    step.chance_percent, step.stake_kopecks, step.appointment_id,
                )  # fmt: skip
        moscow = dt.timedelta(hours=3)
        found = {
            task.patient_id: (
                task.reason, (task.due_at + moscow).date(),
                (task.hidden_until + moscow).date() if task.hidden_until else None, task.summary,
                task.value_kopecks, round(task.chance * 100), task.stake_kopecks, task.appointment_id,
            )
            for task in Task.objects.open().filter(clinic=world.clinic, dedupe_key__startswith="sweep:")
        }  # fmt: skip
        assert found == expected
        assert uncovered_ids(clinic_id=world.clinic.pk, now=NOW) == []
