"""From an address as people write it to one word on the map; what nobody can say stays empty."""

from __future__ import annotations

import pytest

from zabota.patients.rules.areas import LIMIT, area_of


@pytest.mark.parametrize(
    ("address", "area"),
    [
        ("г. Москва, р-н Хамовники, ул. Усачёва, д. 5", "Хамовники"),
        ("119048, Россия, Москва, Хамовники район, Усачёва 5", "Хамовники"),
        ("Московская обл., Одинцовский р-н, с. Жаворонки, д. 3", "с. Жаворонки"),
        ("Химки, ул. Ленина, 5-12", "Химки"),
        ("г Химки, мкр Сходня, ул Мичурина 3", "мкр. Сходня"),
        ("пос. Лесной, д. 8", "пос. Лесной"),
        ("деревня Гадюкино", "дер. Гадюкино"),
        ("Тула г, Болдина ул, 3", "Тула"),
        ("ГОРОД САМАРА, УЛ. ПОЛЕВАЯ, 1", "Самара"),
        ("Сокол, ул. Алабяна, 10", "Сокол"),
        ("Дмитров, Советская 1", "Дмитров"),
        ("ростов-на-дону, Садовая 5", "Ростов-на-Дону"),
        ("ул. Ленина, д. 5, кв. 12", ""),
        ("Ленина 5", ""),
        ("", ""),
        ("123456", ""),
    ],
)
def test_area_is_the_most_precise_name_before_the_street(address: str, area: str) -> None:
    assert area_of(address) == area


def test_columns_of_their_own_are_believed_before_the_address() -> None:
    assert area_of("Химки, ул. Ленина, 5", area="р-н Северный") == "Северный"
    assert area_of("ул. Ленина, 5", place="г. Самара") == "Самара"
    assert area_of("", area="Октябрьский район", place="Самара") == "Самара, Октябрьский"


def test_a_novel_instead_of_an_address_stays_short() -> None:
    assert len(area_of("Очень " * 400)) <= LIMIT
    assert len(area_of(area="я" * 5000)) <= LIMIT
