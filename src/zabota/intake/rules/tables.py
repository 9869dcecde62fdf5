"""Where a table begins in a sheet and what kind of table it is: header row under titles, headers of two rows, totals, repeats."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from zabota.intake.rules.fields import Kind
from zabota.intake.rules.guessing import NOT_NEEDED_MARK, header_scores
from zabota.intake.rules.synonyms import header_words

HEADER_ROWS = 30  # titles of a report rarely take more
TOTALS: Final = re.compile(
    r"^\s*(?:итог|итого|всего|total|subtotal|grand total|общий итог|сумма итого|количество записей)\b", re.I
)


@dataclass(frozen=True, slots=True)
class HeaderFound:
    """Zero-based first row of the header, how many rows it takes (0: there is none), the names of the columns."""

    row: int
    height: int
    names: tuple[str, ...]
    score: float


def find_header(rows: Sequence[Sequence[str]]) -> HeaderFound:
    """The row, or pair of rows, among the first ones that names most known fields."""
    best = HeaderFound(0, 0, (), 0.0)
    width = max((len(row) for row in rows), default=0)
    for index, row in enumerate(rows[:HEADER_ROWS]):
        single = _padded(row, width)
        if _looks_like_data(single):
            continue
        candidates = [(1, single)]
        if index + 1 < len(rows):
            below = _padded(rows[index + 1], width)
            if not _looks_like_data(below) and any(below):
                candidates.append((2, _merged(single, below)))
        for height, names in candidates:
            score = header_score(names) - 0.6 * (height - 1)
            if score > best.score + 1e-9:
                best = HeaderFound(index, height, tuple(names), score)
    if best.score >= 0.9:
        return best
    for index, row in enumerate(rows[:HEADER_ROWS]):  # words nobody taught us, above rows that hold numbers
        cells = _padded(row, width)
        below = _padded(rows[index + 1], width) if index + 1 < len(rows) else []
        if _only_words(cells, width) and any(character.isdigit() for cell in below for character in cell):
            return HeaderFound(index, 1, tuple(cells), 0.0)
    return HeaderFound(0, 0, tuple(f"Столбец {number + 1}" for number in range(width)), 0.0)


def header_score(names: Sequence[str]) -> float:
    """How many different known fields a row of cells names."""
    fields: dict[str, float] = {}
    for name in names:
        if not name or len(name) > 80:
            continue
        scores = header_scores(name)
        if scores:
            field = max(scores, key=lambda key: scores[key])
            key = field if field != NOT_NEEDED_MARK else f"- {name}"
            worth = scores[field] if field != NOT_NEEDED_MARK else 0.4
            if worth >= 0.6 or field == NOT_NEEDED_MARK:
                fields[key] = max(fields.get(key, 0.0), worth)
    return sum(fields.values())


def decide_kind(fields: set[str]) -> Kind | None:
    """What one line of the table is."""
    person = fields & {"full_name", "surname", "name", "patient_ext_id", "card_no", "phone"}
    money = fields & {"paid", "price", "total"}
    event = fields & {"status", "doctor", "service", "visit_ext_id", "starts_time", "attended", "service_code"}
    plan = fields & {"plan_ext_id", "plan_total", "plan_title"}
    if plan and fields & {"agreed_on", "stage", "plan_total"} and "starts_at" not in fields:
        return "plans"
    paying = fields & {"payment_ext_id", "paid_on", "method"} and not fields & {"status", "attended"}
    paid_only = "starts_at" not in fields or not fields & {"doctor", "service"}
    if (
        paying
        and money
        and (person or "visit_ext_id" in fields)
        and paid_only
        and ("paid_on" in fields or len(event) < 2)
    ):
        return "payments"
    if "starts_at" in fields and person:
        return "visits"
    if fields & {"full_name", "surname", "name"}:
        return "patients"
    if fields & {"service", "service_code"} and money and not person - {"patient_ext_id"} and "doctor" not in fields:
        return "services"
    return None


def is_total(first_cell: str) -> bool:
    """«Итого», «Всего записей: 120» and their kin."""
    return bool(TOTALS.match(first_cell))


def same_header(one: Sequence[str], other: Sequence[str]) -> bool:
    """A header printed again on the next page of a report."""
    return [header_words(name) for name in one] == [header_words(name) for name in other]


def _padded(row: Sequence[str], width: int) -> list[str]:
    cells = [" ".join(cell.split()) for cell in row]
    return cells + [""] * (width - len(cells))


def _looks_like_data(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    if len(filled) < 2:
        return True
    digits = sum(bool(re.search(r"\d{2}[.:/-]\d{2}|\d{4,}|^[\d\s.,]+$", cell)) for cell in filled)
    return digits > len(filled) * 0.3


def _only_words(cells: Sequence[str], width: int) -> bool:
    filled = [cell for cell in cells if cell]
    wordy = all(len(cell) <= 60 and not any(character.isdigit() for character in cell) for cell in filled)
    return wordy and len(filled) >= max(2, width * 0.8) and len(set(filled)) == len(filled)


def _merged(top: Sequence[str], below: Sequence[str]) -> list[str]:
    """A header of two rows: a group above («Пациент») names its columns below («Фамилия», «Имя»)."""
    names: list[str] = []
    group = ""
    for upper, lower in zip(top, below, strict=True):
        if upper:
            group = upper
        if not lower:
            names.append(upper)
        elif not upper and not group:
            names.append(lower)
        else:
            alone, joined = header_scores(lower), header_scores(f"{group} {lower}")
            names.append(
                lower if max(alone.values(), default=0.0) >= max(joined.values(), default=0.0) else f"{group} {lower}"
            )
    return names
