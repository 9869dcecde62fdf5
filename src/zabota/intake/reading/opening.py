"""Open a file by what it is and choose the tables in it that are worth reading."""

from pathlib import Path

from zabota.intake.reading.dbase import read_dbf
from zabota.intake.reading.delimited import read_delimited
from zabota.intake.reading.errors import UnreadableFile
from zabota.intake.reading.grid import Grid
from zabota.intake.reading.guarding import recognise_form
from zabota.intake.reading.limits import Limits
from zabota.intake.reading.recognising import table_worth
from zabota.intake.reading.webtables import read_html, read_spreadsheetml
from zabota.intake.reading.workbooks import read_workbook
from zabota.intake.rules.mapping import SavedMapping


def open_grids(path: Path, limits: Limits, mapping: SavedMapping | None) -> list[Grid]:
    """Tables of a file, the one that looks most like visits first; sheets that are no tables are left out."""
    saved = mapping or SavedMapping()
    form = recognise_form(path, limits)
    if form == "workbook":
        grids = read_workbook(path, limits, sheet=saved.sheet)
    elif form == "html":
        grids = read_html(path, limits)
    elif form == "spreadsheetml":
        grids = read_spreadsheetml(path, limits, sheet=saved.sheet)
    elif form == "dbf":
        grids = [read_dbf(path, limits, encoding=saved.encoding)]
    else:
        grids = [read_delimited(path, limits, encoding=saved.encoding, delimiter=saved.delimiter)]
    grids = [grid for grid in grids if grid.cells.height]
    if not grids:
        raise UnreadableFile("empty_file", "Файл пуст. Выгрузите данные ещё раз и проверьте, что в отчёте есть строки.")
    if len(grids) == 1:
        return grids
    worth = [table_worth(grid) for grid in grids]
    best = max(worth)
    order = sorted(range(len(grids)), key=lambda index: (-worth[index], index))
    return [grids[index] for index in order if worth[index] >= max(2.0, best * 0.5) or worth[index] == best]
