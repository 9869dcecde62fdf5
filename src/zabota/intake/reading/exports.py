"""Read a clinic's export: files in, clean columns and an account of every row out."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from zabota.intake.reading.assembling import assemble
from zabota.intake.reading.errors import UnreadableFile
from zabota.intake.reading.exchange import read_facts, read_tables
from zabota.intake.reading.limits import DEFAULT, Limits
from zabota.intake.reading.process import read_apart
from zabota.intake.reading.results import FileFacts, Reading, Table
from zabota.intake.rules.mapping import SavedMapping

Progress = Callable[[int, int], None]
_FILE, _UNITING = 1000, 200  # shares of the work in progress reports


def read_export(
    paths: Sequence[Path],
    *,
    mapping: SavedMapping | None = None,
    today: date,
    limits: Limits = DEFAULT,
    progress: Progress | None = None,
    keep: Sequence[Path] | None = None,
) -> Reading:
    """Read files of one export together; raises UnreadableFile with a clear sentence when one cannot be read.

    `keep` names a folder for each file, where what was read of it stays for the next time. `progress` is given parts of the whole work, not rows: how many rows there are is known only at the end.
    """
    if not paths:
        raise UnreadableFile("no_file", "Не указан файл выгрузки.")
    total = _FILE * len(paths) + _UNITING
    tables: list[Table] = []
    with ExitStack() as folders:
        for number, path in enumerate(paths):

            def tell(done: int, number: int = number) -> None:
                if progress is not None:
                    progress(_FILE * number + done, total)

            try:
                folder = folders.enter_context(
                    read_apart(
                        Path(path),
                        mapping=mapping and mapping.of_file(number + 1),
                        today=today,
                        limits=limits,
                        clean=True,
                        tell=tell,
                        keep=keep[number] if keep else None,
                    )
                )
            except UnreadableFile as error:
                error.path = Path(path)
                raise
            tables.extend(read_tables(folder))
        reading = assemble(tables, today=today)
    if progress is not None:
        progress(total, total)
    return reading


def recognise(path: Path, *, mapping: SavedMapping | None = None, today: date, limits: Limits = DEFAULT) -> FileFacts:
    """What can be said of a file before its rows are read; of a book, its sheet that looks most like visits."""
    return recognise_all(path, mapping=mapping, today=today, limits=limits)[0]


def recognise_all(
    path: Path, *, mapping: SavedMapping | None = None, today: date, limits: Limits = DEFAULT
) -> list[FileFacts]:
    """As `recognise`, each table of the file that would be read."""
    with read_apart(
        Path(path), mapping=mapping, today=today, limits=limits, clean=False, tell=lambda done: None
    ) as folder:
        return read_facts(folder)[0]
