"""Who works the queue, where, and how much of the day is left to each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Q, prefetch_related_objects

from zabota.clinic.api import Right, Role, may
from zabota.clinic.models import Clinic, Member
from zabota.worklist.models import Absence, Task, TaskEvent

#: Roles to which round robin gives tasks. Quality controllers and owners have only what is handed to them.
DISTRIBUTED = (Role.ADMINISTRATOR, Role.COORDINATOR)
#: Who did something this recently sits at the screen.
AT_WORK = timedelta(hours=2)
WORKING = tuple(role.value for role in Role if may(role, Right.WORKLIST_WORK))


@dataclass(slots=True)
class Load:
    """A person with what they have for today."""

    member: Member
    branch_ids: frozenset[int]
    planned: int
    capacity: int

    @property
    def free(self) -> int:
        """Contacts that still fit into the day."""
        return max(0, self.capacity - self.planned)

    def works_at(self, branch_id: int | None) -> bool:
        """No chosen branches: all of them."""
        return branch_id is None or not self.branch_ids or branch_id in self.branch_ids


def workers(clinic_id: int) -> list[Member]:
    """People who may work on tasks, in the order of their names."""
    return list(
        Member.objects.filter(clinic_id=clinic_id, is_active=True, user__is_active=True, role__in=WORKING)
        .select_related("user")
        .order_by("user__surname", "user__name", "id")
    )


def workers_at(clinic_id: int, branch_id: int | None) -> list[Member]:
    """Of these people, those whose business the tasks of a branch are."""
    people = workers(clinic_id)
    prefetch_related_objects(people, "branches")
    return [member for member in people if may_work_at(member, branch_id)]


def may_work_at(member: Member, branch_id: int | None) -> bool:
    """Whether tasks of this branch are this person's business; an owner works everywhere."""
    if branch_id is None or member.role == Role.OWNER:
        return True
    branches = [branch.pk for branch in member.branches.all()]
    return not branches or branch_id in branches


def absent_ids(clinic: Clinic, now: datetime) -> set[int]:
    """People who are away today."""
    today = now.astimezone(ZoneInfo(clinic.time_zone)).date()
    rows = Absence.objects.filter(clinic=clinic, first_on__lte=today, last_on__gte=today)
    return set(rows.values_list("member_id", flat=True))


def loads(clinic: Clinic, now: datetime) -> list[Load]:
    """People of the distribution who are here today, with their plan: done today and waiting today."""
    midnight, end = day_bounds(clinic, now)
    members = list(
        Member.objects.filter(
            clinic=clinic, is_active=True, user__is_active=True, role__in=DISTRIBUTED, daily_capacity__gt=0
        )
        .exclude(pk__in=absent_ids(clinic, now))
        .prefetch_related("branches")
        .order_by("id")
    )
    # The day of a person: what must be done by tonight and what was given to them today. Tasks whose day is still
    # to come stand behind and take no place of today's.
    given = TaskEvent.objects.filter(
        task_id=OuterRef("pk"), kind=TaskEvent.Kind.ASSIGNED, at__gte=midnight, to_member_id=OuterRef("owner_id")
    )
    waiting = dict(
        Task.objects.open()
        .filter(Q(hidden_until=None) | Q(hidden_until__lt=end), owner__in=members)
        .filter(Q(is_urgent=True) | Q(due_at__lt=end) | Exists(given))
        .values_list("owner_id")
        .annotate(count=Count("id"))
    )
    done = dict(
        TaskEvent.objects.filter(
            clinic=clinic, kind=TaskEvent.Kind.ATTEMPT, at__gte=midnight, undone_at=None, member__in=members
        )
        .values_list("member_id")
        .annotate(count=Count("id"))
    )
    return [
        Load(
            member=member,
            branch_ids=frozenset(branch.pk for branch in member.branches.all()),
            planned=waiting.get(member.pk, 0) + done.get(member.pk, 0),
            capacity=member.daily_capacity,
        )
        for member in members
    ]


def desk_member(
    clinic: Clinic, branch_id: int | None, *, now: datetime, besides: Collection[int] = ()
) -> Member | None:
    """Who at the desk gets what cannot wait: somebody of the branch who is at work this very hour, administrators
    first, then whoever has most of the day free. None when nobody of the desk is here today.
    """
    people = [load for load in loads(clinic, now) if load.works_at(branch_id) and load.member.pk not in besides]
    busy = set(
        TaskEvent.objects.filter(
            clinic=clinic, member__in=[load.member for load in people], at__gt=now - AT_WORK, at__lte=now
        ).values_list("member_id", flat=True)
    )

    def fitness(load: Load) -> tuple[bool, bool, float, int]:
        is_desk = load.member.role == Role.ADMINISTRATOR
        return load.member.pk not in busy, not is_desk, -load.free / load.capacity, load.member.pk

    best = min(people, key=fitness, default=None)
    return best.member if best else None


def day_bounds(clinic: Clinic, now: datetime) -> tuple[datetime, datetime]:
    """The calendar day of the clinic that holds `now`, half-open."""
    local = now.astimezone(ZoneInfo(clinic.time_zone))
    start = local.replace(hour=0, minute=0, second=0, microsecond=0)
    following = (start + timedelta(days=1, hours=2)).replace(hour=0)
    return start, following
