"""The patient snapshot: one row per card in use, the ground of every report. Columns, and how visits become rows.

Columns (absent: null in the file; −1 when read as numbers). Days are dates in the zone of the clinic.

The card
  patient_id          number of the card; rows stand in its order
  branch_id           branch of the card
  channel_id          source of the card
  birth_year          year of birth
  sex                 1 a woman, 2 a man
  registered_on       «с нами с»

Completed visits (of this card and of those merged into it; none that a later export no longer holds)
  days                list of the distinct days of visits, ascending
  day_kopecks         list of equal length: what the visits of each day cost (what was paid, where no price was entered)
  visits              length of `days`
  rows                completed appointments
  first_on, second_on, last_on
  months              64 bits: bit k is set when there was a visit in the k-th calendar month after that of `first_on`;
                      bit 0 is the month of the first visit. Later months stand in `days` only
  recent_months       64 bits: bit k, a visit in the k-th calendar month before that of the day of the snapshot
  revenue_kopecks     sum of `day_kopecks`
  index_doctor_id, index_branch_id, index_service_id, index_group_id, index_price_kopecks
                      of the first visit: its doctor and branch, its dearest service, that service's group and price
                      (the whole visit's, where services have none)
  last_doctor_id, last_branch_id, last_service_id, last_group_id
                      the same of the last visit

What stands now
  next_booking_at     earliest booking still to come (UTC), `next_booking_on` its day, `next_booking_doctor_id`
  task_reason, task_due_on
                      the open task that is due first
  plan_state, plan_on, plan_kopecks
                      the plan that matters most: under way, then proposed, finished, declined, abandoned; the latest
  type, rule, type_since
                      type of the patient, the rule that decided, since when
  group_id, interval_days
                      the group whose recall counts, days between visits expected of this patient
  left_reason         why the patient is outside the rule of the two З
  next_transition_on  first day on which time alone may change type or need
  late_on, sleeping_on, lost_on
                      first day on which this patient is late, asleep, lost, if nobody books; absent when booked or left
  value_kopecks       expected revenue of a year
"""

from __future__ import annotations

import dataclasses
from datetime import date
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from zabota.analytics.rules.columns import Coded, ordinal
from zabota.analytics.rules.intervals import Bools, Ints

#: Grows with every change of the columns: files of another version are not read.
VERSION: Final = 1
#: Absent number.
NONE: Final = -1
#: Bits of a mask of months.
MASK: Final = 64
_ID = pl.Int32
VISIT_PART: Final[dict[str, Any]] = {
    "days": pl.List(pl.Date), "day_kopecks": pl.List(pl.Int64), "visits": pl.Int32, "rows": pl.Int32,
    "first_on": pl.Date, "second_on": pl.Date, "last_on": pl.Date, "months": pl.UInt64, "recent_months": pl.UInt64,
    "revenue_kopecks": pl.Int64, "index_doctor_id": _ID, "index_branch_id": _ID, "index_service_id": _ID,
    "index_group_id": _ID, "index_price_kopecks": pl.Int64, "last_doctor_id": _ID, "last_branch_id": _ID,
    "last_service_id": _ID, "last_group_id": _ID,
}  # fmt: skip
CARD_PART: Final[dict[str, Any]] = {
    "patient_id": pl.Int64, "branch_id": _ID, "channel_id": _ID, "birth_year": pl.Int16, "sex": pl.Int8,
    "registered_on": pl.Date,
}  # fmt: skip
STATE_PART: Final[dict[str, Any]] = {
    "next_booking_at": pl.Datetime("us", "UTC"), "next_booking_on": pl.Date, "next_booking_doctor_id": _ID,
    "task_reason": pl.String, "task_due_on": pl.Date, "plan_state": pl.String, "plan_on": pl.Date,
    "plan_kopecks": pl.Int64, "type": pl.String, "rule": pl.String, "type_since": pl.Date, "group_id": _ID,
    "interval_days": pl.Int32, "left_reason": pl.String, "next_transition_on": pl.Date, "late_on": pl.Date,
    "sleeping_on": pl.Date, "lost_on": pl.Date, "value_kopecks": pl.Int64,
}  # fmt: skip
SCHEMA: Final[dict[str, Any]] = CARD_PART | VISIT_PART | STATE_PART
#: Of a patient who was never seen.
UNSEEN: Final[dict[str, Any]] = {"visits": 0, "rows": 0, "months": 0, "recent_months": 0, "revenue_kopecks": 0}


@dataclasses.dataclass(frozen=True)
class RawVisits:
    """Completed appointments in any order, equal lengths; ids that are absent are −1."""

    patient: Ints
    #: Days since 1970.
    day: Ints
    #: Number of the appointment: of several on one day the lowest is the first, the highest the last.
    appointment: Ints
    kopecks: Ints
    doctor: Ints
    branch: Ints


@dataclasses.dataclass(frozen=True)
class VisitRows:
    """Rows of patients who were seen, with the places of their first and last appointments in the raw visits."""

    frame: pl.DataFrame
    first: Ints
    last: Ints


def visit_rows(raw: RawVisits, as_of: date) -> VisitRows:
    """One row for each patient of the visits, in the order of their numbers; what depends on services is still absent."""
    order, patient, day = _sorted(raw)
    size = len(order)
    new_patient = np.append(True, patient[1:] != patient[:-1]) if size else np.zeros(0, bool)
    new_day = new_patient | np.append(True, day[1:] != day[:-1]) if size else new_patient
    starts, day_starts = np.flatnonzero(new_patient), np.flatnonzero(new_day)
    ends = np.append(starts[1:], size) - 1 if size else starts
    days = day[day_starts].astype(np.int32)
    place = np.flatnonzero(new_patient[day_starts])
    counts = np.diff(np.append(place, len(day_starts)))
    kopecks = np.add.reduceat(raw.kopecks[order], day_starts) if size else np.zeros(0, np.int64)
    second = days[np.minimum(place + 1, max(len(days) - 1, 0))] if size else days
    months, recent = _masks(days, place, counts, as_of)
    first_row, last_row = order[starts], order[ends]
    listed = _lists(np.repeat(np.arange(len(place), dtype=np.int32), counts), days, kopecks)
    frame = pl.DataFrame(
        {
            "patient_id": patient[starts],
            "visits": counts.astype(np.int32),
            "rows": (ends - starts + 1).astype(np.int32),
            "first_on": _dates(day[starts]),
            "second_on": _dates(np.where(counts > 1, second, NONE)),
            "last_on": _dates(day[ends]),
            "months": months,
            "recent_months": recent,
            "revenue_kopecks": np.add.reduceat(kopecks, place) if size else kopecks,
            "index_doctor_id": _known(raw.doctor[first_row]),
            "index_branch_id": _known(raw.branch[first_row]),
            "last_doctor_id": _known(raw.doctor[last_row]),
            "last_branch_id": _known(raw.branch[last_row]),
        }
    ).with_columns(listed)
    return VisitRows(frame, first_row, last_row)


def _sorted(raw: RawVisits) -> tuple[Ints, Ints, Ints]:
    """Places of the appointments by patient, day and number, with patient and day in that order.

    One sort of packed numbers is several times faster than a sort by columns; it works as long as they fit.
    """
    size = len(raw.patient)
    if not size:
        return raw.patient, raw.patient, raw.day
    rank = np.argsort(raw.appointment, kind="stable") if np.any(raw.appointment[1:] < raw.appointment[:-1]) else None
    patient, day = (raw.patient, raw.day) if rank is None else (raw.patient[rank], raw.day[rank])
    low_day, low_patient = int(day.min()), int(patient.min())
    shift = max(size - 1, 1).bit_length()
    day_bits = (int(day.max()) - low_day).bit_length()
    if (int(patient.max()) - low_patient).bit_length() + day_bits + shift < 64:
        key = (patient - low_patient).astype(np.uint64)
        for bits, more in ((day_bits, day - low_day), (shift, np.arange(size))):
            key <<= np.uint64(bits)
            key |= more.astype(np.uint64)
        key.sort()
        order = (key & np.uint64((1 << shift) - 1)).astype(np.int64)
        key >>= np.uint64(shift)
        day = (key & np.uint64((1 << day_bits) - 1)).astype(np.int64) + low_day
        key >>= np.uint64(day_bits)
        patient = key.astype(np.int64) + low_patient
    else:
        order = np.lexsort((day, patient))
        patient, day = patient[order], day[order]
    return (order if rank is None else rank[order]), patient, day


def month_number(days: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Calendar months since January 1970 of days since 1970."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _masks(days: npt.NDArray[np.int32], place: Ints, counts: Ints, as_of: date) -> tuple[npt.NDArray[np.uint64], ...]:
    if not len(days):
        return np.zeros(0, np.uint64), np.zeros(0, np.uint64)
    low = int(days.min())
    # Days are few: the month of each is looked up, not computed ten million times.
    table = month_number(np.arange(low, int(days.max()) + 1)).astype(np.int16)
    month = table[days - low]
    after = month - np.repeat(month[place], counts)
    before = int(month_number(np.array([ordinal(as_of)]))[0]) - month
    return tuple(np.bitwise_or.reduceat(_bits(each), place) for each in (after, before))


def _bits(numbers: npt.NDArray[np.int16]) -> npt.NDArray[np.uint64]:
    inside = (numbers >= 0) & (numbers < MASK)
    return inside.astype(np.uint64) << np.where(inside, numbers, 0).astype(np.uint64)


def recent_months(days: pl.Series, as_of: date) -> pl.Series:
    """The mask of recent months of a column of lists of days (null: never seen), as of another day."""
    seen = days.is_not_null()
    lists = days.filter(seen)
    result = np.zeros(len(days), np.uint64)
    if len(lists):
        counts = lists.list.len().to_numpy().astype(np.int64)
        flat = lists.explode().to_physical().to_numpy()
        place = np.append(0, np.cumsum(counts)[:-1])
        result[seen.to_numpy()] = _masks(flat, place, counts, as_of)[1]
    return pl.Series("recent_months", result)


def _lists(place: npt.NDArray[np.int32], days: npt.NDArray[np.int32], kopecks: Ints) -> list[pl.Series]:
    if not len(place):
        return [pl.Series(name, [], dtype=VISIT_PART[name]) for name in ("days", "day_kopecks")]
    flat = pl.DataFrame(
        {
            "place": pl.Series(place).set_sorted(),
            "days": pl.Series(days).cast(pl.Date),
            "day_kopecks": kopecks,
        }
    )
    grouped = flat.group_by("place", maintain_order=True).agg("days", "day_kopecks")
    return [grouped["days"], grouped["day_kopecks"]]


def _dates(days: npt.NDArray[Any]) -> pl.Series:
    found = pl.Series(days.astype(np.int32))
    return found.set(found == NONE, None).cast(pl.Date)


def _known(ids: Ints) -> pl.Series:
    found = pl.Series(ids.astype(np.int32))
    return found.set(found == NONE, None)


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """A snapshot in memory: columns as numbers, unpacked when they are first asked for.

    It holds the whole file, packed as it is: columns read one after another must come from one build.
    """

    content: bytes = dataclasses.field(repr=False)
    as_of: date
    #: Columns read so far.
    _cache: dict[str, Any] = dataclasses.field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def patient(self) -> Ints:
        """Numbers of the cards, ascending."""
        return self.numbers("patient_id")

    def __len__(self) -> int:
        return len(self.patient)

    def series(self, name: str) -> pl.Series:
        """A column as it stands in the file."""
        if name not in self._cache:
            self._cache[name] = pl.read_parquet(self.content, columns=[name])[name]
        found: pl.Series = self._cache[name]
        return found

    def numbers(self, name: str) -> Ints:
        """Whole numbers; days since 1970 for dates; −1 where absent."""
        key = f"{name} as numbers"
        if key not in self._cache:
            column = self.series(name)
            column = column.to_physical() if column.dtype == pl.Date else column
            self._cache[key] = column.cast(pl.Int64).fill_null(NONE).to_numpy()
        found: Ints = self._cache[key]
        return found

    def mask(self, name: str) -> npt.NDArray[np.uint64]:
        """A mask of months."""
        found: npt.NDArray[np.uint64] = self.series(name).to_numpy()
        return found

    def coded(self, name: str) -> Coded:
        """A column of words as numbers of sorted words, −1 where absent."""
        key = f"{name} as codes"
        if key not in self._cache:
            column = self.series(name)
            values = sorted(column.drop_nulls().unique().to_list())
            codes = column.cast(pl.Enum(values)).to_physical().cast(pl.Int32).fill_null(NONE).to_numpy()
            self._cache[key] = Coded(codes=codes, values=tuple(values))
        found: Coded = self._cache[key]
        return found

    @cached_property
    def days(self) -> tuple[Ints, Ints]:
        """All days of visits in one column, and where those of each row begin (one more than rows)."""
        column = self.series("days")
        seen = column.drop_nulls()
        flat = seen.explode().to_physical().to_numpy().astype(np.int64) if len(seen) else np.zeros(0, np.int64)
        return flat, np.append(0, np.cumsum(self.numbers("visits")))

    @cached_property
    def day_kopecks(self) -> Ints:
        """What each of `days` cost."""
        seen = self.series("day_kopecks").drop_nulls()
        return seen.explode().to_numpy() if len(seen) else np.zeros(0, np.int64)

    def came_between(self, low: date, high: date) -> Bools:
        """Who had a visit on one of these days, both included."""
        flat, begins = self.days
        inside = np.append(0, np.cumsum((flat >= ordinal(low)) & (flat <= ordinal(high))))
        return inside[begins[1:]] > inside[begins[:-1]]
