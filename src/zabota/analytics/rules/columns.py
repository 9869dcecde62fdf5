"""Completed visits as plain columns of numbers, and what is known of each person: the ground of every measure."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from zabota.analytics.rules.ground import Codes
from zabota.analytics.rules.intervals import Bools, Ints
from zabota.analytics.rules.periods import Period

EPOCH: Final = date(1970, 1, 1)
#: Attributes taken from the visit itself.
OF_VISIT: Final = ("doctor", "service", "category", "speciality", "branch", "feedback")
#: Waiting that is not known.
UNTOLD: Final = -1
_OF_WAITS: Final = frozenset({"wait_seconds", "corridor_seconds", "created_at"})
_DAY_SECONDS: Final = 86_400
#: Length of a month and the share of an ordinary month from which on it counts, for finding where the data begin.
MONTH_DAYS: Final = 30
DENSE_SHARE: Final = 0.1


def ordinal(day: date) -> int:
    """Days since 1970."""
    return (day - EPOCH).days


def as_date(number: int) -> date:
    """The day of a number of days since 1970."""
    return EPOCH + timedelta(days=int(number))


def dense_start(day: Ints) -> int:
    """First visit of the first two months in a row that have a tenth of an ordinary month each."""
    first = int(day.min())
    counts = np.bincount((day - first) // MONTH_DAYS)
    if len(counts) < 4:
        return first
    # The last month may have only begun.
    ordinary = float(np.median(counts[:-1][counts[:-1] > 0]))
    busy = counts >= max(1.0, DENSE_SHARE * ordinary)
    starts = np.flatnonzero(busy[:-1] & busy[1:])
    if not len(starts) or not starts[0]:
        return first
    # The first of them is cut into thirds, so that a start in the middle of a month is found.
    low = first + int(starts[0]) * MONTH_DAYS
    thirds = np.bincount((day[(day >= low) & (day < low + MONTH_DAYS)] - low) // (MONTH_DAYS // 3), minlength=3)
    third = (
        int(np.flatnonzero(thirds >= DENSE_SHARE * ordinary / 3)[0])
        if (thirds >= DENSE_SHARE * ordinary / 3).any()
        else 0
    )
    return int(day[day >= low + third * (MONTH_DAYS // 3)].min())


def dense_end(day: Ints) -> int:
    """Last visit of the last two months in a row that have a tenth of an ordinary month each."""
    return -dense_start(-day)


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
    #: Days from booking to the visit and minutes in the corridor; UNTOLD where nobody wrote down the moments.
    wait: Ints
    corridor: Ints
    #: Of each person, by index: birth year or 0, channel, sex.
    birth_year: Ints
    channel: Coded
    sex: Coded
    people: int

    @cached_property
    def first_day(self) -> date:
        """The day on which the data begin in earnest: a few visits of an older year, typed wrongly or carried over, do not."""
        return as_date(dense_start(self.day))

    @property
    def last_day(self) -> date:
        """Latest completed visit."""
        return as_date(int(self.day.max()))


def _coded(column: pl.Series) -> Coded:
    """Numbers in the order of the words, so that neither rows nor labels' arrival change a result."""
    column = column.cast(pl.String)
    raw = column.unique().drop_nulls().to_list()
    values = sorted({word.strip() for word in raw} - {""})
    places = {word: code for code, word in enumerate(values)}
    table = np.array([places.get(word.strip(), -1) for word in raw] + [-1], dtype=np.int32)
    codes = column.cast(pl.Enum(raw)).to_physical().fill_null(len(raw)).to_numpy()
    return Coded(codes=table[codes], values=tuple(values))


def _indexed(people: Ints) -> tuple[Ints, int]:
    """People as numbers from 0 in the order of their own numbers, and how many they are."""
    if not len(people):
        return people, 0
    low, high = int(people.min()), int(people.max())
    if high - low < 8 * len(people) + 1000:
        present = np.zeros(high - low + 1, bool)
        present[people - low] = True
        place = np.cumsum(present) - 1
        return place[people - low], int(place[-1]) + 1
    values, place = np.unique(people, return_inverse=True)
    return place.astype(np.int64), len(values)


def _order(person: Ints, day: Ints, visit: Ints, price: Ints, row: Ints) -> Ints:
    """Rows by person, day, visit, price and line: the last row of a visit is the dearest, what the person came for.

    One sort of packed numbers is several times faster than a sort by columns.
    """
    size = len(person)
    span = int(day.max()) - int(day.min()) + 1
    key = person * span + (day - day.min())
    shift = max(size - 1, 1).bit_length()
    if int(key.max()).bit_length() + shift >= 63:
        return np.lexsort((row, price, visit, key))
    order = np.sort((key << shift) | np.arange(size)) & ((1 << shift) - 1)
    sorted_key = key[order]
    same = np.append(False, sorted_key[1:] == sorted_key[:-1])
    shared = np.flatnonzero(same | np.append(same[1:], False))
    if len(shared):  # several lines of one day
        rows = order[shared]
        order[shared] = rows[np.lexsort((row[rows], price[rows], visit[rows], sorted_key[shared]))]
    return order


def _first_known(person: Ints, values: npt.NDArray[np.int32], people: int) -> npt.NDArray[np.int32]:
    """The earliest value of each person that is not below 0; lines are sorted by person and time."""
    known = np.flatnonzero(values >= 0)
    result = np.full(people, -1, np.int32)
    result[person[known[::-1]]] = values[known[::-1]]
    return result


def _unit_price(columns: list[str]) -> pl.Expr:
    """Price of one: as told, else of the total, else what was paid; 0 is unknown."""
    told: list[pl.Expr] = []
    if "price_kopecks" in columns:
        told.append(pl.col("price_kopecks"))
    if "total_kopecks" in columns:
        number = pl.col("qty").clip(1.0) if "qty" in columns else pl.lit(1.0)
        told.append((pl.col("total_kopecks") / number.fill_null(1.0)).round().cast(pl.Int64))
    if "paid_kopecks" in columns:
        told.append(pl.col("paid_kopecks"))
    return pl.coalesce(*(pl.when(each > 0).then(each) for each in told), pl.lit(0))


def _revenue(columns: list[str]) -> pl.Expr:
    """What a row cost: as told, else what was paid; of a visit whose rows all tell that it cost nothing, what was paid."""
    money = [name for name in ("total_kopecks", "price_kopecks", "paid_kopecks") if name in columns]
    told = pl.coalesce(*(pl.col(name) for name in money), pl.lit(0))
    if money[-1:] != ["paid_kopecks"] or len(money) == 1:
        return told
    return pl.when(told.sum().over("visit") == 0).then(pl.col("paid_kopecks").fill_null(0)).otherwise(told)


def _waits(frame: pl.DataFrame) -> tuple[pl.Expr, pl.Expr]:
    """Days from booking to visit, rounded, and minutes in the corridor: told as seconds, or by the moments of an export."""
    columns = [name for name in frame.columns if name not in _OF_WAITS or frame[name].null_count() < frame.height]
    wait = corridor = pl.lit(None, dtype=pl.Int64)
    if "wait_seconds" in columns:
        wait = pl.col("wait_seconds")
    elif {"created_at", "starts_at"} <= set(columns):
        wait = (
            pl.col("starts_at").cast(pl.Datetime("us")) - pl.col("created_at").cast(pl.Datetime("us"))
        ).dt.total_seconds()
    if "corridor_seconds" in columns:
        corridor = pl.col("corridor_seconds")
    days = (wait / _DAY_SECONDS).round().cast(pl.Int64)
    # What was entered after the visit was never booked: nobody knows how long this patient waited.
    known = pl.when(wait > -_DAY_SECONDS // 2).then(days).fill_null(UNTOLD).alias("wait")
    minutes = (corridor.clip(0) // 60).cast(pl.Int64).fill_null(UNTOLD).alias("corridor")
    return known, minutes


def read_visits(frame: pl.DataFrame) -> Visits:
    """Columns of the completed visits of a frame of intake. The frame must hold at least one."""
    missing = [name for name in (*OF_VISIT, "channel", "sex") if name not in frame.columns]
    born = pl.col("born_on").dt.year() if "born_on" in frame.columns else pl.lit(None)
    done = (
        frame.lazy()
        .filter((pl.col("status") == "completed") & pl.col("day").is_not_null())
        .with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in missing)
        .select(
            "person", "visit", "row", *OF_VISIT, "channel", "sex",
            pl.col("day").cast(pl.Date).to_physical(),
            _revenue(frame.columns).alias("revenue"),
            _unit_price(frame.columns).alias("price"),
            born.cast(pl.Int32).fill_null(-1).alias("born"),
            *_waits(frame),
        )
        .collect()
    )  # fmt: skip

    def numbers(name: str) -> Ints:
        return done[name].to_numpy().astype(np.int64)

    person, people = _indexed(numbers("person"))
    day, visit = numbers("day"), numbers("visit")
    price = numbers("price")
    order = _order(person, day, visit, price, numbers("row"))
    words = {name: _coded(done[name]) for name in (*OF_VISIT, "channel", "sex")}
    words = {name: Coded(coded.codes[order], coded.values) for name, coded in words.items()}
    person = person[order]

    def of_person(name: str) -> Coded:
        return Coded(_first_known(person, words[name].codes, people), words[name].values)

    born_years = _first_known(person, done["born"].to_numpy()[order], people)
    return Visits(
        person=person,
        day=day[order],
        visit=visit[order],
        revenue=numbers("revenue")[order],
        price=price[order],
        words={name: words[name] for name in OF_VISIT},
        wait=numbers("wait")[order],
        corridor=numbers("corridor")[order],
        birth_year=np.maximum(born_years, 0).astype(np.int64),
        channel=of_person("channel"),
        sex=of_person("sex"),
        people=people,
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
        wait=visits.wait[keep],
        corridor=visits.corridor[keep],
    )
