"""Whether a person asks to be left in peace, in the ways people write it, with the slips of their fingers."""

from __future__ import annotations

import re
import unicodedata

_LOOKALIKES = str.maketrans("abcehkmoptxy", "авсенкмортху")
_EN_LAYOUT = str.maketrans("qwertyuiop[]asdfghjkl;'zxcvbnm,.", "йцукенгшщзхъфывапролджэячсмитьбю")
_RU_LAYOUT = str.maketrans("йцукенгшщзфывапролдячсмить", "qwertyuiopasdfghjklzxcvbnm")
_WORDS = re.compile(r"[^\W\d_]+")
#: One of these alone, or with a word of courtesy.
_STOP_WORDS = frozenset(
    {"стоп", "stop", "отписка", "отпишите", "отпишитесь", "отписаться", "отпиши", "отказ", "отказываюсь", "отключите",
     "unsubscribe", "хватит", "отстаньте", "стопсмс", "стопреклама"}
)  # fmt: skip
_COURTESY = frozenset(
    {"пожалуйста", "плиз", "прошу", "меня", "вас", "нас", "спасибо", "рассылка", "рассылку", "рассылки", "рассылок", "от",
     "ваших", "вашу", "вашей", "смс", "sms", "реклама", "рекламу", "рекламы", "мне", "уже", "all", "же", "и", "please"}
)  # fmt: skip
_PHRASES = re.compile(
    r"\bне (?:пишите|пиши|писать|шлите|шли|слать|присылайте|присылать|отправляйте|беспокойте|беспокоить|надо (?:мне )?писать)\b"
    r"|\bбольше не (?:пишите|присылайте|шлите|надо)\b"
    r"|\bудалите (?:меня|мой (?:номер|телефон|адрес|контакт)|мои (?:данные|контакты)|мою почту)\b"
    r"|\bпрекратите(?: (?:мне|нам|ваш[иу]|сво[июей]|эт[иу]))*"
    r" (?:писать|слать|присылать|рассылать|беспокоить|звонить|спамить|спам|рассылк[иу]|рекламу|смс|sms|сообщения|это)\b"
    r"|^прекратите(?: пожалуйста)?$"
)
#: Beside courtesy, what is still the same wish: «не пишите мне больше на этот номер».
_SAME_WISH = frozenset(
    {"больше", "нам", "сюда", "ничего", "никогда", "вообще", "на", "этот", "эти", "мой", "из", "базы", "номер",
     "сообщения", "сообщений", "предложения", "предложений", "ваши", "свои", "просьба"}
)  # fmt: skip
#: Longer messages are letters to the clinic and are read by a person.
LONGEST_WORDS = 6


def wants_stop(text: str) -> bool:
    """True for «СТОП», «стоп.», Stop, отписаться, «не пишите» and what looks like them."""
    words = _words_of(text)
    if not words or len(words) > LONGEST_WORDS:
        return False
    if _PHRASES.search(" ".join(words)):
        return True
    rest = [word for word in words if word not in _COURTESY]
    return len(rest) == 1 and _is_stop(rest[0])


def says_more(text: str) -> bool:
    """Whether a «стоп» asks for something else too: «не надо писать, позвоните» is read by a person."""
    left = _PHRASES.sub(" ", " ".join(_words_of(text))).split()
    return any(word not in _COURTESY and word not in _SAME_WISH and not _is_stop(word) for word in left)


def _words_of(text: str) -> list[str]:
    return _WORDS.findall(unicodedata.normalize("NFKC", text).casefold().replace("ё", "е"))


def _is_stop(word: str) -> bool:
    forms = {word, word.translate(_LOOKALIKES), word.translate(_EN_LAYOUT), word.translate(_RU_LAYOUT)}
    return any(form in _STOP_WORDS or form in _SLIPS or _near_long(form) for form in forms)


def _slips(word: str) -> set[str]:
    """Two letters exchanged, or one struck twice or thrice: what never makes another word of «стоп»."""
    swapped = {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)}
    doubled = {word[: i + 1] + word[i] * times + word[i + 1 :] for i in range(len(word)) for times in (1, 2, 3)}
    return swapped | doubled


_SLIPS = frozenset(slip for word in ("стоп", "stop") for slip in _slips(word))
_LONG = tuple(word for word in _STOP_WORDS if len(word) >= 8)


def _near_long(word: str) -> bool:
    """A long word may be off by two letters, but not in the first: «запишите» is no «отпишите»."""
    return any(word[0] == each[0] and abs(len(word) - len(each)) <= 2 and _distance(word, each) <= 2 for each in _LONG)


def _distance(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, right in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (left != right))
    return row[-1]
