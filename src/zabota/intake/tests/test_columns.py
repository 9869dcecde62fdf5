"""Columns find their fields by header and contents; what a person saved is obeyed (presets, synonyms, saved mapping)."""

import json
from pathlib import Path

import pytest

from zabota.intake.reading.errors import UnreadableFile
from zabota.intake.rules.fields import FIELD_NAMES_RU, FIELDS
from zabota.intake.rules.guessing import header_scores
from zabota.intake.rules.mapping import SavedMapping, TableColumns, WrongMapping
from zabota.intake.rules.presets import PRESETS, recognise_system
from zabota.intake.rules.synonyms import NOT_NEEDED, SYNONYMS, header_words
from zabota.intake.tests.reading_support import HEADER, MILA, PYOTR, facts_here, fields_of, read_here, row, text_file


def test_every_field_has_a_name_for_people_and_words_to_be_known_by() -> None:
    assert set(FIELDS) == set(FIELD_NAMES_RU) == set(SYNONYMS)


def test_no_synonym_is_lost_on_the_way_to_comparison() -> None:
    assert all(header_words(word) for words in SYNONYMS.values() for word in words)
    assert all(header_words(word) for word in NOT_NEEDED)


@pytest.mark.parametrize(
    ("header", "field"),
    [("Дата приема", "starts_at"), ("ДАТА ПРИЁМА", "starts_at"), ("Дата и время", "starts_at"), ("Врач", "doctor"), ("Специалист", "doctor"), ("Сотрудник", "doctor"), ("ФИО врача", "doctor"), ("Услуга", "service"),
     ("Наименование услуги", "service"), ("Наимен. услуги", "service"), ("Сумма, руб.", "total"), ("К оплате", "total"), ("Цена услуги, руб", "price"), ("Источник", "channel"), ("Откуда узнали", "channel"), ("Рекламный источник", "channel"), ("Канал", "channel"),
     ("Филиал", "branch"), ("Клиника", "branch"), ("Подразделение", "branch"), ("Пациент", "full_name"), ("ФИО клиента", "full_name"), ("Ф.И.О.", "full_name"), ("Д.р.", "born_on"), ("Дата рожд.", "born_on"), ("ДР", "born_on"), ("Дата рождения пациента", "born_on"),
     ("Моб. тел.", "phone"), ("Тел.", "phone"), ("Телефон пациента", "phone"), ("№ карты", "card_no"), ("Номер амбулаторной карты", "card_no"), ("Код пациента", "patient_ext_id"), ("ID клиента", "patient_ext_id"), ("Статус визита", "status"), ("Состояние", "status"),
     ("visit_date", "starts_at"), ("PatientName", "full_name"), ("birth_date", "born_on"), ("Doctor", "doctor"), ("data priema", "starts_at"), ("familiya", "surname"), ("otchestvo", "patronymic"), ("Стоимость услуги (руб.)", "total"), ("Длит., мин", "duration"),
     ("Дата приёма пациента", "starts_at"), ("Источник рекламы пациента", "channel"), ("Cтaтуc", "status"), ("Дата/время приема", "starts_at"), ("Дата прихода", "starts_at"), ("Пациент (ФИО)", "full_name"), ("Контактный тел.", "phone"), ("Клиент, телефон", "phone"), ("Источник (откуда узнали)", "channel"), ("Рекл. источник", "channel"), ("Как о нас узнали", "channel"), ("Филиал/клиника", "branch"),
     ("Врач (исполнитель)", "doctor"), ("Лечащий доктор", "doctor"), ("Название процедуры", "service"), ("Сумма итого", "total"), ("Внесено пациентом", "paid"), ("Статус записи на прием", "status"), ("Дата рож.", "born_on"), ("№ амб.карты", "card_no"), ("patientId", "patient_ext_id"), ("doctorName", "doctor"),
     ("Профессия врача", "speciality"), ("Почта клиента", "email"), ("appt_date", "starts_at"), ("Код усл.", "service_code"), ("Перв./повт.", "is_first")],
)  # fmt: skip
def test_header_is_understood(header: str, field: str) -> None:
    scores = header_scores(header)
    assert max(scores, key=lambda key: scores[key]) == field


@pytest.mark.parametrize(
    "header",
    [
        "Телефон врача",
        "Возраст",
        "№ п/п",
        "Диагноз",
        "Причина отказа",
        "Администратор",
        "Дата изменения",
        "Статус оплаты",
        "Дата следующего приёма",
        "Дата последнего визита",
        "Номер полиса",
    ],
)
def test_foreign_or_needless_header_takes_no_field(header: str) -> None:
    scores = header_scores(header)
    assert not {field for field, score in scores.items() if field != "-" and score >= 0.7}


def test_telephone_column_with_an_unknown_name_is_known_by_its_contents(tmp_path: Path) -> None:
    header = row(HEADER, c4="Связь")
    assert fields_of(text_file(tmp_path / "a.csv", [header, MILA, PYOTR]))["Связь"] == "phone"


def test_column_of_yes_and_no_is_not_taken_for_a_source_with_confidence(tmp_path: Path) -> None:
    rows = [
        row(HEADER, c10="Реклама"),
        *(row(c0=str(n), c10=word) for n, word in enumerate(["Да", "Нет", "Да", "Да", "Яндекс"])),
    ]
    guess = next(
        column for column in facts_here(text_file(tmp_path / "a.csv", rows)).columns if column.header == "Реклама"
    )
    assert guess.confidence < 0.6 and guess.field != "consent"


def test_one_field_is_given_to_one_column_only(tmp_path: Path) -> None:
    rows = [[*HEADER, "Дата", "Сумма, руб."], [*MILA, "28.02.2026", "1"], [*PYOTR, "02.03.2026", "2"]]
    fields = [field for field in fields_of(text_file(tmp_path / "a.csv", rows)).values() if field]
    assert len(fields) == len(set(fields))


def test_bare_number_that_returns_on_another_day_is_a_patient(tmp_path: Path) -> None:
    header = ["ID", "ФИО", "Дата", "Врач"]
    visits = [
        ["7", "Лебедева Людмила", "01.03.2026", "Соколова"],
        ["7", "Лебедева Людмила", "02.03.2026", "Соколова"],
        ["8", "Рябинин Пётр", "02.03.2026", "Соколова"],
    ]
    assert fields_of(text_file(tmp_path / "a.csv", [header, *visits]))["ID"] == "patient_ext_id"
    unique = [["7", *visits[0][1:]], ["8", *visits[1][1:]], ["9", *visits[2][1:]]]
    assert fields_of(text_file(tmp_path / "b.csv", [header, *unique]))["ID"] == "visit_ext_id"


def test_header_of_unknown_words_is_shown_for_a_person_to_map(tmp_path: Path) -> None:
    path = text_file(tmp_path / "a.csv", [["Альфа", "Бета", "Гамма"], ["Лебедева Людмила", "01.03.2026 10:00", "5"], ["Рябинин Пётр", "02.03.2026 9:00", "6"]])  # fmt: skip
    assert list(fields_of(path)) == ["Альфа", "Бета", "Гамма"]
    saved = SavedMapping(columns={"Альфа": "full_name", "Бета": "starts_at", "Гамма": "doctor"})
    assert read_here(path, mapping=saved).rows.accepted == 2


def test_line_numbers_are_no_identifiers(tmp_path: Path) -> None:
    rows = [
        ["№", "ФИО", "Дата", "Врач"],
        *[[str(n), "Лебедева Людмила", f"0{n}.03.2026", "Соколова"] for n in range(1, 6)],
    ]
    assert fields_of(text_file(tmp_path / "a.csv", rows))["№"] is None


def test_day_of_the_call_is_the_day_of_the_visit_only_where_no_other_is_named(tmp_path: Path) -> None:
    alone = [
        ["Дата записи", "Время записи", "Клиент", "Сотрудник"],
        ["01.03.2026", "10:00", "Лебедева Людмила", "Соколова"],
    ]
    assert fields_of(text_file(tmp_path / "a.csv", alone))["Дата записи"] == "starts_at"
    both = [
        ["Дата записи", "Дата приёма", "Клиент", "Сотрудник"],
        ["01.03.2026", "05.03.2026", "Лебедева Людмила", "Соколова"],
    ]
    assert fields_of(text_file(tmp_path / "b.csv", both))["Дата записи"] == "created_at"


def test_day_of_entry_of_the_card_is_not_when_the_visit_was_booked(tmp_path: Path) -> None:
    header = ["Дата регистрации", "Дата приёма", "Клиент", "Сотрудник"]

    def booked(days: list[list[str]]) -> int:
        rows = [
            [entered, f"{10 + number}.03.2026", f"Лебедева Людмила {name}", "Соколова"]
            for name, entries in zip(("Ивановна", "Петровна", "Олеговна", "Юрьевна", "Львовна"), days, strict=True)
            for number, entered in enumerate(entries)
        ]
        visits = read_here(text_file(tmp_path / "visits.csv", [header, *rows])).visits
        assert visits.height == 10
        return visits.height - visits["created_at"].null_count()

    assert booked([["01.03.2025"] * 2] * 5) == 0
    assert booked([["01.03.2026", "10.03.2026"]] * 3 + [["01.03.2026"] * 2] * 2) == 10


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.code)
def test_system_is_recognised_by_its_headers(preset: object) -> None:
    found, score = recognise_system(preset.signature)  # type: ignore[attr-defined]
    assert found is preset and score > 0.8


def test_unknown_export_is_said_to_be_of_no_known_system() -> None:
    assert recognise_system(["Дата", "Врач", "Пациент", "Сумма"])[0] is None


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.code)
def test_preset_names_only_fields_that_exist(preset: object) -> None:
    assert set(preset.fields.values()) <= {*FIELDS, ""}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (["ID пациента", "ФИО", "Дата рождения", "Телефон"], "patients"),
        (["Дата оплаты", "ФИО", "Сумма", "Способ оплаты"], "payments"),
        (["Номер плана", "ФИО пациента", "План лечения", "Сумма плана", "Дата согласования"], "plans"),
        (["Код", "Наименование", "Цена"], "services"),
        (["Дата", "Пациент", "Врач"], "visits"),
    ],
)
def test_kind_of_table_is_told_by_its_columns(tmp_path: Path, header: list[str], kind: str) -> None:
    values = {"ID пациента": "5", "ФИО": "Лебедева Людмила", "ФИО пациента": "Лебедева Людмила", "Пациент": "Лебедева Людмила", "Дата рождения": "12.05.1980", "Телефон": "89161234567", "Дата оплаты": "01.03.2026",
              "Сумма": "100", "Способ оплаты": "Карта", "Номер плана": "1", "План лечения": "Протезы", "Сумма плана": "1000", "Дата согласования": "01.03.2026", "Код": "A1", "Наименование": "Осмотр", "Цена": "5", "Дата": "01.03.2026", "Врач": "Соколова"}  # fmt: skip
    assert facts_here(text_file(tmp_path / "a.csv", [header, [values[name] for name in header]])).kind == kind


def test_saved_mapping_is_obeyed_and_survives_json(tmp_path: Path) -> None:
    saved = SavedMapping(
        name="IDENT, наш",
        columns={"Реклама": "", "Сумма": "paid", "Куратор": "doctor", "Врач": ""},
        statuses={"Оп-ля": "completed"},
        system="ident",
    )
    again = SavedMapping.from_dict(json.loads(json.dumps(saved.to_dict(), ensure_ascii=False)))
    assert again == saved
    header = [*row(HEADER, c10="Реклама"), "Куратор"]
    path = text_file(tmp_path / "a.csv", [header, [*row(c9="Оп-ля"), "Сидоров С. С."]])
    reading = read_here(path, mapping=again)
    visit = reading.visits.row(0, named=True)
    assert (visit["channel"], visit["paid_kopecks"], visit["doctor"], visit["status"]) == (
        None,
        450000,
        "Сидоров С. С.",
        "completed",
    )


@pytest.mark.parametrize(
    "broken",
    [[], {}, {"version": 2}, {"version": 1, "surprise": 1}, {"version": 1, "columns": {"А": "нет такого"}}, {"version": 1, "tables": [{"columns": {"А": "doctor", "Б": "doctor"}}]}, {"version": 1, "tables": [{"columns": {"А": "нет такого"}}]}, {"version": 1, "tables": [{"file": 0}]}, {"version": 1, "tables": {"А": "doctor"}}, {"version": 1, "statuses": {"А": "вроде был"}}, {"version": 1, "kind": "cats"}, {"version": 1, "columns": ["А"]}, {"version": 1, "header_row": -1}, {"version": 1, "date_order": "ymd"}],
)  # fmt: skip
def test_wrong_mapping_is_refused_in_words(broken: object) -> None:
    with pytest.raises(WrongMapping) as error:
        SavedMapping.from_dict(broken)
    assert error.value.text_ru


def test_two_headers_may_be_one_field_when_they_stand_in_two_files(tmp_path: Path) -> None:
    visits = text_file(tmp_path / "a.csv", [["Альфа", "Бета"], ["Лебедева Людмила", "01.03.2026 10:00"]])
    people = text_file(tmp_path / "b.csv", [["Гамма", "Дельта"], ["Лебедева Людмила", "12.05.1980"]])
    saved = SavedMapping.from_dict(
        {
            "version": 1,
            "columns": {"Альфа": "full_name", "Бета": "starts_at", "Гамма": "full_name", "Дельта": "born_on"},
        }
    )
    reading = read_here(visits, people, mapping=saved)
    assert (reading.visits.height, reading.patients.height) == (1, 1)


def test_two_columns_of_one_table_for_one_field_are_refused_in_words(tmp_path: Path) -> None:
    saved = SavedMapping(columns={"ФИО пациента": "full_name", "Врач": "full_name"})
    with pytest.raises(UnreadableFile) as refused:
        read_here(text_file(tmp_path / "a.csv", [HEADER, row()]), mapping=saved)
    assert "ФИО пациента" in refused.value.text_ru and "Врач" in refused.value.text_ru


def test_one_header_is_another_field_in_another_table() -> None:
    saved = SavedMapping(
        tables=(
            TableColumns({"Код": "visit_ext_id", "Дата": "starts_at", "Врач": "doctor"}),
            TableColumns({"Код": "patient_ext_id", "ФИО": "full_name"}, file=2),
        )
    )
    again = SavedMapping.from_dict(json.loads(json.dumps(saved.to_dict(), ensure_ascii=False)))
    assert again == saved
    assert again.columns_of(["Код", "Дата", "Врач", "Причина отказа"])["Код"] == "visit_ext_id"
    assert again.columns_of(["Код", "ФИО"])["Код"] == "patient_ext_id"
    assert again.columns_of(["Код", "Сумма", "Способ оплаты"]) == {}


def test_of_two_files_with_equal_headers_each_has_its_own_columns() -> None:
    saved = SavedMapping(
        tables=(TableColumns({"Код": "visit_ext_id", "Дата": "starts_at"}), TableColumns({"Код": "", "Дата": "paid_on"}, file=2))
    )  # fmt: skip
    assert [saved.of_file(number).columns_of(["Код", "Дата"])["Дата"] for number in (1, 2)] == ["starts_at", "paid_on"]
