"""Every table and drawing of the reports' pages can be taken away: CSV and XLSX of each, SVG and PNG of a drawing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2]
PAGES = [
    *sorted((SOURCE / "desk/templates/desk/insight").glob("*.html")),
    SOURCE / "desk/templates/desk/calendar/load.html",
    *sorted((SOURCE / "desk/templates/desk/control").glob("*.html")),
    SOURCE / "desk/templates/desk/nextstep/rule.html",
    *sorted((SOURCE / "analytics/templates/analytics").glob("_*.html")),
]
BLOCK = re.compile(r"<(c-card|c-chart|section|figure)\b")
SHOWN = re.compile(r"<(?:c-table|c-heat|table|c-lines)\b")
TAKEN_BY_INCLUDE = "analytics/_take"


def blocks(text: str) -> list[str]:
    """Cards, charts and sections, each whole; a card within a section stands for itself."""
    found = []
    for opening in BLOCK.finditer(text):
        tag = opening.group(1)
        depth, at = 0, opening.start()
        for each in re.finditer(rf"<(/?){tag}\b([^>]*?)(/?)>", text[at:]):
            depth += -1 if each.group(1) else 0 if each.group(3) else 1
            if depth <= 0:
                found.append(text[at : at + each.end()])
                break
    return found


def takes(block: str, form: str) -> bool:
    return f"'{form}'" in block or f".{form}" in block or f'{form}="' in block or TAKEN_BY_INCLUDE in block


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_table_stands_in_a_block_that_gives_it_as_csv_and_xlsx(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tables = [each.start() for each in SHOWN.finditer(text)]
    around = [(text.index(block), block) for block in blocks(text)]
    for start in tables:
        inside = [block for at, block in around if at < start < at + len(block)]
        # A page of one list gives it at the head.
        nearest = min(inside, key=len) if inside and len(tables) > 1 else text
        line = text.count("\n", 0, start) + 1
        for form in ("csv", "xlsx"):
            assert takes(nearest, form), f"{path.name}:{line}: a table without its {form.upper()}"


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_drawing_gives_its_figures_and_its_picture(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for block in blocks(text):
        opening = block[: block.index(">")]
        if block.startswith("<c-chart"):
            assert 'csv="' in block and 'xlsx="' in block, f"{path.name}: {opening[:80]}"
            assert ":data=" in block or "drawn=" in block, f"{path.name}: {opening[:80]} has no SVG and PNG"
        elif "data-drawing" in opening:
            assert takes(block, "csv") and takes(block, "xlsx"), f"{path.name}: {opening[:80]}"
            assert "c-pictures" in block or "analytics/_take.html" in block, f"{path.name}: {opening[:80]}"
