"""The only place that reads the clock. `now` is read once per operation and passed down."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone


def now() -> datetime:
    """The present instant in UTC."""
    return timezone.now()


def today(zone: str, at: datetime | None = None) -> date:
    """The calendar day in `zone` (an IANA name) at the instant `at`, or now."""
    return (at or now()).astimezone(ZoneInfo(zone)).date()
