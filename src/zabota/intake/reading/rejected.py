"""Rows that were refused, in a file of the same shape with the reason beside each: corrected there and read again."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import xlsxwriter

from zabota.intake.reading.results import FileFacts, Reading
from zabota.intake.rules.reasons import reason_text

REASON_HEADER: Final = "Причина отказа"
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_TEXT: Final = frozenset({"text"})
_SUFFIXES: Final = frozenset({".csv", ".txt", ".tsv"})


def is_of_refused(files: Iterable[FileFacts]) -> bool:
    """Whether these are rows that were refused before: a part of an export, whatever is said of it."""
    return any(column.header == REASON_HEADER for facts in files for column in facts.columns)


def write_rejected(reading: Reading, path: Path) -> list[Path]:
    """One file per source that has refused rows: text as text in its encoding and delimiter, anything else as a workbook.

    The first is written to `path` (with the suffix the form needs), others beside it; returns what was written, in the
    order of `refused_sources`.
    """
    written: list[Path] = []
    for number, indexes in enumerate(_tables_of_sources(reading).values(), start=1):
        facts = reading.files[indexes[0]]
        stem = path.stem if number == 1 else f"{path.stem}-{number}"
        if facts.format in _TEXT:
            suffix = path.suffix if path.suffix.lower() in _SUFFIXES else ".csv"
            target = path.with_name(stem + suffix)
            _write_text(target, facts, _rows(reading, indexes[0]))
        else:
            target = path.with_name(f"{stem}.xlsx")
            _write_workbook(target, reading, indexes)
        written.append(target)
    return written


def refused_sources(reading: Reading) -> list[Path]:
    """The files that have refused rows."""
    return list(_tables_of_sources(reading))


def _tables_of_sources(reading: Reading) -> dict[Path, list[int]]:
    sources: dict[Path, list[int]] = {}
    for index in sorted(reading.refused):
        if reading.refused[index].height:
            sources.setdefault(reading.files[index].path, []).append(index)
    return sources


def formula_safe(text: str) -> str:
    """A cell that a spreadsheet will show and not run; reading takes the apostrophe off again."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _rows(reading: Reading, index: int) -> Iterator[list[str]]:
    columns = reading.files[index].columns
    kept = [place for place, column in enumerate(columns) if column.header != REASON_HEADER]  # of an earlier refusal
    yield [*(columns[place].header for place in kept), REASON_HEADER]
    for row in reading.refused[index].iter_rows():
        cells = ["" if cell is None else str(cell) for cell in row[1:-1]]
        yield [*(cells[place] if place < len(cells) else "" for place in kept), reason_text(str(row[-1]))]


def _write_text(path: Path, facts: FileFacts, rows: Iterator[list[str]]) -> None:
    repaired = "mojibake_repaired" in facts.remarks
    encoding = "utf-8-sig" if repaired or not facts.encoding else facts.encoding
    with path.open("w", encoding=encoding, errors="replace", newline="") as stream:
        writer = csv.writer(stream, delimiter=facts.delimiter or ";", lineterminator="\r\n")
        for row in rows:
            writer.writerow([formula_safe(cell) for cell in row])


def _write_workbook(path: Path, reading: Reading, indexes: list[int]) -> None:
    book = xlsxwriter.Workbook(
        str(path),
        {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "constant_memory": True},
    )
    try:
        taken: set[str] = set()
        for index in indexes:
            name = _sheet_name(reading.files[index].sheet, taken)
            page = book.add_worksheet(name)
            for place, row in enumerate(_rows(reading, index)):
                for column, cell in enumerate(row):
                    page.write_string(place, column, cell)
    finally:
        book.close()


def _sheet_name(name: str, taken: set[str]) -> str:
    base = "".join(character for character in name if character not in "[]:*?/\\").strip("'")[:28] or "Отказы"
    shown, number = base, 2
    while shown.lower() in taken:
        shown, number = f"{base[:26]} {number}", number + 1
    taken.add(shown.lower())
    return shown
