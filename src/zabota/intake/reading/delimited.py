"""Text files: csv, txt, tsv in any of the encodings and delimiters of clinics' systems."""

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path

from zabota.intake.reading.errors import UnreadableFile
from zabota.intake.reading.grid import Grid, build_cells
from zabota.intake.reading.limits import Limits
from zabota.intake.rules.delimiters import declared_delimiter, sniff_delimiter
from zabota.intake.rules.encodings import EncodingFound, recognise_encoding, undo_mojibake

EMPTY_RU = "Файл пуст. Выгрузите данные ещё раз и проверьте, что в отчёте есть строки."
HEAD_BYTES = 256 * 1024
SWALLOWED_LINES = 60  # a cell of more lines is a quote that was never closed


class _OpenQuote(Exception):
    """A quote opened in one row swallowed the next ones."""


def read_delimited(path: Path, limits: Limits, *, encoding: str = "", delimiter: str = "") -> Grid:
    """The whole file as a grid."""
    found = EncodingFound(encoding, 1.0) if encoding else detect_encoding(path)
    if found.lost:
        raise UnreadableFile(
            "mojibake",
            "Русские буквы в файле потеряны при сохранении («пїЅ»). Выгрузите файл заново в UTF-8 или Windows-1251.",
        )
    try:
        sample = _sample(path, found)
        if not sample.strip():
            raise UnreadableFile("empty_file", EMPTY_RU)
        declared = declared_delimiter(sample.split("\n", 1)[0])
        chosen, _ = (delimiter, 1.0) if delimiter else (declared, 1.0) if declared else sniff_delimiter(sample)
        try:
            cells = build_cells(
                _records(path, found, chosen or ";", bool(declared), limits), limits, keep_empty_end=True
            )
        except _OpenQuote:
            cells = build_cells(
                _plain_records(path, found, chosen or ";", bool(declared), limits), limits, keep_empty_end=True
            )
    except (UnicodeError, LookupError) as error:
        raise UnreadableFile(
            "wrong_encoding",
            f"Файл не читается в кодировке {found.encoding}. Выгрузите его в UTF-8 или Windows-1251, либо выберите кодировку сами.",
        ) from error
    remarks = ["mojibake_repaired"] if found.repair else []
    return Grid(cells, "text", "", found.encoding, found.confidence, chosen, remarks=remarks)


def detect_encoding(path: Path) -> EncodingFound:
    """Decide on the beginning of the file and on whether all of it is strict UTF-8."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if len(head) == HEAD_BYTES and b"\n" in head:
        head = head[: head.rfind(b"\n") + 1]
    return recognise_encoding(head, utf8_whole=_strict_utf8(path))


def _strict_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        try:
            while block := stream.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _open(path: Path, found: EncodingFound) -> io.TextIOWrapper:
    # one-byte encodings have holes (0x98 in cp1251): a stray byte must not lose the file
    return path.open("r", encoding=found.encoding, errors="replace", newline="")


def _sample(path: Path, found: EncodingFound) -> str:
    with _open(path, found) as stream:
        text = stream.read(65536)
    if len(text) == 65536 and "\n" in text:
        text = text[: text.rfind("\n") + 1]
    if found.repair:
        text = "\n".join(undo_mojibake(line, found.repair) for line in text.split("\n"))
    return text


def _lines(path: Path, found: EncodingFound, skip_first: bool, limits: Limits) -> Iterator[str]:
    with _open(path, found) as stream:
        number = 0
        while line := stream.readline(limits.line_chars + 1):
            number += 1
            if len(line) > limits.line_chars:
                raise UnreadableFile(
                    "line_too_long",
                    f"Строка {number} длиннее {limits.line_chars} знаков: это не таблица или файл повреждён. Выгрузите его заново.",
                    number,
                )
            if skip_first and number == 1:
                continue
            yield undo_mojibake(line, found.repair) if found.repair else line.replace("\x00", "")


def _records(path: Path, found: EncodingFound, delimiter: str, skip_first: bool, limits: Limits) -> Iterator[list[str]]:
    csv.field_size_limit(limits.line_chars * 2)
    reader = csv.reader(
        _lines(path, found, skip_first, limits), delimiter=delimiter, skipinitialspace=delimiter != "\t"
    )
    before, width = 0, 0
    try:
        for record in reader:
            taken = reader.line_num - before
            before = reader.line_num
            if taken > 1:
                inner = max((cell.count(delimiter) for cell in record if "\n" in cell or "\r" in cell), default=0)
                if taken > SWALLOWED_LINES or (width > 2 and inner >= width - 1):
                    raise _OpenQuote
            width = max(width, len(record)) if len(record) <= limits.columns else width
            yield record
    except csv.Error:
        raise _OpenQuote from None


def _plain_records(
    path: Path, found: EncodingFound, delimiter: str, skip_first: bool, limits: Limits
) -> Iterator[list[str]]:
    """One line, one row: for files whose quotes cannot be trusted."""
    for line in _lines(path, found, skip_first, limits):
        text = line.rstrip("\r\n")
        if text.count('"') % 2 == 0:
            try:
                yield next(csv.reader([text], delimiter=delimiter, skipinitialspace=delimiter != "\t"), [])
                continue
            except csv.Error:
                pass
        yield [cell.strip().strip('"') for cell in text.split(delimiter)]
