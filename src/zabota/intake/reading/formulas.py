"""Formulas whose value was never computed: a program wrote the book and Excel has not opened it since."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_BLOCK: Final = 1 << 20
_TAIL: Final = 1 << 16  # a cell is never longer in such books; cut blocks are joined by it
_BARE: Final = re.compile(
    rb'<c r="([A-Z]{1,3})(\d{1,7})"[^>]*>\s*<f[^>]*?(?:/>|>([^<]*)</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>'
)
_SHEET: Final = re.compile(rb"<sheet\b[^>]*>")
_RELATION: Final = re.compile(rb"<Relationship\b[^>]*>")


def bare_formulas(path: Path, limit: int = 100_000) -> dict[str, dict[tuple[int, int], str]]:
    """By sheet: zero-based (row, column) and the text of the formula, «=A1+B1»."""
    if not zipfile.is_zipfile(path):
        return {}
    found: dict[str, dict[tuple[int, int], str]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name, part in _sheets(archive):
                cells = dict(_scan(archive, part, limit))
                if cells:
                    found[name] = cells
    except (KeyError, OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError):
        return {}
    return found


def _sheets(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    names = set(archive.namelist())
    if "xl/workbook.xml" not in names or "xl/_rels/workbook.xml.rels" not in names:
        return
    targets = {
        _attribute(tag, b"Id"): _attribute(tag, b"Target")
        for tag in _RELATION.findall(archive.read("xl/_rels/workbook.xml.rels"))
    }
    for tag in _SHEET.findall(archive.read("xl/workbook.xml")):
        target = targets.get(_attribute(tag, b"r:id"), "").lstrip("/")
        part = target if target.startswith("xl/") else f"xl/{target}"
        if part in names:
            yield _attribute(tag, b"name"), part


def _attribute(tag: bytes, name: bytes) -> str:
    match = re.search(rb"\b" + name + rb'="([^"]*)"', tag)
    text = match.group(1).decode("utf-8", "replace") if match else ""
    for entity, character in (("&quot;", '"'), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(entity, character)
    return text


def _scan(archive: zipfile.ZipFile, part: str, limit: int) -> Iterator[tuple[tuple[int, int], str]]:
    count = 0
    with archive.open(part) as stream:
        rest = b""
        while block := stream.read(_BLOCK):
            text = rest + block
            last = 0
            if b"<f" in text:
                for match in _BARE.finditer(text):
                    last = match.end()
                    count += 1
                    if count > limit:
                        return
                    formula = (match.group(3) or b"").decode("utf-8", "replace")
                    yield (int(match.group(2)) - 1, _column(match.group(1))), f"={formula[:200]}"
            rest = text[max(last, len(text) - _TAIL) :]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
