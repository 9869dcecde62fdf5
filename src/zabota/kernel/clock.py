"""The only place that reads the clock. `now` is read once per operation and passed down."""

from __future__ import annotations

import time
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone


def now() -> datetime:
    """The present instant in UTC."""
    return timezone.now()


def today(zone: str, at: datetime | None = None) -> date:
    """The calendar day in `zone` (an IANA name) at the instant `at`, or now."""
    return (at or now()).astimezone(ZoneInfo(zone)).date()


def local(zone: str, at: datetime) -> datetime:
    """The instant as the clocks in `zone` (an IANA name) show it."""
    return at.astimezone(ZoneInfo(zone))


def machine_today() -> date:
    """The calendar day of this machine, for commands that know no clinic and load no settings."""
    return date.fromtimestamp(time.time())  # noqa: DTZ012 -- the machine's own day is meant
