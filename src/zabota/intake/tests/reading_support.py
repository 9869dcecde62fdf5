"""Build exports as clinics' systems write them, and read them in this process (the child has its own tests)."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from zabota.intake.reading.assembling import assemble
from zabota.intake.reading.cleaning import clean_table
from zabota.intake.reading.limits import DEFAULT, Limits
from zabota.intake.reading.opening import open_grids
from zabota.intake.reading.recognising import choose_tables
from zabota.intake.reading.results import FileFacts, Reading, Table
from zabota.intake.rules.mapping import SavedMapping

TODAY = date(2026, 11, 22)

HEADER = ["ID визита", "№ карты", "ФИО пациента", "Дата рождения", "Телефон", "Дата приёма", "Врач", "Услуга", "Сумма", "Статус", "Источник"]  # fmt: skip
MILA = ["1", "20418", "Лебедева Людмила Викторовна", "12.05.1980", "8 (916) 123-45-67", "28.02.2026 14:00", "Соколова М. В.", "Лечение каналов", "4 500,00", "Завершён", "Яндекс"]  # fmt: skip
PYOTR = ["2", "07733", "Рябинин Пётр Ильич", "03.11.1975", "+7 903 111-48-17", "02.03.2026 9:30", "Рябов И. А.", "Осмотр", "1 200", "Завершён", "Знакомые"]  # fmt: skip


def row(base: Sequence[str] = MILA, **changes: str) -> list[str]:
    """A line of an export with some cells changed; keys are numbers of columns: c5="31.02.2026"."""
    cells = list(base)
    for key, value in changes.items():
        cells[int(key[1:])] = value
    return cells


def text_file(path: Path, rows: Sequence[Sequence[str]], *, delimiter: str = ";", encoding: str = "cp1251") -> Path:
    """Rows as a text file."""
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    path.write_bytes(stream.getvalue().encode(encoding))
    return path


def read_here(
    *paths: Path, mapping: SavedMapping | None = None, today: date = TODAY, limits: Limits = DEFAULT
) -> Reading:
    """As `read_export`, without a process of its own."""
    tables = []
    for path in paths:
        for found in choose_tables(path, open_grids(path, limits, mapping), today=today, mapping=mapping, strict=True):
            cleaned = clean_table(found, today=today, mapping=mapping, step=lambda part: None)
            tables.append(
                Table(found.facts, cleaned.lines, cleaned.remarks, cleaned.status_assumed, found.grid.cells.lazy())
            )
    return assemble(tables, today=today)


def facts_here(path: Path, mapping: SavedMapping | None = None) -> FileFacts:
    """As `recognise`, without a process of its own."""
    return choose_tables(path, open_grids(path, DEFAULT, mapping), today=TODAY, mapping=mapping, strict=False)[0].facts


def fields_of(path: Path) -> dict[str, str | None]:
    """Header to field."""
    return {column.header: column.field for column in facts_here(path).columns}
