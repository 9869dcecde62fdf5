"""A table of many columns is read row by row on a phone, each value beside the name of its column."""

from __future__ import annotations

import re
from pathlib import Path

TEMPLATES = Path(__file__).parents[1] / "templates"
#: Columns that a screen of 360 px holds side by side.
ABREAST = 3


def tables() -> list[tuple[str, str, str]]:
    """Of each table its page, its opening tag and what it holds."""
    found = []
    for path in sorted(TEMPLATES.rglob("*.html")):
        for opening, inside in re.findall(r"(<c-table\b[^>]*>)(.*?)</c-table>", path.read_text(encoding="utf-8"), re.S):
            found.append((path.name, opening, inside))
    return found


def test_tables_of_many_columns_are_stacked_on_a_phone() -> None:
    wide = [
        (page, opening)
        for page, opening, inside in tables()
        if inside.partition("</thead>")[0].count('scope="col"') > ABREAST and " stack" not in opening
    ]
    assert wide == []
    assert len(tables()) > 30


def test_values_of_a_stacked_table_carry_the_name_of_their_column() -> None:
    nameless = [
        (page, opening)
        for page, opening, inside in tables()
        if " stack" in opening
        and inside.partition("</thead>")[0].count('scope="col"') > ABREAST
        and inside.count("data-label=") < 2
    ]
    assert nameless == []
