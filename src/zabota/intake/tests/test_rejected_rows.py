"""Refused rows go into a file of the same shape, safe to open, that is corrected and read again (I10, T5)."""

import csv
from pathlib import Path

import pytest

from zabota.intake.reading.rejected import REASON_HEADER, formula_safe, write_rejected
from zabota.intake.tests.office_files import html_file, xlsx_file
from zabota.intake.tests.reading_support import HEADER, MILA, PYOTR, read_here, row, text_file

BAD = row(c5="31.02.2026 10:00", c4="+79161234567", c7="@Осмотр")


@pytest.mark.parametrize(("encoding", "delimiter"), [("cp1251", ";"), ("utf-8", ","), ("utf-16", "\t")])
def test_file_of_refused_rows_has_the_shape_of_the_source(tmp_path: Path, encoding: str, delimiter: str) -> None:
    reading = read_here(
        text_file(tmp_path / "a.csv", [["Отчёт"], HEADER, MILA, BAD], encoding=encoding, delimiter=delimiter)
    )
    written = write_rejected(reading, tmp_path / "out.csv")
    assert written == [tmp_path / "out.csv"]
    lines = list(csv.reader(written[0].read_text(encoding=encoding).splitlines(), delimiter=delimiter))
    assert lines[0] == [*HEADER, REASON_HEADER]
    assert lines[1][5] == "31.02.2026 10:00" and "нет" in lines[1][-1]
    assert (lines[1][4], lines[1][7]) == ("'+79161234567", "'@Осмотр")


def test_corrected_file_is_read_again_and_the_reason_is_ignored(tmp_path: Path) -> None:
    reading = read_here(text_file(tmp_path / "a.csv", [HEADER, MILA, BAD, PYOTR]))
    path = write_rejected(reading, tmp_path / "out.csv")[0]
    path.write_text(path.read_text(encoding="cp1251").replace("31.02", "28.03"), encoding="cp1251")
    again = read_here(path)
    assert (again.rows.read, again.rows.accepted) == (1, 1)
    visit = again.visits.row(0, named=True)
    assert (visit["phones"], visit["service"]) == (["+79161234567"], "@Осмотр")


def test_file_refused_twice_keeps_one_column_of_reasons(tmp_path: Path) -> None:
    first = write_rejected(read_here(text_file(tmp_path / "a.csv", [HEADER, MILA, BAD])), tmp_path / "one.csv")[0]
    second = write_rejected(read_here(first), tmp_path / "two.csv")[0]
    assert second.read_bytes() == first.read_bytes()


def test_workbook_gives_a_workbook_of_text_cells(tmp_path: Path) -> None:
    reading = read_here(xlsx_file(tmp_path / "a.xlsx", [HEADER, MILA, row(c5="31.02.2026"), PYOTR], sheet="Приёмы"))
    written = write_rejected(reading, tmp_path / "out.csv")
    assert written == [tmp_path / "out.xlsx"]
    again = read_here(written[0])
    assert (again.rows.rejected, again.files[0].sheet) == (1, "Приёмы")


def test_page_saved_as_xls_gives_a_workbook(tmp_path: Path) -> None:
    written = write_rejected(read_here(html_file(tmp_path / "a.xls", [HEADER, MILA, BAD])), tmp_path / "out.xls")
    assert [path.suffix for path in written] == [".xlsx"]


def test_every_source_has_its_own_file_and_a_clean_one_has_none(tmp_path: Path) -> None:
    one, two = text_file(tmp_path / "a.csv", [HEADER, BAD]), text_file(tmp_path / "b.csv", [HEADER, row(BAD, c0="9")])
    clean = text_file(tmp_path / "c.csv", [HEADER, MILA])
    assert len(write_rejected(read_here(one, clean, two), tmp_path / "out.csv")) == 2
    assert write_rejected(read_here(clean), tmp_path / "none.csv") == []
    assert not (tmp_path / "none.csv").exists()


@pytest.mark.parametrize("cell", ["=1+1", "+7916", "-", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_can_run_as_a_formula(cell: str) -> None:
    assert formula_safe(cell) == "'" + cell
