"""What a text costs as SMS: GSM-7 or UCS-2, how many parts, and where it may be cut."""

from __future__ import annotations

from dataclasses import dataclass

from zabota.messaging.rules.text import units

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Two septets each.
_EXTENDED = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True, slots=True)
class Parts:
    """Cost of one text: `units` are septets or UTF-16 units, `room` what is left in the last part."""

    encoding: str
    units: int
    parts: int
    room: int


def count_parts(text: str) -> Parts:
    """How many parts an operator bills."""
    if is_gsm7(text):
        chunks, total, single, following = _chunks(text, _septets, 160, 153), septets(text), 160, 153
        encoding = "GSM-7"
    else:
        chunks, total, single, following = _chunks(text, units, 70, 67), units(text), 70, 67
        encoding = "UCS-2"
    if total <= single:
        return Parts(encoding, total, 1, single - total)
    last = chunks[-1]
    size = septets(last) if encoding == "GSM-7" else units(last)
    return Parts(encoding, total, len(chunks), following - size)


def split_parts(text: str) -> list[str]:
    """The text cut as it is sent: never inside a surrogate pair or an escape pair."""
    if is_gsm7(text):
        return _chunks(text, _septets, 160, 153)
    return _chunks(text, units, 70, 67)


def is_gsm7(text: str) -> bool:
    """True when the cheap alphabet holds every letter."""
    return all(character in _BASIC or character in _EXTENDED for character in text)


def septets(text: str) -> int:
    """Length in the cheap alphabet."""
    return sum(2 if character in _EXTENDED else 1 for character in text)


def _septets(character: str) -> int:
    return 2 if character in _EXTENDED else 1


def _chunks(text: str, size: object, single: int, following: int) -> list[str]:
    measure = size if callable(size) else units
    lengths = [measure(character) for character in text]
    if sum(lengths) <= single:
        return [text]
    chunks: list[str] = []
    begun, filled = 0, 0
    for index, length in enumerate(lengths):
        if filled + length > following:
            chunks.append(text[begun:index])
            begun, filled = index, 0
        filled += length
    chunks.append(text[begun:])
    return chunks
