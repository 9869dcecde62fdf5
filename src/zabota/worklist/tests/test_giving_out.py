"""Tasks are given out in the working hours of the clinic's own day, wherever the installation stands."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from zabota.clinic.models import Clinic
from zabota.worklist import api
from zabota.worklist.jobs import distribute_tasks
from zabota.worklist.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic", "vera")]


@pytest.mark.parametrize(("hour", "given"), [(21, True), (7, True), (20, False), (10, False)])
def test_a_clinic_in_vladivostok_gets_its_tasks_in_its_own_day(smile, mila, actor, now, hour: int, given: bool) -> None:
    """At 21 UTC it is 7 in the morning there, at 7 UTC 17, at 20 UTC 6, at 10 UTC 20."""
    Clinic.objects.filter(pk=smile.pk).update(time_zone="Asia/Vladivostok")
    task = api.create_task(patient=mila, reason="manual", summary="Спросить", due_at=now, actor=actor, now=now)
    Task.objects.filter(pk=task.pk).update(owner=None)
    moment = now.replace(hour=hour, minute=0) + dt.timedelta(days=1)
    with time_machine.travel(moment, tick=False):
        distribute_tasks.func()
    task.refresh_from_db()
    assert (task.owner_id is not None) == given
