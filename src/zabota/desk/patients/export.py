"""The list as a file: lines for CSV, and a sheet of text cells, in which none can become a formula."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils import timezone

from zabota.desk.patients.listing import COLUMNS, Row, rows_of
from zabota.ui import formats

#: More does not fit a sheet that a person reads; the filter makes it smaller.
ROW_LIMIT = 100_000
_CHUNK = 1000


def headings(columns: Sequence[str]) -> list[str]:
    """First line of the file."""
    return ["Фамилия", "Имя", "Отчество", "Дата рождения", *(COLUMNS[key][0] for key in columns)]


def lines(ids: Sequence[int], columns: Sequence[str], today: date) -> Iterator[list[str]]:
    """Cells of each card, read by thousands."""
    for start in range(0, len(ids), _CHUNK):
        for row in rows_of(list(ids[start : start + _CHUNK]), today):
            yield _cells(row, columns)


def as_xlsx(ids: Sequence[int], columns: Sequence[str], today: date) -> io.BufferedReader:
    """A sheet of text cells, open for reading; its file vanishes when it is closed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "patients.xlsx"
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        book = xlsxwriter.Workbook(str(path), options)
        sheet = book.add_worksheet("Пациенты")
        for column, text in enumerate(headings(columns)):
            sheet.write_string(0, column, text)
        for number, cells in enumerate(lines(ids, columns, today), start=1):
            for column, text in enumerate(cells):
                sheet.write_string(number, column, text)
        book.close()
        return path.open("rb")


def _cells(row: Row, columns: Sequence[str]) -> list[str]:
    patient, state = row.patient, row.state
    known: dict[str, Any] = {
        "age": str(row.age) if row.age is not None else "",
        "phone": formats.phone(row.phone).replace(formats.NBSP, " ") if row.phone else "",
        "type": state.get_type_display() if state else "",
        "last": _day(state.last_visit_on) if state else "",
        "next": _day(timezone.localtime(state.next_booking_at).date()) if state and state.next_booking_at else "",
        "value": _roubles(state.value_kopecks) if state else "",
        "card": patient.card_no,
        "branch": patient.branch.name if patient.branch else "",
        "source": patient.source.name if patient.source else "",
        "since": _day(patient.registered_on),
    }
    return [patient.surname, patient.name, patient.patronymic, _day(patient.born_on), *(known[key] for key in columns)]


def _day(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else ""


def _roubles(kopecks: int) -> str:
    return f"{kopecks // 100},{kopecks % 100:02d}"
