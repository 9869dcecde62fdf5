"""Free beginnings between what is busy: plain arithmetic on minutes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

STEP_MINUTES = 30


@dataclass(slots=True)
class Busy:
    """Busy spans of one resource, in order and without overlaps."""

    begins: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, spans: Iterable[tuple[int, int]]) -> Busy:
        """Spans in any order, overlapping or not."""
        busy = cls()
        for begins, ends in sorted(spans):
            if busy.ends and begins <= busy.ends[-1]:
                busy.ends[-1] = max(ends, busy.ends[-1])
            else:
                busy.begins.append(begins)
                busy.ends.append(ends)
        return busy

    def is_free(self, begins: int, ends: int) -> bool:
        """True when nothing busy shares a minute with the span."""
        place = bisect_right(self.ends, begins)
        return place == len(self.begins) or self.begins[place] >= ends


def free_starts(
    opens: int,
    closes: int,
    busy: Busy,
    *,
    minutes: int,
    before: int = 0,
    after: int = 0,
    step: int = STEP_MINUTES,
    not_before: int = 0,
) -> list[int]:
    """Beginnings of visits that fit: on the grid of the window, and directly after what is busy, to leave no hole.

    The visit itself lies within the window; the buffers around it only must not meet what is busy.
    """
    found: list[int] = []
    begins, ends, count = busy.begins, busy.ends, len(busy.begins)
    latest = closes + after
    since = opens - before
    place = bisect_right(ends, since)
    # Thousands of days are asked at once: plain comparisons, where min() and max() would cost half of it.
    while True:
        until = begins[place] if place < count and begins[place] < latest else latest
        first = since + before
        close_by = -(-first // 5) * 5 if since > opens - before else -1
        if first < opens:
            first = opens
        if first < not_before:
            first = not_before
        last = (until - after if until - after < closes else closes) - minutes
        if first <= last:
            if first <= close_by <= last and (close_by - opens) % step:
                found.append(close_by)
            found.extend(range(opens + -(-(first - opens) // step) * step, last + 1, step))
        if place >= count or begins[place] >= latest:
            return found
        since = ends[place]
        place += 1


def spread(free: Sequence[int], count: int) -> list[int]:
    """At most `count` of them, from morning to evening alike."""
    if len(free) <= count:
        return list(free)
    if count <= 1:
        return list(free[:count])
    return [free[round(index * (len(free) - 1) / (count - 1))] for index in range(count)]
