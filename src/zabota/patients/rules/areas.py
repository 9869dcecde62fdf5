"""Where a patient lives, as one word: a district of the city or a settlement, from an address as people write it."""

from __future__ import annotations

import re
from typing import Final

#: Longest word kept.
LIMIT: Final = 80
_SPACES: Final = re.compile(r"\s+")
_INDEX: Final = re.compile(r"^\d{6}$")
_WIDE: Final = re.compile(r"\b(?:росси[яи]|рф|обл|область|край|респ|республика|ао|автономный округ|федерация)\b", re.I)
_DISTRICT: Final = re.compile(r"^(?:район|р-о?н)\.?\s+(.+)$|^(.+?)\s+(?:район|р-о?н)\.?$", re.I)
_QUARTER: Final = re.compile(
    r"^(?:мкрн?|микрорайон|м-н|квартал)\.?\s+(.+)$|^(.+?)\s+(?:мкрн?|микрорайон|м-н)\.?$", re.I
)
_CITY: Final = re.compile(r"^(?:город|гор|г)(?:\.\s*|\s+)([^\W\d].+)$|^([^\W\d].+?)\s+(?:город|гор|г)\.?$", re.I)
#: How a settlement that is no city is written, and how it is shown.
_VILLAGES: Final = (
    (re.compile(r"^(?:пос[её]лок|пос|пгт|рп|п)(?:\.\s*|\s+)([^\W\d].+)$", re.I), "пос."),
    (re.compile(r"^(?:село|с)(?:\.\s*|\s+)([^\W\d].+)$", re.I), "с."),
    (re.compile(r"^(?:деревня|дер|д)(?:\.\s*|\s+)([^\W\d].+)$", re.I), "дер."),
    (re.compile(r"^(?:станица|ст-ца)(?:\.\s*|\s+)([^\W\d].+)$", re.I), "ст-ца"),
    (re.compile(r"^(?:хутор|х)(?:\.\s*|\s+)([^\W\d].+)$", re.I), "хутор"),
    (re.compile(r"^(?:снт|днт|кп)(?:\.\s*|\s+)([^\W\d].+)$", re.I), "СНТ"),
)
_STREET: Final = re.compile(
    r"\b(?:ул|улица|пр-?к?т|просп|проспект|пер|переулок|б-р|бул|бульвар|ш|шоссе|наб|набережная|пл|площадь|проезд|пр-д|туп|тупик|"
    r"аллея|линия|тракт|кв|дом|корп|стр|под[ъь]езд|этаж|а/я)\b",
    re.I,
)


def area_of(address: str = "", *, area: str = "", place: str = "") -> str:
    """The district or the settlement: as it is told in columns of its own, else from the address; empty when nobody can say.

    Of several the most precise wins, which stands last: «г. Химки, мкр. Сходня» is a quarter, «Одинцовский р-н, с. Жаворонки»
    a village.
    """
    told = _district(_clean(area)) or _spelled(_clean(area))
    settled = _settlement(_clean(place)) or _spelled(_clean(place))
    if told or settled:
        return ", ".join(part for part in (settled, told) if part)[:LIMIT]
    return _of_address(address)[:LIMIT]


def _of_address(address: str) -> str:
    found = ""
    bare = ""
    for part in map(_clean, address.replace(";", ",").split(",")):
        if not part or _INDEX.match(part):
            continue
        if _WIDE.search(part) and not _DISTRICT.match(part):
            continue
        named = _district(part) or _settlement(part)
        if named:
            found = named
        elif _STREET.search(part) or any(letter.isdigit() for letter in part):
            break  # streets and houses come after the place
        elif not bare:
            bare = _spelled(part)
    return found or bare


def _district(part: str) -> str:
    for pattern, before in ((_QUARTER, "мкр. "), (_DISTRICT, "")):
        match = pattern.match(part)
        if match:
            return before + _spelled(next(each for each in match.groups() if each))
    return ""


def _settlement(part: str) -> str:
    match = _CITY.match(part)
    if match:
        return _spelled(next(each for each in match.groups() if each))
    for pattern, word in _VILLAGES:
        match = pattern.match(part)
        if match:
            return f"{word} {_spelled(match[1])}"
    return ""


def _clean(text: str) -> str:
    return _SPACES.sub(" ", text).strip(" .,;«»\"'")


def _spelled(text: str) -> str:
    """Names that are all in capitals or all small get one spelling; what is mixed stays as it was written."""
    text = _clean(text)
    if text.isupper() or text.islower():
        return "-".join(
            part.capitalize() if len(part) > 2 or not at else part.lower() for at, part in enumerate(text.split("-"))
        )
    return text
