"""Scripts with placeholders: our own small reader, because a text typed by a person must never be run as a template."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

#: Placeholder and what it stands for, as the editor explains it.
PLACEHOLDERS: dict[str, str] = {
    "имя": "имя и отчество пациента",
    "клиника": "название клиники",
    "сотрудник": "имя того, кто звонит",
    "услуга": "последняя услуга",
    "врач": "врач, который вёл пациента",
    "прошло": "сколько прошло с последнего визита: «прошло полгода»",
}
#: What is shown, marked, when the clinic does not know the value.
MISSING: dict[str, str] = {
    "имя": "имя пациента",
    "клиника": "наша клиника",
    "сотрудник": "ваше имя",
    "услуга": "какая услуга",
    "врач": "имя врача",
    "прошло": "сколько прошло",
}
LONGEST = 4000

_PLACE = re.compile(r"\{([^{}]*)\}")
_SENTENCE_END = re.compile(r"(?:^|[.?…]\s+)$")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a paragraph; `marked` pieces are for the speaker to replace with their own words."""

    text: str
    marked: bool = False


def problems(text: str) -> list[str]:
    """Why a text cannot be a script; an empty list when it can."""
    found = []
    if not text.strip():
        found.append("Текст пуст: напишите хотя бы одно предложение.")
    if len(text) > LONGEST:
        found.append(f"Текст длиннее {LONGEST} знаков: столько по телефону не говорят. Сократите его.")
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    for name in dict.fromkeys(_PLACE.findall(text)):
        if name not in PLACEHOLDERS:
            found.append(f"Подстановки {{{name}}} нет. Есть: {known}.")
    rest = _PLACE.sub("", text)
    if "{" in rest or "}" in rest:
        found.append("Фигурная скобка стоит без пары. Подстановка пишется так: {имя}.")
    return found


def render(text: str, values: Mapping[str, str], *, missing: Mapping[str, str] | None = None) -> list[list[Part]]:
    """Paragraphs of a script with values put in. An empty or absent value is shown as a marked reminder."""
    reminders = MISSING | dict(missing or {})
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n"))
    return [_paragraph(block.strip(), values, reminders) for block in blocks if block.strip()]


def plain(paragraphs: list[list[Part]]) -> str:
    """The same as one text, for tests and for copying."""
    return "\n\n".join("".join(part.text for part in paragraph) for paragraph in paragraphs)


def _paragraph(block: str, values: Mapping[str, str], reminders: Mapping[str, str]) -> list[Part]:
    parts: list[Part] = []
    position = 0
    before = ""
    for match in _PLACE.finditer(block):
        name = match.group(1)
        if name not in PLACEHOLDERS:
            continue
        if match.start() > position:
            parts.append(Part(block[position : match.start()]))
        before += block[position : match.start()]
        value = values.get(name, "")
        shown = _fit(value or reminders[name], name, before)
        parts.append(Part(shown, marked=not value))
        before += shown
        # «Ваш врач: Соколова М. В.» ends the sentence with the dot of the initial.
        position = match.end() + (shown.endswith(".") and block[match.end() : match.end() + 1] == ".")
    if position < len(block):
        parts.append(Part(block[position:]))
    return parts


def _fit(value: str, name: str, before: str) -> str:
    """A capital at the beginning of a sentence; a service is a common noun inside one."""
    if _SENTENCE_END.search(before):
        return value[:1].upper() + value[1:]
    if name == "услуга" and len(value) > 1 and not value[1].isupper():
        return value[:1].lower() + value[1:]
    return value
