"""The week of a doctor, a room or a device as one line of text a day and branch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zabota.booking import api as booking
from zabota.booking.models import Resource, WorkingHours
from zabota.clinic.models import Branch
from zabota.desk.schedule.hours import read_hours, without, write_hours
from zabota.kernel.errors import BadInput
from zabota.ui import formats

NAMES = ("Понедельник", "Вторник", "Среда", "Четверг", "Пятница", "Суббота", "Воскресенье")


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of the form."""

    name: str
    label: str
    value: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A weekday with a field per branch."""

    label: str
    cells: list[Cell]


def read_week(data: Mapping[str, str], branches: Sequence[Branch]) -> tuple[list[booking.DayHours], dict[str, str]]:
    """Hours of the form and what is wrong in which field."""
    week: list[booking.DayHours] = []
    errors: dict[str, str] = {}
    for weekday in range(7):
        for branch in branches:
            name = field_of(weekday, branch)
            try:
                spans = read_hours(data.get(name, ""))
            except BadInput as trouble:
                errors[name] = trouble.text
                continue
            week += [booking.DayHours(branch, weekday, begins, ends) for begins, ends in spans]
    return week, errors


def rows_of(
    branches: Sequence[Branch], values: Mapping[str, str], errors: Mapping[str, str] | None = None
) -> list[Row]:
    """The form, filled in."""
    return [
        Row(
            NAMES[weekday],
            [
                Cell(name, _label(weekday, branch, branches), values.get(name, ""), (errors or {}).get(name, ""))
                for branch in branches
                for name in [field_of(weekday, branch)]
            ],
        )
        for weekday in range(7)
    ]


def values_of(resource: Resource, branches: Sequence[Branch]) -> dict[str, str]:
    """What stands in the fields now. Breaks show as gaps."""
    return {
        field_of(weekday, branch): write_hours(_spans(_rows([resource]).get(resource.pk, []), weekday, branch.pk))
        for weekday in range(7)
        for branch in branches
    }


def summaries_of(resources: Sequence[Resource]) -> dict[int, str]:
    """«пн–пт 9:00–17:00; сб 10:00–14:00» for each resource."""
    known = _rows(resources)
    found: dict[int, str] = {}
    for resource in resources:
        rows = known.get(resource.pk, [])
        branches = sorted({row.branch_id for row in rows})
        names = {row.branch_id: row.branch.name for row in rows}
        parts = []
        for pk in branches:
            days = [write_hours(_spans(rows, weekday, pk)) for weekday in range(7)]
            words = _grouped(days)
            parts.append(f"{names[pk]}: {words}" if len(branches) > 1 else words)
        found[resource.pk] = ". ".join(part for part in parts if part)
    return found


def field_of(weekday: int, branch: Branch) -> str:
    """Name of a field."""
    return f"d{weekday}-{branch.public_id}"


def _rows(resources: Sequence[Resource]) -> dict[int, list[WorkingHours]]:
    found: dict[int, list[WorkingHours]] = defaultdict(list)
    for row in WorkingHours.objects.filter(resource__in=resources).select_related("branch"):
        found[row.resource_id].append(row)
    return found


def _spans(rows: Sequence[WorkingHours], weekday: int, branch_id: int) -> list[tuple[int, int]]:
    mine = [row for row in rows if row.weekday == weekday and row.branch_id == branch_id]
    work = [(row.begins_minute, row.ends_minute) for row in mine if row.kind == WorkingHours.Kind.WORK]
    breaks = [(row.begins_minute, row.ends_minute) for row in mine if row.kind == WorkingHours.Kind.BREAK]
    return without(work, breaks)


def _grouped(days: Sequence[str]) -> str:
    parts: list[str] = []
    first = 0
    for weekday in range(1, 8):
        if weekday < 7 and days[weekday] == days[first]:
            continue
        if days[first]:
            last = weekday - 1
            names = formats.WEEKDAYS[first] if first == last else f"{formats.WEEKDAYS[first]}–{formats.WEEKDAYS[last]}"
            parts.append(f"{names} {days[first]}")
        first = weekday
    return "; ".join(parts)


def _label(weekday: int, branch: Branch, branches: Sequence[Branch]) -> str:
    return f"{NAMES[weekday]}, {branch.name}" if len(branches) > 1 else NAMES[weekday]
