"""Figures of the control page: the clinic, each person, the period before."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from zabota.clinic.models import Member
from zabota.desk.access import StaffRequest, branches_of
from zabota.desk.control.periods import Period
from zabota.desk.today.scope import tasks_of
from zabota.nextstep.models import ViolationDay
from zabota.worklist import api as worklist
from zabota.worklist.models import Outcome

#: The order of outcomes in the bar of a person.
MIX = ("booked", "call_back", "thinks", "resolved", "refused", "no_answer", "wrong_number")
#: Said of many at once.
WORDS = {Outcome.BOOKED: "записаны"}


@dataclass(frozen=True, slots=True)
class Piece:
    """One outcome in the bar of a person."""

    code: str
    label: str
    count: int
    part: float


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A row of the table of people."""

    work: worklist.PersonWork
    before: int
    pieces: list[Piece]
    signs: list[tuple[str, str, int]]
    is_absent: bool


def members_of(request: StaffRequest) -> list[Member]:
    """People of the queue whom this person may control."""
    people = worklist.workers(request.clinic.pk)
    ids = branches_of(request.member)
    if ids is None:
        return people
    shared = (
        Member.objects.filter(pk__in=[each.pk for each in people]).filter(branches__in=ids).values_list("pk", flat=True)
    )
    everywhere = Member.objects.filter(pk__in=[each.pk for each in people], branches=None).values_list("pk", flat=True)
    seen = {*shared, *everywhere}
    return [each for each in people if each.pk in seen]


def rows_of(request: StaffRequest, start: datetime, end: datetime, now: datetime) -> list[worklist.ContactRow]:
    """Contacts of the branches that this person may see."""
    return worklist.contact_rows(
        clinic=request.clinic, branch_ids=branches_of(request.member), start=start, end=end, now=now
    )


def load_figures(request: StaffRequest, period: Period, now: datetime) -> dict[str, Any]:
    """Everything the page shows."""
    members = members_of(request)
    rows = rows_of(request, period.start, period.end, now)
    before = rows_of(request, period.before_start, period.before_end, now)
    works = worklist.team_work(
        clinic=request.clinic, members=members, rows=rows, start=period.start, end=period.end, now=now
    )
    away = worklist.absent_ids(request.clinic, now)
    count_before = Counter(row.member_id for row in before)
    tasks = tasks_of(request)
    ages = ages_of(request, now)
    return {
        "period": period,
        "limited": branches_of(request.member) is not None,
        "people": [_line(work, count_before, away) for work in works if work.contacts or work.open or _works(work)],
        "contacts": len(rows),
        "contacts_before": len(before),
        "booked": _share(rows),
        "booked_before": _share(before),
        "formal": worklist.share_with_interval(sum(row.is_formal for row in rows), len(rows)),
        "formal_before": worklist.share_with_interval(sum(row.is_formal for row in before), len(before)),
        "ages": ages,
        "largest_age": max((age.count for age in ages), default=0),
        "open": sum(age.count for age in ages),
        "overdue": sum(age.overdue for age in ages),
        "waiting_stake": sum(age.stake_kopecks for age in ages),
        "common": tasks.open().filter(owner=None).count(),
        "days": _coverage(request),
        "signs": [(code, label, worklist.MEANINGS[code]) for code, label in worklist.SIGNS.items()],
        "members": members,
    }


def ages_of(request: StaffRequest, now: datetime) -> list[worklist.AgeBucket]:
    """Open tasks that this person may see, by age."""
    return worklist.ageing(tasks=tasks_of(request), now=now)


def _line(work: worklist.PersonWork, before: Counter[int | None], away: set[int]) -> PersonLine:
    pieces = [
        Piece(
            code,
            WORDS.get(Outcome(code)) or str(Outcome(code).label),
            work.outcomes[code],
            100 * work.outcomes[code] / work.contacts,
        )
        for code in MIX
        if work.outcomes.get(code)
    ]
    signs = [(code, label, work.signs[code]) for code, label in worklist.SIGNS.items() if work.signs.get(code)]
    return PersonLine(work, before[work.member.pk], pieces, signs, work.member.pk in away)


def _works(work: worklist.PersonWork) -> bool:
    """Somebody to whom tasks are distributed stands in the table even when idle: idleness is what one looks for."""
    return work.member.role in {"administrator", "coordinator"}


def _share(rows: list[worklist.ContactRow]) -> float | None:
    return sum(row.outcome == Outcome.BOOKED for row in rows) / len(rows) if rows else None


def _coverage(request: StaffRequest) -> QuerySet[ViolationDay]:
    """Days of the rule of the two З, the latest first; of the whole clinic, so that only who sees all of it is told."""
    if branches_of(request.member) is not None:
        return ViolationDay.objects.none()
    return ViolationDay.objects.filter(clinic=request.clinic).order_by("-on")[:14]
