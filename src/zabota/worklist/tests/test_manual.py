"""Tasks that people put up by hand: promised calls, days that cannot be kept, owners who may not."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.clinic.rules.rights import Role
from zabota.kernel.errors import BadInput, NotAllowed
from zabota.worklist import api
from zabota.worklist.models import Reason

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture
def ask(in_clinic, mila, vera, actor, now):
    def run(**more):
        given = {"patient": mila, "summary": "Узнать про снимок", "due_at": now + DAY, "member": vera, "owner": vera}
        return api.ask_to_contact(**(given | more), actor=actor, now=now)

    return run


def test_promised_call_is_a_promise_like_any_other(ask, now):
    task = ask(call_at=now + 3 * HOUR)
    assert (task.reason, task.promised_at, task.hidden_until) == (Reason.CALL_BACK, now + 3 * HOUR, now + 3 * HOUR)
    assert task.due_at == now + 3 * HOUR + dt.timedelta(minutes=15)


def test_promised_call_is_not_brought_forward(ask, actor, now):
    task = ask(call_at=now + 9 * DAY)
    assert api.bring_forward(task_ids=[task.pk], due_at=now + DAY, words="Из отчёта", actor=actor, now=now) == 0


@pytest.mark.parametrize("field", ["due_at", "call_at"])
@pytest.mark.parametrize(("ahead", "says"), [(-HOUR, "уже прошло"), (400 * DAY, "дальше, чем через год")])
def test_time_that_cannot_be_kept_is_told(ask, now, field, ahead, says):
    with pytest.raises(BadInput, match=says):
        ask(**{field: now + ahead})


def test_task_is_put_up_only_for_whoever_works_in_the_branch_of_the_patient(ask, new_member, smile, north, sokolova):
    with pytest.raises(NotAllowed, match="не работает в филиале"):
        ask(owner=new_member(smile, Role.ADMINISTRATOR, "Зоя", "Север", branches=[north]))
    with pytest.raises(NotAllowed, match="не работает с очередью"):
        ask(owner=sokolova)


def test_people_offered_are_those_of_the_branch(
    in_clinic, new_member, north, centre, vera, anton, django_assert_num_queries
):
    zoya = new_member(in_clinic, Role.ADMINISTRATOR, "Зоя", "Север", branches=[north])
    assert set(api.workers_at(in_clinic.pk, centre.pk)) == {vera, anton}
    with django_assert_num_queries(2):
        assert set(api.workers_at(in_clinic.pk, north.pk)) == {zoya, anton}
