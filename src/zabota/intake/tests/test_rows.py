"""Every row is accounted for once: accepted, rejected with a reason, a duplicate, or ignored (I8-I11)."""

import datetime as dt
from pathlib import Path

import pytest

from zabota.intake.reading.results import Reading
from zabota.intake.tests.reading_support import HEADER, MILA, PYOTR, TODAY, read_here, row, text_file


def read_rows(tmp_path: Path, *rows: list[str], header: list[str] = HEADER) -> Reading:
    reading = read_here(text_file(tmp_path / "export.csv", [header, *rows]))
    counts = reading.rows
    assert counts.read == counts.accepted + counts.rejected + counts.duplicates + counts.ignored
    return reading


def codes(reading: Reading) -> list[str]:
    return [rejection.code for rejection in reading.rejections]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"c5": ""}, "date_missing"),
        ({"c5": "01.01.0001"}, "date_missing"),
        ({"c5": "31.02.2025"}, "date_impossible"),
        ({"c5": "в четверг"}, "date_unreadable"),
        ({"c5": "25.11.1926 10:00"}, "date_implausible"),
        ({"c1": "", "c2": "", "c4": "нет"}, "patient_missing"),
        ({"c2": "Тест Тестович"}, "name_test"),
        ({"c2": "ООО «Ромашка»"}, "name_company"),
        ({"c2": "Доплата"}, "name_service_note"),
        ({"c2": "я" * 500}, "name_too_long"),
        ({"c9": "Оп-ля"}, "status_unknown"),
        ({"c9": ""}, "status_missing"),
        ({"c5": "25.11.2027 10:00"}, "future_completed"),
        ({"c3": "01.01.2027"}, "before_birth"),
        ({"c3": "01.03.2026"}, "before_birth"),
    ],
)
def test_row_that_cannot_be_used_is_refused_with_its_reason(tmp_path: Path, changes: dict[str, str], code: str) -> None:
    reading = read_rows(tmp_path, row(**changes), PYOTR)
    assert codes(reading) == [code]
    assert (reading.rejections[0].row, reading.rows.accepted) == (2, 1)
    assert reading.rejections[0].text


@pytest.mark.parametrize(
    ("changes", "remark"),
    [
        ({"c4": "7,9161E+10"}, "phone_scientific"),
        ({"c4": "123-45-67"}, "phone_short"),
        ({"c8": "4500р+допл"}, "money_unreadable"),
        ({"c3": "31.02.1980"}, "birth_impossible"),
        ({"c3": "12.05.1880"}, "birth_too_old"),
        ({"c2": "12345"}, "name_unreadable"),
    ],
)
def test_bad_cell_that_is_not_needed_does_not_lose_the_visit(
    tmp_path: Path, changes: dict[str, str], remark: str
) -> None:
    reading = read_rows(tmp_path, row(**changes), PYOTR)
    assert reading.rows.accepted == 2
    assert reading.remarks["code"].to_list() == [remark]
    assert reading.remarks["row"].to_list() == [2]


@pytest.mark.parametrize(
    "status", ["Не пришёл", "Отменён пациентом", "Отменен клиникой", "Перенесён", "no-show", "Отм."]
)
def test_visit_that_did_not_happen_is_ignored_and_kept_for_the_timeline(tmp_path: Path, status: str) -> None:
    reading = read_rows(tmp_path, row(c9=status), PYOTR)
    assert (reading.rows.accepted, reading.rows.ignored) == (1, 1)
    assert reading.visits.height == 2


def test_visit_still_to_come_is_ignored(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, row(c9="Запланирован", c5="25.12.2026 10:00"), PYOTR)
    assert (reading.rows.accepted, reading.rows.ignored, reading.notes["to_come"]) == (1, 1, 1)


def test_visit_that_was_never_closed_is_not_counted_as_completed(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, row(c9="Подтверждён"), PYOTR)
    assert (reading.rows.accepted, reading.notes["not_closed"]) == (1, 1)


def test_patient_who_came_on_a_past_day_was_seen(tmp_path: Path) -> None:
    assert read_rows(tmp_path, row(c9="Пришёл"), PYOTR).rows.accepted == 2


def test_without_a_status_column_past_rows_are_completed_and_future_ones_to_come(tmp_path: Path) -> None:
    header = [name for name in HEADER if name != "Статус"]
    past, future = [*MILA[:9], MILA[10]], [*PYOTR[:5], "25.12.2026 10:00", *PYOTR[6:9], PYOTR[10]]
    reading = read_rows(tmp_path, past, future, header=header)
    assert (reading.rows.accepted, reading.rows.ignored, reading.notes["status_assumed"]) == (1, 1, 1)


def test_where_only_failures_are_marked_an_empty_status_is_a_visit(tmp_path: Path) -> None:
    rows = [row(c0=str(n), c5=f"{n:02}.03.2026 10:00", c9="") for n in range(1, 9)]
    reading = read_rows(tmp_path, *rows, row(c0="9", c9="Отменён"))
    assert (reading.rows.accepted, reading.rows.ignored, reading.rows.rejected) == (8, 1, 0)


@pytest.mark.parametrize("word", ["да", "Да", "1", "+"])
def test_column_of_attendance_serves_as_status(tmp_path: Path, word: str) -> None:
    header = row(HEADER, c9="Пришёл")
    reading = read_rows(tmp_path, row(c9=word), row(PYOTR, c9="нет"), header=header)
    assert reading.visits["status"].sort().to_list() == ["completed", "no_show"]


def test_services_of_one_visit_are_lines_and_not_duplicates(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, MILA, row(c7="Рентген", c8="500"), row(c7="Анестезия", c8="300"))
    assert reading.rows.accepted == 3 and reading.rows.duplicates == 0
    assert reading.visits["visit"].n_unique() == 1 == reading.notes["visits"]


def test_same_visit_twice_is_a_duplicate_by_number(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, MILA, MILA, PYOTR)
    assert (reading.rows.accepted, reading.rows.duplicates) == (2, 1)
    assert reading.duplicates.row(0, named=True) == {"file": 0, "row": 3, "of_file": 0, "of_row": 2}
    assert reading.visits.height == 2


def test_one_service_on_two_teeth_is_two_lines(tmp_path: Path) -> None:
    header = [*HEADER, "Зуб"]
    reading = read_rows(tmp_path, [*MILA, "36"], [*MILA, "37"], [*MILA, "37"], header=header)
    assert (reading.rows.accepted, reading.rows.duplicates) == (2, 1)


def test_same_visit_under_another_number_is_a_duplicate_by_person_time_doctor_and_service(tmp_path: Path) -> None:
    assert read_rows(tmp_path, MILA, row(c0="777", c2="ЛЕБЕДЕВА ЛЮДМИЛА ВИКТОРОВНА"), PYOTR).rows.duplicates == 1


def test_cancelled_and_kept_booking_of_one_hour_are_no_duplicates(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, row(c0="8", c9="Отменён"), MILA)
    assert (reading.rows.accepted, reading.rows.ignored, reading.rows.duplicates) == (1, 1, 0)


def test_two_visits_of_a_day_without_times_are_told_apart_by_number(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, row(c5="28.02.2026"), row(c0="9", c5="28.02.2026", c7="Рентген"))
    assert reading.visits["visit"].n_unique() == 2


def test_number_used_again_every_day_is_no_duplicate(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, row(c0="1"), row(c0="1", c5="01.03.2026 14:00"))
    assert (reading.rows.accepted, reading.visits["visit"].n_unique()) == (2, 2)


def test_same_file_twice_adds_only_duplicates(tmp_path: Path) -> None:
    path = text_file(tmp_path / "a.csv", [HEADER, MILA, PYOTR])
    reading = read_here(path, path)
    assert (reading.rows.read, reading.rows.accepted, reading.rows.duplicates) == (4, 2, 2)


def test_birth_date_in_the_file_of_patients_refuses_a_visit_before_it(tmp_path: Path) -> None:
    patients = text_file(
        tmp_path / "p.csv",
        [["ID пациента", "ФИО", "Дата рождения", "Телефон"], ["5", "Лебедева Людмила", "12.05.2026", "89161234567"]],
    )
    visits = text_file(
        tmp_path / "v.csv",
        [["ID пациента", "Дата приёма", "Врач"], ["5", "01.03.2026", "Соколова"], ["5", "01.06.2026", "Соколова"]],
    )
    reading = read_here(patients, visits)
    assert codes(reading) == ["before_birth"] and reading.rows.accepted == 1
    assert reading.people.height == 1


def test_rows_are_counted_over_the_files_of_visits(tmp_path: Path) -> None:
    patients = text_file(
        tmp_path / "p.csv", [["ID пациента", "ФИО", "Дата рождения"], ["5", "Лебедева Людмила", "12.05.1980"]]
    )
    visits = text_file(tmp_path / "v.csv", [HEADER, MILA, PYOTR])
    reading = read_here(patients, visits)
    assert reading.rows.read == 2
    assert [facts.counts.read for facts in reading.files] == [1, 2]


def test_birth_and_source_told_in_the_file_of_patients_reach_the_visits(tmp_path: Path) -> None:
    patients = text_file(tmp_path / "p.csv", [["ID пациента", "ФИО", "Дата рождения", "Источник"], ["5", "Лебедева Людмила", "12.05.1980", "Яндекс"]])  # fmt: skip
    visits = text_file(tmp_path / "v.csv", [["ID пациента", "Дата приёма", "Врач"], ["5", "01.03.2026", "Соколова"]])
    visit = read_here(visits, patients).visits.row(0, named=True)
    assert (visit["surname"], visit["born_on"], visit["channel"]) == ("Лебедева", dt.date(1980, 5, 12), "Яндекс")


def test_payment_that_names_only_a_visit_belongs_to_whoever_came(tmp_path: Path) -> None:
    visits = text_file(tmp_path / "v.csv", [HEADER, MILA, PYOTR])
    payments = text_file(
        tmp_path / "p.csv",
        [["ID визита", "Дата оплаты", "Сумма", "Способ оплаты"], ["2", "02.03.2026", "1 200", "Карта"]],
    )
    reading = read_here(visits, payments)
    assert (
        reading.payments["person"].to_list()
        == reading.visits.filter(reading.visits["surname"] == "Рябинин")["person"].to_list()
    )
    assert reading.payments["amount_kopecks"].to_list() == [120000]


def test_consent_is_carried_as_it_was_written_and_never_granted(tmp_path: Path) -> None:
    header = [*HEADER, "Согласие на рассылку", "Не звонить"]
    visit, other = read_rows(tmp_path, [*MILA, "Да", "да"], [*PYOTR, "Нет", "нет"], header=header).visits.rows(
        named=True
    )
    assert (other["consent"], other["no_call"]) == ("Нет", False)
    assert (visit["consent"], visit["consent_on"], visit["consent_source"], visit["no_call"]) == (
        "Да",
        None,
        None,
        True,
    )


def test_time_stays_as_on_the_wall_of_the_branch(tmp_path: Path) -> None:
    visit = read_rows(tmp_path, row(c5="2026-02-28T14:00:00+12:00")).visits.row(0, named=True)
    assert visit["starts_at"] == dt.datetime(2026, 2, 28, 14, 0)


def test_day_and_time_in_two_columns_become_one_moment_and_the_end_gives_the_length(tmp_path: Path) -> None:
    header = ["ФИО", "Дата", "Начало (время)", "Окончание", "Врач"]
    visit = read_rows(
        tmp_path, ["Лебедева Людмила", "28.02.2026 0:00:00", "9:30", "10:15", "Соколова"], header=header
    ).visits.row(0, named=True)
    assert (visit["starts_at"], visit["duration_minutes"]) == (dt.datetime(2026, 2, 28, 9, 30), 45)


def test_spellings_of_one_doctor_service_and_source_become_one(tmp_path: Path) -> None:
    rows = [
        MILA,
        row(PYOTR, c6="СОКОЛОВА М.В.", c7="ЛЕЧЕНИЕ КАНАЛОВ", c10="яндекс "),
        row(c0="3", c5="01.03.2026 9:00", c6="Соколова Мария Викторовна"),
    ]
    visits = read_rows(tmp_path, *rows).visits
    assert visits["doctor"].unique().to_list() == ["Соколова Мария Викторовна"]
    assert visits["service"].unique().to_list() == ["Лечение каналов"]
    assert visits["channel"].unique().to_list() == ["Яндекс"]


def test_namesakes_among_doctors_stay_apart(tmp_path: Path) -> None:
    rows = [
        row(c6="Соколова Мария Викторовна"),
        row(PYOTR, c6="Соколова Марта Викторовна"),
        row(c0="3", c5="01.03.2026 9:00", c6="Соколова М.В."),
    ]
    assert read_rows(tmp_path, *rows).visits["doctor"].n_unique() == 3


def test_line_sum_and_unit_price_follow_from_each_other(tmp_path: Path) -> None:
    header = [*HEADER[:8], "Цена", *HEADER[9:], "Кол-во"]
    visit = read_rows(tmp_path, [*row(c8="500"), "3"], header=header).visits.row(0, named=True)
    assert (visit["price_kopecks"], visit["total_kopecks"], visit["qty"]) == (50000, 150000, 3.0)


def test_visit_today_marked_completed_is_accepted(tmp_path: Path) -> None:
    assert read_rows(tmp_path, row(c5=f"{TODAY:%d.%m.%Y} 9:00")).rows.accepted == 1


def test_defects_of_the_base_are_counted(tmp_path: Path) -> None:
    notes = read_rows(tmp_path, row(c10=""), row(PYOTR, c4=MILA[4])).notes
    assert (notes["channel_missing_share"], notes["phones_shared"], notes["people"]) == (0.5, 1, 2)


INFOCLINICA = ["PCODE", "LNAME", "FNAME", "MNAME", "BDATE", "WORKDATE", "BHOUR", "BMIN", "DNAME", "FILIAL", "SCHNAME", "Статус"]  # fmt: skip


def test_names_in_three_columns_are_a_name_although_one_header_also_means_a_branch(tmp_path: Path) -> None:
    rows = [
        [str(n), "АБРАМОВА", given, "ИЛЬИНИЧНА", "01.02.1961", f"0{n}.03.26", "9", "30", "ЕЛАГИН МАРК БОРИСОВИЧ", "Север", "ЭКГ", "Пролечен"]
        for n, given in enumerate(["ЗОЯ", "АННА", "ИННА"], start=1)
    ]  # fmt: skip
    reading = read_rows(tmp_path, *rows, header=INFOCLINICA)
    assert set(reading.visits["branch"]) == {"Север"}
    assert sorted(reading.people["name"]) == ["Анна", "Зоя", "Инна"]


def test_where_branches_stand_under_that_header_they_are_branches(tmp_path: Path) -> None:
    header = ["PCODE", "FULLNAME", "BDATE", "WORKDATE", "BHOUR", "DNAME", "FNAME", "SCHNAME", "Статус"]
    rows = [[str(n), "Абрамова Зоя Ильинична", "01.02.1961", f"0{n}.03.26", "9", "Елагин Марк Борисович", "Северный", "ЭКГ", "Пролечен"] for n in (1, 2, 3)]  # fmt: skip
    assert set(read_rows(tmp_path, *rows, header=header).visits["branch"]) == {"Северный"}


def test_an_hour_and_its_minutes_in_two_columns_are_one_time(tmp_path: Path) -> None:
    rows = [["7", "Абрамова", "Зоя", "Ильинична", "01.02.1961", "05.03.26", "9", minute, "Елагин М. Б.", "Север", "ЭКГ", "Пролечен"] for minute in ("0", "30", "75")]  # fmt: skip
    reading = read_rows(tmp_path, *rows, header=INFOCLINICA)
    assert {f"{at:%H:%M}" for at in reading.visits["starts_at"]} == {"09:00", "09:30"}
    assert reading.rows.duplicates == 1, "75 is no minute: what is left is the visit of nine"
    assert reading.remarks["code"].to_list() == ["time_unreadable"]
