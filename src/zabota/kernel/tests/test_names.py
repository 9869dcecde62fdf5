"""Names of people (I5)."""

import unicodedata

import pytest

from zabota.kernel.names import (
    PersonName,
    fold,
    looks_name_first,
    name_problem,
    patronymics_agree,
    spell,
    split_full_name,
)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("ИВАНОВА-ПЕТРОВА", "Иванова-Петрова"),
        ("иванова", "Иванова"),
        ("Гусейн ОГЛЫ", "Гусейн оглы"),
        ("МАМЕД-ОГЛЫ", "Мамед-оглы"),
        ("МакДональд", "МакДональд"),
        ("  Анна   Мария ", "Анна Мария"),
        ("ИBAHOB", "Иванов"),
    ],
)
def test_name_is_shown_in_normal_spelling(written: str, shown: str) -> None:
    assert spell(written) == shown


@pytest.mark.parametrize(
    "written", ["Семёнов", "СЕМЕНОВ", "семенов ", "Cеменов", unicodedata.normalize("NFD", "Семёнов"), "Семёнов\u00a0"]
)
def test_spellings_of_one_surname_fold_to_one_form(written: str) -> None:
    assert fold(written) == "семенов"


def test_composed_and_decomposed_short_i_are_one_letter() -> None:
    assert fold("Андрей") == fold("Андре" + "и\u0306")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Лебедева Марина Викторовна", PersonName("Лебедева", "Марина", "Викторовна")),
        ("Марина Викторовна Лебедева", PersonName("Лебедева", "Марина", "Викторовна")),
        ("ЛЕБЕДЕВА МАРИНА", PersonName("Лебедева", "Марина")),
        ("Марина Лебедева", PersonName("Лебедева", "Марина")),
        ("Соколова М.В.", PersonName("Соколова", "М.", "В.")),
        ("Соколова М. В.", PersonName("Соколова", "М.", "В.")),
        ("М.В. Соколова", PersonName("Соколова", "М.", "В.")),
        ("Алиев Гусейн Мамед оглы", PersonName("Алиев", "Гусейн", "Мамед оглы")),
        ("Алиева Лейла Мамед-кызы", PersonName("Алиева", "Лейла", "Мамед-кызы")),
        ("Салтыков Щедрин Михаил Евграфович", PersonName("Салтыков Щедрин", "Михаил", "Евграфович")),
        ("Мария Ивановна", PersonName("", "Мария", "Ивановна")),
        ("Ковалёв", PersonName("Ковалёв")),
        ("Марина", PersonName("", "Марина")),
        ("Иванов Иван Иванович ДМС", PersonName("Иванов", "Иван", "Иванович")),
    ],
)
def test_whole_name_falls_into_its_parts_in_any_order(written: str, expected: PersonName) -> None:
    assert split_full_name(written) == expected


def test_order_of_a_column_is_told_by_common_given_names() -> None:
    assert looks_name_first(["Марина Лебедева", "Пётр Рябов", "Зузанна Кох"])
    assert not looks_name_first(["Лебедева Марина", "Рябов Пётр"])


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("тест", "name_test"),
        ("Тестов Тест Тестович", "name_test"),
        ("ООО «Ромашка»", "name_company"),
        ("АО Согаз", "name_company"),
        ("СОГАЗ", "name_company"),
        ("Иванов Иван Иванович ДМС", None),
        ("доплата", "name_service_note"),
        ("Бронь до 15:00", "name_service_note"),
        ("12345", "name_unreadable"),
        ("я" * 500, "name_too_long"),
        ("Иванов Иван Иванович", None),
        ("Тестов Иван Петрович", None),
        ("Обедин Пётр", None),
        ("Ли Вэй", None),
    ],
)
def test_what_is_no_person_is_kept_out(written: str, code: str | None) -> None:
    assert name_problem(written) == code


def test_missing_patronymic_and_initial_agree_and_different_ones_do_not() -> None:
    assert patronymics_agree("ивановна", "")
    assert patronymics_agree("и", "ивановна")
    assert not patronymics_agree("ивановна", "петровна")
