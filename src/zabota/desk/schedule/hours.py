"""Hours as people write them: «9:00–14:00, 15–18» into minutes of a day and back. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from zabota.kernel.errors import BadInput

_SPAN = re.compile(r"^\s*(\d{1,2})(?:[:.](\d{2}))?\s*(?:-|–|—|до)\s*(\d{1,2})(?:[:.](\d{2}))?\s*$")
_EXAMPLE = "Пример: 9:00–14:00, 15:00–18:00."
DAY = 24 * 60


def read_hours(text: str) -> list[tuple[int, int]]:
    """Spans of a day in order; an end not after its beginning is on the next day. Raises BadInput with the part that is wrong."""
    found: list[tuple[int, int]] = []
    cleaned = text.lower().replace("с ", "").strip()
    if not cleaned or cleaned in {"-", "—", "выходной", "нет"}:
        return []
    for part in re.split(r"[,;]|\bи\b", cleaned):
        if not part.strip():
            continue
        match = _SPAN.match(part)
        if match is None:
            raise BadInput(f"Не получилось прочитать «{part.strip()}». {_EXAMPLE}")
        begins = _minute(match[1], match[2], part)
        ends = _minute(match[3], match[4], part)
        found.append((begins, ends + DAY if ends <= begins else ends))
    found.sort()
    for (_, before), (begins, _) in pairwise(found):
        if begins < before:
            raise BadInput(f"Часы пересекаются: «{text.strip()}». {_EXAMPLE}")
    return found


def _minute(hours: str, minutes: str | None, part: str) -> int:
    hour, minute = int(hours), int(minutes or 0)
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        raise BadInput(f"Такого времени нет: «{part.strip()}». {_EXAMPLE}")
    if minute % 5:
        raise BadInput(f"Время указывайте с шагом 5 минут: «{part.strip()}».")
    return hour * 60 + minute


def write_hours(spans: Iterable[tuple[int, int]]) -> str:
    """«9:00–14:00, 15:00–18:00»; touching spans as one."""
    joined: list[tuple[int, int]] = []
    for begins, ends in sorted(spans):
        if joined and begins <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(ends, joined[-1][1]))
        else:
            joined.append((begins, ends))
    return ", ".join(f"{_clock(begins)}–{_clock(ends)}" for begins, ends in joined)


def without(spans: Iterable[tuple[int, int]], breaks: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans with breaks cut out."""
    rest = list(spans)
    for left, right in breaks:
        cut: list[tuple[int, int]] = []
        for begins, ends in rest:
            if right <= begins or left >= ends:
                cut.append((begins, ends))
                continue
            if begins < left:
                cut.append((begins, left))
            if right < ends:
                cut.append((right, ends))
        rest = cut
    return rest


def _clock(minute: int) -> str:
    minute = minute if minute <= DAY else minute - DAY
    return f"{minute // 60}:{minute % 60:02d}"
