"""Time as numbers: minutes since the epoch, and the five-minute cells that a span touches."""

from __future__ import annotations

from datetime import UTC, datetime

CELL_MINUTES = 5


def minute_of(at: datetime) -> int:
    """Whole minutes since the epoch."""
    return int(at.timestamp() // 60)


def instant_of(minute: int) -> datetime:
    """The instant of a minute since the epoch, in UTC."""
    return datetime.fromtimestamp(minute * 60, UTC)


def cells_of(begins: int, ends: int) -> range:
    """Cells of a span of minutes; a cell that is only touched in part belongs to it."""
    return range(begins // CELL_MINUTES, -(-ends // CELL_MINUTES))
