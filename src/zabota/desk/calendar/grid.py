"""Geometry of a day: lanes of what overlaps, gaps between what is busy, the hours worth showing. Plain numbers, minutes of a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From a minute of the day to another, the end not included."""

    start: int
    end: int

    @property
    def minutes(self) -> int:
        """Length."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Block:
    """One thing in a column: an appointment, a free time, a break, a hold."""

    kind: str
    start: int
    minutes: int
    title: str = ""
    #: State in a word, with its icon: colour never tells it alone.
    state: str = ""
    icon: str = ""
    what: str = ""
    #: The same for whoever hears the page.
    label: str = ""
    url: str = ""
    key: str = ""
    alarm: str = ""
    move_url: str = ""
    #: Of the appointment as it stands here: a move of an older one is refused.
    revision: int = 0
    lane: int = 0
    lanes: int = 1

    @property
    def end(self) -> int:
        """Minute at which it is over."""
        return self.start + self.minutes

    @property
    def clock(self) -> str:
        """«9:30»."""
        return clock(self.start)

    @property
    def is_tiny(self) -> bool:
        """Only one line has room."""
        return self.minutes < 25

    @property
    def is_short(self) -> bool:
        """Two lines have room."""
        return self.minutes <= 40


@dataclass(frozen=True, slots=True)
class Column:
    """A doctor, a room, a device or a day with what stands in it."""

    key: str
    title: str
    sub: str = ""
    url: str = ""
    day: str = ""
    blocks: Sequence[Block] = ()
    booked_minutes: int = 0
    open_spans: Sequence[tuple[int, int]] = ()
    is_today: bool = False

    @property
    def open_minutes(self) -> int:
        """Time in which patients are received."""
        return sum(end - start for start, end in self.open_spans)

    @property
    def share(self) -> float:
        """Part of the open time that is booked; more than all when it is overbooked."""
        return self.booked_minutes / self.open_minutes if self.open_minutes else 0.0


@dataclass(frozen=True, slots=True)
class Frame:
    """The hours on the screen."""

    start: int
    end: int
    hours: Sequence[tuple[int, str]] = field(default=())

    @property
    def minutes(self) -> int:
        """Height of the grid."""
        return self.end - self.start


def clock(minute: int) -> str:
    """«9:05» of a minute of the day."""
    return f"{minute // 60}:{minute % 60:02d}"


def frame_of(spans: Iterable[Span], *, usual: Span = Span(9 * 60, 20 * 60)) -> Frame:
    """Whole hours that hold every span; the usual day when there is none."""
    found = list(spans)
    start = min((span.start for span in found), default=usual.start) // 60 * 60
    end = min(MINUTES, -(-max((span.end for span in found), default=usual.end) // 60) * 60)
    if end <= start:
        start, end = usual.start, usual.end
    return Frame(start, end, [(minute, clock(minute)) for minute in range(start, end + 1, 60)])


def gaps(open_spans: Sequence[Span], busy: Sequence[Span], *, least: int) -> list[Span]:
    """What is open and not busy, in pieces not shorter than `least`."""
    found: list[Span] = []
    taken = sorted(busy)
    for window in sorted(open_spans):
        at = window.start
        for span in taken:
            if span.end <= at or span.start >= window.end:
                continue
            if span.start - at >= least:
                found.append(Span(at, span.start))
            at = max(at, span.end)
        if window.end - at >= least:
            found.append(Span(at, window.end))
    return found


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same time without overlaps, in order."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def in_lanes(spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Lane and number of lanes of each span, in their order: what overlaps stands side by side, as loaded schedules do."""
    result = [(0, 1)] * len(spans)
    order = sorted(range(len(spans)), key=lambda number: (spans[number].start, -spans[number].end))
    cluster: list[int] = []
    ends: list[int] = []
    lanes: dict[int, int] = {}
    until = -1
    for number in order:
        span = spans[number]
        if span.start >= until:
            _spread(cluster, lanes, len(ends), result)
            cluster, ends, lanes = [], [], {}
        lane = next((at for at, end in enumerate(ends) if end <= span.start), len(ends))
        if lane == len(ends):
            ends.append(span.end)
        else:
            ends[lane] = span.end
        lanes[number] = lane
        cluster.append(number)
        until = max(until, span.end)
    _spread(cluster, lanes, len(ends), result)
    return result


def cut(column: Column, frame: Frame) -> Column:
    """The column with what lies outside of the frame cut off."""
    kept = []
    for block in column.blocks:
        start, end = max(block.start, frame.start), min(block.end, frame.end)
        if end > start:
            kept.append(replace(block, start=start, minutes=end - start))
    return replace(column, blocks=kept)


def _spread(cluster: list[int], lanes: dict[int, int], count: int, result: list[tuple[int, int]]) -> None:
    for number in cluster:
        result[number] = (lanes[number], count)
