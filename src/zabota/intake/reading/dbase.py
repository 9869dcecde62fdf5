"""DBF tables of old systems: fixed fields, one-byte encodings, deleted records left out."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dbfread import DBF, FieldParser
from dbfread.exceptions import DBFNotFound, MissingMemoFile

from zabota.intake.reading.errors import UnreadableFile
from zabota.intake.reading.grid import Grid, build_cells
from zabota.intake.reading.limits import Limits
from zabota.intake.rules.encodings import ONE_BYTE, russian_score

_LANGUAGE: dict[int, str] = {0x26: "cp866", 0x65: "cp866", 0xC9: "cp1251", 0x57: "cp1251", 0x03: "cp1251"}


class _Tolerant(FieldParser):  # type: ignore[misc]
    """A field that breaks the rules of its type is kept as text: one bad number must not lose the table."""

    def parse(self, field: Any, data: bytes) -> Any:
        try:
            return super().parse(field, data)
        except (ValueError, TypeError, OverflowError):
            return self.decode_text(bytes(data).strip(b"\x00 "))


def read_dbf(path: Path, limits: Limits, *, encoding: str = "") -> Grid:
    """The table with the names of its fields as headers; the row is the number of the record."""
    chosen, confidence = (encoding, 1.0) if encoding else _encoding(path)
    try:
        table = DBF(
            str(path),
            encoding=chosen,
            parserclass=_Tolerant,
            ignore_missing_memofile=True,
            char_decode_errors="replace",
            lowernames=False,
        )
        names = tuple(str(name) for name in table.field_names)
        if len(names) > limits.columns:
            raise UnreadableFile(
                "too_many_columns", f"В файле больше {limits.columns} столбцов. Выгрузите только нужные."
            )
        if table.header.recordlen != 1 + sum(field.length for field in table.fields):
            raise ValueError("record length")
        if table.header.numrecords > limits.rows:
            raise UnreadableFile("too_many_rows", f"В файле больше {limits.rows} строк. Разделите выгрузку по годам.")
        cells = build_cells(_rows(table, limits), limits)
    except (OSError, ValueError, LookupError, AttributeError, EOFError, DBFNotFound, MissingMemoFile) as error:
        raise UnreadableFile(
            "broken_dbf", "Файл DBF повреждён и не читается. Выгрузите его заново или сохраните как CSV."
        ) from error
    width = max(len(names), 1)
    if cells.width - 1 > width:
        raise UnreadableFile(
            "broken_dbf", "Файл DBF повреждён и не читается. Выгрузите его заново или сохраните как CSV."
        )
    return Grid(cells, "dbf", "", chosen, confidence, named_columns=names)


def _rows(table: Any, limits: Limits) -> Iterator[list[str]]:
    for record in table:
        yield [_text(value, limits) for value in record.values()]


def _text(value: object, limits: Limits) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value[: limits.cell_chars]
    if isinstance(value, bool):
        return "да" if value else "нет"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, bytes):
        return ""
    return str(value)


def _encoding(path: Path) -> tuple[str, float]:
    """By the letters themselves; the language byte of the header is often wrong and only breaks a tie."""
    with path.open("rb") as stream:
        head = stream.read(32)
        stream.seek(int.from_bytes(head[8:10], "little"))
        sample = stream.read(200_000)
    told = _LANGUAGE.get(head[29], "cp866")
    if not any(byte > 127 for byte in sample):
        return told, 0.9
    scores = {name: russian_score(sample.decode(name, "replace")) for name in ONE_BYTE}
    scores[told] += 0.3
    best, second = sorted(scores.values(), reverse=True)[:2]
    name = max(scores, key=lambda key: scores[key])
    return name, round(0.99 if best - second > 1 else max(0.5, min(0.95, 0.5 + (best - second) / 2)), 2)
