"""Whether an answer in a patient's own words says that it hurts or got worse. Only a «no» that is said of the word is believed."""

from __future__ import annotations

import re
import unicodedata

_CLAUSE = re.compile(r"[^\w\s-]|[\r\n]|\s-\s")
_WORD = re.compile(r"[^\W\d_]+")
#: Beginnings of words that a doctor should read at once: what is done, and what there is.
_VERBS = (
    "болит", "болят", "болею", "болел", "болеть", "заболел", "заболит", "разболел", "ноет", "ноют", "дёрга", "дерга",
    "рвет", "немеет", "задыха", "помогите",
)  # fmt: skip
_NOUNS = (
    "боль", "боли", "болям", "болях", "болезн", "кров", "отек", "отёк", "опух", "гной", "температур", "тошн", "рвот", "онемел", "плохо", "хуже",
    "ужасно", "сыпь", "аллерги", "воспал", "скорую",
)  # fmt: skip
_ALARMING = _VERBS + _NOUNS
_HARMLESS = frozenset({"больница", "больнице", "больницу", "больницы", "больничный", "больничного", "больше", "большое", "большая", "большой", "болезнь"})  # fmt: skip
#: «Без боли», «нет отёка», «ничего плохого»; one word may describe it: «без сильной боли».
_NONE_OF = frozenset({"нет", "нету", "без", "ни", "никакой", "никакого", "никаких", "ничего"})
_DESCRIBES = ("ой", "ей", "ого", "его", "ых", "их")
_AND = frozenset({"и", "или"})
#: «Боли нет», «боль прошла», with a word like «уже» between.
_GONE = ("нет", "нету", "прош", "ушл", "исчез", "отсутств")
_MEANWHILE = frozenset({"уже", "почти", "совсем", "больше", "вообще", "давно", "сразу", "быстро"})
#: «Боли не было», «не чувствую боли»: not of «боль не проходит».
_NOT_FELT = ("было", "была", "чувств", "ощущ", "беспоко", "наблюда", "замет", "появ", "идет", "идёт")


def says_unwell(text: str) -> bool:
    """True for «болит сильно», «не проходит, болит»; false for «не болит», «боли нет», «всё хорошо»."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return any(_alarms(_WORD.findall(clause)) for clause in _CLAUSE.split(plain))


def _alarms(words: list[str]) -> bool:
    return any(
        _is_alarming(word) and not _is_denied_before(words, place) and not _is_denied_after(words, place)
        for place, word in enumerate(words)
    )


def _is_alarming(word: str) -> bool:
    return word not in _HARMLESS and word.startswith(_ALARMING)


def _is_denied_before(words: list[str], place: int) -> bool:
    before = words[:place]
    if not before:
        return False
    if before[-1] == "не" or before[-1].startswith("перестал"):
        return True
    if words[place].startswith(_VERBS):
        return False
    if before[-1].startswith(_NOT_FELT) and before[-2:-1] == ["не"]:
        return True
    # «Без отёка и боли»: the denial holds for all that it lists.
    while before and (before[-1] in _AND or before[-1].startswith(_NOUNS)):
        before.pop()
    if before and before[-1].endswith(_DESCRIBES) and before[-1] not in _NONE_OF:
        before.pop()
    return bool(before) and before[-1] in _NONE_OF


def _is_denied_after(words: list[str], place: int) -> bool:
    if words[place].startswith(_VERBS):
        return False
    after = [word for word in words[place + 1 : place + 4] if word not in _MEANWHILE]
    if after[:1] == ["не"]:
        return after[1:] != [] and after[1].startswith(_NOT_FELT)
    return after != [] and after[0].startswith(_GONE)
