"""The rows behind each figure of control: contacts with their signs, tasks with filters, tables for files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from zabota.clinic.models import Member
from zabota.desk.access import StaffRequest
from zabota.desk.control.figures import PersonLine, members_of, rows_of
from zabota.desk.control.periods import Period, period_of
from zabota.desk.today.scope import tasks_of
from zabota.kernel.typed import number_of
from zabota.worklist import api as worklist
from zabota.worklist.models import Outcome, Reason, Task, TaskEvent, TaskQuerySet


@dataclass(slots=True)
class FoundContacts:
    """Contacts of a period that passed the filters."""

    rows: list[worklist.ContactRow]
    period: Period
    member: Member | None
    outcome: str
    sign: str
    members: list[Member]
    outcomes: list[tuple[str, str]] = field(
        default_factory=lambda: [(code, str(Outcome(code).label)) for code in worklist.DESK_ORDER]
    )
    signs: list[tuple[str, str]] = field(default_factory=lambda: [("any", "Любой признак"), *worklist.SIGNS.items()])

    @property
    def meaning(self) -> str:
        """What the chosen sign means."""
        return worklist.MEANINGS.get(self.sign, "")


@dataclass(slots=True)
class FoundTasks:
    """Tasks that passed the filters."""

    rows: TaskQuerySet
    owner: str
    reason: str
    state: str
    age: str
    members: list[Member]
    reasons: list[tuple[str, str]] = field(
        default_factory=lambda: [(code, str(label)) for code, label in Reason.choices]
    )
    states: tuple[tuple[str, str], ...] = (
        ("open", "Открытые"),
        ("overdue", "Просроченные"),
        ("hidden", "Отложенные"),
        ("closed", "Закрытые"),
    )
    ages: list[tuple[str, str]] = field(default_factory=lambda: [(code, label) for code, label, _, _ in worklist.AGES])


@dataclass(frozen=True, slots=True)
class ContactLine:
    """A contact with everything the table shows."""

    row: worklist.ContactRow
    event: TaskEvent
    signs: list[str]


def contacts_for(request: StaffRequest, now: datetime) -> FoundContacts:
    """Contacts by the filters of the address, the latest first."""
    asked = request.GET
    period = period_of(asked.get("period", ""), request.clinic, now)
    members = members_of(request)
    member = next((each for each in members if str(each.pk) == asked.get("member", "")), None)
    outcome, sign = asked.get("outcome", ""), asked.get("sign", "")
    rows = rows_of(request, period.start, period.end, now)
    if member is not None:
        rows = [row for row in rows if row.member_id == member.pk]
    if outcome:
        rows = [row for row in rows if row.outcome == outcome]
    if sign:
        rows = [row for row in rows if (row.is_formal if sign == "any" else sign in row.signs)]
    return FoundContacts(rows[::-1], period, member, outcome, sign, members)


def with_details(rows: Iterable[worklist.ContactRow]) -> list[ContactLine]:
    """The same rows with patient and person at hand."""
    found = list(rows)
    events = (
        TaskEvent.objects.filter(pk__in=[row.pk for row in found])
        .select_related("task__patient", "task__appointment", "member__user")
        .in_bulk()
    )
    return [
        ContactLine(row, events[row.pk], [worklist.SIGNS[sign] for sign in worklist.SIGNS if sign in row.signs])
        for row in found
        if row.pk in events
    ]


def tasks_for(request: StaffRequest, now: datetime) -> FoundTasks:
    """Tasks by the filters of the address: what is late first, then what is at stake."""
    asked = request.GET
    owner, reason, state, age = (asked.get(name, "") for name in ("owner", "reason", "state", "age"))
    rows = tasks_of(request).select_related("patient", "owner__user", "branch")
    if state == "closed":
        rows = rows.filter(state=Task.State.CLOSED).order_by("-closed_at", "-id")
    else:
        rows = worklist.overdue(rows, now) if state == "overdue" else rows.open()
        if state == "hidden":
            rows = rows.filter(hidden_until__gt=now)
        rows = rows.order_by("due_at", "-stake_kopecks", "id")
    if owner == "none":
        rows = rows.filter(owner=None)
    elif (number := number_of(owner)) is not None:
        rows = rows.filter(owner_id=number)
    if reason:
        rows = rows.filter(reason=reason)
    if age and state != "closed":
        rows = worklist.of_age(rows, age, now)
    return FoundTasks(rows, owner, reason, state or "open", age, members_of(request))


def people_table(people: Sequence[PersonLine]) -> tuple[list[str], list[list[Any]]]:
    """Header and rows of the table of people."""
    outcomes = [(code, str(Outcome(code).label)) for code in worklist.DESK_ORDER]
    signs = list(worklist.SIGNS.items())
    header = [
        "Сотрудник",
        "Контактов",
        "В прошлом периоде",
        "Контактов в час",
        "Медиана секунд",
        "Открыто",
        "Просрочено",
        "Отложено",
    ]
    header += [label for _, label in outcomes] + [label for _, label in signs] + ["Доля с признаками", "от", "до"]
    rows: list[list[Any]] = []
    for line in people:
        work = line.work
        share = work.formal
        rows.append(
            [
                work.member.user.full_name,
                work.contacts,
                line.before,
                work.per_hour,
                work.median_seconds,
                work.open,
                work.overdue,
                work.snoozed,
                *(work.outcomes.get(code, 0) for code, _ in outcomes),
                *(work.signs.get(code, 0) for code, _ in signs),
                *((share.value, share.low, share.high) if share else (None, None, None)),
            ]
        )
    return header, rows


def ages_table(ages: Sequence[worklist.AgeBucket]) -> tuple[list[str], list[list[Any]]]:
    """Header and rows of open tasks by age."""
    header = ["Возраст", "Открыто", "Из них просрочено", "Под угрозой, руб."]
    return header, [[age.label, age.count, age.overdue, age.stake_kopecks / 100] for age in ages]


def tasks_table(tasks: Iterable[Task], zone: ZoneInfo) -> tuple[list[str], list[list[Any]]]:
    """Header and rows of the list of tasks."""
    header = [
        "Пациент", "Почему", "О чём", "Филиал", "Кто ведёт", "Поставлена", "Срок", "Отложена до", "Попыток",
        "Под угрозой, руб.", "Исход", "Закрыта",
    ]  # fmt: skip

    def day(moment: datetime | None) -> date | None:
        return moment.astimezone(zone).date() if moment else None

    return header, [
        [
            task.patient.full_name, task.get_reason_display(), task.summary, task.branch.name if task.branch else "",
            task.owner.user.full_name if task.owner else "общая очередь", day(task.created_at), day(task.due_at),
            day(task.hidden_until), task.attempts, task.stake_kopecks / 100, task.ending if task.outcome else "",
            day(task.closed_at),
        ]
        for task in tasks
    ]  # fmt: skip


def contacts_table(rows: Sequence[worklist.ContactRow], zone: ZoneInfo) -> tuple[list[str], list[list[Any]]]:
    """Header and rows of the list of contacts."""
    header = ["Когда", "Сотрудник", "Пациент", "Исход", "Причина", "Секунд", "Комментарий", "Признаки"]
    table = [
        [
            line.row.at.astimezone(zone).strftime("%d.%m.%Y %H:%M"),
            line.event.member.user.full_name if line.event.member else "",
            line.event.task.patient.full_name,
            line.event.get_outcome_display(),
            line.event.reason_words,
            line.row.seconds,
            line.row.comment,
            ", ".join(line.signs),
        ]
        for line in with_details(rows)
    ]
    return header, table
