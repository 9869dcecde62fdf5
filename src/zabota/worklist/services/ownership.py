"""Who works on a task: handing over, taking from a colleague, putting off, absence."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, prefetch_related_objects

from zabota.clinic.models import Member
from zabota.kernel import audit, clock, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone, BadInput, NotAllowed
from zabota.worklist.facts import TaskHanded
from zabota.worklist.models import Absence, Task, TaskEvent
from zabota.worklist.queries.team import may_work_at, workers
from zabota.worklist.services.changes import change, note_event, what_happened

#: A task may be put off so far and no further: a longer pause is an outcome and needs a contact.
LONGEST_SNOOZE = timedelta(days=14)


def hand_over(
    *,
    task: Task,
    to_member: Member | None,
    member: Member,
    actor: Actor,
    now: datetime,
    comment: str = "",
    seen_version: int | None = None,
) -> Task:
    """Give the task to a colleague, or back to the common queue with `to_member=None`."""
    _check_seen(task, seen_version)
    if to_member is not None:
        check_fit(to_member, clinic_id=task.clinic_id, branch_id=task.branch_id)
        if to_member.pk == task.owner_id:
            raise AlreadyDone("Задача уже у этого сотрудника.")
    kind = TaskEvent.Kind.HANDED if to_member else TaskEvent.Kind.RELEASED
    return _give(task, to_member, kind, member=member, actor=actor, now=now, comment=comment)


def hand_over_by_rule(*, task: Task, to_member: Member | None, comment: str, actor: Actor, now: datetime) -> Task:
    """Nobody asked for it: a rule gives the task on, or to the common queue, and says why in its history."""
    if task.owner_id == (to_member.pk if to_member else None):
        return task
    kind = TaskEvent.Kind.HANDED if to_member else TaskEvent.Kind.RELEASED
    return _give(task, to_member, kind, member=None, actor=actor, now=now, comment=comment)


def take_task(*, task: Task, member: Member, actor: Actor, now: datetime, seen_version: int | None = None) -> Task:
    """Take a task from the common queue or from a colleague of the same branch."""
    _check_seen(task, seen_version)
    if task.owner_id == member.pk:
        raise AlreadyDone("Задача уже у вас.")
    if not may_work_at(member, task.branch_id):
        raise NotAllowed("Эта задача другого филиала. Попросите руководителя передать её.")
    return _give(task, member, TaskEvent.Kind.TAKEN, member=member, actor=actor, now=now, comment="")


def snooze_task(
    *,
    task: Task,
    until: datetime,
    member: Member,
    actor: Actor,
    now: datetime,
    comment: str = "",
    seen_version: int | None = None,
) -> Task:
    """Put the task off without a contact. The due date stays: what is late remains late."""
    _check_seen(task, seen_version)
    if until <= now:
        raise BadInput("Это время уже прошло. Выберите время позже.")
    if until > now + LONGEST_SNOOZE:
        raise BadInput("Отложить без звонка можно не дальше двух недель. Позвоните и запишите исход.")
    was = task.hidden_until.isoformat() if task.hidden_until else None
    with transaction.atomic():
        change(task, hidden_until=until)
        before = {"version": task.version, "fields": {"hidden_until": was}}
        note_event(task, TaskEvent.Kind.SNOOZED, now=now, member=member, comment=comment[:500], before=before)
        audit.record("worklist.task.snoozed", task, actor=actor, now=now)
    return task


def reassign_all(
    *, from_member: Member, to_member: Member | None, member: Member | None, actor: Actor, now: datetime
) -> int:
    """Give all open tasks of one person to another, or to the common queue. Returns how many.

    Tasks of branches where the receiver does not work go to the common queue.
    """
    with transaction.atomic():
        rows = _rows_of(from_member)
        theirs = _fitting(to_member, {branch for _, branch in rows})
        fits = {pk for pk, branch in rows if to_member is not None and branch in theirs}
        _pass_on(fits, to_member, from_member, member=member, now=now)
        _pass_on({pk for pk, _ in rows} - fits, None, from_member, member=member, now=now)
        if rows:
            audit.record(
                "worklist.member.reassigned",
                from_member,
                actor=actor,
                now=now,
                details={"tasks": len(rows), "to_member": to_member.pk if to_member else None},
            )
    return len(rows)


def release_unfit(*, member: Member, actor: Actor, now: datetime) -> int:
    """Back to the common queue with open tasks that this person may not work on, by role or by branch. Returns how many."""
    with transaction.atomic():
        rows = _rows_of(member)
        works = member in workers(member.clinic_id)
        theirs = _fitting(member if works else None, {branch for _, branch in rows})
        ids = {pk for pk, branch in rows if branch not in theirs}
        if ids:
            _pass_on(ids, None, member, member=None, now=now)
            details = {"tasks": len(ids), "to_member": None}
            audit.record("worklist.member.reassigned", member, actor=actor, now=now, details=details)
    return len(ids)


def mark_absent(*, member: Member, first_on: date, last_on: date, actor: Actor, now: datetime) -> Absence:
    """Note that a person is away: the distribution leaves them out on these days."""
    if last_on < first_on:
        raise BadInput("Последний день раньше первого. Проверьте даты.")
    with transaction.atomic():
        absence, is_new = Absence.objects.get_or_create(
            clinic_id=member.clinic_id, member=member, first_on=first_on, last_on=last_on
        )
        if is_new:
            audit.record(
                "worklist.member.absent",
                member,
                actor=actor,
                now=now,
                details={"first_on": first_on.isoformat(), "last_on": last_on.isoformat()},
            )
    return absence


def end_absence(*, member: Member, actor: Actor, now: datetime) -> int:
    """The person is back today: absences that cover today or lie ahead end yesterday. Returns how many."""
    today = clock.today(member.clinic.time_zone, now)
    with transaction.atomic():
        rows = Absence.objects.filter(member=member, last_on__gte=today)
        ended = rows.filter(first_on__gte=today).delete()[0] + rows.filter(first_on__lt=today).update(
            last_on=today - timedelta(days=1)
        )
        if ended:
            audit.record("worklist.member.back", member, actor=actor, now=now)
    return ended


def tomorrow_morning(member: Member, now: datetime) -> datetime:
    """Ten o'clock of the next day in the zone of the clinic."""
    zone = ZoneInfo(member.clinic.time_zone)
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(10, 0), tzinfo=zone)


def _give(
    task: Task,
    to_member: Member | None,
    kind: TaskEvent.Kind,
    *,
    member: Member | None,
    actor: Actor,
    now: datetime,
    comment: str,
) -> Task:
    was = task.owner_id
    with transaction.atomic():
        change(task, owner_id=to_member.pk if to_member else None)
        # The distribution gives tasks of the common queue away without a new version: whose it is now is kept too.
        before = {"version": task.version, "fields": {"owner_id": was}, "still": {"owner_id": task.owner_id}}
        note_event(
            task, kind, now=now, member=member, to_member=to_member, comment=comment.strip()[:500], before=before
        )
        audit.record(
            f"worklist.task.{kind.value}",
            task,
            actor=actor,
            now=now,
            details={"from_member": was, "to_member": task.owner_id},
        )
        facts.publish(
            TaskHanded(
                clinic_id=task.clinic_id,
                task_id=task.pk,
                patient_id=task.patient_id,
                from_member_id=was,
                to_member_id=task.owner_id,
            ),
            now=now,
        )
    return task


def _fitting(member: Member | None, branches: set[int | None]) -> set[int | None]:
    """Of these branches, those whose tasks are this person's business."""
    if member is None:
        return set()
    prefetch_related_objects([member], "branches")
    return {branch for branch in branches if may_work_at(member, branch)}


def _rows_of(member: Member) -> list[tuple[int, int | None]]:
    """Open tasks of a person with their branches, locked."""
    rows = Task.objects.select_for_update().open().filter(owner=member)
    return list(rows.values_list("id", "branch_id"))


def _pass_on(ids: set[int], owner: Member | None, was: Member, *, member: Member | None, now: datetime) -> None:
    """Give tasks of one person to another, or to the common queue, and note it in the history of each."""
    if not ids:
        return
    Task.objects.open().filter(pk__in=ids, owner=was).update(owner=owner, version=F("version") + 1)
    kind = TaskEvent.Kind.HANDED if owner else TaskEvent.Kind.RELEASED
    TaskEvent.objects.bulk_create(
        TaskEvent(task_id=pk, clinic_id=was.clinic_id, kind=kind, at=now, member=member, to_member=owner)
        for pk in sorted(ids)
    )


def _check_seen(task: Task, seen_version: int | None) -> None:
    if task.state == Task.State.CLOSED or (seen_version is not None and seen_version != task.version):
        raise AlreadyDone(what_happened(task))


def check_fit(member: Member, *, clinic_id: int, branch_id: int | None) -> None:
    """Raises NotAllowed when tasks of this branch may not be given to this person."""
    if member.clinic_id != clinic_id or member not in workers(clinic_id):
        raise NotAllowed("Этому сотруднику нельзя передать задачу: он не работает с очередью.")
    if not may_work_at(member, branch_id):
        raise NotAllowed("Этот сотрудник не работает в филиале задачи.")
