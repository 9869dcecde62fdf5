"""What a file is, told by its bytes and not by its name; whatever may harm or cannot be a table is refused before unpacking."""

import codecs
import mmap
import re
import zipfile
from pathlib import Path
from typing import Final, Literal

from zabota.intake.reading.errors import UnreadableFile
from zabota.intake.reading.limits import Limits
from zabota.intake.rules.encodings import utf16_without_bom

Form = Literal["text", "workbook", "dbf", "html", "spreadsheetml"]

_ARCHIVES: Final = (
    ".zip",
    ".rar",
    ".7z",
    ".gz",
    ".xlsx",
    ".xlsm",
    ".xlsb",
    ".xls",
    ".ods",
    ".docx",
    ".jar",
    ".bz2",
    ".tar",
)
_FOREIGN: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"%PDF", "pdf", "Это PDF, таблицу из него не прочесть. Выгрузите отчёт в Excel или CSV."),
    (b"Rar!", "archive", "Это архив. Распакуйте его и загрузите сами файлы."),
    (b"7z\xbc\xaf", "archive", "Это архив. Распакуйте его и загрузите сами файлы."),
    (b"\x1f\x8b", "archive", "Это архив. Распакуйте его и загрузите сами файлы."),
    (b"BZh", "archive", "Это архив. Распакуйте его и загрузите сами файлы."),
    (b"\xfd7zXZ", "archive", "Это архив. Распакуйте его и загрузите сами файлы."),
    (b"\x89PNG", "picture", "Это картинка. Выгрузите отчёт в Excel или CSV."),
    (b"\xff\xd8\xff", "picture", "Это картинка. Выгрузите отчёт в Excel или CSV."),
    (b"GIF8", "picture", "Это картинка. Выгрузите отчёт в Excel или CSV."),
    (b"MZ", "program", "Это программа, а не таблица. Выгрузите отчёт в Excel или CSV."),
    (b"\x7fELF", "program", "Это программа, а не таблица. Выгрузите отчёт в Excel или CSV."),
    (b"SQLite format 3", "database", "Это файл базы данных. Выгрузите из программы отчёт в Excel или CSV."),
    (b"MOXCEL", "mxl", "Это таблица 1С (MXL). В 1С выберите «Сохранить как» и формат Excel или CSV."),
    (b"{\\rtf", "document", "Это текстовый документ. Выгрузите отчёт в Excel или CSV."),
    (b"MIME-Version:", "mhtml", "Это веб-страница одним файлом. Откройте её в Excel и сохраните как книгу Excel или CSV."),
)  # fmt: skip
_DBF_KINDS: Final = frozenset(
    (0x02, 0x03, 0x04, 0x05, 0x30, 0x31, 0x32, 0x43, 0x63, 0x7B, 0x83, 0x8B, 0x8C, 0x8E, 0xCB, 0xE5, 0xEB, 0xF5, 0xFB)
)
_PART_HEAD = 65536
_RATIO_FLOOR = 1024 * 1024  # small parts pack a hundredfold without malice


def recognise_form(path: Path, limits: Limits) -> Form:
    """The form of a file that is safe to open; UnreadableFile otherwise."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise UnreadableFile("no_file", f"«{path.name}» не файл. Укажите файл выгрузки.")
        with path.open("rb") as stream:
            head = stream.read(16384)
    except FileNotFoundError as error:
        raise UnreadableFile("no_file", f"Файла «{path.name}» нет. Проверьте путь.") from error
    except OSError as error:
        raise UnreadableFile(
            "no_access", f"Файл «{path.name}» не открывается: нет доступа или его держит другая программа."
        ) from error
    if not size or not head.strip(b"\x00\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise UnreadableFile("empty_file", "Файл пуст. Выгрузите данные ещё раз и проверьте, что в отчёте есть строки.")
    if size > limits.file_bytes:
        raise UnreadableFile(
            "too_large",
            f"Файл больше {limits.file_bytes // 1024 // 1024} МБ. Разделите выгрузку по годам и загрузите все части вместе.",
        )
    for magic, code, text in _FOREIGN:
        if head.startswith(magic) and (len(magic) > 2 or b"\x00" in head[:512]):
            raise UnreadableFile(code, text)
    if head.startswith(b"PK"):
        check_zip(path, limits)
        return "workbook"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        _check_compound(path)
        return "workbook"
    if _is_dbf(head, size):
        return "dbf"
    return _text_form(head)


def check_zip(path: Path, limits: Limits) -> None:
    """Sizes from the directory of the archive, before a byte is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if len(parts) > limits.packed_files:
                raise UnreadableFile(
                    "bomb", f"В книге больше {limits.packed_files} частей. Оставьте один лист и сохраните как CSV."
                )
            packed = sum(part.compress_size for part in parts)
            unpacked = sum(part.file_size for part in parts)
            honest = unpacked <= limits.honest_ratio * max(packed, 1)
            most = limits.honest_bytes if honest else limits.unpacked_bytes
            if unpacked > most:
                raise UnreadableFile(
                    "bomb",
                    f"Книга после распаковки больше {most // 1024 // 1024} МБ. Сохраните её как CSV или разделите по годам.",
                )
            heavy = any(
                part.file_size > _RATIO_FLOOR and part.file_size > limits.unpack_ratio * max(part.compress_size, 1)
                for part in parts
            )
            if heavy or (unpacked > _RATIO_FLOOR and unpacked > limits.unpack_ratio * max(packed, 1)):
                raise UnreadableFile(
                    "bomb",
                    f"Книга сжата больше чем в {limits.unpack_ratio} раз: так сжимают вредоносные файлы. Сохраните её как CSV.",
                )
            _check_parts(archive, parts)
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError, EOFError, RuntimeError) as error:
        raise UnreadableFile(
            "broken_workbook", "Книга Excel повреждена и не открывается. Выгрузите её заново или сохраните как CSV."
        ) from error


def _check_parts(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> None:
    names = {part.filename.replace("\\", "/") for part in parts}
    lowered = {name.lower() for name in names}
    if any(part.flag_bits & 1 for part in parts):
        raise UnreadableFile("encrypted", "Файл защищён паролем. Снимите пароль и сохраните его ещё раз.")
    if any(name.endswith("vbaproject.bin") or name.startswith(("basic/", "scripts/")) for name in lowered):
        raise UnreadableFile(
            "macros",
            "В книге есть макросы, такие файлы не принимаются. Сохраните её как обычную книгу Excel (.xlsx) или CSV.",
        )
    known = {"xl/workbook.xml", "xl/workbook.bin", "content.xml"} & lowered
    if not known:
        if any(name.startswith("word/") for name in lowered):
            raise UnreadableFile("document", "Это текстовый документ. Выгрузите отчёт в Excel или CSV.")
        raise UnreadableFile("archive", "Это архив. Распакуйте его и загрузите сами файлы.")
    if any(name.endswith(_ARCHIVES) for name in lowered):
        raise UnreadableFile(
            "nested_archive", "Внутри книги лежит архив, такие файлы не принимаются. Сохраните таблицу как CSV."
        )
    for part in parts:
        if part.filename.lower().endswith((".xml", ".rels")):
            with archive.open(part) as stream:
                head = stream.read(_PART_HEAD)
            plain = head.replace(b"\x00", b"").upper()
            if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
                raise UnreadableFile(
                    "entities", "Внутри книги чужие ссылки, такие файлы не принимаются. Сохраните таблицу как CSV."
                )
            if part.filename == "[Content_Types].xml" and b"MACROENABLED" in plain:
                raise UnreadableFile(
                    "macros",
                    "В книге есть макросы, такие файлы не принимаются. Сохраните её как обычную книгу Excel (.xlsx) или CSV.",
                )
            if part.filename == "META-INF/manifest.xml" and b"ENCRYPTION-DATA" in plain:
                raise UnreadableFile("encrypted", "Файл защищён паролем. Снимите пароль и сохраните его ещё раз.")


def _check_compound(path: Path) -> None:
    """The old container of Office: what lies in it stands in its directory as UTF-16 names at 128-byte places."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if _has_entry(data, "EncryptedPackage"):
            raise UnreadableFile("encrypted", "Файл защищён паролем. Откройте его, снимите пароль и сохраните ещё раз.")
        if _has_entry(data, "_VBA_PROJECT_CUR") or _has_entry(data, "_VBA_PROJECT"):
            raise UnreadableFile(
                "macros",
                "В книге есть макросы, такие файлы не принимаются. Сохраните её как обычную книгу Excel (.xlsx) или CSV.",
            )
        if not _has_entry(data, "Workbook") and not _has_entry(data, "Book"):
            raise UnreadableFile("document", "Это документ Office, но не книга Excel. Выгрузите отчёт в Excel или CSV.")


def _has_entry(data: mmap.mmap, name: str) -> bool:
    wanted = name.encode("utf-16-le") + b"\x00\x00"
    position = data.find(wanted)
    while position >= 0:
        if position % 128 == 0:
            return True
        position = data.find(wanted, position + 2)
    return False


def _is_dbf(head: bytes, size: int) -> bool:
    if len(head) < 65 or head[0] not in _DBF_KINDS:
        return False
    header = int.from_bytes(head[8:10], "little")
    record = int.from_bytes(head[10:12], "little")
    records = int.from_bytes(head[4:8], "little")
    plausible = head[2] <= 12 and head[3] <= 31 and header >= 65 and record > 1 and header <= size
    return (
        plausible
        and header + record * max(records - 1, 0) <= size + record
        and (header > len(head) or head[header - 1] in (0x0D, 0x00) or b"\x0d" in head[32:header])
    )


def _text_form(head: bytes) -> Form:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = head.decode("utf-16", "replace")
    elif wide := utf16_without_bom(head):
        text = head.decode(wide, "replace")
    else:
        text = head.decode("latin-1")
    start = text.lstrip("\ufeffï»¿ \t\r\n\x00").lower()
    if "urn:schemas-microsoft-com:office:spreadsheet" in start[:4000] and start.startswith("<?xml"):
        return "spreadsheetml"
    if start.startswith(("<html", "<!doctype html", "<table", "<head", "<meta", "<body", "<style")) or re.match(
        r"<\?xml[^>]*>\s*(?:<!doctype[^>]*>\s*)?<html", start
    ):
        return "html"
    if start.startswith("<?xml") or re.match(r"<[a-zа-я_:]+[\s>]", start):
        raise UnreadableFile("xml", "Это XML, а не таблица. Выгрузите отчёт в Excel или CSV.")
    if re.match(r"[\[{]\s*[\[{\"]", start):
        raise UnreadableFile("json", "Это JSON, а не таблица. Выгрузите отчёт в Excel или CSV.")
    if not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and not utf16_without_bom(head):
        zeros = head.count(0)
        control = sum(byte < 9 or 13 < byte < 32 for byte in head) - zeros
        half = zeros / len(head)
        if control > len(head) * 0.02 or (0.001 < half < 0.05 and zeros > 3):
            raise UnreadableFile("binary", "Это не таблица: внутри двоичные данные. Выгрузите отчёт в Excel или CSV.")
    return "text"
