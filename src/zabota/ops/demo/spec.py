"""What a demo clinic is asked to be: its size, its days, its seed and the causes planted in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

CAUSES: Final = ("doctor", "price", "channel", "branch", "age", "uniform")
# The clinic lives this long before its first exported day, so that old and new patients are in balance then.
BURN_IN_DAYS: Final = 2600
# Bookings are made this far ahead.
AHEAD_DAYS: Final = 60
R3_WINDOW_DAYS: Final = 270
YEAR_DAYS: Final = 365
# Years at arrival from which on the cause "age" acts.
ELDER_YEARS: Final = 58


@dataclass(frozen=True, slots=True)
class ClinicSpec:
    """An order for a clinic; equal orders give equal clinics, byte for byte."""

    as_of: date
    seed: int = 7
    patients: int = 4000
    months: int = 30
    causes: tuple[str, ...] = ("doctor", "price", "channel")
    # Scales how strongly each planted cause acts; 1 gives the fall from 70 % to 50 %.
    strength: float = 1.0
    # Share of people who were given a second card.
    duplicates: float = 0.03

    def __post_init__(self) -> None:
        unknown = set(self.causes) - set(CAUSES)
        if unknown:
            raise ValueError(f"unknown causes: {', '.join(sorted(unknown))}")
        if self.patients < 1:
            raise ValueError("a clinic has at least one patient")
        if self.months < 2:
            raise ValueError("a clinic has at least two months of visits")

    @property
    def start(self) -> date:
        """The first exported day."""
        month = self.as_of.year * 12 + self.as_of.month - 1 - self.months
        year, month = divmod(month, 12)
        days = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
        return date(year, month + 1, min(self.as_of.day, days)) + timedelta(days=1)

    @property
    def last(self) -> int:
        """The as-of day counted from `start`, which is day 0."""
        return (self.as_of - self.start).days

    def day(self, days_ago: int) -> int:
        """The index of the day that lies `days_ago` before the as-of day."""
        return self.last - days_ago

    def stream(self, name: str) -> np.random.Generator:
        """Random numbers of one part of the clinic, so that a change in one part leaves the others as they were."""
        return np.random.default_rng([self.seed, *name.encode()])


@dataclass(frozen=True, slots=True)
class Timing:
    """When each planted cause begins, in days before the as-of day."""

    doctor: int = 400
    price: int = 380
    channel: int = 570
    channel_full: int = 520
    branch: int = 385
    age: int = 385
    uniform: int = 370


@dataclass(frozen=True, slots=True)
class Force:
    """How strongly each cause acts: the share of returns that do not happen, and the growth of the channel."""

    doctor: float = 0.60
    price: float = 0.27
    # New patients of the growing channel per new patient of all others, when grown.
    channel: float = 0.37
    branch: float = 0.42
    age: float = 0.60
    uniform: float = 0.25


TIMING: Final = Timing()
FORCE: Final = Force()
