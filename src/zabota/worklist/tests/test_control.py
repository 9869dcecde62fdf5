"""Control of the work: figures of each person and signs of formal work with their evidence."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.clinic.rules.rights import Role
from zabota.worklist import api
from zabota.worklist.models import Task, TaskEvent

DAY = dt.timedelta(days=1)


@pytest.fixture
def zoya(smile, centre, new_member):
    return new_member(smile, Role.ADMINISTRATOR, "Зоя", "Ким", branches=[centre])


@pytest.fixture
def contact(new_task, mila, now):
    """Writes one contact straight into the history, as if it had happened at that minute."""

    def make(member, outcome, *, minute=0, seconds=120, comment="", appointment=None, at=None):
        closes = outcome in api.CLOSING
        task = new_task(mila, owner=member)
        moment = at or now - 6 * dt.timedelta(hours=1) + dt.timedelta(minutes=minute)
        if closes:
            Task.objects.filter(pk=task.pk).update(
                state="closed", outcome=outcome, closed_at=moment, appointment=appointment, evidence="со слов"
            )
        return TaskEvent.objects.create(
            task=task,
            clinic_id=task.clinic_id,
            kind="attempt",
            at=moment,
            member=member,
            outcome=outcome,
            seconds=seconds,
            comment=comment,
        )

    return make


@pytest.fixture
def look(smile, vera, now):
    def run(members, *, branch_ids=None, start=None):
        start = start or now - DAY
        rows = api.contact_rows(clinic=smile, branch_ids=branch_ids, start=start, end=now, now=now)
        lines = api.team_work(clinic=smile, members=members, rows=rows, start=start, end=now, now=now)
        return {line.member: line for line in lines}, {row.pk: row for row in rows}

    return run


def test_contact_closed_within_seconds_is_a_sign(contact, look, vera):
    quick, slow = contact(vera, "refused", seconds=4), contact(vera, "refused", seconds=90)
    lines, rows = look([vera])
    assert rows[quick.pk].signs == {"quick"}
    assert rows[slow.pk].signs == set()
    assert lines[vera].signs == {"quick": 1}
    assert lines[vera].formal.value == 0.5


def test_series_against_the_mix_of_the_others_is_a_sign(contact, look, vera, zoya):
    for minute in range(40):
        contact(zoya, ("no_answer", "thinks", "refused", "call_back")[minute % 4], minute=minute)
    for minute in range(7):
        contact(vera, "refused", minute=minute)
    lines, _ = look([vera, zoya])
    assert lines[vera].signs == {"series": 7}
    assert lines[zoya].signs == {}


def test_booking_by_word_that_never_appeared_is_a_sign_and_one_that_did_is_not(
    contact, look, vera, mila, new_visit, now
):
    old = now - 20 * DAY
    bad = contact(vera, "booked", at=old)
    _, rows = look([vera], start=now - 30 * DAY)
    assert rows[bad.pk].signs == {"no_booking"}
    new_visit(mila, old + 3 * DAY, status="completed")
    _, rows = look([vera], start=now - 30 * DAY)
    assert rows[bad.pk].signs == set()
    fresh = contact(vera, "booked", at=now - DAY / 2)
    _, rows = look([vera])
    assert rows[fresh.pk].signs == set()


def test_booking_that_fell_through_is_shown_but_not_counted(contact, look, vera, mila, new_visit, now):
    visit = new_visit(mila, now - DAY, status="no_show")
    event = contact(vera, "booked", appointment=visit)
    lines, rows = look([vera])
    assert rows[event.pk].signs == {"lost_booking"}
    assert lines[vera].formal_count == 0


def test_the_same_comment_again_and_again_is_a_sign(contact, look, vera):
    for minute in range(3):
        contact(vera, "thinks", minute=minute, comment="Подумает, перезвонит сама")
    contact(vera, "thinks", minute=5, comment="Ждёт зарплату, решит с мужем")
    lines, _ = look([vera])
    assert lines[vera].signs == {"same_comment": 3}


def test_figures_of_a_person(contact, look, vera, new_task, pyotr, now):
    for minute in range(0, 60, 10):
        contact(vera, "no_answer", minute=minute, seconds=40 + minute)
    new_task(pyotr, owner=vera, due_at=now - DAY)
    lines, _ = look([vera])
    line = lines[vera]
    assert line.contacts == 6
    assert line.outcomes == {"no_answer": 6}
    assert line.median_seconds == 65
    assert line.per_hour == pytest.approx(7.2)
    assert line.overdue == 1


def test_outcome_that_was_taken_back_does_not_count(contact, look, vera, now):
    event = contact(vera, "refused", seconds=2)
    TaskEvent.objects.filter(pk=event.pk).update(undone_at=now)
    lines, _ = look([vera])
    assert lines[vera].contacts == 0


def test_contacts_of_other_branches_are_left_out(contact, look, vera, north):
    contact(vera, "refused")
    lines, _ = look([vera], branch_ids=[north.pk])
    assert lines[vera].contacts == 0


def test_open_tasks_by_age(new_task, mila, vera, now):
    for days in (0, 2, 5, 10, 20, 100):
        new_task(mila, owner=vera, created_at=now - days * DAY, due_at=now - days * DAY, stake=1000)
    buckets = api.ageing(tasks=Task.objects.all(), now=now)
    assert [bucket.count for bucket in buckets] == [1] * 6
    assert sum(bucket.stake_kopecks for bucket in buckets) == 6000
    assert [bucket.overdue for bucket in buckets] == [0, 1, 1, 1, 1, 1]
    assert api.of_age(Task.objects.open(), "older", now).count() == 1
