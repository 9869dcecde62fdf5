"""Visits as iCalendar (RFC 5545): one for a patient's calendar, many for a doctor's; nothing about health in either."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

PRODUCT = "-//Zabota//Visits//RU"


@dataclass(frozen=True, slots=True)
class Event:
    """What a calendar may know of a visit. `uid` never changes, `sequence` grows with every change."""

    uid: str
    sequence: int
    starts_at: datetime
    minutes: int
    summary: str
    location: str = ""
    description: str = ""
    address: str = ""
    is_cancelled: bool = False
    is_tentative: bool = False


def calendar_text(
    events: Iterable[Event], *, method: str, stamp: datetime, organizer: str = "", name: str = ""
) -> bytes:
    """The file: UTC times, lines of at most 75 octets ended by CRLF. `method` is REQUEST, CANCEL or PUBLISH.

    An invitation names its `organizer` (an e-mail address), which RFC 5546 demands.
    """
    import icalendar  # noqa: PLC0415 -- a quarter of a second, needed by few pages

    book = icalendar.Calendar()
    book.add("PRODID", PRODUCT)
    book.add("VERSION", "2.0")
    book.add("CALSCALE", "GREGORIAN")
    book.add("METHOD", method)
    if name:
        book.add("X-WR-CALNAME", name)
    for each in events:
        row = icalendar.Event()
        row.add("UID", each.uid)
        row.add("SEQUENCE", each.sequence)
        row.add("DTSTAMP", stamp.astimezone(UTC))
        row.add("DTSTART", each.starts_at.astimezone(UTC))
        row.add("DTEND", (each.starts_at + timedelta(minutes=each.minutes)).astimezone(UTC))
        row.add("SUMMARY", _line(each.summary))
        if each.location:
            row.add("LOCATION", _line(each.location))
        if each.description:
            row.add("DESCRIPTION", each.description)
        if each.address:
            row.add("URL", each.address)
        if organizer:
            row.add("ORGANIZER", f"mailto:{organizer}")
        cancelled = each.is_cancelled or method == "CANCEL"
        row.add("STATUS", "CANCELLED" if cancelled else "TENTATIVE" if each.is_tentative else "CONFIRMED")
        row.add("TRANSP", "TRANSPARENT" if cancelled else "OPAQUE")
        row.add("CLASS", "PRIVATE")
        book.add_component(row)
    return bytes(book.to_ical())


def _line(words: str) -> str:
    """One line without control characters, whatever was typed into a name."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in words).split())
