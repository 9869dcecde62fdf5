"""Write a demo clinic to a file as an information system would, with the truth about it in a file beside."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

import polars as pl
import xlsxwriter

from zabota.ops.demo import phones
from zabota.ops.demo.cards import CERTAIN, KINDS
from zabota.ops.demo.catalogue import CLINIC_NAME
from zabota.ops.demo.dirt import Dirt
from zabota.ops.demo.generate import Clinic
from zabota.ops.demo.table import COMPLETED_ROW, DUPLICATE_ROW, HEADERS, IGNORED_ROW, MONEY, REJECTED_ROW, Table, spoken
from zabota.ops.demo.truth import truth

SLICE: Final = 200_000
CERTAIN_KINDS: Final = frozenset(KINDS[kind] for kind in CERTAIN)
EMPTY_LINES: Final = 2


class Sheet(Protocol):
    """A file that takes rows of text."""

    def line(self, cells: list[str]) -> None: ...

    def rows(self, text: pl.DataFrame) -> None: ...

    def close(self) -> None: ...


class CsvSheet:
    """cp1251 with semicolons, as Excel of a Russian Windows writes it."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("wb")

    def line(self, cells: list[str]) -> None:
        self.file.write((";".join(cells) + "\r\n").encode("cp1251"))

    def rows(self, text: pl.DataFrame) -> None:
        blank = text.with_columns(pl.when(pl.all() != "").then(pl.all()))  # nothing between separators, not ""
        written = blank.write_csv(separator=";", include_header=False, line_terminator="\r\n")
        self.file.write(written.encode("cp1251"))

    def close(self) -> None:
        self.file.close()


class XlsxSheet:
    """A workbook with real dates and numbers where the text is one, and text where it is not."""

    def __init__(self, path: Path) -> None:
        self.book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False})
        self.book.set_properties({"title": CLINIC_NAME, "created": datetime(2024, 1, 1, tzinfo=UTC)})
        self.sheet = self.book.add_worksheet("Приёмы")
        self.moment = self.book.add_format({"num_format": "dd.mm.yyyy h:mm"})
        self.date = self.book.add_format({"num_format": "dd.mm.yyyy"})
        self.money = self.book.add_format({"num_format": "#,##0.00"})
        self.row = 0

    def line(self, cells: list[str]) -> None:
        for column, cell in enumerate(cells):
            if cell:
                self.sheet.write_string(self.row, column, cell)
        self.row += 1

    def rows(self, text: pl.DataFrame) -> None:
        names = list(HEADERS)
        forms = [_form(name) for name in names]
        for cells in text.iter_rows():
            for column, (form, cell) in enumerate(zip(forms, cells, strict=True)):
                if cell:
                    self._cell(column, form, cell)
            self.row += 1

    def _cell(self, column: int, form: str, cell: str) -> None:
        if form == "text":
            self.sheet.write_string(self.row, column, cell)
            return
        try:
            if form == "money":
                amount = float(cell.replace("\u00a0", "").replace(",", "."))
                self.sheet.write_number(self.row, column, amount, self.money)
            elif form == "moment":
                self.sheet.write_datetime(self.row, column, _naive(cell, "%d.%m.%Y %H:%M"), self.moment)
            elif form == "date":
                self.sheet.write_datetime(self.row, column, _naive(cell, "%d.%m.%Y"), self.date)
            else:
                self.sheet.write_number(self.row, column, int(cell))
        except (ValueError, OverflowError):
            self.sheet.write_string(self.row, column, cell)

    def close(self) -> None:
        self.book.close()


def _naive(cell: str, form: str) -> datetime:
    return datetime.strptime(cell, form)  # noqa: DTZ007 - a workbook knows no zones


def _form(name: str) -> str:
    if name in MONEY:
        return "money"
    forms = {"start": "moment", "booked": "moment", "birth": "date", "consent_on": "date"}
    return forms.get(name, "number" if name in ("minutes", "code") else "text")


def export(clinic: Clinic, path: Path, *, dirt: float = 1.0) -> dict[str, Any]:
    """Write the clinic to `path` (.csv or .xlsx) and its truth beside; gives the truth. `dirt` 0 is a clean file."""
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".xlsx"):
        raise ValueError(f"an export is .csv or .xlsx, not {path.suffix or path.name}")
    sheet: Sheet = CsvSheet(path) if suffix == ".csv" else XlsxSheet(path)
    table = Table(clinic, one_card=dirt == 0)
    spoiler = Dirt(clinic.spec, dirt)
    if dirt:
        phone, phone_counts = phones.untidy(table.cards, spoiler.rng, dirt)
    else:
        phone, phone_counts = phones.clean(table.cards), {}
    written: Counter[str] = Counter()
    ignored: Counter[str] = Counter()
    if dirt:
        for title in _titles(clinic):
            sheet.line([title, *[""] * (len(HEADERS) - 1)])
            ignored["title_lines"] += 1
    sheet.line(list(HEADERS.values()))
    sums = 0
    for begin in range(0, len(table), SLICE):
        typed = table.rows(begin, begin + SLICE)
        text = spoken(typed, phone[typed["card"]])
        fates = typed.select("outcome", "reason")
        sums += int(typed["total"].sum())
        if dirt:
            text, fates = spoiler.spoil(text, typed)
        sheet.rows(text)
        for row in fates.group_by("outcome", "reason").len().iter_rows():
            written[row[0]] += row[2]
            if row[0] == IGNORED_ROW:
                ignored[row[1]] += row[2]
    if dirt:
        for _ in range(EMPTY_LINES):
            sheet.line([""] * len(HEADERS))
            ignored["empty_lines"] += 1
        total = f"{sums // 100},{sums % 100:02d}"
        place = list(HEADERS).index("total")
        sheet.line(["Итого", *[""] * (place - 1), total, *[""] * (len(HEADERS) - 1 - place)])
        ignored["totals_lines"] += 1
    sheet.close()
    known = truth(clinic)
    told = {
        **known,
        **_accounting(known, written, ignored, spoiler, dirt),
        "dirt": {"level": dirt, "cells": dict(sorted(spoiler.counts.items())), "phones": phone_counts},
    }
    truth_path(path).write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return told


def truth_path(path: Path) -> Path:
    """Where the truth of an export lies: `visits.csv` has `visits.truth.json` beside it."""
    return path.with_suffix(".truth.json")


def _titles(clinic: Clinic) -> list[str]:
    return [
        f"Клиника «{CLINIC_NAME}». Отчёт по приёмам",
        f"Период: {clinic.spec.start:%d.%m.%Y} - {clinic.spec.as_of:%d.%m.%Y}",
        "",
    ]


def _accounting(
    known: dict[str, Any], written: Counter[str], ignored: Counter[str], spoiler: Dirt, dirt: float
) -> dict[str, Any]:
    """What a reader should count: every row but the header is accepted, rejected, repeated or passed over."""
    rows = {
        "accepted": written[COMPLETED_ROW],
        "rejected": written[REJECTED_ROW],
        "duplicates": written[DUPLICATE_ROW],
        "ignored": sum(ignored.values()),
    }
    unsure = sum(count for name, count in known["second_cards"].items() if name not in CERTAIN_KINDS) if dirt else 0
    return {
        "rows": {"read": sum(rows.values()), **rows},
        "header_rows": 1,
        "ignored_rows": dict(sorted(ignored.items())),
        "rejected_rows": dict(sorted(spoiler.rejected.items())),
        # A reader that trusts name and birth date alone finds this many people; the rest needs somebody's decision.
        "people_found": {"least": known["people"], "most": known["people"] + unsure},
    }
