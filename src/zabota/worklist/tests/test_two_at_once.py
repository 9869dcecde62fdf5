"""Two people press at the same instant: exactly one outcome is written, the other person is told."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from zabota.clinic.rules.rights import Role
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone
from zabota.kernel.scope import clinic_scope
from zabota.worklist import api
from zabota.worklist.models import Task, TaskEvent

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer: there is no instant to share"),
]


def test_of_two_outcomes_at_the_same_instant_one_is_written(smile, centre, new_member, new_task, mila, vera, now):
    zoya = new_member(smile, Role.ADMINISTRATOR, "Зоя", "Ким", branches=[centre])
    task = new_task(mila, owner=vera)
    gate, said = threading.Barrier(2), []

    def press(member):
        with clinic_scope(smile.pk):
            mine = Task.objects.select_related("clinic", "patient").get(pk=task.pk)
            gate.wait()
            try:
                api.record_outcome(
                    task=mine, member=member, outcome="no_answer", actor=Actor(user_id=member.user_id), now=now
                )
                said.append("written")
            except AlreadyDone:
                said.append("told")
        connection.close()

    threads = [threading.Thread(target=press, args=(member,)) for member in (vera, zoya)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(said) == ["told", "written"]
    assert TaskEvent.objects.filter(kind="attempt").count() == 1
    assert Task.objects.get(pk=task.pk).attempts == 1


def test_of_two_distributions_at_once_no_task_changes_hands(
    smile, centre, new_member, new_patient, new_task, vera, now
):
    new_member(smile, Role.ADMINISTRATOR, "Зоя", "Ким", branches=[centre])
    for number in range(20):
        new_task(new_patient(smile, f"Пациент{number} Иван", branch=centre))
    gate, given = threading.Barrier(2), []

    def run():
        with clinic_scope(smile.pk):
            gate.wait()
            given.append(api.distribute(clinic=smile, now=now))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(given) == 20
    assert Task.objects.filter(owner=None).count() == 0
    assert TaskEvent.objects.filter(kind="assigned").count() == 20
