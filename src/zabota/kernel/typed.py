"""Numbers and days as somebody typed them, into an address or a hidden field: within bounds, or nothing. Never an error."""

from __future__ import annotations

from datetime import date, datetime

#: The largest number that a column of ids takes.
MOST = 2**63 - 1
#: Days beyond these are slips: the year before the first and the year after the last can still be counted with.
FIRST, LAST = date(1900, 1, 1), date(9000, 12, 31)


def number_of(text: str, *, most: int = MOST) -> int | None:
    """A whole number from 0 to `most` in plain digits; None for anything else."""
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(most)):
        return None
    number = int(text)
    return number if number <= most else None


def day_of(text: str) -> date | None:
    """«2026-11-24»; None for what is no day of the calendar, or absurdly far away."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if is_near(day) else None


def is_near(day: date | datetime) -> bool:
    """True for a day that can be counted with: zones, weeks and years may be added to it."""
    return FIRST.year <= day.year <= LAST.year
