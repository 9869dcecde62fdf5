"""Phones as people write them (I3)."""

import pytest

from zabota.kernel.phones import mask_phone, normalise_phone, read_phones, show_phone


@pytest.mark.parametrize(
    "written",
    [
        "8 (916) 123-45-67", "+7 916 123-45-67", "79161234567", "9161234567", "810 7 916 123 45 67", "8-916-123-45-67", "+8 916 123 45 67",
        "8(916)1234567", "'+79161234567", "79161234567.0", "89161234567,00", "тел. 8 916 123 45 67", "8/916/123/45/67", "8 916 123\u00a045\u00a067", "+7(916)123‑45‑67",
    ],
)  # fmt: skip
def test_one_number_is_read_however_it_is_written(written: str) -> None:
    assert [phone.e164 for phone in read_phones(written).phones] == ["+79161234567"]
    assert read_phones(written).problem is None


def test_extension_is_kept_beside_the_number() -> None:
    phone = read_phones("8 (495) 123-45-67 доб. 12").phones[0]
    assert (phone.e164, phone.extension) == ("+74951234567", "12")


def test_two_numbers_in_a_cell_are_both_read_and_the_remark_is_kept() -> None:
    read = read_phones("8(903)111-48-17 мама, +7 916 123 45 67")
    assert [phone.e164 for phone in read.phones] == ["+79031114817", "+79161234567"]
    assert read.phones[0].comment == "мама"


def test_hours_in_a_remark_are_kept_and_are_no_number() -> None:
    (phone,) = read_phones("8-916-123-45-67 звонить с 9 до 18:00").phones
    assert (phone.e164, phone.comment) == ("+79161234567", "звонить с 9 до 18:00")


@pytest.mark.parametrize("between", [", ", "; ", " / ", "\n", " ", " и "])
def test_two_numbers_are_parted_by_anything(between: str) -> None:
    assert [phone.e164 for phone in read_phones(f"89161234567{between}89031114817").phones] == [
        "+79161234567",
        "+79031114817",
    ]


def test_same_number_twice_is_one() -> None:
    assert len(read_phones("89161234567, +7 916 123-45-67").phones) == 1


def test_remark_with_small_numbers_is_no_defect() -> None:
    read = read_phones("+7 916 123 45 67 звонить после 18")
    assert len(read.phones) == 1 and read.problem is None


def test_number_spoilt_by_excel_is_refused_with_its_own_code() -> None:
    assert read_phones("7,9161E+10").problem == "phone_scientific"
    assert read_phones("7.9161234567E+10").problem == "phone_scientific"


def test_number_without_town_code_needs_the_code_of_the_branch() -> None:
    assert read_phones("123-45-67").problem == "phone_short"
    assert normalise_phone("123-45-67", area_code="495") == "+74951234567"


@pytest.mark.parametrize("stub", ["00000000000", "+7 (000) 000-00-00", "99999999999", "1111111111"])
def test_stub_is_no_phone(stub: str) -> None:
    assert read_phones(stub).problem == "phone_placeholder"


@pytest.mark.parametrize("nothing", ["", "нет", "нет тел.", "-", "не указан", "—"])
def test_absence_of_a_phone_is_no_defect(nothing: str) -> None:
    assert read_phones(nothing).phones == () and read_phones(nothing).problem is None


def test_numbers_of_neighbours_are_read_with_their_country() -> None:
    assert read_phones("+7 701 123 45 67").phones[0].region == "KZ"
    assert read_phones("+375 29 123 45 67").phones[0].e164 == "+375291234567"
    assert read_phones("810 998 90 123 45 67").phones[0].e164 == "+998901234567"


def test_phone_is_shown_for_people_and_masked_for_logs() -> None:
    assert show_phone("+79161234567") == "+7 916 123-45-67"
    assert mask_phone("+79161234567") == "+7916***4567"
