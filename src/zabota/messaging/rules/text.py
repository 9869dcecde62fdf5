"""Texts with placeholders: our own reader, because what a person typed must never be run as a template.

`{имя}` takes a value; what stands in square brackets is left out when its value is missing or the text would not fit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

#: Placeholder and what it stands for, as the editor explains it.
PLACEHOLDERS: dict[str, str] = {
    "имя": "имя и отчество пациента",
    "имя_коротко": "только имя",
    "кому": "имя и отчество в дательном падеже: «Анне Сергеевне»",
    "кого": "имя и отчество в винительном падеже: «Анну Сергеевну»",
    "клиника": "название клиники или филиала",
    "адрес": "адрес филиала",
    "телефон": "телефон клиники",
    "дата": "день визита: 25.11",
    "день": "день недели: «среда»",
    "время": "время визита: 10:00",
    "прежняя_дата": "день, на который пациент был записан раньше",
    "прежнее_время": "время, на которое пациент был записан раньше",
    "ссылка": "короткая ссылка на страницу пациента",
    "отписка": "короткая ссылка, чтобы отказаться от рекламы",
    "код": "код подтверждения",
    "до": "до какого времени действует предложение",
    "визиты": "несколько визитов одной строкой",
    "как_доехать": "как добраться и где оставить машину",
    "врач": "врач",
    "услуга": "услуга",
    "подготовка": "как подготовиться",
    "советы": "что делать после визита",
    "сводка": "цифры отчёта, только для писем сотрудникам",
}
#: What tells more than date and place: only where the patient asked for detailed messages.
DETAILED = frozenset({"врач", "услуга", "подготовка", "советы"})
#: A value longer than this was not meant to be one.
LONGEST_VALUE = 1500
#: Shortest form of the clinic's name that people still recognise.
SHORTEST_CLINIC = 12

_JOINING = re.compile(r"\s+(?:и|в|на|для|с|у|от|при|по|имени|им\.|&)$", re.IGNORECASE)
_TOKEN = re.compile(r"\{([^{}\[\]]*)\}|\[|\]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")


class TextWrong(ValueError):
    """A text that cannot be compiled; the argument is a sentence for its author."""


class ValueMissing(ValueError):
    """A placeholder outside brackets has no value; the argument is its name."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A literal, or a placeholder (`name`), within the optional group `group` (0: always there)."""

    literal: str = ""
    name: str = ""
    group: int = 0


@lru_cache(maxsize=4096)
def compile_text(text: str) -> tuple[Piece, ...]:
    """Pieces of a text. Raises TextWrong."""
    pieces: list[Piece] = []
    position, group, groups = 0, 0, 0
    for match in _TOKEN.finditer(text):
        if match.start() > position:
            pieces.append(_literal(text[position : match.start()], group))
        position = match.end()
        if match.group() == "[":
            if group:
                raise TextWrong("Скобка [ внутри другой скобки: необязательные части не вкладываются.")
            groups += 1
            group = groups
        elif match.group() == "]":
            if not group:
                raise TextWrong("Скобка ] стоит без пары.")
            group = 0
        else:
            name = match.group(1)
            if name not in PLACEHOLDERS:
                known = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
                raise TextWrong(f"Подстановки {{{name[:40]}}} нет. Есть: {known}.")
            pieces.append(Piece(name=name, group=group))
    if group:
        raise TextWrong("Скобка [ стоит без пары.")
    if position < len(text):
        pieces.append(_literal(text[position:], 0))
    return tuple(pieces)


def names_in(text: str) -> frozenset[str]:
    """Placeholders of a text. Raises TextWrong."""
    return frozenset(piece.name for piece in compile_text(text) if piece.name)


def bare_names(text: str) -> frozenset[str]:
    """Placeholders outside brackets: without their values the text cannot be written. Raises TextWrong."""
    return frozenset(piece.name for piece in compile_text(text) if piece.name and not piece.group)


def render(text: str, values: Mapping[str, str], *, without: frozenset[int] = frozenset()) -> str:
    """The text with values put in; values are data and are never read as a text again.

    Raises ValueMissing for a placeholder that has no value and stands outside brackets.
    """
    pieces = compile_text(text)
    dropped = set(without)
    for piece in pieces:
        if piece.name and not values.get(piece.name):
            if not piece.group:
                raise ValueMissing(piece.name)
            dropped.add(piece.group)
    shown: list[str] = []
    for piece in pieces:
        if piece.group and piece.group in dropped:
            continue
        following = clean_value(values[piece.name]) if piece.name else piece.literal
        # «Вас ждёт Соколова М. В.» ends the sentence with the dot of the initial.
        doubled = following.startswith(".") and bool(shown) and shown[-1].endswith(".")
        shown.append(following[1:] if doubled else following)
    return "".join(shown).strip()


def render_within(text: str, values: Mapping[str, str], *, budget: int, one_part: int = 70, next_part: int = 67) -> str:
    """The text made to fit `budget` UCS-2 parts: brackets go from the last, then the clinic's name is shortened.

    When it does not fit even so, the shortest form is returned: a longer message is better than a cut one.
    """
    limit = one_part if budget == 1 else budget * next_part
    groups = sorted({piece.group for piece in compile_text(text) if piece.group}, reverse=True)
    without: set[int] = set()
    rendered = render(text, values)
    for group in groups:
        if units(rendered) <= limit:
            return rendered
        without.add(group)
        rendered = render(text, values, without=frozenset(without))
    over = units(rendered) - limit
    clinic = clean_value(values.get("клиника", ""))
    if over > 0 and len(clinic) > SHORTEST_CLINIC:
        short = shortened(clinic, max(len(clinic) - over, SHORTEST_CLINIC))
        rendered = render(text, {**values, "клиника": short}, without=frozenset(without))
    return rendered


def shortened(text: str, longest: int) -> str:
    """The beginning of a name, cut between words where it can be."""
    if len(text) <= longest:
        return text
    head = text[:longest]
    space = head.rfind(" ")
    kept = (head[:space] if space >= SHORTEST_CLINIC // 2 else head).rstrip(" ,.-«(")
    # «Улыбка и» promises something more: a word that joins goes with what it joined.
    return _JOINING.sub("", kept).rstrip(" ,.-«(")


def units(text: str) -> int:
    """Length in UTF-16 units, as telephones count."""
    return len(text) + sum(character > "\uffff" for character in text)


def clean_value(value: str) -> str:
    """A value as it may stand in a message: no control characters, no endless text."""
    return _CONTROL.sub(" ", value)[:LONGEST_VALUE].strip()


def _literal(text: str, group: int) -> Piece:
    if "{" in text or "}" in text:
        raise TextWrong("Фигурная скобка стоит без пары. Подстановка пишется так: {имя}.")
    return Piece(literal=text, group=group)
