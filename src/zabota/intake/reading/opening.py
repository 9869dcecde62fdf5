"""Open a file by what it is, not by what it is called; dangerous and foreign files are refused before unpacking."""

from pathlib import Path

from zabota.intake.reading.delimited import read_delimited
from zabota.intake.reading.errors import UnreadableFile
from zabota.intake.reading.grid import Grid
from zabota.intake.reading.limits import Limits
from zabota.intake.reading.workbooks import read_workbook
from zabota.intake.rules.mapping import SavedMapping


def open_grids(path: Path, limits: Limits, mapping: SavedMapping | None) -> list[Grid]:
    """All tables of a file as they stand in it."""
    saved = mapping or SavedMapping()
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(8192)
    except FileNotFoundError as error:
        raise UnreadableFile("no_file", f"Файла «{path.name}» нет. Проверьте путь.") from error
    except OSError as error:
        raise UnreadableFile("no_access", f"Файл «{path.name}» не открывается: нет доступа.") from error
    if not size:
        raise UnreadableFile("empty_file", "Файл пуст. Выгрузите данные ещё раз и проверьте, что в отчёте есть строки.")
    if size > limits.file_bytes:
        raise UnreadableFile("too_large", "Файл слишком велик. Разделите выгрузку по годам.")
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        grids = read_workbook(path, limits, sheet=saved.sheet)
    else:
        grids = [read_delimited(path, limits, encoding=saved.encoding, delimiter=saved.delimiter)]
    if not grids:
        raise UnreadableFile("empty_file", "Файл пуст. Выгрузите данные ещё раз и проверьте, что в отчёте есть строки.")
    return grids
