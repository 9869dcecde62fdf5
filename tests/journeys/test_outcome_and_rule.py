"""What an administrator records reaches the rule of the two З, and what is taken back leaves it again."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.booking.models import Appointment
from zabota.kernel import clock
from zabota.kernel.facts import deliver_all
from zabota.nextstep import api as nextstep
from zabota.nextstep.models import Exemption
from zabota.worklist import api as worklist
from zabota.worklist.models import Task, TaskEvent

DAY = dt.timedelta(days=1)


@pytest.fixture
def task(in_clinic, mila, centre, doctor_sokolova, vera, now):
    """Mila was here a year ago and has nothing ahead: the sweep made Vera a task."""
    day = now - 400 * DAY
    Appointment.objects.create(
        clinic=in_clinic,
        patient=mila,
        branch=centre,
        doctor=doctor_sokolova,
        starts_at=day,
        day=day.date(),
        status="completed",
        total_kopecks=450_000,
    )
    nextstep.sweep_clinic(clinic_id=in_clinic.pk, now=now)
    return Task.objects.get(patient=mila)


def uncovered(clinic) -> list[int]:
    return nextstep.uncovered_ids(clinic_id=clinic.pk, now=clock.now())


def test_task_of_the_sweep_is_in_the_queue_of_the_branch(task, vera, now):
    assert task.owner == vera
    assert worklist.queue(member=vera, now=now) == [task]


def test_refusal_leaves_the_rule_and_its_undo_returns(task, vera, actor, now, in_clinic, mila):
    recorded = worklist.record_outcome(
        task=task, member=vera, outcome="refused", reason="moved", actor=actor, now=clock.now()
    )
    deliver_all()
    assert Exemption.objects.get(patient=mila, ended_at=None).reason == Exemption.Reason.MOVED
    assert uncovered(in_clinic) == []

    event = TaskEvent.objects.get(pk=recorded.event.pk)
    worklist.undo_outcome(event=event, member=vera, actor=actor, now=clock.now())
    deliver_all()
    assert not Exemption.objects.filter(patient=mila, ended_at=None).exists()
    assert Task.objects.open().filter(patient=mila).count() == 1


@pytest.mark.parametrize("reason", ["moved", "died", "expensive"])
def test_refusal_undone_before_the_worker_heard_of_it_leaves_the_task_as_it_was(task, vera, actor, mila, reason):
    due_at = task.due_at
    recorded = worklist.record_outcome(
        task=task, member=vera, outcome="refused", reason=reason, actor=actor, now=clock.now()
    )
    event = TaskEvent.objects.get(pk=recorded.event.pk)
    worklist.undo_outcome(event=event, member=vera, actor=actor, now=clock.now())
    deliver_all()

    assert not Exemption.objects.filter(patient=mila).exists()
    still = Task.objects.open().get(patient=mila)
    assert (still.pk, still.due_at, still.owner) == (task.pk, due_at, vera)


def test_booking_covers_and_its_undo_leaves_one_open_task(
    task, vera, actor, now, in_clinic, mila, doctor_sokolova, centre
):
    at = (clock.now() + 3 * DAY).replace(hour=9, minute=0, second=0, microsecond=0)
    recorded = worklist.book_from_task(
        task=task, member=vera, doctor=doctor_sokolova, branch=centre, starts_at=at, actor=actor, now=clock.now()
    )
    deliver_all()
    assert uncovered(in_clinic) == []
    assert not Task.objects.open().filter(patient=mila).exists()

    event = TaskEvent.objects.get(pk=recorded.event.pk)
    worklist.undo_outcome(event=event, member=vera, actor=actor, now=clock.now())
    deliver_all()
    assert uncovered(in_clinic) == []
    assert Task.objects.open().filter(patient=mila).count() == 1


def test_solved_question_without_a_next_step_makes_a_new_task(task, vera, actor, now, in_clinic, mila):
    worklist.record_outcome(task=task, member=vera, outcome="resolved", reason="answered", actor=actor, now=clock.now())
    deliver_all()
    assert uncovered(in_clinic) == []
    assert Task.objects.open().filter(patient=mila).count() == 1
