"""Reports printed by groups, as 1C and kin print them: what stands only in a title belongs to the lines under it."""

from pathlib import Path

import pytest

from zabota.intake.rules.grouping import filled_down, levels_of_header, told_by_title
from zabota.intake.tests.office_files import xlsx_file
from zabota.intake.tests.reading_support import fields_of, read_here, text_file

HEADER = ["Пациент", "Телефон", "Дата приёма", "Номенклатура", "Количество", "Сумма"]
MILA = ["Лебедева Людмила Викторовна", "8 (916) 123-45-67", "28.02.2026 14:00", "Лечение каналов", "1", "4 500,00"]
PYOTR = ["Рябинин Пётр Ильич", "+7 903 111-48-17", "02.03.2026 9:30", "Осмотр", "1", "1 200,00"]
OLGA = ["Зимина Ольга Павловна", "+7 903 222-48-17", "03.03.2026 9:30", "Осмотр", "1", "1 200,00"]


def group(title: str, *sums: str) -> list[str]:
    return [title, "", "", "", *(sums or ("", ""))]


def doctors(path: Path) -> list[tuple[str, str | None, str | None]]:
    visits = read_here(path).visits.sort("starts_at")
    return list(visits.select("surname", "doctor", "branch").iter_rows())


def test_doctor_named_only_in_titles_of_groups_belongs_to_the_visits_under_them(tmp_path: Path) -> None:
    path = xlsx_file(
        tmp_path / "1c.xlsx",
        [
            ["Реализация услуг за февраль и март"],
            HEADER,
            group("Соколова Мария Викторовна", "1", "4 500,00"),
            MILA,
            group("Рябов Илья Андреевич", "2", "2 400,00"),
            PYOTR,
            OLGA,
            group("Итого", "3", "6 900,00"),
        ],
    )
    reading = read_here(path)
    assert (reading.rows.read, reading.rows.accepted, reading.rows.rejected, reading.rows.ignored) == (7, 3, 0, 4)
    assert doctors(path) == [
        ("Лебедева", "Соколова Мария Викторовна", None),
        ("Рябинин", "Рябов Илья Андреевич", None),
        ("Зимина", "Рябов Илья Андреевич", None),
    ]


@pytest.mark.parametrize("remark", [", 15.03.1984", " (15.03.1984 г.р.)", ""], ids=["birth", "brackets", "plain"])
def test_patient_named_only_in_titles_keeps_the_birth_written_beside_the_name(remark: str, tmp_path: Path) -> None:
    path = xlsx_file(
        tmp_path / "1c.xlsx",
        [
            ["История посещений"],
            [],
            ["Пациент"],
            ["Дата визита", "Врач", "Услуга", "Сумма"],
            [f"Лебедева Людмила Викторовна{remark}"],
            ["28.02.2026", "Соколова М. В.", "Осмотр", "1200"],
            ["02.03.2026", "Рябов И. А.", "Лечение каналов", "4500"],
            [f"Рябинин Пётр Ильич{remark}"],
            ["03.03.2026", "Рябов И. А.", "Осмотр", "1200"],
        ],
    )
    reading = read_here(path)
    assert (reading.rows.accepted, reading.rows.rejected) == (3, 0)
    assert reading.visits["surname"].to_list() == ["Лебедева", "Лебедева", "Рябинин"]
    assert {str(born) for born in reading.visits["born_on"]} == ({"1984-03-15"} if remark else {"None"})


def test_new_branch_ends_the_doctor_of_the_branch_before(tmp_path: Path) -> None:
    path = text_file(
        tmp_path / "a.csv",
        [
            HEADER,
            group("Подразделение: Северный"),
            group("Врач: Соколова М. В."),
            MILA,
            group("Подразделение: Южный"),
            PYOTR,
            group("Врач: Рябов И. А."),
            OLGA,
        ],
    )
    assert doctors(path) == [
        ("Лебедева", "Соколова М. В.", "Северный"),
        ("Рябинин", None, "Южный"),
        ("Зимина", "Рябов И. А.", "Южный"),
    ]


def test_header_that_names_two_levels_in_one_cell_is_taken_apart(tmp_path: Path) -> None:
    path = text_file(
        tmp_path / "a.csv",
        [
            ["Специалист / Клиент", *HEADER[1:]],
            group("Кабинет гигиены", "1", "4 500,00"),
            MILA,
            group("Соколова", "1", "1 200,00"),
            PYOTR,
        ],
    )
    assert doctors(path) == [("Лебедева", "Кабинет гигиены", None), ("Рябинин", "Соколова", None)]


def test_day_of_the_visits_may_stand_only_in_titles(tmp_path: Path) -> None:
    header = ["Время", "ФИО пациента", "Телефон", "Врач", "Услуга", "Сумма"]
    rows = [
        ["14:00", MILA[0], MILA[1], "Соколова М. В.", "Осмотр", "1 200"],
        ["9:30", PYOTR[0], PYOTR[1], "Рябов И. А.", "Осмотр", "1 200"],
    ]
    blank = [""] * 5
    path = text_file(
        tmp_path / "a.csv", [header, ["28.02.2026", *blank], rows[0], ["02.03.2026, понедельник", *blank], rows[1]]
    )
    visits = read_here(path).visits.sort("starts_at")
    assert [str(day)[:10] for day in visits["starts_at"]] == ["2026-02-28", "2026-03-02"]
    assert visits["surname"].to_list() == ["Лебедева", "Рябинин"]


def test_patient_may_stand_only_in_titles(tmp_path: Path) -> None:
    header = ["Дата приёма", "Врач", "Услуга", "Сумма"]
    path = text_file(
        tmp_path / "a.csv",
        [
            header,
            [MILA[0], "", "", "5 700"],
            ["28.02.2026", "Соколова М. В.", "Лечение каналов", "4 500"],
            ["14.03.2026", "Соколова М. В.", "Осмотр", "1 200"],
            [PYOTR[0], "", "", "1 200"],
            ["02.03.2026", "Рябов И. А.", "Осмотр", "1 200"],
        ],
    )
    assert read_here(path).visits.sort("starts_at")["surname"].to_list() == ["Лебедева", "Рябинин", "Лебедева"]


def test_refused_row_takes_what_its_title_said_with_it(tmp_path: Path) -> None:
    broken = [*PYOTR[:2], "32.13.2026", *PYOTR[3:]]
    path = text_file(tmp_path / "a.csv", [HEADER, group("Врач: Соколова М. В."), MILA, broken])
    reading = read_here(path)
    assert [column.header for column in reading.files[0].columns][-1] == "Врач"
    assert "Соколова М. В." in reading.refused[0].row(0)


def test_remark_beside_a_table_that_names_its_doctors_changes_nothing(tmp_path: Path) -> None:
    header = [*HEADER, "Врач"]
    path = text_file(
        tmp_path / "a.csv", [header, [*group("Врач: Рябов И. А."), ""], [*MILA, "Соколова М. В."], [*PYOTR, ""]]
    )
    assert fields_of(path)["Врач"] == "doctor"
    assert [row[1] for row in doctors(path)] == ["Соколова М. В.", None]


def test_name_written_alone_at_the_end_makes_nobody_a_doctor(tmp_path: Path) -> None:
    path = text_file(tmp_path / "a.csv", [HEADER, MILA, PYOTR, OLGA, group("Составила Лисицына Вера Андреевна")])
    assert "doctor" not in fields_of(path).values()


@pytest.mark.parametrize(
    ("title", "lacking", "told"),
    [
        ("Врач: Соколова М. В.", {"doctor"}, ("doctor", "Соколова М. В.")),
        ("ФИО врача: Соколова М. В.", {"doctor"}, ("doctor", "Соколова М. В.")),
        ("Соколова М. В.", {"doctor"}, ("doctor", "Соколова М. В.")),
        ("Соколова М. В.", {"doctor", "full_name"}, ("full_name", "Соколова М. В.")),
        ("Филиал: Северный", {"doctor"}, None),
        ("Итого: 12", {"doctor", "branch"}, None),
        ("Терапия", {"doctor", "branch"}, None),
        ("28.02.2026", {"doctor"}, None),
    ],
)
def test_title_says_only_what_the_columns_lack(title: str, lacking: set[str], told: tuple[str, str] | None) -> None:
    assert told_by_title(title, lacking=lacking) == told


def test_header_of_one_level_is_left_whole() -> None:
    assert levels_of_header("Дата/время") == []
    assert levels_of_header("Цена, руб") == []
    assert [field for field, _ in levels_of_header("Филиал / Врач / Пациент")] == ["branch", "doctor", "full_name"]


def test_lines_before_the_first_title_have_no_value() -> None:
    assert filled_down([(2, "doctor", "А")], [0, 1, 3]) == {"doctor": [None, None, "А"]}
