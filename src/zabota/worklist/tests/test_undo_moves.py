"""Putting off, handing over and taking a task can be taken back for a short time."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.kernel.errors import AlreadyDone
from zabota.kernel.models import AuditEntry, Fact
from zabota.worklist import api
from zabota.worklist.models import Task, TaskEvent

HOUR = dt.timedelta(hours=1)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def task(new_task, mila, vera):
    return new_task(mila, owner=vera)


@pytest.fixture
def take_back(vera, actor, now):
    def run(*, member=None, after=MINUTE):
        event = TaskEvent.objects.latest("id")
        return api.undo_move(event=event, member=member or vera, actor=actor, now=now + after)

    return run


def test_task_put_off_is_at_once_in_the_queue_again(task, vera, actor, now, take_back):
    api.snooze_task(task=task, until=now + HOUR, member=vera, actor=actor, now=now)
    assert api.queue(member=vera, now=now) == []
    assert take_back().hidden_until is None
    assert api.queue(member=vera, now=now) == [task]
    assert TaskEvent.objects.get(kind="snoozed").undone_at == now + MINUTE
    assert AuditEntry.objects.filter(action="worklist.task.undone").count() == 1


def test_time_of_an_earlier_promise_comes_back_with_the_undo(new_task, mila, vera, actor, now, take_back):
    task = new_task(mila, owner=vera, hidden_until=now - HOUR)
    api.snooze_task(task=task, until=now + HOUR, member=vera, actor=actor, now=now)
    assert take_back().hidden_until == now - HOUR


@pytest.mark.parametrize("to_pool", [False, True])
def test_task_given_away_comes_back_to_whoever_gave_it(task, vera, anton, actor, now, take_back, to_pool):
    api.hand_over(task=task, to_member=None if to_pool else anton, member=vera, actor=actor, now=now)
    assert take_back().owner_id == vera.pk
    told = [fact.payload for fact in Fact.objects.filter(kind="worklist.task_handed").order_by("id")]
    assert [each["to_member_id"] for each in told] == [None if to_pool else anton.pk, vera.pk]


def test_task_taken_from_a_colleague_goes_back_to_them(new_task, mila, vera, anton, actor, now, take_back):
    task = new_task(mila, owner=anton)
    api.take_task(task=task, member=vera, actor=actor, now=now)
    assert take_back().owner_id == anton.pk


def test_undo_of_a_move_is_for_five_minutes_once_and_for_the_one_who_did_it(task, vera, anton, actor, now, take_back):
    api.snooze_task(task=task, until=now + HOUR, member=vera, actor=actor, now=now)
    with pytest.raises(AlreadyDone, match="не вы"):
        take_back(member=anton)
    with pytest.raises(api.TooLate):
        take_back(after=6 * MINUTE)
    take_back()
    with pytest.raises(AlreadyDone, match="уже отменено"):
        take_back()


def test_task_that_the_receiver_works_on_or_got_by_distribution_stays_theirs(task, vera, anton, actor, now, take_back):
    api.hand_over(task=task, to_member=None, member=vera, actor=actor, now=now)
    # The distribution leaves the version alone.
    Task.objects.filter(pk=task.pk).update(owner=anton)
    with pytest.raises(AlreadyDone, match="работали дальше"):
        take_back()
    assert Task.objects.get(pk=task.pk).owner_id == anton.pk
    assert TaskEvent.objects.get(kind="released").undone_at is None
