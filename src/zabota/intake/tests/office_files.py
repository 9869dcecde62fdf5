"""Office files built by hand, as odd as those that come from clinics: xls, ods, XML of Excel 2003, dbf, spoilt books."""

import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import xlsxwriter

Cells = Sequence[Sequence[object]]


def xlsx_file(path: Path, rows: Cells, *, sheet: str = "Лист1", **options: object) -> Path:
    """A workbook with the cells as they are: numbers as numbers, dates as dates."""
    book = xlsxwriter.Workbook(
        str(path), {"default_date_format": "dd.mm.yyyy hh:mm", "strings_to_numbers": False, **options}
    )
    page = book.add_worksheet(sheet)
    for number, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            page.write(number, column, cell)
    book.close()
    return path


def ods_file(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    """A text spreadsheet of OpenDocument."""
    cells = "".join(
        "<table:table-row>" + "".join(f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>' for cell in line) + "</table:table-row>"
        for line in rows
    )  # fmt: skip
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">'
        f'<office:body><office:spreadsheet><table:table table:name="Визиты">{cells}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>',
        )
    return path


def spreadsheetml_file(path: Path, rows: Sequence[Sequence[str]], *, before: str = "") -> Path:
    """The XML of Excel 2003, saved as .xls by many programs."""
    lines = "".join(
        "<Row>" + "".join(f'<Cell><Data ss:Type="String">{escape(cell)}</Data></Cell>' for cell in line) + "</Row>"
        for line in rows
    )
    path.write_text(
        f'<?xml version="1.0" encoding="utf-8"?>{before}<?mso-application progid="Excel.Sheet"?>'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        f'<Worksheet ss:Name="Визиты"><Table>{lines}</Table></Worksheet></Workbook>',
        encoding="utf-8",
    )
    return path


def html_file(path: Path, rows: Sequence[Sequence[str]], *, encoding: str = "cp1251") -> Path:
    """A page of a report saved as .xls."""
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in line) + "</tr>" for line in rows)
    path.write_bytes(
        f'<html><head><meta charset="{encoding}"><style>td {{color: red}}</style></head><body><table border=1>{lines}</table></body></html>'.encode(
            encoding
        )
    )
    return path


def dbf_file(
    path: Path, names: Sequence[str], rows: Sequence[Sequence[str]], *, encoding: str = "cp866", language: int = 0x65
) -> Path:
    """A dBase III table of character fields."""
    widths = [max([10, *(len(line[index].encode(encoding)) for line in rows)]) for index in range(len(names))]
    header = struct.pack(
        "<BBBBIHH16xBB2x", 0x03, 126, 11, 20, len(rows), 32 + 32 * len(names) + 1, 1 + sum(widths), 0, language
    )
    fields = b"".join(
        name.encode("ascii").ljust(11, b"\0") + b"C" + b"\0" * 4 + bytes([width, 0]) + b"\0" * 14
        for name, width in zip(names, widths, strict=True)
    )
    body = b"".join(
        b" " + b"".join(cell.encode(encoding).ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in rows
    )
    path.write_bytes(header + fields + b"\r" + body + b"\x1a")
    return path


def xls_file(path: Path, rows: Sequence[Sequence[str]], *, stream: str = "Workbook", extra: Sequence[str] = ()) -> Path:
    """An Excel 97 book of text cells in its compound container; `extra` names further entries of the directory."""

    def record(code: int, data: bytes) -> bytes:
        return struct.pack("<HH", code, len(data)) + data

    start = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 6))
    sheet_name = "Визиты".encode("utf-16-le")
    place = len(start) + 4 + 8 + len(sheet_name) + 4
    books = (
        start
        + record(0x85, struct.pack("<IBBBB", place, 0, 0, len(sheet_name) // 2, 1) + sheet_name)
        + record(0x0A, b"")
    )
    width = max(len(line) for line in rows)
    sheet = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 6)) + record(
        0x200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0)
    )
    for number, line in enumerate(rows):
        for column, cell in enumerate(line):
            if cell:
                sheet += record(
                    0x204, struct.pack("<HHHHB", number, column, 0, len(cell), 1) + cell.encode("utf-16-le")
                )
    data = books + sheet + record(0x0A, b"")
    path.write_bytes(_compound(data, stream, extra))
    return path


def _compound(data: bytes, stream: str, extra: Sequence[str]) -> bytes:
    data = data.ljust(max(4096, -(-len(data) // 512) * 512), b"\0")
    sectors = len(data) // 512
    entries = [
        ("Root Entry", 5, 0xFFFFFFFE, 0),
        (stream, 2, 0, len(data)),
        *((name, 2, 0xFFFFFFFE, 0) for name in extra),
    ]
    directory = b""
    for index, (name, kind, first, size) in enumerate(entries):
        raw = name.encode("utf-16-le") + b"\0\0"
        right = index + 1 if 0 < index < len(entries) - 1 else 0xFFFFFFFF
        child = 1 if index == 0 else 0xFFFFFFFF
        directory += raw.ljust(64, b"\0") + struct.pack(
            "<HBBIII16xI8x8xIQ", len(raw), kind, 1, 0xFFFFFFFF, right, child, 0, first, size
        )
    directory = directory.ljust(-(-len(directory) // 512) * 512, b"\0")
    dir_sectors = len(directory) // 512
    total = sectors + dir_sectors
    fat_sectors = 1
    while (total + fat_sectors) > fat_sectors * 128:
        fat_sectors += 1
    fat = [index + 1 for index in range(sectors)]
    fat[-1] = 0xFFFFFFFE
    fat += [index + 1 for index in range(sectors, sectors + dir_sectors)]
    fat[-1] = 0xFFFFFFFE
    fat += [0xFFFFFFFD] * fat_sectors
    fat += [0xFFFFFFFF] * (fat_sectors * 128 - len(fat))
    table = [total + index for index in range(fat_sectors)] + [0xFFFFFFFF] * (109 - fat_sectors)
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\0" * 16
        + struct.pack(
            "<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, fat_sectors, sectors, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0
        )
        + struct.pack("<109I", *table)
    )
    return header + data + directory + struct.pack(f"<{len(fat)}I", *fat)
