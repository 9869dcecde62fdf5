"""One person or two: system number first, then name and birth date, a phone never alone (I6)."""

import random
from datetime import date
from typing import Any

import polars as pl
import pytest

from zabota.patients.rules.matching import ALIKE_AT_MOST, IDENTITY, candidate_duplicates, households, match_people

BIRTH = date(1980, 5, 12)


def card(
    ext_id: str | None = None, surname: str | None = "Лебедева", name: str | None = "Людмила", patronymic: str | None = "Викторовна",
    born_on: date | None = BIRTH, phones: list[str] | None = None, card_no: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "patient_ext_id": ext_id,
        "card_no": card_no,
        "surname": surname,
        "name": name,
        "patronymic": patronymic,
        "born_on": born_on,
        "phones": phones or [],
    }


def people(*cards: dict[str, Any]) -> list[int]:
    return match_people(pl.DataFrame(list(cards), schema=IDENTITY)).people.to_list()


def same(*cards: dict[str, Any]) -> bool:
    return len(set(people(*cards))) == 1


def test_number_of_the_system_is_one_person_whatever_the_spelling() -> None:
    assert same(
        card("7"),
        card("7", surname="ЛЕБЕДЕВА", born_on=None),
        card("7", surname=None, name=None, patronymic=None, born_on=None),
    )


def test_surname_changed_by_marriage_stays_the_person_of_the_number() -> None:
    assert same(card("7"), card("7", surname="Орлова"))


def test_number_that_two_branches_gave_to_different_people_does_not_unite_them() -> None:
    assert not same(card("7"), card("7", surname="Рябинин", name="Пётр", patronymic="Ильич", born_on=date(1975, 11, 3)))


def test_two_numbers_with_the_whole_name_and_birth_date_are_one_person_and_told() -> None:
    matched = match_people(pl.DataFrame([card("7"), card("8", surname="Лебедёва", name="ЛЮДМИЛА")], schema=IDENTITY))
    assert matched.people.n_unique() == 1
    assert matched.unions.select("reason", "one", "other").rows() == [("name_birth", "7", "8")]


@pytest.mark.parametrize("other", [{"patronymic": None}, {"patronymic": "В."}])
def test_missing_patronymic_or_initial_is_no_contradiction(other: dict[str, Any]) -> None:
    assert same(card(), card(**other))


def test_different_patronymics_are_different_people_and_the_bare_one_stays_undecided() -> None:
    assert people(card(patronymic="Викторовна"), card(patronymic="Петровна"), card(patronymic=None)) in (
        [0, 1, 2],
        [1, 0, 2],
        [1, 2, 0],
        [2, 1, 0],
        [0, 2, 1],
        [2, 0, 1],
    )


def test_two_numbers_without_the_same_patronymic_need_a_phone_besides() -> None:
    assert not same(card("7"), card("8", patronymic=None))
    assert same(card("7", phones=["+79161234567"]), card("8", patronymic=None, phones=["+79161234567"]))


def test_phone_alone_never_unites_a_family() -> None:
    assert not same(
        card(phones=["+79161234567"]),
        card(name="Олег", patronymic="Игоревич", born_on=date(2015, 1, 1), phones=["+79161234567"]),
    )


def test_whole_name_and_phone_unite_when_a_side_lacks_the_birth_date() -> None:
    assert same(card(phones=["+79161234567"]), card(born_on=None, phones=["+79161234567"]))


def test_namesakes_of_one_phone_with_two_birth_dates_are_not_guessed() -> None:
    father, son = card(phones=["+79161234567"]), card(born_on=date(2005, 1, 1), phones=["+79161234567"])
    assert len(set(people(father, son, card(born_on=None, phones=["+79161234567"])))) == 3


def test_initials_join_the_only_whole_name_of_that_birth_date() -> None:
    assert same(card(), card(name="Л.", patronymic="В."))
    assert not same(card(), card(name="Л.", patronymic="П."))
    assert len(set(people(card(), card(name="Лидия"), card(name="Л.", patronymic=None)))) == 3


def test_twins_are_two() -> None:
    assert not same(card(name="Анна"), card(name="Яна"))


def test_card_number_serves_where_the_system_gives_no_number() -> None:
    assert same(card(card_no="20418"), card(card_no="20418", surname="ЛЕБЕДЕВА", born_on=None))
    assert not same(
        card(card_no="1"),
        card(card_no="1", surname="Рябинин", name="Пётр", patronymic="Ильич", born_on=date(1975, 11, 3)),
    )


def test_row_with_nothing_but_a_name_goes_to_the_only_owner_of_it() -> None:
    assert same(card("7"), card(born_on=None))
    assert len(set(people(card("7"), card("8", born_on=date(1990, 1, 1)), card(born_on=None)))) == 3


def test_stub_number_on_hundreds_of_people_identifies_nobody() -> None:
    cards = [
        card("999", surname=f"Фамилия{n}", name=f"Имя{n}", patronymic=None, born_on=date(1950 + n % 50, 1, 1 + n % 28))
        for n in range(500)
    ]
    assert len(set(people(*cards))) == 500


def test_order_of_rows_does_not_change_who_is_united() -> None:
    cards = [
        card("7"),
        card("8", surname="Лебедёва"),
        card(born_on=None, phones=["+79161234567"]),
        card("9", name="Анна", phones=["+79161234567"]),
        card(phones=["+79161234567"]),
        card(patronymic=None),
    ]
    expected = people(*cards)
    for seed in range(20):
        order = list(range(len(cards)))
        random.Random(seed).shuffle(order)
        shuffled = people(*(cards[index] for index in order))
        assert {(expected[index], shuffled[place]) for place, index in enumerate(order)} == {
            (number, number) for number in expected
        }


def frame(*cards: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(cards), schema=IDENTITY).with_columns(
        pl.Series("person", range(len(cards)), dtype=pl.Int32)
    )


def test_likely_duplicates_are_proposed_with_reasons_and_not_united() -> None:
    found = candidate_duplicates(
        frame(
            card(phones=["+79161234567"]),
            card(surname="Лебидева", phones=["+79161234567"]),
            card(surname="Рябинина", name="Вера"),
        )
    )
    assert found.select("one", "other").rows() == [(0, 1)]
    assert found["reasons"][0].to_list() == ["birth", "phone", "name_alike"]
    assert found["score"][0] <= ALIKE_AT_MOST < 100


def test_typing_error_in_the_birth_date_is_a_likely_duplicate() -> None:
    phones = ["+79161234567"]
    found = candidate_duplicates(
        frame(
            card(phones=phones),
            card(born_on=date(1980, 12, 5), phones=phones),
            card(born_on=date(1955, 1, 30), phones=phones),
        )
    )
    assert found.select("one", "other").rows() == [(0, 1)]


def test_mother_and_daughter_are_a_household_and_no_duplicates() -> None:
    family = frame(
        card(phones=["+79161234567"]),
        card(name="Анна", born_on=date(2010, 1, 1), phones=["+79161234567"]),
        card(phones=["+79990000000"], name="Инна"),
    )
    assert candidate_duplicates(family).height == 0
    assert households(family).rows() == [(0, 0), (1, 0)]


def test_phone_of_the_clinic_makes_no_household() -> None:
    assert households(frame(*[card(surname=f"Ф{n}", phones=["+74951234567"]) for n in range(40)])).height == 0
