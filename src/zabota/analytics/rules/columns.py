"""Completed visits as plain columns of numbers, and what is known of each person: the ground of every measure."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from zabota.analytics.rules.drivers import Codes
from zabota.analytics.rules.intervals import Bools, Ints
from zabota.analytics.rules.periods import Period

EPOCH: Final = date(1970, 1, 1)
#: Attributes taken from the visit itself.
OF_VISIT: Final = ("doctor", "service", "speciality", "branch")


def ordinal(day: date) -> int:
    """Days since 1970."""
    return (day - EPOCH).days


def as_date(number: int) -> date:
    """The day of a number of days since 1970."""
    return EPOCH + timedelta(days=int(number))


@dataclasses.dataclass(frozen=True)
class Coded:
    """A column of words as numbers; below 0 is unknown."""

    codes: Codes
    values: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Visits:
    """Lines of completed visits sorted by person, day, visit and line."""

    person: Ints
    day: Ints
    visit: Ints
    revenue: Ints
    price: Ints
    words: dict[str, Coded]
    #: Of each person, by index: birth year or 0, channel, sex.
    birth_year: Ints
    channel: Coded
    sex: Coded
    people: int

    @property
    def first_day(self) -> date:
        """Earliest completed visit."""
        return as_date(int(self.day.min()))

    @property
    def last_day(self) -> date:
        """Latest completed visit."""
        return as_date(int(self.day.max()))


def _coded(column: pl.Series) -> Coded:
    """Numbers in the order of the words, so that neither rows nor labels' arrival change a result."""
    words = column.cast(pl.String).str.strip_chars()
    words = words.replace("", None) if words.len() else words
    values = sorted(words.drop_nulls().unique().to_list())
    codes = words.replace_strict(values, list(range(len(values))), default=None, return_dtype=pl.Int32)
    return Coded(codes=codes.fill_null(-1).to_numpy().astype(np.int32), values=tuple(values))


def read_visits(frame: pl.DataFrame) -> Visits:
    """Columns of the completed visits of a frame of intake. The frame must hold at least one."""
    done = frame.filter((pl.col("status") == "completed") & pl.col("day").is_not_null())
    for name in (*OF_VISIT, "channel", "sex"):
        if name not in done.columns:
            done = done.with_columns(pl.lit(None, dtype=pl.String).alias(name))
    people = done["person"].unique().sort()
    index = pl.DataFrame({"person": people, "_person": np.arange(people.len(), dtype=np.int64)})
    done = done.join(index, on="person", how="left").sort("_person", "day", "visit", "row", maintain_order=True)
    paid = pl.coalesce(pl.col("price_kopecks"), pl.col("paid_kopecks"), pl.lit(0))
    known = done.group_by("_person", maintain_order=True).agg(
        pl.col("born_on").drop_nulls().first().dt.year().alias("born"),
        pl.col("channel").drop_nulls().first(),
        pl.col("sex").drop_nulls().first(),
    )
    return Visits(
        person=done["_person"].to_numpy().astype(np.int64),
        day=done["day"].cast(pl.Date).to_physical().to_numpy().astype(np.int64),
        visit=done["visit"].to_numpy().astype(np.int64),
        revenue=done.select(paid.alias("r"))["r"].to_numpy().astype(np.int64),
        price=done["price_kopecks"].fill_null(0).to_numpy().astype(np.int64),
        words={name: _coded(done[name]) for name in OF_VISIT},
        birth_year=known["born"].fill_null(0).to_numpy().astype(np.int64),
        channel=_coded(known["channel"]),
        sex=_coded(known["sex"]),
        people=people.len(),
    )


@dataclasses.dataclass(frozen=True)
class Base:
    """People of a base window: the line of their last visit there, and whether they came in the return window."""

    person: Ints
    line: Ints
    came: Bools


def base_of(visits: Visits, period: Period) -> Base:
    """Who was there in the base window, with the last line (highest day, visit, line), and who came back."""
    low, high = ordinal(period.base_from), ordinal(period.base_to)
    inside = np.flatnonzero((visits.day >= low) & (visits.day <= high))
    people = visits.person[inside]
    # Lines are sorted within a person, so the last one inside stands before the person changes.
    last = np.flatnonzero(np.append(people[1:] != people[:-1], True)) if len(people) else np.zeros(0, np.int64)
    returned = np.zeros(visits.people, bool)
    again = (visits.day >= ordinal(period.return_from)) & (visits.day <= ordinal(period.return_to))
    returned[visits.person[again]] = True
    persons = people[last]
    return Base(person=persons, line=inside[last], came=returned[persons])


def first_days(visits: Visits) -> Ints:
    """First visit day of each person."""
    starts = np.flatnonzero(np.append(True, visits.person[1:] != visits.person[:-1]))
    return visits.day[starts]


def visit_days(visits: Visits) -> tuple[Ints, Ints]:
    """Distinct (person, day) pairs in order."""
    keep = np.append(True, (visits.person[1:] != visits.person[:-1]) | (visits.day[1:] != visits.day[:-1]))
    return visits.person[keep], visits.day[keep]


def without(visits: Visits, drop: Bools) -> Visits:
    """The same people without some lines."""
    keep = ~drop
    return dataclasses.replace(
        visits,
        person=visits.person[keep],
        day=visits.day[keep],
        visit=visits.visit[keep],
        revenue=visits.revenue[keep],
        price=visits.price[keep],
        words={name: Coded(coded.codes[keep], coded.values) for name, coded in visits.words.items()},
    )
