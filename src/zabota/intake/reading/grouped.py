"""A report printed by groups: what stands only in the titles of groups becomes columns of the lines under them."""

from collections.abc import Set
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from zabota.intake.reading.grid import Grid
from zabota.intake.rules.grouping import GROUP_HEADERS, filled_down, is_number, levels_of_header, told_by_title
from zabota.intake.rules.tables import HeaderFound

_COVERED: Final = 0.5  # of the lines stand under a title: otherwise titles are remarks, not groups


@dataclass(frozen=True, slots=True)
class Ungrouped:
    """The grid with its new columns, its header with their names, and the rows that were titles."""

    grid: Grid
    header: HeaderFound
    titles: frozenset[int]


def ungroup(grid: Grid, header: HeaderFound, fields: Set[str]) -> Ungrouped | None:
    """Columns for the fields that only titles of groups hold; None when there are no such titles.

    `fields` are those that have a column already.
    """
    if not header.height or grid.named_columns or grid.width < 2:
        return None
    names = [*header.names[: grid.width], *[""] * (grid.width - len(header.names))]
    levels = {place: found for place, name in enumerate(names) if (found := levels_of_header(name))}
    known = set(fields)
    for found in levels.values():
        known = (known - {field for field, _ in found}) | {found[-1][0]}
    lacking = frozenset(GROUP_HEADERS) - known - ({"full_name"} if known & {"surname", "name"} else set())
    outer = {place: found[0][0] for place, found in levels.items()}
    titles, single = _titles(grid, header, lacking, outer)
    if not titles:
        return None
    body = grid.cells.slice(header.row + header.height, None)
    filled = body.select(pl.sum_horizontal(pl.exclude("row").is_not_null()).alias("filled"))["filled"]
    lines = [place for place, count in enumerate(filled.to_list()) if count and place not in single]
    told = {
        field: values
        for field, values in filled_down(titles, lines).items()
        if lines and sum(value is not None for value in values) >= _COVERED * len(lines)
    }
    if not told:
        return None
    first = header.row + header.height
    for place, found in levels.items():
        names[place] = found[-1][1]
    cells = grid.cells
    for number, (field, values) in enumerate(told.items()):
        column: list[str | None] = [None] * cells.height
        for place, value in zip(lines, values, strict=True):
            column[first + place] = value
        cells = cells.with_columns(pl.Series(f"c{grid.width + number}", column, dtype=pl.String))
        names.append(GROUP_HEADERS[field])
    rows = body["row"]
    return Ungrouped(
        replace(grid, cells=cells),
        replace(header, names=tuple(names)),
        frozenset(int(rows[place]) for place, field, _ in titles if field in told),
    )


def _titles(
    grid: Grid, header: HeaderFound, lacking: Set[str], outer: dict[int, str]
) -> tuple[list[tuple[int, str, str]], set[int]]:
    """Titles `(place, field, value)` in the body, and the places of all rows that hold one text and no more."""
    body = grid.cells.slice(header.row + header.height, None).with_row_index("place")
    short = body.filter(
        pl.sum_horizontal(pl.exclude("place", "row").is_not_null()).is_between(1, max(2, grid.width // 2))
    )
    titles: list[tuple[int, str, str]] = []
    single: set[int] = set()
    for row in short.iter_rows():
        texts = [(column, cell) for column, cell in enumerate(row[2:]) if cell is not None and not is_number(cell)]
        if len(texts) != 1:
            continue
        single.add(row[0])
        column, title = texts[0]
        told = told_by_title(title, lacking=lacking, level=outer.get(column, ""))
        if told:
            titles.append((row[0], *told))
    return titles, single
