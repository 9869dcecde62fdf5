"""A file is read whatever encoding, delimiter, form and header it came with (I1, I2)."""

import csv
import datetime as dt
import io
from pathlib import Path

import polars as pl
import pytest

from zabota.intake.tests.office_files import dbf_file, html_file, ods_file, spreadsheetml_file, xls_file, xlsx_file
from zabota.intake.tests.reading_support import HEADER, MILA, PYOTR, facts_here, read_here, row, text_file

ROWS = [HEADER, MILA, PYOTR]


def summary(path: Path) -> list[tuple[object, ...]]:
    reading = read_here(path)
    assert (reading.rows.read, reading.rows.accepted) == (2, 2)
    return sorted(
        reading.visits.select(
            "surname", "name", "starts_at", "doctor", "service", "total_kopecks", "status", "channel"
        ).rows()
    )


EXPECTED = [
    ("Лебедева", "Людмила", dt.datetime(2026, 2, 28, 14, 0), "Соколова М. В.", "Лечение каналов", 450000, "completed", "Яндекс"),
    ("Рябинин", "Пётр", dt.datetime(2026, 3, 2, 9, 30), "Рябов И. А.", "Осмотр", 120000, "completed", "Знакомые"),
]  # fmt: skip


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16", "utf-16-le", "koi8-r", "cp866", "mac-cyrillic"]
)
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_text_is_read_in_any_encoding_with_any_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = [[cell.replace("№", "Номер") for cell in cells] for cells in ROWS]  # № is not in every encoding
    path = text_file(tmp_path / "export.csv", rows, delimiter=delimiter, encoding=encoding)
    facts = facts_here(path)
    assert facts.delimiter == delimiter
    assert facts.encoding.replace("-le", "").replace("-sig", "") == encoding.replace("-le", "").replace("-sig", "")
    assert summary(path) == EXPECTED


def test_confidence_of_encoding_is_told(tmp_path: Path) -> None:
    assert facts_here(text_file(tmp_path / "a.csv", ROWS, encoding="utf-8")).encoding_confidence == 1.0
    assert 0.5 <= facts_here(text_file(tmp_path / "b.csv", ROWS)).encoding_confidence < 1.0


def test_sep_line_of_excel_is_obeyed_and_not_counted(tmp_path: Path) -> None:
    path = text_file(tmp_path / "export.csv", ROWS)
    path.write_bytes(b"sep=;\r\n" + path.read_bytes())
    assert summary(path) == EXPECTED
    assert facts_here(path).header_row == 1


def test_text_read_in_a_wrong_encoding_and_saved_so_is_repaired(tmp_path: Path) -> None:
    path = text_file(tmp_path / "export.csv", ROWS, encoding="utf-8")
    path.write_bytes(path.read_bytes().decode("latin-1").encode("utf-8"))
    assert summary(path) == EXPECTED
    assert "mojibake_repaired" in facts_here(path).remarks


def test_utf8_with_a_torn_letter_keeps_its_other_rows(tmp_path: Path) -> None:
    path = text_file(tmp_path / "export.csv", [*ROWS, row(c0="3", c5="01.04.2026 10:00")], encoding="utf-8")
    data = path.read_bytes()
    path.write_bytes(data[:-12] + data[-11:])
    assert read_here(path).rows.accepted == 3


def test_quotes_multi_line_cells_and_delimiters_inside_are_kept(tmp_path: Path) -> None:
    header = [*HEADER, "Комментарий"]
    note = 'Сказал: "перезвоните";\nпосле 18'
    path = text_file(tmp_path / "export.csv", [header, [*MILA, note], [*PYOTR, ""]])
    visits = read_here(path).visits
    assert visits["comment"][0] == note
    assert visits["row"].to_list() == [2, 3]


def test_quote_that_is_never_closed_does_not_swallow_the_file(tmp_path: Path) -> None:
    lines = [
        ";".join(HEADER),
        ";".join(MILA),
        ";".join(row(PYOTR, c7='"Осмотр')),
        *(";".join(row(MILA, c0=str(n), c5=f"{n:02}.04.2026 10:00")) for n in range(3, 20)),
    ]
    path = tmp_path / "export.csv"
    path.write_text("\n".join(lines), encoding="cp1251")
    assert read_here(path).rows.accepted == 19


@pytest.mark.parametrize("titles", [0, 1, 3, 19])
def test_header_is_found_under_titles(tmp_path: Path, titles: int) -> None:
    path = text_file(tmp_path / "export.csv", [["Отчёт по приёмам", *[""] * 10]] * titles + ROWS)
    reading = read_here(path)
    assert reading.files[0].header_row == titles + 1
    assert (reading.rows.read, reading.rows.accepted, reading.rows.ignored) == (2 + titles, 2, titles)


def test_header_of_two_rows_is_read_as_one(tmp_path: Path) -> None:
    top = ["Пациент", "", "", "", "Приём", "", "", "Деньги", ""]
    below = ["Фамилия", "Имя", "Отчество", "Дата рождения", "Дата", "Время", "Врач", "Стоимость", "Оплачено"]
    path = text_file(
        tmp_path / "export.csv",
        [
            top,
            below,
            ["Лебедева", "Людмила", "Викторовна", "12.05.1980", "28.02.2026", "9:30", "Соколова М.В.", "1500", "1500"],
        ],
    )
    assert read_here(path).visits.select("surname", "starts_at", "paid_kopecks").row(0) == (
        "Лебедева",
        dt.datetime(2026, 2, 28, 9, 30),
        150000,
    )


def test_group_above_gives_meaning_to_a_bare_header_below(tmp_path: Path) -> None:
    top = ["", "Пациент", "", "Врач", "Услуга", ""]
    below = ["Дата приёма", "ФИО", "Телефон", "", "Название", "Стоимость"]
    path = text_file(
        tmp_path / "export.csv",
        [top, below, ["28.02.2026", "Лебедева Людмила", "89161234567", "Соколова М.В.", "Осмотр", "1500"]],
    )
    assert read_here(path).visits.select("doctor", "service", "surname").row(0) == (
        "Соколова М.В.",
        "Осмотр",
        "Лебедева",
    )


def test_totals_group_titles_empty_lines_and_repeated_headers_are_ignored(tmp_path: Path) -> None:
    blank = [""] * len(HEADER)
    path = text_file(
        tmp_path / "export.csv",
        [
            HEADER,
            ["Врач: Соколова", *blank[1:]],
            MILA,
            blank,
            HEADER,
            PYOTR,
            ["Итого", *blank[1:8], "5 700,00", "", ""],
            ["", "", "Всего записей: 2", *blank[3:]],
        ],
    )
    reading = read_here(path)
    assert (reading.rows.read, reading.rows.accepted, reading.rows.rejected, reading.rows.ignored) == (7, 2, 0, 5)


def test_workbooks_of_all_kinds_are_read_alike(tmp_path: Path) -> None:
    for path in (
        xlsx_file(tmp_path / "a.xlsx", ROWS),
        xls_file(tmp_path / "b.xls", ROWS),
        ods_file(tmp_path / "c.ods", ROWS),
        spreadsheetml_file(tmp_path / "d.xls", ROWS),
        html_file(tmp_path / "e.xls", ROWS),
        html_file(tmp_path / "f.xls", ROWS, encoding="utf-8"),
        dbf_file(tmp_path / "g.dbf", ["BILL_ID", "MED_CODE", "FIO", "DATA_R", "PHONE", "BILL_DATE", "VRACH", "USLUGA", "SUM", "STATUS", "ISTOCHNIK"], ROWS[1:]),
        dbf_file(tmp_path / "h.dbf", ["BILL_ID", "MED_CODE", "FIO", "DATA_R", "PHONE", "BILL_DATE", "VRACH", "USLUGA", "SUM", "STATUS", "ISTOCHNIK"], ROWS[1:], encoding="cp1251", language=0),
    ):  # fmt: skip
        assert summary(path) == EXPECTED, path.name


def test_real_dates_and_numbers_of_a_workbook_are_read(tmp_path: Path) -> None:
    cells = [HEADER, [1, 20418, "Лебедева Людмила Викторовна", dt.date(1980, 5, 12), 79161234567, dt.datetime(2026, 2, 28, 14, 0), "Соколова М. В.", "Осмотр", 4500.5, "Завершён", "Яндекс"]]  # fmt: skip
    visit = read_here(xlsx_file(tmp_path / "a.xlsx", cells)).visits.row(0, named=True)
    assert (visit["card_no"], visit["born_on"], visit["phones"], visit["starts_at"], visit["total_kopecks"]) == (
        "20418", dt.date(1980, 5, 12), ["+79161234567"], dt.datetime(2026, 2, 28, 14, 0), 450050,
    )  # fmt: skip


@pytest.mark.parametrize("epoch", [False, True])
def test_unformatted_days_of_both_calendars_of_excel_are_read(tmp_path: Path, epoch: bool) -> None:
    serial = 46081.583333333336 - (1462 if epoch else 0)
    birth = 29353 - (1462 if epoch else 0)
    cells = [HEADER, [*MILA[:3], birth, MILA[4], serial, *MILA[6:]]]
    visit = read_here(xlsx_file(tmp_path / "a.xlsx", cells, date_1904=epoch)).visits.row(0, named=True)
    assert (visit["starts_at"], visit["born_on"]) == (dt.datetime(2026, 2, 28, 14, 0), dt.date(1980, 5, 12))


def test_sheet_that_looks_like_visits_is_chosen(tmp_path: Path) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    for name, rows in (
        ("Сводка", [["Показатель", "Значение"], ["Выручка", "100"]]),
        ("Данные", ROWS),
        ("Справка", [["Версия 3"]]),
    ):
        page = book.add_worksheet(name)
        for number, cells in enumerate(rows):
            page.write_row(number, 0, cells)
    book.close()
    reading = read_here(tmp_path / "a.xlsx")
    assert [facts.sheet for facts in reading.files] == ["Данные"]
    assert reading.rows.read == 2


def test_sheets_by_month_are_read_together(tmp_path: Path) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    for name, rows in (("Февраль", [HEADER, MILA]), ("Март", [HEADER, PYOTR])):
        page = book.add_worksheet(name)
        for number, cells in enumerate(rows):
            page.write_row(number, 0, cells)
    book.close()
    reading = read_here(tmp_path / "a.xlsx")
    assert reading.rows.accepted == 2 and len(reading.files) == 2


def test_row_is_the_number_a_person_sees(tmp_path: Path) -> None:
    rows = [["Отчёт"], [], HEADER, MILA, [""] * 11, row(PYOTR, c5="31.02.2026")]
    for path in (text_file(tmp_path / "a.csv", rows), xlsx_file(tmp_path / "a.xlsx", rows)):
        assert [(rejection.row, rejection.code) for rejection in read_here(path).rejections] == [(6, "date_impossible")]


def test_apostrophe_and_text_formula_of_excel_are_taken_off(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        (";".join(HEADER) + "\r\n" + ";".join(row(c1='="0020418"', c4="'+79161234567")) + "\r\n").encode("cp1251")
    )
    visit = read_here(path).visits.row(0, named=True)
    assert (visit["card_no"], visit["phones"]) == ("0020418", ["+79161234567"])


def test_row_with_an_unquoted_delimiter_is_refused_not_misread(tmp_path: Path) -> None:
    stream = io.StringIO()
    csv.writer(stream, delimiter=";").writerows(ROWS)
    path = tmp_path / "a.csv"
    path.write_bytes((stream.getvalue() + ";".join(row(c7="Осмотр;повторный")) + "\r\n").encode("cp1251"))
    assert [(r.row, r.code) for r in read_here(path).rejections] == [(4, "row_shifted")]


def test_table_without_a_header_is_read_by_its_contents(tmp_path: Path) -> None:
    path = text_file(
        tmp_path / "a.csv",
        [[MILA[5], MILA[2], MILA[4], "Соколова М.В."], [PYOTR[5], PYOTR[2], PYOTR[4], "Соколова М.В."]],
    )
    reading = read_here(path)
    assert reading.rows.accepted == 2 and reading.files[0].header_row == 0
    assert reading.visits["surname"].sort().to_list() == ["Лебедева", "Рябинин"]
    assert reading.visits.schema["starts_at"] == pl.Datetime("us")


def test_cell_merged_over_the_services_of_a_visit_speaks_for_each(tmp_path: Path) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    page = book.add_worksheet()
    page.write_row(0, 0, HEADER)
    for column, cell in enumerate(MILA):
        if column in (7, 8):
            page.write_column(1, column, [["Осмотр", "Рентген"], ["500", "700"]][column - 7])
        else:
            page.merge_range(1, column, 2, column, cell)
    page.write_row(3, 0, PYOTR)
    book.close()
    rows = "".join(
        f"<td rowspan=2>{cell}</td>" if column not in (7, 8) else f"<td>{['Осмотр', '500'][column - 7]}</td>"
        for column, cell in enumerate(MILA)
    )
    html = tmp_path / "b.xls"
    html.write_text(
        f"<html><table><tr>{''.join(f'<th>{name}</th>' for name in HEADER)}</tr><tr>{rows}</tr><tr><td>Рентген</td><td>700</td></tr></table></html>",
        encoding="utf-8",
    )
    for path, accepted in ((tmp_path / "a.xlsx", 3), (html, 2)):
        reading = read_here(path)
        assert (reading.rows.accepted, reading.rows.rejected) == (accepted, 0)
        assert reading.visits.filter(pl.col("surname") == "Лебедева")["total_kopecks"].to_list() == [50000, 70000]


def test_formula_without_a_value_is_told_and_one_with_a_value_is_read(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    page = book.active
    page.append(HEADER)
    page.append([*MILA[:5], "=B2+1", *MILA[6:]])
    page.append([*PYOTR[:8], "=1+1", *PYOTR[9:]])
    book.save(tmp_path / "a.xlsx")
    reading = read_here(tmp_path / "a.xlsx")
    assert [(r.row, r.code, r.value) for r in reading.rejections] == [(2, "date_formula", "=B2+1")]
    assert reading.remarks.select("row", "code").rows() == [(3, "formula")]

    from zabota.intake.tests.office_files import xlsx_file as write

    path = write(tmp_path / "b.xlsx", [HEADER, [*MILA[:8], "=1+1", *MILA[9:]]])
    assert read_here(path).visits["total_kopecks"].to_list() == [0]
