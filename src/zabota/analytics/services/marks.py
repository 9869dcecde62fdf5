"""Small forms of the report: places on an axis, intervals, days in words."""

from __future__ import annotations

from datetime import date

from zabota.analytics.rules.gaps import russian_day

_JOIN = "\u2060"


def place(share: float | None) -> str:
    """A share as a position on the axis from 0 to 100 %."""
    return f"{100 * (share or 0):.1f}%"


def tenths(value: float) -> str:
    """«−8,1» with a minus sign; «+1,2»."""
    text = f"{abs(value):.1f}".replace(".", ",")
    return f"−{text}" if value < -0.049 else f"+{text}" if value > 0.049 else text


def interval(low: float | None, high: float | None) -> str:
    """«−10,2…−7,4»; nothing when it is not known."""
    return "" if low is None or high is None else f"{tenths(low)}{_JOIN}…{_JOIN}{tenths(high)}"


def percents(low: float | None, high: float | None) -> str:
    """«48…52»; nothing when it is not known."""
    return "" if low is None or high is None else f"{100 * low:.0f}{_JOIN}…{_JOIN}{100 * high:.0f}"


def day(value: str | date) -> str:
    """«25 ноября 2026» with no-break spaces."""
    found = date.fromisoformat(value) if isinstance(value, str) else value
    return russian_day(found).replace(" ", "\u00a0")
