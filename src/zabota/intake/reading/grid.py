"""A sheet as it stands in the file: every row in order, every cell as trimmed text, nothing understood yet."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from zabota.intake.reading.errors import UnreadableFile
from zabota.intake.reading.limits import Limits

CHUNK = 20_000


@dataclass(slots=True)
class Grid:
    """`cells` has `row` (number a person sees in the file) and `c0`, `c1`, …; an empty cell is null."""

    cells: pl.DataFrame
    format: str
    sheet: str = ""
    encoding: str = ""
    encoding_confidence: float = 1.0
    delimiter: str = ""
    epoch_1904: bool = False
    remarks: list[str] = field(default_factory=list)
    named_columns: tuple[str, ...] = ()  # formats that carry names outside of rows (DBF)
    merged: list[tuple[int, int, int]] = field(default_factory=list)  # column, first and last row, as places in `cells`

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.cells.width - 1

    def head(self, count: int) -> list[list[str]]:
        """First rows as plain lists, for looking at."""
        return [["" if cell is None else cell for cell in row[1:]] for row in self.cells.head(count).iter_rows()]


def fill_merged(cells: pl.DataFrame, merged: list[tuple[int, int, int]], first: int) -> pl.DataFrame:
    """Rows from the place `first` on: a cell merged over several rows speaks for all of them."""
    columns: dict[int, list[tuple[int, int]]] = {}
    for column, top, bottom in merged:
        if top >= first and f"c{column}" in cells.columns:
            columns.setdefault(column, []).append((top, min(bottom, cells.height - 1)))
    if not columns:
        return cells
    filled: list[pl.Series] = []
    for column, spans in columns.items():
        source = list(range(cells.height))
        for top, bottom in spans:
            source[top : bottom + 1] = [top] * (bottom + 1 - top)
        filled.append(cells[f"c{column}"].gather(pl.Series(source)))
    return cells.with_columns(filled)


def build_cells(
    rows: Iterable[Sequence[str]], limits: Limits, *, first_row: int = 1, keep_empty_end: bool = False
) -> pl.DataFrame:
    """Rows of text into columns, chunk by chunk, so that a long file never stands in memory twice.

    Empty rows at the end of a book are only formatted cells; in a text a line of delimiters is a line (`keep_empty_end`).
    """
    frames: list[pl.DataFrame] = []
    width = 1
    number = first_row
    for chunk in _chunks(_without_blank_end(rows) if keep_empty_end else rows):
        widest = max(len(row) for row in chunk)
        if widest > limits.columns:
            at = next(number + index for index, row in enumerate(chunk) if len(row) > limits.columns)
            raise UnreadableFile(
                "too_many_columns",
                f"В строке {at} больше {limits.columns} столбцов. Похоже, это не таблица визитов: выгрузите только нужные столбцы.",
                at,
            )
        width = max(width, widest)
        if number - first_row + len(chunk) > limits.rows:
            raise UnreadableFile(
                "too_many_rows",
                f"В файле больше {_spaced(limits.rows)} строк. Разделите выгрузку по годам и загрузите все части вместе.",
            )
        frames.append(_frame(chunk, widest, number, limits.cell_chars))
        number += len(chunk)
    if not frames:
        return pl.DataFrame({"row": pl.Series([], dtype=pl.Int32), "c0": pl.Series([], dtype=pl.String)})
    cells = pl.concat(frames, how="diagonal", rechunk=False).select("row", *(f"c{index}" for index in range(width)))
    return _without_empty_columns(cells if keep_empty_end else _without_empty_rows(cells))


def _frame(chunk: list[Sequence[str]], width: int, first: int, cell_chars: int) -> pl.DataFrame:
    padded = [row if len(row) == width else [*row, *[""] * (width - len(row))] for row in chunk]
    columns = {
        f"c{index}": pl.Series(values, dtype=pl.String) for index, values in enumerate(zip(*padded, strict=True))
    }
    frame = pl.DataFrame(columns) if columns else pl.DataFrame({"c0": pl.Series([None] * len(chunk), dtype=pl.String)})
    long = [name for name in frame.columns if (frame[name].str.len_bytes() > cell_chars).any()]
    if long:
        frame = frame.with_columns(pl.col(long).str.slice(0, cell_chars))
    trimmed = pl.all().str.strip_chars(" \t\r\n\u00a0\u200b\ufeff\u2009\u202f\x00")
    unwrapped = trimmed.str.replace(r'^="([^"]*)"$', "$1").str.replace(
        r"^'([\s=+@\-\d])", "$1"
    )  # ="0123" keeps zeros in Excel; =SUM stays visible as text
    frame = frame.select(unwrapped).with_columns(pl.when(pl.all() == "").then(None).otherwise(pl.all()).name.keep())
    return frame.select(pl.int_range(first, first + len(chunk), dtype=pl.Int32).alias("row"), pl.all())


def _without_empty_rows(cells: pl.DataFrame) -> pl.DataFrame:
    filled = cells.select(pl.any_horizontal(pl.exclude("row").is_not_null()).alias("any"))["any"]
    last = filled.arg_true()
    return cells.head(int(last[-1]) + 1 if len(last) else 0)


def _without_empty_columns(cells: pl.DataFrame) -> pl.DataFrame:
    """Columns after the last one that holds anything."""
    while cells.width > 2 and cells[cells.columns[-1]].null_count() == cells.height:
        cells = cells.drop(cells.columns[-1])
    return cells


def _without_blank_end(rows: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    """Lines without a single delimiter at the end are the end of the file, not rows."""
    held: list[Sequence[str]] = []
    for row in rows:
        if len(row) < 2 and not any(row):
            held.append(row)
            continue
        yield from held
        held.clear()
        yield row


def _chunks(rows: Iterable[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    chunk: list[Sequence[str]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) >= CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", "\u00a0")
