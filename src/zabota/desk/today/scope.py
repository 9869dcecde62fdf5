"""Which tasks a person of the desk may see: their own, and those of the branches where they work."""

from __future__ import annotations

from django.db.models import Q
from django.http import Http404

from zabota.clinic.models import Member
from zabota.desk.access import StaffRequest, branches_of, may_see
from zabota.worklist.models import Task, TaskQuerySet


def tasks_of(request: StaffRequest) -> TaskQuerySet:
    """Tasks that may be shown. What was handed to somebody is theirs to see, whatever its branch."""
    rows: TaskQuerySet = Task.objects.filter(clinic=request.clinic)
    ids = branches_of(request.member)
    if ids is None:
        return rows
    return rows.filter(Q(branch_id__in=ids) | Q(branch_id=None) | Q(owner=request.member))


def may_open(member: Member, task: Task) -> bool:
    """The same of one task: where it is told of but may not be opened, no link leads to it."""
    return task.owner_id == member.pk or may_see(member, task.branch_id)


def task_or_404(request: StaffRequest, public_id: str) -> Task:
    """The task with its patient and owner; 404 for all that is not this person's to see."""
    task = find_task(request, public_id)
    if task is None:
        raise Http404
    return task


def find_task(request: StaffRequest, public_id: str) -> Task | None:
    """The same, None for what is not this person's to see: a task they have just given away may be so."""
    return (
        tasks_of(request)
        .filter(public_id=public_id)
        .select_related("patient__branch", "patient__clinic", "branch", "owner__user", "clinic", "closed_by")
        .first()
    )
