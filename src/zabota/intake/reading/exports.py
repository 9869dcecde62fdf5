"""Read a clinic's export: files in, clean columns and an account of every row out."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from zabota.intake.reading.assembling import Table, assemble
from zabota.intake.reading.cleaning import clean_table
from zabota.intake.reading.limits import DEFAULT, Limits
from zabota.intake.reading.opening import open_grids
from zabota.intake.reading.recognising import recognise_grid, require_use
from zabota.intake.reading.results import FileFacts, Reading
from zabota.intake.rules.mapping import SavedMapping

Progress = Callable[[int, int], None]


def read_export(
    paths: Sequence[Path],
    *,
    mapping: SavedMapping | None = None,
    today: date,
    limits: Limits = DEFAULT,
    progress: Progress | None = None,
) -> Reading:
    """Read files of one export together; raises UnreadableFile with a clear sentence when one cannot be read."""
    tables: list[Table] = []
    for path in paths:
        for grid in open_grids(Path(path), limits, mapping)[:1]:
            found = recognise_grid(Path(path), grid, today=today, mapping=mapping)
            require_use(found)
            cleaned = clean_table(found, today=today, mapping=mapping, step=lambda share: None)
            tables.append(Table(found.facts, cleaned.lines, cleaned.remarks, cleaned.status_assumed, found.grid.cells))
    if progress:
        progress(1, 1)
    return assemble(tables, today=today)


def recognise(path: Path, *, mapping: SavedMapping | None = None, today: date, limits: Limits = DEFAULT) -> FileFacts:
    """What can be said of a file before its rows are read."""
    grid = open_grids(path, limits, mapping)[0]
    return recognise_grid(path, grid, today=today, mapping=mapping).facts
