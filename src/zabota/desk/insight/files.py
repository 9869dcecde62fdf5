"""A table as a file in either form: CSV for programs, XLSX for people. No cell of it can act as a formula."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Sequence
from typing import Final

import xlsxwriter
from django.http import Http404, HttpResponse
from django.utils import timezone

from zabota.desk.control.csv import csv_answer

FORMS: Final = ("csv", "xlsx")
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDEST: Final = 60

Rows = Iterable[Sequence[object]]


def table_answer(form: str, name: str, header: Sequence[str], rows: Rows) -> HttpResponse:
    """The file in the form asked for; `name` without the ending."""
    if form == "csv":
        return csv_answer(name, header, rows)
    if form == "xlsx":
        return book_answer(name, [("Таблица", header, rows)])
    raise Http404


def book_answer(name: str, sheets: Sequence[tuple[str, Sequence[str], Rows]]) -> HttpResponse:
    """Several tables in one book, a sheet each."""
    body = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(body, options)
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "dd.mm.yyyy"})
    for title, header, rows in sheets:
        sheet = book.add_worksheet(_sheet_name(title))
        sheet.freeze_panes(1, 0)
        widths = [len(each) for each in header]
        for column, text in enumerate(header):
            sheet.write_string(0, column, text, bold)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                _write(sheet, number, column, value, day)
                if column < len(widths):
                    widths[column] = max(widths[column], min(len(str(value or "")), _WIDEST))
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width + 2)
    book.close()
    response = HttpResponse(body.getvalue(), content_type=_XLSX)
    response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return response


def _write(sheet: xlsxwriter.worksheet.Worksheet, row: int, column: int, value: object, day: object) -> None:
    if value is None or value == "":
        return
    if isinstance(value, dt.datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        sheet.write_datetime(row, column, local.replace(tzinfo=None), day)
    elif isinstance(value, dt.date):
        sheet.write_datetime(row, column, dt.datetime.combine(value, dt.time()), day)
    elif isinstance(value, bool):
        sheet.write_string(row, column, "да" if value else "нет")
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, str(value))


def _sheet_name(title: str) -> str:
    """At most 31 letters and none that a sheet may not have."""
    return "".join(" " if letter in "[]:*?/\\" else letter for letter in title)[:31].strip("' ") or "Таблица"
