"""Workbooks: xlsx, xlsb, xls, ods. Only values are read; nothing in a workbook is ever run."""

import datetime as dt
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import python_calamine as calamine

from zabota.intake.reading.errors import UnreadableFile
from zabota.intake.reading.formulas import bare_formulas
from zabota.intake.reading.grid import Grid, build_cells
from zabota.intake.reading.limits import Limits


def read_workbook(path: Path, limits: Limits, *, sheet: str = "") -> list[Grid]:
    """Every visible sheet that holds anything, in the order of the book."""
    try:
        book = calamine.CalamineWorkbook.from_path(str(path))
    except calamine.PasswordError as error:
        raise UnreadableFile(
            "encrypted", "Файл защищён паролем. Откройте его, снимите пароль и сохраните ещё раз."
        ) from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise UnreadableFile(
            "broken_workbook", "Книга Excel повреждена и не открывается. Выгрузите её заново или сохраните как CSV."
        ) from error
    epoch = _epoch_1904(path)
    names = [meta.name for meta in book.sheets_metadata if meta.typ == calamine.SheetTypeEnum.WorkSheet]
    shown = [
        meta.name
        for meta in book.sheets_metadata
        if meta.typ == calamine.SheetTypeEnum.WorkSheet and meta.visible == calamine.SheetVisibleEnum.Visible
    ]
    if sheet and sheet not in names:
        raise UnreadableFile("no_sheet", f"В книге нет листа «{sheet}». Есть: {', '.join(names[:10])}.")
    formulas = bare_formulas(path)
    grids: list[Grid] = []
    for name in [sheet] if sheet else (shown or names):
        try:
            page = book.get_sheet_by_name(name)
        except (calamine.CalamineError, ValueError) as error:
            raise UnreadableFile(
                "broken_workbook",
                f"Лист «{name}» повреждён и не открывается. Сохраните книгу заново или выгрузите CSV.",
            ) from error
        if not page.height or page.start is None:
            continue
        if page.height > limits.rows + 40:
            raise UnreadableFile(
                "too_many_rows", f"На листе «{name}» больше {limits.rows} строк. Разделите выгрузку по годам."
            )
        top, left = page.start
        cells = build_cells(_rows(page, formulas.get(name, {})), limits, first_row=top + 1)
        if cells.height:
            merged = [
                (start[1] - left, start[0] - top, end[0] - top)
                for start, end in page.merged_cell_ranges or ()
                if end[0] > start[0] >= top and start[1] >= left
            ]
            grids.append(Grid(cells, "workbook", name, epoch_1904=epoch, merged=merged))
    return grids


def _rows(page: calamine.CalamineSheet, formulas: dict[tuple[int, int], str]) -> Iterator[list[str]]:
    if not formulas or page.start is None:
        for row in page.iter_rows():
            yield [cell if type(cell) is str else _text(cell) for cell in row]
        return
    top, left = page.start
    for number, row in enumerate(page.iter_rows(), start=top):
        cells = [cell if type(cell) is str else _text(cell) for cell in row]
        yield [cell or formulas.get((number, left + place), "") for place, cell in enumerate(cells)]


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "да" if cell else "нет"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e16 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, dt.timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


def _epoch_1904(path: Path) -> bool:
    """Old Macs counted days from 1904; the book says so itself."""
    if not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            head = archive.open("xl/workbook.xml").read(65536)
    except (KeyError, OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return False
    return bool(re.search(rb"date1904\s*=\s*[\"'](?:1|true)[\"']", head))
