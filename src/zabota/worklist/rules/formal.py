"""Signs of formal work: thresholds and the small statistics behind them. A sign is a question to a person, not a verdict."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

#: A conversation that ended so soon after the person was opened could hardly take place.
QUICK_SPOKEN_SECONDS = 20
#: A call that nobody answered takes a few rings at least.
QUICK_SILENT_SECONDS = 8
#: Shorter series are ordinary luck.
SERIES_LENGTH = 5
#: A series counts when by chance, at the clinic's mix of outcomes, it happens more rarely than this.
SERIES_CHANCE = 0.01
#: The same words so many times in a period.
SAME_COMMENT_TIMES = 3
#: Shorter comments («дорого») repeat honestly.
SAME_COMMENT_LETTERS = 12
#: A booking must be seen in the clinic's system this long after it was reported.
BOOKING_SEEN_DAYS = 7

SIGNS: dict[str, str] = {
    "quick": "Закрыто за секунды",
    "series": "Один исход подряд",
    "no_booking": "«Есть запись» без записи",
    "same_comment": "Одинаковые комментарии",
    "lost_booking": "Запись не состоялась",
}
#: Signs that count towards the share. A booking that fell through is often the patient's own affair: shown, not counted.
COUNTED = frozenset({"quick", "series", "no_booking", "same_comment"})
#: What each sign means, with its threshold, for the page and its reader.
MEANINGS: dict[str, str] = {
    "quick": f"Исход записан быстрее, чем мог пройти разговор: меньше {QUICK_SPOKEN_SECONDS} секунд после открытия "
    f"пациента, для «Нет ответа» и «Чужой номер» меньше {QUICK_SILENT_SECONDS} секунд.",
    "series": f"{SERIES_LENGTH} и больше одинаковых исходов подряд, если при обычной для клиники доле этого исхода "
    f"такая серия случается реже, чем в {SERIES_CHANCE:.0%} случаев.".replace("%", "\u00a0%"),
    "no_booking": f"Запись «со слов», а через {BOOKING_SEEN_DAYS} дней записи пациента в данных клиники так и нет.",
    "same_comment": f"Один и тот же комментарий от {SAME_COMMENT_TIMES} раз за период, слово в слово "
    f"(короче {SAME_COMMENT_LETTERS} знаков не считаем).",
    "lost_booking": "Запись, которой закрыли задачу, отменена, пропала или кончилась неявкой. В долю формальной "
    "работы не входит: чаще всего дело не в сотруднике.",
}


@dataclass(frozen=True, slots=True)
class Interval:
    """A share with its 95 % interval (Wilson)."""

    value: float
    low: float
    high: float


def is_quick(*, outcome: str, seconds: int | None, spoken: frozenset[str]) -> bool:
    """Whether the outcome was recorded sooner than the contact could have happened. Unknown time is no sign."""
    if seconds is None:
        return False
    return seconds < (QUICK_SPOKEN_SECONDS if outcome in spoken else QUICK_SILENT_SECONDS)


def improbable_series(outcomes: Sequence[str], mix: Mapping[str, float]) -> set[int]:
    """Positions within runs of one outcome that the clinic's mix does not explain.

    The chance of a run of length k among n contacts is at most (n - k + 1) · p^k; an outcome that all contacts of
    the clinic have (p = 1) is never improbable.
    """
    found: set[int] = set()
    start = 0
    for position in range(1, len(outcomes) + 1):
        if position < len(outcomes) and outcomes[position] == outcomes[start]:
            continue
        length = position - start
        share = mix.get(outcomes[start], 0.0)
        if (
            length >= SERIES_LENGTH
            and series_chance(length=length, contacts=len(outcomes), share=share) < SERIES_CHANCE
        ):
            found.update(range(start, position))
        start = position
    return found


def series_chance(*, length: int, contacts: int, share: float) -> float:
    """Upper bound of the chance of at least one such run."""
    return min(1.0, (contacts - length + 1) * share**length)


def same_comments(comments: Sequence[str]) -> set[int]:
    """Positions of comments that repeat word for word."""
    places: dict[str, list[int]] = {}
    for position, comment in enumerate(comments):
        key = re.sub(r"[\W_]+", " ", comment.casefold().replace("ё", "е")).strip()
        if len(key) >= SAME_COMMENT_LETTERS:
            places.setdefault(key, []).append(position)
    return {position for group in places.values() if len(group) >= SAME_COMMENT_TIMES for position in group}


def share_with_interval(part: int, whole: int) -> Interval | None:
    """Wilson's interval; None when there is nothing to divide by."""
    if not whole:
        return None
    z = 1.959964
    share = part / whole
    middle = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole)) / (1 + z * z / whole)
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def working_seconds(moments: Sequence[float], *, longest_gap: float = 1800.0) -> float:
    """Time at work from a person's marks (seconds): pauses longer than half an hour are breaks and do not count."""
    ordered = sorted(moments)
    return sum(gap for gap in (b - a for a, b in pairwise(ordered)) if gap <= longest_gap)
