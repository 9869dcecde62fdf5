"""The queue of one person: deadline first, then what is at stake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, Count, IntegerField, Q, Sum, Value, When
from django.db.models.functions import Coalesce

from zabota.clinic.models import Clinic, Member
from zabota.worklist.models import Task, TaskEvent, TaskQuerySet
from zabota.worklist.queries.team import day_bounds

#: A deadline this close is treated as already there.
SOON = timedelta(minutes=30)

#: Names of the three steps of the order.
NOW, TODAY, LATER = 0, 1, 2


@dataclass(frozen=True, slots=True)
class DayCounts:
    """The figures above the queue."""

    done: int
    waiting: int
    #: Urgent, overdue and due today.
    must: int
    overdue: int
    stake_kopecks: int
    later_today: int
    #: Contacts a day that this person is given.
    capacity: int

    @property
    def planned(self) -> int:
        """The plan of the day: all that is due, and beyond it as much as fits into the person's capacity."""
        due = self.done + self.must + self.later_today
        return max(due, min(self.capacity, self.done + self.waiting + self.later_today))


def in_order(rows: TaskQuerySet, *, clinic: Clinic, now: datetime) -> TaskQuerySet:
    """Urgent first, then promised and overdue, then what is due today, then the rest; within each the largest stake."""
    _, tomorrow = day_bounds(clinic, now)
    step = Case(
        When(Q(is_urgent=True) | Q(due_at__lt=now + SOON), then=Value(NOW)),
        When(due_at__lt=tomorrow, then=Value(TODAY)),
        default=Value(LATER),
        output_field=IntegerField(),
    )
    return rows.annotate(step=step).order_by("step", "-is_urgent", "-stake_kopecks", "id")


def queue(*, member: Member, now: datetime, limit: int = 50) -> list[Task]:
    """The first `limit` tasks of this person that may be worked now, each with its patient.

    Each step is asked for by itself and stops at the limit: the index on the stake gives the order, so the queue
    of a hundred thousand open tasks costs no more than that of a hundred. The few urgent ones are found without their
    rows: who is in pain does not stand behind the dearest of last week.
    """
    _, tomorrow = day_bounds(member.clinic, now)
    mine = (
        Task.objects.ready(now)
        .filter(clinic_id=member.clinic_id, owner=member)
        .select_related("patient", "branch")
        .order_by("-stake_kopecks", "id")
    )
    urgent = (
        Task.objects.ready(now)
        .filter(clinic_id=member.clinic_id, owner=member, is_urgent=True)
        .order_by()
        .values_list("stake_kopecks", "pk")
    )
    first = [pk for _, pk in sorted(urgent, key=lambda row: (-row[0], row[1]))[:limit]]
    steps = (
        mine.filter(is_urgent=False, due_at__lt=now + SOON),
        mine.filter(is_urgent=False, due_at__gte=now + SOON, due_at__lt=max(tomorrow, now + SOON)),
        mine.filter(is_urgent=False, due_at__gte=max(tomorrow, now + SOON)),
    )
    found: list[Task] = list(mine.filter(pk__in=first)) if first else []
    for rows in steps:
        if len(found) >= limit:
            break
        found.extend(rows[: limit - len(found)])
    return found


def next_task(*, member: Member, now: datetime, after: Task | None = None) -> Task | None:
    """The first task of the queue other than `after`."""
    return next((task for task in queue(member=member, now=now, limit=2) if after is None or task.pk != after.pk), None)


def step_of(task: Task, *, clinic: Clinic, now: datetime) -> int:
    """Which step of the order a task stands on."""
    _, tomorrow = day_bounds(clinic, now)
    if task.is_urgent or task.due_at < now + SOON:
        return NOW
    return TODAY if task.due_at < tomorrow else LATER


def day_counts(*, member: Member, now: datetime) -> DayCounts:
    """Done today of planned, overdue, and the sum at stake that waits."""
    midnight, tomorrow = day_bounds(member.clinic, now)
    ready = Q(hidden_until=None) | Q(hidden_until__lte=now)
    found = (
        Task.objects.open()
        .filter(clinic_id=member.clinic_id, owner=member)
        .aggregate(
            waiting=Count("id", filter=ready),
            must=Count("id", filter=ready & (Q(is_urgent=True) | Q(due_at__lt=tomorrow))),
            overdue=Count("id", filter=ready & Q(due_at__lt=now)),
            stake=Coalesce(Sum("stake_kopecks", filter=ready), 0),
            later=Count("id", filter=Q(hidden_until__gt=now, hidden_until__lt=tomorrow)),
        )
    )
    done = TaskEvent.objects.filter(
        clinic_id=member.clinic_id, member=member, at__gte=midnight, kind=TaskEvent.Kind.ATTEMPT, undone_at=None
    ).count()
    return DayCounts(
        done=done,
        waiting=found["waiting"],
        must=found["must"],
        overdue=found["overdue"],
        stake_kopecks=found["stake"],
        later_today=found["later"],
        capacity=member.daily_capacity,
    )


def common_queue(*, member: Member, branch_ids: Sequence[int] | None, now: datetime) -> TaskQuerySet:
    """Tasks without an owner that this person may take, in order."""
    rows = Task.objects.ready(now).filter(clinic_id=member.clinic_id, owner=None)
    if branch_ids is not None:
        rows = rows.filter(Q(branch_id__in=branch_ids) | Q(branch_id=None))
    return in_order(rows, clinic=member.clinic, now=now)
