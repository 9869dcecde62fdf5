"""What a person typed into the search, read as parts of a name, digits of a phone or a card number."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from zabota.kernel.names import fold

#: Longer queries are cut: nobody types more, and the work stays bounded.
QUERY_LIMIT = 80
TOKEN_LIMIT = 6

_PHONE_LIKE = re.compile(r"[\d\s+()\-‐-―.*]+")
_LATIN_ONLY = re.compile(r"[A-Za-z\[\]{};:'\",.<>`~\s-]+")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]*[A-Za-z0-9][@.][A-Za-z0-9._%+-]*")
_KEYS = str.maketrans(
    "qwertyuiop[]asdfghjkl;'zxcvbnm,.`QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>~",
    "йцукенгшщзхъфывапролджэячсмитьбюёЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮЁ",
)


@dataclass(frozen=True, slots=True)
class Query:
    """`tokens` must all occur in the line of a card; `digits` are the readings of a phone or card number, any of them."""

    tokens: tuple[str, ...] = ()
    digits: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True when nothing to look for was typed."""
        return not self.tokens and not self.digits


def read_query(text: str) -> Query:
    """«Лебедева мар», «8 (903) 750-48-17», «48-17», «20418», «А-204»: what to look for."""
    cleaned = text[:QUERY_LIMIT].replace("\u00a0", " ").replace("\x00", "").strip()
    digits = re.sub(r"\D", "", cleaned)
    if digits and _PHONE_LIKE.fullmatch(cleaned):
        return Query(digits=_readings(digits, plus=cleaned.startswith("+")))
    return Query(tokens=_tokens(cleaned))


def other_layout(text: str) -> Query:
    """The same keys on the Russian layout («kt,tltd» is «лебедев»); empty when it was not typed in Latin letters."""
    cleaned = text[:QUERY_LIMIT].strip()
    if not cleaned or not _LATIN_ONLY.fullmatch(cleaned):
        return Query()
    return Query(tokens=_tokens(cleaned.translate(_KEYS)))


def trigrams(token: str) -> tuple[str, ...]:
    """All runs of three letters, each once."""
    return tuple(sorted({token[i : i + 3] for i in range(len(token) - 2)}))


def after(prefix: str) -> str:
    """The first text in code point order that does not begin with `prefix`."""
    last = ord(prefix[-1])
    if last in (0xD7FF, 0x10FFFF):  # what follows is no letter
        return prefix + "\uffff"
    return prefix[:-1] + chr(last + 1)


def name_key(*parts: str) -> str:
    """Folded «фамилия имя отчество» as kept on the card."""
    return fold(" ".join(part for part in parts if part))[:310]


def line_of(name_key: str, card_no: str, contacts: Iterable[str]) -> str:
    """The searched line of a card; `reindex` writes the same in SQL."""
    card = f" #{fold(card_no)}" if card_no else ""
    return name_key + card + "".join(f" {value.lstrip('+').lower()}" for value in contacts)


def _tokens(text: str) -> tuple[str, ...]:
    words: list[str] = []
    for word in text.replace("#", " ").split():
        # A part of an address keeps its dots; a name loses them («В.» is «в»).
        folded = word.lower() if _ADDRESS.fullmatch(word) else fold(word)
        words.extend(part for part in folded.split(" ") if part.strip("-%_*.,"))
    return tuple(dict.fromkeys(words[:TOKEN_LIMIT]))


def _readings(digits: str, *, plus: bool) -> tuple[str, ...]:
    """«8903…» and «903…» as they are typed mean the number kept as 7903…."""
    readings = [digits]
    if digits.startswith("8") and not plus and len(digits) >= 4:
        readings.append("7" + digits[1:])
    return tuple(reading[:15] for reading in readings)
