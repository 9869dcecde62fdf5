"""Names of people: one normal spelling to show, one folded form to compare and search, and what is no name at all."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from zabota.kernel.name_words import COMPANY_WORDS, GIVEN_NAME_WORDS, PAYER_WORDS, SERVICE_NOTES, TEST_WORDS

NameProblem = Literal["name_too_long", "name_test", "name_company", "name_service_note", "name_unreadable"]

NAME_LIMIT = 100
FULL_NAME_LIMIT = 200

# Latin letters that look like Cyrillic ones: typed on the wrong layout, invisible to the eye.
_LOOKALIKES = str.maketrans("ABCEHKMOPTXYaceopxykmt", "АВСЕНКМОРТХУасеорхукмт")
_LATIN = re.compile(r"[A-Za-z]")
_CYRILLIC = re.compile(r"[А-Яа-яЁё]")
_ONLY_LOOKALIKES = re.compile(r"^[ABCEHKMOPTXYaceopxykmt\W\d_]+$")
_DASHES = re.compile(r"\s*[-‐‑‒–—―]+\s*")
_SPACES = re.compile(r"\s+")
_PATRONYMIC = re.compile(r"(?:вич|вна|ьич|ична|инична|мич)$")
_TURKIC = {"оглы", "оглу", "углы", "улы", "кызы", "гызы", "кизи", "угли", "уулу"}
_PARTICLES = {"де", "ван", "фон", "дер", "ла", "аль", "эль", "ибн", "бин", "да", "ди", "дос", "ле"}
_INITIALS = re.compile(r"^([А-ЯЁA-Z])\.?\s*(?:([А-ЯЁA-Z])\.?)?$")
_BESIDE = re.compile(r"(?<=\s)(?:дмс|омс|vip|вип)(?=\s|$)", re.IGNORECASE)  # a payer or a mark after the name
_GLUED_INITIALS = re.compile(r"(?<=[а-яёa-z])\s*([А-ЯЁA-Z])\.\s*([А-ЯЁA-Z])\.?$")


@dataclass(frozen=True, slots=True)
class PersonName:
    """Parts of a name in normal spelling; what was not written is an empty string."""

    surname: str = ""
    name: str = ""
    patronymic: str = ""

    @property
    def full(self) -> str:
        """The parts in the order of Russian papers."""
        return " ".join(part for part in (self.surname, self.name, self.patronymic) if part)


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """The form to compare and search by: small letters, Ё as Е, composed й, look-alike Latin as Cyrillic, plain hyphens and spaces."""
    composed = unicodedata.normalize("NFKC", text)
    words = [_as_cyrillic(word) for word in _SPACES.split(composed) if word]
    folded = " ".join(words).casefold().replace("ё", "е")
    folded = _DASHES.sub("-", folded)
    return _SPACES.sub(" ", re.sub(r"[.'’`\"«»ʼ]", "", folded)).strip(" -,")


def spell(text: str) -> str:
    """Normal spelling to show: ИВАНОВА-ПЕТРОВА becomes Иванова-Петрова, гусейн ОГЛЫ becomes Гусейн оглы; a mixed spelling is kept."""
    composed = _SPACES.sub(" ", unicodedata.normalize("NFC", text.replace("\u00a0", " "))).strip(" ,;'\"")
    composed = _DASHES.sub("-", composed)
    return " ".join(
        _spell_word(_as_cyrillic(word), first=index == 0) for index, word in enumerate(composed.split(" ")) if word
    )


def split_full_name(text: str, *, name_first: bool = False) -> PersonName:
    """One cell with a whole name. The patronymic shows the order; without one `name_first` says how the column is written."""
    cleaned = _GLUED_INITIALS.sub(r" \1.\2.", re.sub(r"\(.*?\)|\[.*?\]|[,;]", " ", text))
    cleaned = _BESIDE.sub(" ", cleaned)
    cleaned = re.sub(r"([А-ЯЁA-Z])\.\s*([А-ЯЁA-Z])\.", r"\1.\2.", cleaned)
    words = [word for word in spell(cleaned).split(" ") if word]
    words = _join_turkic(words)
    if not words:
        return PersonName()
    if len(words) == 1:
        return (
            PersonName(name=words[0]) if name_first or fold(words[0]) in GIVEN_NAMES else PersonName(surname=words[0])
        )
    if len(words) == 2:
        return _two(words, name_first)
    return _three(words, name_first)


def looks_name_first(values: list[str]) -> bool:
    """Whether a column writes «Марина Лебедева»: judged by given names everybody knows."""
    first = last = 0
    for value in values:
        words = fold(value).split(" ")
        if len(words) < 2:
            continue
        if len(words) >= 3 and _is_patronymic(words[1]):
            first += 1
        elif (len(words) >= 3 and _is_patronymic(words[2])) or words[1] in GIVEN_NAMES:
            last += 1
        elif words[0] in GIVEN_NAMES:
            first += 1
    return first > last


def name_problem(text: str) -> NameProblem | None:
    """Why a text in the place of a patient's name is no person; None for a person."""
    if len(text) > FULL_NAME_LIMIT:
        return "name_too_long"
    folded = fold(text)
    words = re.split(r"[\s\-/\\,.()0-9_]+", folded)
    words = [word for word in words if word]
    if not words:
        return "name_unreadable" if folded else None
    if any(word in TEST_WORDS for word in words) or (
        words[0].startswith("тестов") and any(w.startswith("тест") for w in words[1:])
    ):
        return "name_test"
    if any(word in COMPANY_WORDS for word in words) or (words[0] in PAYER_WORDS and not _has_given_name(words)):
        return "name_company"
    if folded in SERVICE_NOTES or words[0] in SERVICE_NOTES:
        return "name_service_note"
    if any(len(word) > NAME_LIMIT for word in words):
        return "name_too_long"
    if not any(len(word) > 1 for word in words) or "@" in text:
        return "name_unreadable"
    return None


def patronymics_agree(one: str, other: str) -> bool:
    """Folded patronymics of one person: equal, one missing, or one an initial of the other."""
    if not one or not other or one == other:
        return True
    short, long = sorted((one, other), key=len)
    return len(short) == 1 and long.startswith(short)


def _has_given_name(words: list[str]) -> bool:
    return any(word in GIVEN_NAMES or _is_patronymic(word) for word in words)


def _as_cyrillic(word: str) -> str:
    if _LATIN.search(word) and (
        _CYRILLIC.search(word) or (_ONLY_LOOKALIKES.match(word) and word.isupper() and len(word) > 2)
    ):
        return word.translate(_LOOKALIKES)
    return word


def _spell_word(word: str, *, first: bool) -> str:
    if "-" in word:
        head, *tail = word.split("-")
        return "-".join(
            [
                _spell_word(head, first=first),
                *(part.lower() if part.lower() in _TURKIC else _spell_word(part, first=True) for part in tail),
            ]
        )
    lowered = word.lower()
    if not first and (lowered in _TURKIC or lowered in _PARTICLES):
        return lowered
    if "." in word:
        return word.upper() if len(word) <= 5 else word
    if word.isupper() or word.islower():
        return word[:1].upper() + lowered[1:]
    return word


def _is_patronymic(folded: str) -> bool:
    return bool(_PATRONYMIC.search(folded)) or folded.rsplit("-", 1)[-1].rsplit(" ", 1)[-1] in _TURKIC


def _join_turkic(words: list[str]) -> list[str]:
    joined: list[str] = []
    for word in words:
        if joined and word.lower() in _TURKIC:
            joined[-1] += " " + word.lower()
        elif joined and joined[-1].lower() in _PARTICLES:
            joined[-1] += " " + word
        else:
            joined.append(word)
    return joined


def _two(words: list[str], name_first: bool) -> PersonName:
    initials = _INITIALS.match(words[1])
    if initials:
        return PersonName(words[0], initials.group(1) + ".", f"{initials.group(2)}." if initials.group(2) else "")
    initials = _INITIALS.match(words[0])
    if initials:
        return PersonName(words[1], initials.group(1) + ".", f"{initials.group(2)}." if initials.group(2) else "")
    if _is_patronymic(fold(words[1])) and fold(words[0]) in GIVEN_NAMES:
        return PersonName(name=words[0], patronymic=words[1])
    known = [fold(word) in GIVEN_NAMES for word in words]
    if known[0] != known[1]:
        name_first = known[0]
    return PersonName(words[1], words[0]) if name_first else PersonName(words[0], words[1])


def _three(words: list[str], name_first: bool) -> PersonName:
    folded = [fold(word) for word in words]
    if _is_patronymic(folded[1]) and not _is_patronymic(folded[2]):
        return PersonName(" ".join(words[2:]), words[0], words[1])
    if len(words) > 3 and _is_patronymic(folded[-1]):
        return PersonName(" ".join(words[:-2]), words[-2], words[-1])  # a surname of two words
    if name_first and not _is_patronymic(folded[2]):
        return PersonName(words[-1], words[0], " ".join(words[1:-1]))
    return PersonName(words[0], words[1], " ".join(words[2:]))


GIVEN_NAMES = frozenset(fold(word) for word in GIVEN_NAME_WORDS)
