"""Control of the work: what each person did in a period, and signs that some of it was done for show."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from django.db.models import Case, CharField, Count, Q, Sum, Value, When
from django.db.models.functions import Coalesce

from zabota.booking.models import Appointment
from zabota.clinic.models import Clinic, Member
from zabota.worklist.models import Outcome, Task, TaskEvent, TaskQuerySet
from zabota.worklist.rules import formal
from zabota.worklist.rules.outcomes import SPOKEN

#: Others of the clinic must have so many contacts before their mix says what is ordinary.
MIX_NEEDS = 30
#: Less time at work than this gives no figure per hour.
SHORTEST_WORK_SECONDS = 600.0


@dataclass(slots=True)
class ContactRow:
    """One contact as control looks at it."""

    pk: int
    member_id: int | None
    at: datetime
    outcome: str
    comment: str
    seconds: int | None
    task_id: int
    patient_id: int
    appointment_id: int | None
    appointment_status: str | None
    vanished_at: datetime | None
    signs: set[str] = field(default_factory=set)

    @property
    def is_formal(self) -> bool:
        """Whether one of the signs that count stands on it."""
        return bool(self.signs & formal.COUNTED)


@dataclass(slots=True)
class PersonWork:
    """One line of the control page."""

    member: Member
    contacts: int
    outcomes: dict[str, int]
    median_seconds: float | None
    working_hours: float
    signs: dict[str, int]
    formal: formal.Interval | None
    formal_count: int
    open: int = 0
    overdue: int = 0
    snoozed: int = 0

    @property
    def per_hour(self) -> float | None:
        """Contacts per hour at work; None when there was too little of it."""
        return self.contacts / self.working_hours if self.working_hours * 3600 >= SHORTEST_WORK_SECONDS else None


@dataclass(frozen=True, slots=True)
class AgeBucket:
    """Open tasks by the days since they were put up."""

    code: str
    label: str
    count: int
    overdue: int
    stake_kopecks: int

    @property
    def timely(self) -> int:
        """Tasks whose day has not passed."""
        return self.count - self.overdue


#: (code, label, days from, days below)
AGES: tuple[tuple[str, str, int, int | None], ...] = (
    ("day", "Сегодня", 0, 1),
    ("days3", "1–3 дня", 1, 4),
    ("week", "4–7 дней", 4, 8),
    ("weeks2", "8–14 дней", 8, 15),
    ("month", "15–30 дней", 15, 31),
    ("older", "Больше 30 дней", 31, None),
)


def contact_rows(
    *, clinic: Clinic, branch_ids: Sequence[int] | None, start: datetime, end: datetime, now: datetime
) -> list[ContactRow]:
    """All contacts of the period in the order of time, with their signs."""
    events = TaskEvent.objects.filter(
        clinic=clinic, kind=TaskEvent.Kind.ATTEMPT, undone_at=None, at__gte=start, at__lt=end
    )
    if branch_ids is not None:
        events = events.filter(Q(task__branch_id__in=branch_ids) | Q(task__branch_id=None))
    rows = [
        ContactRow(*values)
        for values in events.order_by("at", "id").values_list(
            "id",
            "member_id",
            "at",
            "outcome",
            "comment",
            "seconds",
            "task_id",
            "task__patient_id",
            "task__appointment_id",
            "task__appointment__status",
            "task__appointment__vanished_at",
        )
    ]
    _mark(rows, now)
    return rows


def team_work(
    *,
    clinic: Clinic,
    members: Sequence[Member],
    rows: Sequence[ContactRow],
    start: datetime,
    end: datetime,
    now: datetime,
) -> list[PersonWork]:
    """A line for each person, those with most contacts first."""
    of_member: dict[int, list[ContactRow]] = defaultdict(list)
    for row in rows:
        if row.member_id is not None:
            of_member[row.member_id].append(row)
    marks: dict[int, list[float]] = defaultdict(list)
    snoozes: Counter[int] = Counter()
    events = TaskEvent.objects.filter(clinic=clinic, member__in=members, at__gte=start, at__lt=end)
    for member_id, kind, at, undone_at in events.values_list("member_id", "kind", "at", "undone_at"):
        if member_id is not None:
            marks[member_id].append(at.timestamp())
            snoozes[member_id] += kind == TaskEvent.Kind.SNOOZED and undone_at is None
    open_tasks = {
        owner: (count, overdue)
        for owner, count, overdue in Task.objects.open()
        .filter(clinic=clinic, owner__in=members)
        .values_list("owner_id")
        .annotate(count=Count("id"), overdue=Count("id", filter=_late(now)))
    }
    lines = []
    for member in members:
        mine = of_member[member.pk]
        seconds = [row.seconds for row in mine if row.seconds is not None]
        formal_count = sum(row.is_formal for row in mine)
        count, overdue = open_tasks.get(member.pk, (0, 0))
        lines.append(
            PersonWork(
                member=member,
                contacts=len(mine),
                outcomes=dict(Counter(row.outcome for row in mine)),
                median_seconds=median(seconds) if seconds else None,
                working_hours=formal.working_seconds(marks[member.pk]) / 3600,
                signs=dict(Counter(sign for row in mine for sign in row.signs)),
                formal=formal.share_with_interval(formal_count, len(mine)),
                formal_count=formal_count,
                open=count,
                overdue=overdue,
                snoozed=snoozes[member.pk],
            )
        )
    return sorted(lines, key=lambda line: (-line.contacts, -line.open, line.member.pk))


def ageing(*, tasks: TaskQuerySet, now: datetime) -> list[AgeBucket]:
    """Open tasks by age; `tasks` are those this person may see."""
    bucket = Case(
        *(When(_age(now, low, high), then=Value(code)) for code, _, low, high in AGES),
        default=Value(AGES[0][0]),  # created a moment ago by another clock
        output_field=CharField(),
    )
    found = {
        code: (count, late, stake)
        for code, count, late, stake in tasks.open()
        .order_by()
        .annotate(bucket=bucket)
        .values_list("bucket")
        .annotate(count=Count("id"), late=Count("id", filter=_late(now)), stake=Coalesce(Sum("stake_kopecks"), 0))
    }
    return [AgeBucket(code, label, *found.get(code, (0, 0, 0))) for code, label, _, _ in AGES]


def of_age(tasks: TaskQuerySet, code: str, now: datetime) -> TaskQuerySet:
    """Open tasks of one bucket; an unknown code leaves the rows as they are."""
    for each, _, low, high in AGES:
        if each == code:
            return tasks.filter(_age(now, low, high))
    return tasks


def overdue(tasks: TaskQuerySet, now: datetime) -> TaskQuerySet:
    """Open tasks whose due date has passed and which are not put off."""
    return tasks.open().filter(_late(now))


def _late(now: datetime) -> Q:
    return Q(due_at__lt=now) & (Q(hidden_until=None) | Q(hidden_until__lte=now))


def _age(now: datetime, low: int, high: int | None) -> Q:
    span = Q(created_at__lte=now - timedelta(days=low)) if low else Q()
    return span & Q(created_at__gt=now - timedelta(days=high)) if high is not None else span


def _mark(rows: list[ContactRow], now: datetime) -> None:
    everybody = Counter(row.outcome for row in rows)
    of_member: dict[int | None, list[ContactRow]] = defaultdict(list)
    for row in rows:
        of_member[row.member_id].append(row)
        if formal.is_quick(outcome=row.outcome, seconds=row.seconds, spoken=SPOKEN):
            row.signs.add("quick")
    for mine in of_member.values():
        own = Counter(row.outcome for row in mine)
        for position in formal.improbable_series([row.outcome for row in mine], _mix(everybody, own)):
            mine[position].signs.add("series")
        for position in formal.same_comments([row.comment for row in mine]):
            mine[position].signs.add("same_comment")
    _mark_bookings(rows, now)


def _mix(everybody: Counter[str], own: Counter[str]) -> dict[str, float]:
    """Shares of outcomes among the others; among all when the others did too little to compare with."""
    base = everybody - own
    if base.total() < MIX_NEEDS:
        base = everybody
    total = base.total()
    # An outcome the others never had still has a small share, else two in a row would look like a miracle.
    return {outcome: max(count, 1) / (total + 1) for outcome in everybody for count in (base[outcome],)}


def _mark_bookings(rows: list[ContactRow], now: datetime) -> None:
    booked = [row for row in rows if row.outcome == Outcome.BOOKED]
    lost = {*Appointment.Status.values} - {*Appointment.BOOKED, Appointment.Status.COMPLETED, Appointment.Status.MOVED}
    by_word: list[ContactRow] = []
    for row in booked:
        if row.appointment_id is None:
            by_word.append(row)
        elif row.vanished_at is not None or row.appointment_status in lost:
            row.signs.add("lost_booking")
    waited = [row for row in by_word if row.at < now - timedelta(days=formal.BOOKING_SEEN_DAYS)]
    if not waited:
        return
    seen: dict[int, list[datetime]] = defaultdict(list)
    for patient_id, starts_at in Appointment.objects.filter(
        patient_id__in={row.patient_id for row in waited}, starts_at__gt=min(row.at for row in waited)
    ).values_list("patient_id", "starts_at"):
        seen[patient_id].append(starts_at)
    for row in waited:
        if not any(starts_at > row.at for starts_at in seen[row.patient_id]):
            row.signs.add("no_booking")
