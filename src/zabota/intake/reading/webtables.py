"""Tables that programs save as .xls though they are a web page or an XML of Excel 2003."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from zabota.intake.reading.delimited import detect_encoding
from zabota.intake.reading.errors import UnreadableFile
from zabota.intake.reading.grid import Grid, build_cells
from zabota.intake.reading.limits import Limits
from zabota.intake.rules.encodings import undo_mojibake

_BLOCK = 1 << 18
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w-]+)", re.I)
_NS = "{urn:schemas-microsoft-com:office:spreadsheet}"


def read_html(path: Path, limits: Limits) -> list[Grid]:
    """Each table of a page, in order."""
    found = detect_encoding(path)
    encoding = found.encoding
    with path.open("rb") as stream:
        declared = _CHARSET.search(stream.read(4096))
    if declared and encoding not in ("utf-8", "utf-8-sig", "utf-16"):
        encoding = declared.group(1).decode("ascii", "ignore")
    reader = _Tables(limits)
    try:
        with path.open("r", encoding=encoding, errors="replace") as text:
            while block := text.read(_BLOCK):
                reader.feed(undo_mojibake(block, found.repair) if found.repair else block)
        reader.close()
    except LookupError as error:
        raise UnreadableFile("wrong_encoding", f"Кодировка {encoding} незнакома. Сохраните файл как CSV.") from error
    grids = []
    for number, (rows, merged) in enumerate(zip(reader.tables, reader.merged, strict=True), start=1):
        if rows:
            cells = build_cells(rows, limits)
            if cells.height:
                shown = f"Таблица {number}" if len(reader.tables) > 1 else ""
                grids.append(Grid(cells, "html", shown, encoding, found.confidence, merged=merged))
    if not grids:
        raise UnreadableFile("empty_file", "В файле нет таблицы. Выгрузите отчёт в Excel или CSV.")
    return grids


def read_spreadsheetml(path: Path, limits: Limits, *, sheet: str = "") -> list[Grid]:
    """Sheets of an XML workbook of Excel 2003; entities are refused by the parser."""
    grids: list[Grid] = []
    rows: list[list[str]] = []
    name = ""
    number = 0
    try:
        for event, element in iterparse(path, events=("start", "end"), forbid_dtd=True):
            tag = element.tag
            if event == "start":
                if tag == f"{_NS}Worksheet":
                    name, rows, number = element.get(f"{_NS}Name") or "", [], 0
                continue
            if tag == f"{_NS}Row":
                number = int(element.get(f"{_NS}Index") or number + 1)
                if number > limits.rows + 40:
                    raise UnreadableFile(
                        "too_many_rows", f"В файле больше {limits.rows} строк. Разделите выгрузку по годам."
                    )
                while len(rows) < number - 1:
                    rows.append([])
                rows.append(list(_cells(element, limits)))
                element.clear()
            elif tag == f"{_NS}Worksheet":
                cells = build_cells(rows, limits)
                if cells.height and (not sheet or sheet == name):
                    grids.append(Grid(cells, "spreadsheetml", name))
                element.clear()
    except DefusedXmlException as error:
        raise UnreadableFile(
            "entities", "Внутри файла чужие ссылки, такие файлы не принимаются. Сохраните таблицу как CSV."
        ) from error
    except (ParseError, ValueError) as error:
        raise UnreadableFile(
            "broken_workbook", "Файл Excel повреждён и не открывается. Выгрузите его заново или сохраните как CSV."
        ) from error
    return grids


def _cells(row: Element, limits: Limits) -> Iterator[str]:
    place = 0
    for cell in row.iter(f"{_NS}Cell"):
        index = int(cell.get(f"{_NS}Index") or place + 1)
        if index > limits.columns:
            raise UnreadableFile(
                "too_many_columns", f"В файле больше {limits.columns} столбцов. Выгрузите только нужные."
            )
        while place < index - 1:
            place += 1
            yield ""
        data = cell.find(f"{_NS}Data")
        value = "" if data is None else "".join(data.itertext())
        kind = "" if data is None else data.get(f"{_NS}Type")
        if kind == "DateTime":
            value = value.replace("T", " ").split(".")[0]
        elif kind == "Boolean":
            value = "да" if value == "1" else "нет"
        place += 1
        yield value
        for _ in range(min(int(cell.get(f"{_NS}MergeAcross") or 0), limits.columns)):
            place += 1
            yield ""


class _Tables(HTMLParser):
    """Rows of every table; a spanned cell stands in its first place, the rest stay empty."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self.limits = limits
        self.tables: list[list[list[str]]] = []
        self.open: list[list[list[str]]] = []
        self.row: list[str] | None = None
        self.cell: list[str] | None = None
        self.span = 1
        self.down = 1
        self.merged: list[list[tuple[int, int, int]]] = []
        self.held: dict[int, int] = {}  # column: rows for which a cell above still stands
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "title"):
            self.silent += 1
        elif tag == "table":
            self._end_row()
            self.tables.append([])
            self.merged.append([])
            self.open.append(self.tables[-1])
            self.held = {}
        elif tag == "tr" and self.open:
            self._end_row()
            self.row = []
        elif tag in ("td", "th") and self.open:
            self._end_cell()
            if self.row is None:
                self.row = []
            named = dict(attrs)
            self.cell = []
            self.span = _number(named.get("colspan"), self.limits.columns)
            self.down = _number(named.get("rowspan"), 1000)
        elif tag == "br" and self.cell is not None:
            self.cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "title"):
            self.silent = max(0, self.silent - 1)
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "tr":
            self._end_row()
        elif tag == "table" and self.open:
            self._end_row()
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.cell is not None and not self.silent:
            self.cell.append(data)

    def close(self) -> None:
        super().close()
        self._end_row()

    def _end_cell(self) -> None:
        if self.cell is None or self.row is None:
            return
        while self.held.get(len(self.row), 0) > 0 and len(self.row) < self.limits.columns:
            self.held[len(self.row)] -= 1
            self.row.append("")
        text = "".join(self.cell).replace("\r", "")
        value = "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()[: self.limits.cell_chars]
        for number in range(self.span):
            if self.down > 1:
                self.held[len(self.row)] = self.down - 1
                rows = len(self.open[-1]) if self.open else 0
                if number == 0 and self.open and self.open[-1] is self.tables[-1]:
                    self.merged[-1].append((len(self.row), rows, rows + self.down - 1))
            self.row.append(value if number == 0 else "")
        self.cell = None
        if len(self.row) > self.limits.columns:
            raise UnreadableFile(
                "too_many_columns", f"В файле больше {self.limits.columns} столбцов. Выгрузите только нужные."
            )

    def _end_row(self) -> None:
        self._end_cell()
        if self.row is not None and self.open:
            while self.held.get(len(self.row), 0) > 0 and len(self.row) < self.limits.columns:
                self.held[len(self.row)] -= 1
                self.row.append("")
            rows = self.open[-1]
            rows.append(self.row)
            if len(rows) > self.limits.rows + 40:
                raise UnreadableFile(
                    "too_many_rows", f"В файле больше {self.limits.rows} строк. Разделите выгрузку по годам."
                )
        self.row = None


def _number(text: str | None, most: int) -> int:
    return min(max(int(text), 1), most) if text and text.strip().isdigit() and len(text.strip()) < 7 else 1
