"""What the worklist does when somebody leaves."""

from __future__ import annotations

from collections.abc import Callable

from zabota.clinic import api as clinic_api
from zabota.clinic.models import Member
from zabota.kernel import clock
from zabota.kernel.audit import Actor
from zabota.patients.models import Patient
from zabota.worklist import api
from zabota.worklist.models import Reason, Task


def test_tasks_of_a_person_who_left_go_back_to_the_common_queue(
    vera: Member, anton: Member, mila: Patient, in_clinic: object, run_jobs: Callable[[], None]
) -> None:
    owner, now = Actor(user_id=anton.user_id), clock.now()
    task = api.create_task(
        patient=mila, reason=Reason.RECALL_DUE, summary="Пора", due_at=now, owner=vera, actor=owner, now=now
    )

    clinic_api.deactivate_member(member=vera, actor=owner, now=now)
    run_jobs()

    assert Task.objects.get(pk=task.pk).owner_id is None
