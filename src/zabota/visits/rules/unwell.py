"""Whether an answer in a patient's own words says that it hurts or got worse. A «no» before the word is believed."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W\d_]+")
#: Beginnings of words that a doctor should read at once.
_ALARMING = (
    "болит", "болят", "болею", "боль", "больно", "болезн", "ноет", "ноют", "дёрга", "дерга", "кров", "отек", "отёк", "опух", "гной",
    "температур", "тошн", "рвот", "рвет", "онемел", "немеет", "плохо", "хуже", "ужасно", "задыха", "сыпь", "аллерги",
    "воспал", "помогите", "скорую",
)  # fmt: skip
_HARMLESS = frozenset({"больница", "больнице", "больницу", "больницы", "больничный", "больничного", "больше", "большое", "большая", "большой", "болезнь"})  # fmt: skip
_DENIALS = frozenset({"не", "нет", "без", "ни", "никакой", "никаких", "прошла", "прошло", "прошел", "прошёл", "ничего"})
#: A denial this many words away still belongs to the word.
_NEAR = 2


def says_unwell(text: str) -> bool:
    """True for «болит сильно», «появилась кровь»; false for «не болит», «боли нет», «всё хорошо»."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    for place, word in enumerate(words):
        if word in _HARMLESS or not word.startswith(_ALARMING):
            continue
        around = words[max(0, place - _NEAR) : place] + words[place + 1 : place + 1 + _NEAR]
        if not _DENIALS.intersection(around):
            return True
    return False
