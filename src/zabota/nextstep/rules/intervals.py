"""Intervals between visits: whole days, or calendar months that end on the last day of a shorter month."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

#: An interval longer than this (44 years) is cut to it: the statement of the sweep packs it into 14 bits.
LONGEST_DAYS = 16_383


@dataclass(frozen=True, slots=True)
class Interval:
    """So many days, or, when `months` is set, so many calendar months (`days` is then their usual length)."""

    days: int
    months: int | None = None


def months_in_days(months: int) -> int:
    """The usual length of so many months, for comparing lateness: 6 → 182, 12 → 365."""
    return months * 365 // 12


def of_months(months: int) -> Interval:
    """An interval in calendar months."""
    return Interval(days=months_in_days(months), months=months)


def add_months(day: date, months: int) -> date:
    """The same day so many months later; 31 August + 6 months is the last of February, never a day of March."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def add_interval(day: date, interval: Interval) -> date:
    """The day on which the patient is due after a visit on `day`."""
    if interval.months is not None:
        return add_months(day, interval.months)
    return day + timedelta(days=interval.days)
