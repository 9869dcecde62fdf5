"""What the worklist does when somebody leaves, or works elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from zabota.clinic import api as clinic_api
from zabota.clinic.api import Role
from zabota.clinic.models import Branch, Member
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


def _change(
    member: Member, *, actor: Actor, role: Role = Role.ADMINISTRATOR, branches: tuple[Branch, ...] = ()
) -> None:
    user = member.user
    clinic_api.change_member(
        member=member,
        role=role,
        branches=branches,
        doctor=None,
        daily_capacity=20,
        surname=user.surname,
        name=user.name,
        patronymic=user.patronymic,
        actor=actor,
        now=clock.now(),
    )


def test_tasks_of_an_administrator_who_becomes_a_marketer_go_back_to_the_common_queue(
    vera: Member, anton: Member, mila: Patient, in_clinic: object, run_jobs: Callable[[], None]
) -> None:
    owner, now = Actor(user_id=anton.user_id), clock.now()
    task = api.create_task(
        patient=mila, reason=Reason.RECALL_DUE, summary="Пора", due_at=now, owner=vera, actor=owner, now=now
    )

    _change(vera, actor=owner, role=Role.MARKETER)
    run_jobs()

    assert Task.objects.get(pk=task.pk).owner_id is None


def test_only_tasks_of_the_branch_a_person_left_find_another_owner(
    vera: Member, anton: Member, mila: Patient, in_clinic: object, run_jobs: Callable[[], None]
) -> None:
    owner, now = Actor(user_id=anton.user_id), clock.now()
    stays, left = (Branch.objects.create(clinic=vera.clinic, name=name) for name in ("Приморский", "Заречный"))
    tasks = {}
    for branch, reason in ((stays, Reason.RECALL_DUE), (left, Reason.CALL_BACK)):
        task = api.create_task(
            patient=mila, reason=reason, summary="Пора", due_at=now, owner=vera, actor=owner, now=now
        )
        Task.objects.filter(pk=task.pk).update(branch=branch)
        tasks[branch.pk] = task.pk

    _change(vera, actor=owner, branches=(stays,))
    run_jobs()

    assert Task.objects.get(pk=tasks[stays.pk]).owner_id == vera.pk
    assert Task.objects.get(pk=tasks[left.pk]).owner_id is None
