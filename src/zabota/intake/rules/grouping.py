"""What the title of a group says in a report printed by groups: «Врач: Соколова М. В.», a branch, a day, a patient."""

import re
from collections.abc import Sequence, Set
from typing import Final

from zabota.intake.rules.guessing import header_scores, profile_column
from zabota.intake.rules.tables import is_total
from zabota.intake.rules.values import without_remarks

#: Fields that a title of a group may hold, and the header its column gets.
GROUP_HEADERS: Final[dict[str, str]] = {
    "branch": "Филиал",
    "speciality": "Специальность",
    "doctor": "Врач",
    "starts_at": "Дата приёма",
    "full_name": "Пациент",
    "category": "Группа услуг",
    "channel": "Источник",
}

_SURE: Final = 0.9  # of a label: «Врач», «ФИО врача», «Подразделение»
_LABELLED: Final = re.compile(r"^\s*([^:]{2,40}?)\s*:\s*(\S.*)$", re.S)
_NUMBER: Final = re.compile(r"^[\d\s\u00a0.,%+-]+(?:руб\.?|₽)?$")
_DAY: Final = re.compile(r"^\s*\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|^\s*\d{4}-\d{2}-\d{2}\b")
_BETWEEN: Final = re.compile(r"\s*[/,;|\n]\s*")
_LATEST_YEAR: Final = 2100  # a title only has to look like a day; whether that day can be is judged with the rows


def is_number(cell: str) -> bool:
    """A count or a sum, which 1C writes beside the title of a group; a day is none."""
    return bool(_NUMBER.match(cell)) and not _DAY.match(cell)


def told_by_title(title: str, *, lacking: Set[str], level: str = "") -> tuple[str, str] | None:
    """Field and value of a title, or None when it says nothing that the columns lack.

    `level` is the field that the header gives to titles of this column («Врач / Пациент»).
    """
    if is_total(title):
        return None
    labelled = _LABELLED.match(title)
    if labelled:
        field = _named(labelled.group(1))
        if field in lacking:
            return field, labelled.group(2).strip()
    if level in lacking:
        return level, title.strip()
    if _DAY.match(title):
        return ("starts_at", title.strip()) if "starts_at" in lacking else None
    traits = profile_column([without_remarks(title)], last_year=_LATEST_YEAR)
    if traits.full_name or traits.initials:
        # the person of a group is the patient where the lines name none, and otherwise the doctor
        for field in ("full_name", "doctor"):
            if field in lacking:
                return field, title.strip()
    return None


def levels_of_header(name: str) -> list[tuple[str, str]]:
    """Fields and words of a header that names two levels in one cell, «Врач / Пациент», outer level first."""
    parts = [part for part in _BETWEEN.split(name) if part]
    fields = [_named(part) for part in parts]
    if len(parts) < 2 or not all(fields) or len(set(fields)) != len(fields):
        return []
    if not all(field in GROUP_HEADERS for field in fields[:-1]) or fields[-1] not in {*GROUP_HEADERS, "service"}:
        return []
    return list(zip(fields, parts, strict=True))


def filled_down(titles: Sequence[tuple[int, str, str]], data: Sequence[int]) -> dict[str, list[str | None]]:
    """Of each field of titles `(place, field, value)` its value for each place in `data`, both in order.

    The field that appears first is the outer level: a new branch ends the doctor of the branch before.
    """
    order: list[str] = []
    for _, field, _ in titles:
        if field not in order:
            order.append(field)
    values: dict[str, list[str | None]] = {field: [] for field in order}
    held: dict[str, str | None] = dict.fromkeys(order)
    upcoming = 0
    for place in data:
        while upcoming < len(titles) and titles[upcoming][0] < place:
            _, field, value = titles[upcoming]
            held[field] = value
            for inner in order[order.index(field) + 1 :]:
                held[inner] = None
            upcoming += 1
        for field in order:
            values[field].append(held[field])
    return values


def _named(words: str) -> str:
    scores = header_scores(words)
    best = max(scores, key=lambda field: scores[field], default="")
    return best if best and scores[best] >= _SURE else ""
