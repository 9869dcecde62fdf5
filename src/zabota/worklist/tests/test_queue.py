"""The queue and its owners: order, distribution, handing over."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zabota.clinic.models import Member
from zabota.clinic.rules.rights import Role
from zabota.kernel.errors import AlreadyDone, BadInput, NotAllowed
from zabota.patients.models import Household
from zabota.worklist import api
from zabota.worklist.models import Outcome, Task, TaskEvent

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture
def people(smile, centre, new_patient):
    return [
        new_patient(smile, f"Пациент{number} Иван Иванович", phone=f"+7916000{number:04}", branch=centre)
        for number in range(12)
    ]


def test_deadline_comes_first_then_the_stake(new_task, people, vera, now):
    later_dear = new_task(people[0], owner=vera, stake=900_000)
    today = new_task(people[1], owner=vera, stake=10_000, due_at=now + 5 * HOUR)
    overdue_cheap = new_task(people[2], owner=vera, stake=100, due_at=now - 30 * DAY)
    overdue_dear = new_task(people[3], owner=vera, stake=50_000, due_at=now - DAY)
    urgent = new_task(people[4], owner=vera, stake=0, is_urgent=True)  # in pain, and nothing is known to be at stake
    later_cheap = new_task(people[5], owner=vera, stake=1)
    new_task(people[6], owner=vera, stake=10**9, hidden_until=now + HOUR)
    expected = [urgent, overdue_dear, overdue_cheap, today, later_dear, later_cheap]
    assert api.queue(member=vera, now=now) == expected
    assert list(api.in_order(Task.objects.ready(now), clinic=vera.clinic, now=now)) == expected
    assert api.queue(member=vera, now=now, limit=4) == expected[:4]
    assert api.next_task(member=vera, now=now, after=urgent) == overdue_dear


def test_late_evening_has_the_same_order_in_both_ways(new_task, people, vera, now):
    evening = now.replace(hour=20, minute=50)  # 23:50 in Moscow
    tasks = [
        new_task(person, owner=vera, stake=number, due_at=evening + dt.timedelta(minutes=13 * number))
        for number, person in enumerate(people)
    ]
    queue = api.queue(member=vera, now=evening)
    assert queue == list(api.in_order(Task.objects.ready(evening), clinic=vera.clinic, now=evening))
    assert len(queue) == len(tasks)


def test_figures_above_the_queue(new_task, people, vera, actor, now):
    new_task(people[0], owner=vera, stake=300)
    new_task(people[1], owner=vera, stake=200, due_at=now - DAY)
    done = new_task(people[2], owner=vera)
    api.record_outcome(task=done, member=vera, outcome=Outcome.NO_ANSWER, actor=actor, now=now)
    counts = api.day_counts(member=vera, now=now)
    assert (counts.done, counts.waiting, counts.overdue, counts.stake_kopecks) == (1, 2, 1, 500)


def test_task_is_given_to_the_branch_and_to_capacity_only(
    smile, centre, north, new_task, people, new_member, vera, now
):
    vera.daily_capacity = 3
    vera.save()
    nina = new_member(smile, Role.ADMINISTRATOR, "Нина", "Север", branches=[north], capacity=5)
    for person in people[:8]:
        new_task(person)
    for person in people[8:10]:
        new_task(person, branch=north)
    assert api.distribute(clinic=smile, now=now) == 5
    assert Task.objects.filter(owner=vera).count() == 3
    assert set(Task.objects.filter(owner=nina).values_list("branch_id", flat=True)) == {north.pk}
    assert Task.objects.filter(owner=None).count() == 5
    assert api.distribute(clinic=smile, now=now) == 0
    assert TaskEvent.objects.filter(kind="assigned").count() == 5


def test_dearest_are_given_first_and_evenly(smile, centre, new_task, people, new_member, vera, now):
    zoya = new_member(smile, Role.ADMINISTRATOR, "Зоя", "Ким", branches=[centre])
    tasks = [new_task(person, stake=number) for number, person in enumerate(people)]
    Task.objects.filter(pk=tasks[0].pk).update(hidden_until=now + DAY)
    assert api.distribute(clinic=smile, now=now) == 11
    shares = [Task.objects.filter(owner=member).count() for member in (vera, zoya)]
    assert sorted(shares) == [5, 6]


def test_contacts_already_made_today_use_up_the_day(smile, new_task, people, vera, actor, now):
    vera.daily_capacity = 2
    vera.save()
    done = new_task(people[0], owner=vera)
    api.record_outcome(task=done, member=vera, outcome=Outcome.RESOLVED, reason="answered", actor=actor, now=now)
    for person in people[1:5]:
        new_task(person)
    assert api.distribute(clinic=smile, now=now) == 1


def test_household_goes_to_one_person(smile, centre, new_task, people, new_member, vera, now):
    for name in ("Зоя", "Ия"):
        new_member(smile, Role.ADMINISTRATOR, name, "Ким", branches=[centre])
    home = Household.objects.create(clinic=smile)
    for person in people[:4]:
        person.household = home
        person.save()
    for person in people:
        new_task(person)
    api.distribute(clinic=smile, now=now)
    assert Task.objects.filter(patient__household=home).values("owner").distinct().count() == 1


def test_who_is_away_or_has_no_capacity_receives_nothing(
    smile, new_task, people, vera, coordinator, anton, quality, actor, now
):
    coordinator.daily_capacity = 0
    coordinator.save()
    api.mark_absent(member=vera, first_on=dt.date(2026, 11, 24), last_on=dt.date(2026, 11, 26), actor=actor, now=now)
    new_task(people[0])
    assert api.distribute(clinic=smile, now=now) == 0
    api.end_absence(member=vera, actor=actor, now=now)
    assert api.distribute(clinic=smile, now=now) == 1


def test_tasks_of_an_absent_person_go_to_a_colleague_or_to_all(
    smile, centre, north, new_task, people, new_member, vera, coordinator, actor, now
):
    here = new_task(people[0], owner=coordinator)
    there = new_task(people[1], owner=coordinator, branch=north)
    assert api.reassign_all(from_member=coordinator, to_member=vera, member=None, actor=actor, now=now) == 2
    here.refresh_from_db()
    there.refresh_from_db()
    assert here.owner == vera
    assert there.owner is None


def test_branches_of_the_receiver_are_read_once_however_many_tasks_there_are(
    smile, centre, north, new_task, people, vera, coordinator, actor, now
):
    def passed_on() -> int:
        receiver = Member.objects.get(pk=vera.pk)
        with CaptureQueriesContext(connection) as seen:
            api.reassign_all(from_member=coordinator, to_member=receiver, member=None, actor=actor, now=now)
        return len(seen)

    new_task(people[0], owner=coordinator)
    new_task(people[1], owner=coordinator, branch=north)
    few = passed_on()
    for branch in (centre, north, None, centre, north):
        new_task(people[0], owner=coordinator, branch=branch)
    assert passed_on() == few


def test_hand_over_take_and_their_limits(
    smile, north, centre, new_task, people, new_member, vera, sokolova, oleg, actor, now
):
    zoya = new_member(smile, Role.ADMINISTRATOR, "Зоя", "Ким", branches=[centre])
    nina = new_member(smile, Role.ADMINISTRATOR, "Нина", "Юг", branches=[north])
    task = new_task(people[0], owner=vera)
    api.hand_over(task=task, to_member=zoya, member=vera, actor=actor, now=now, comment="просила Зою")
    assert task.owner_id == zoya.pk
    for stranger in (nina, sokolova, oleg):
        with pytest.raises(NotAllowed):
            api.hand_over(task=task, to_member=stranger, member=zoya, actor=actor, now=now)
    with pytest.raises(NotAllowed):
        api.take_task(task=task, member=nina, actor=actor, now=now)
    stale = Task.objects.get(pk=task.pk)
    api.take_task(task=task, member=vera, actor=actor, now=now)
    with pytest.raises(AlreadyDone):
        api.take_task(task=stale, member=zoya, actor=actor, now=now, seen_version=0)


def test_putting_off_keeps_the_due_date_and_has_a_limit(new_task, people, vera, actor, now):
    task = new_task(people[0], owner=vera, due_at=now + HOUR)
    with pytest.raises(BadInput, match="двух недель"):
        api.snooze_task(task=task, until=now + 20 * DAY, member=vera, actor=actor, now=now)
    api.snooze_task(task=task, until=now + DAY, member=vera, actor=actor, now=now)
    task.refresh_from_db()
    assert task.due_at == now + HOUR
    assert api.queue(member=vera, now=now) == []
    assert api.day_counts(member=vera, now=now + DAY).overdue == 1


def test_manual_task_is_made_once_by_key_and_needs_words(mila, vera, actor, now, in_clinic, new_visit):
    new_visit(mila, now - 30 * DAY, status="completed", total=450_000)
    with pytest.raises(BadInput):
        api.ask_to_contact(patient=mila, summary="  ", due_at=now + DAY, member=vera, actor=actor, now=now)
    task = api.ask_to_contact(
        patient=mila, summary="Узнать про снимок", due_at=now + DAY, member=vera, owner=vera, actor=actor, now=now
    )
    assert task.stake_kopecks == round(450_000 * task.chance)
    assert 0 < task.chance < 1
