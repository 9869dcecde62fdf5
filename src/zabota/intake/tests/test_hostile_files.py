"""Hostile, broken and foreign files are refused with one clear sentence, before unpacking where possible (T6)."""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from zabota.intake.reading.errors import UnreadableFile
from zabota.intake.reading.exports import read_export, recognise
from zabota.intake.reading.guarding import recognise_form
from zabota.intake.reading.limits import DEFAULT
from zabota.intake.tests.office_files import dbf_file, spreadsheetml_file, xls_file, xlsx_file
from zabota.intake.tests.reading_support import HEADER, MILA, PYOTR, TODAY, read_here, row, text_file

ROWS = [HEADER, MILA, PYOTR]


def refused(path: Path, **limits: int) -> UnreadableFile:
    with pytest.raises(UnreadableFile) as caught:
        read_here(path, limits=replace(DEFAULT, **limits))
    error = caught.value
    assert error.text_ru.endswith((".", "»)")) and "\n" not in error.text_ru and len(error.text_ru) < 250
    return error


def spoilt_book(path: Path, change: Callable[[zipfile.ZipFile], None], *, without: str = "") -> Path:
    source = xlsx_file(path.with_name("source.xlsx"), ROWS)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != without:
                new.writestr(part, old.read(part))
        change(new)
    return path


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\r\n\r\n  \r\n", "empty_file"),
        (b"%PDF-1.7\n...", "pdf"),
        (b"Rar!\x1a\x07\x00", "archive"),
        (b"\x1f\x8b\x08\x00\x00\x00", "archive"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"SQLite format 3\x00", "database"),
        (b"MOXCEL\x00\x07\x00", "mxl"),
        (b"<?xml version='1.0'?><a><b/></a>", "xml"),
        (b'[{"patient": 1}]', "json"),
        (b"MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\n", "mhtml"),
        (bytes(range(256)) * 20, "binary"),
        (b"PK\x03\x04 this is no zip at all", "broken_workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000, "document"),
    ],
)
def test_file_that_is_no_table_is_named(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "export.xlsx"
    path.write_bytes(content)
    assert refused(path).code == code


def test_missing_file_and_folder_are_named(tmp_path: Path) -> None:
    assert refused(tmp_path / "no.csv").code == "no_file"
    assert refused(tmp_path).code == "no_file"


def test_book_that_unpacks_into_too_much_is_refused_by_its_directory(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path / "a.xlsx", [HEADER, *[MILA] * 3000])
    assert refused(path, unpacked_bytes=200_000, honest_ratio=1).code == "bomb"
    assert refused(path, honest_ratio=1000, honest_bytes=200_000).code == "bomb"
    assert refused(path, packed_files=3).code == "bomb"


def test_book_packed_beyond_the_ratio_is_refused(tmp_path: Path) -> None:
    path = spoilt_book(tmp_path / "a.xlsx", lambda book: book.writestr("xl/worksheets/sheet2.xml", b" " * 30_000_000))
    assert refused(path).code == "bomb"


def test_directory_that_lies_about_sizes_harms_only_the_child(tmp_path: Path) -> None:
    path = spoilt_book(tmp_path / "a.xlsx", lambda book: None)
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    try:
        read_export([path], today=TODAY)
    except UnreadableFile as error:
        assert error.text_ru


@pytest.mark.parametrize("name", ["xl/vbaProject.bin", "Basic/script-lc.xml"])
def test_macros_are_refused(tmp_path: Path, name: str) -> None:
    assert refused(spoilt_book(tmp_path / "a.xlsm", lambda book: book.writestr(name, b"x"))).code == "macros"


def test_macros_in_an_old_book_are_refused(tmp_path: Path) -> None:
    assert refused(xls_file(tmp_path / "a.xls", ROWS, extra=["_VBA_PROJECT_CUR"])).code == "macros"


def test_encrypted_book_is_refused(tmp_path: Path) -> None:
    assert refused(xls_file(tmp_path / "a.xlsx", ROWS, stream="EncryptedPackage")).code == "encrypted"


def test_archive_inside_a_book_is_refused(tmp_path: Path) -> None:
    assert (
        refused(spoilt_book(tmp_path / "a.xlsx", lambda book: book.writestr("xl/embeddings/inner.zip", b"PK"))).code
        == "nested_archive"
    )


def test_plain_archive_and_text_document_are_named(tmp_path: Path) -> None:
    for name, part, code in (("a.zip", "visits.csv", "archive"), ("a.docx", "word/document.xml", "document")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(part, "x")
        assert refused(tmp_path / name).code == code


def test_external_entities_are_refused(tmp_path: Path) -> None:
    entity = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
    book = spoilt_book(
        tmp_path / "a.xlsx",
        lambda archive: archive.writestr("xl/sharedStrings.xml", entity),
        without="xl/sharedStrings.xml",
    )
    assert refused(book).code == "entities"
    old = spreadsheetml_file(tmp_path / "b.xls", ROWS, before='<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>')
    assert refused(old).code == "entities"


def test_too_many_rows_columns_and_too_long_a_line_are_refused(tmp_path: Path) -> None:
    path = text_file(tmp_path / "a.csv", [HEADER, *[MILA] * 50])
    many = refused(path, rows=20)
    assert many.code == "too_many_rows"
    assert "загрузите все части вместе" in many.text_ru  # a year alone has nothing to be compared with
    assert refused(path, columns=5).code == "too_many_columns"
    error = refused(path, line_chars=50)
    assert (error.code, error.row) == ("line_too_long", 1)
    assert refused(path, file_bytes=100).code == "too_large"
    assert refused(xlsx_file(tmp_path / "a.xlsx", [HEADER, *[MILA] * 50]), columns=5).code == "too_many_columns"
    assert refused(xlsx_file(tmp_path / "b.xlsx", [HEADER, *[MILA] * 90]), rows=20).code == "too_many_rows"


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([["ФИО"], ["Лебедева Людмила"]], "one_column"),
        ([["Врач", "Сумма", "Услуга"], ["Соколова", "1", "Осмотр"]], "no_dates"),
        ([["Дата приёма", "Врач", "Сумма"], ["01.03.2026", "Соколова", "1"]], "no_patients"),
        ([HEADER], "no_rows"),
    ],
)
def test_table_of_no_use_is_refused_with_what_is_missing(tmp_path: Path, rows: list[list[str]], code: str) -> None:
    assert refused(text_file(tmp_path / "a.csv", rows)).code == code


def test_letters_lost_at_saving_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(";".join(HEADER).replace("и", "\ufffd") + "\n" + "пїЅпїЅпїЅ;" * 5, encoding="utf-8")
    assert refused(path).code == "mojibake"


def test_spoilt_dbf_is_refused(tmp_path: Path) -> None:
    path = dbf_file(tmp_path / "a.dbf", ["FAM", "BILL_DATE"], [["Лебедева", "01.03.2026"]] * 5)
    assert recognise_form(path, DEFAULT) == "dbf"
    data = bytearray(path.read_bytes())
    data[10:12] = b"\x02\x00"
    path.write_bytes(bytes(data))
    assert refused(path).text_ru


def test_formula_in_a_cell_is_never_computed_and_becomes_no_service_and_no_patient(tmp_path: Path) -> None:
    path = text_file(
        tmp_path / "a.csv", [HEADER, row(c7='=HYPERLINK("http://x")', c8="=1+1"), PYOTR, row(c1="", c2="=A1&B1", c4="")]
    )
    reading = read_here(path)
    assert reading.rows.accepted == 2
    assert reading.visits["service"][0] is None
    assert reading.remarks["code"].to_list() == ["formula", "formula"]
    assert [each.row for each in reading.rejections] == [4]


# -- the process of its own ---------------------------------------------------------------------------


def test_child_reads_what_this_process_would_and_reports_progress(tmp_path: Path) -> None:
    path = text_file(tmp_path / "a.csv", ROWS)
    seen: list[tuple[int, int]] = []
    reading = read_export([path, path], today=TODAY, progress=lambda done, total: seen.append((done, total)))
    here = read_here(path, path)
    assert reading.rows == here.rows and reading.visits.equals(here.visits)
    assert seen == sorted(seen) and seen[-1][0] == seen[-1][1]
    assert recognise(path, today=TODAY).preview[0] == tuple(HEADER)


def test_error_of_the_child_reaches_the_person(tmp_path: Path) -> None:
    path = text_file(tmp_path / "a.csv", [HEADER])
    with pytest.raises(UnreadableFile) as caught:
        read_export([path], today=TODAY)
    assert caught.value.code == "no_rows"


@pytest.mark.parametrize("limits", [{"memory_bytes": 180 * 1024 * 1024}, {"wall_seconds": 0}])
def test_file_that_costs_too_much_kills_only_the_child(tmp_path: Path, limits: dict[str, int]) -> None:
    path = text_file(tmp_path / "a.csv", ROWS)
    with pytest.raises(UnreadableFile) as caught:
        read_export([path], today=TODAY, limits=replace(DEFAULT, **limits))
    assert caught.value.code in ("too_heavy", "broken_file")


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", None)
    read_export([text_file(tmp_path / "a.csv", ROWS)], today=TODAY)
    with pytest.raises(UnreadableFile):
        read_export([text_file(tmp_path / "b.csv", [HEADER])], today=TODAY)
    assert list((tmp_path / "t").iterdir()) == []
