"""New patients as narrow columns of numbers, so that any cross-filter of a million of them answers at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from zabota.analytics.rules.columns import dense_start, ordinal
from zabota.analytics.rules.intervals import Bools, Floats, Ints

#: Months after the first that are drawn.
WIDTH: Final = 24
LANES: Final = WIDTH // 8
#: Days of the curve of the first return.
LONGEST: Final = 730
#: Within so many days a new patient counts as returned.
HORIZON: Final = 180
_BITS: Final = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little").astype(np.int64)
#: First days of the data: those who come for the first time in them may be old patients, so that nobody counts them as new.
TRUNCATED_DAYS: Final = 180
#: What ends the days in which a patient is watched.
CENSORED, RETURNED, LEFT = 0, 1, 2

Bytes = npt.NDArray[np.uint8]
Small = npt.NDArray[np.int16]


@dataclasses.dataclass(frozen=True)
class Side:
    """One way to divide new patients: codes by patient (−1 unknown) and the words of the codes."""

    codes: Small
    values: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class CohortBase:
    """One row per patient who is new for certain, in the order of months."""

    as_of: date
    #: Calendar months since January 1970 of row 0 of the map, and how many rows there are.
    low: int
    rows: int
    month: Small
    #: Bit k of the bytes of a patient: seen in the k-th month after the first.
    lanes: tuple[Bytes, ...]
    #: Days until the end of watching, at most LONGEST, three times over: ×3 plus CENSORED, RETURNED or LEFT.
    ends: Small
    #: Days from the first visit to the day of the base, at most LONGEST.
    age: Small
    sides: Mapping[str, Side]

    def __len__(self) -> int:
        return len(self.month)


def build_base(
    *, as_of: date, first: Ints, second: Ints, left: Ints, months: npt.NDArray[np.uint64], sides: Mapping[str, Side]
) -> CohortBase:
    """From whole numbers: days since 1970, −1 where there was none; `left` is the day on which somebody moved away or died.

    Patients of the first half-year of the data are left out of every figure.
    """
    seen = np.flatnonzero((first >= 0) & (first >= _sure_from(first)))
    order = seen[np.argsort(first[seen], kind="stable")]
    first, second, left, months = first[order], second[order], left[order], months[order]
    number = first.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    low = int(number[0]) if len(number) else 0
    age = np.clip(ordinal(as_of) - first, 0, None)
    wait = np.where(second >= 0, second - first, np.iinfo(np.int32).max)
    away = np.where(left >= first, left - first, np.iinfo(np.int32).max)
    until = np.minimum(np.minimum(wait, away), age)
    kind = np.where((wait <= away) & (wait <= age), RETURNED, np.where(away <= age, LEFT, CENSORED))
    kind = np.where(until > LONGEST, CENSORED, kind)
    patterns = np.ascontiguousarray(months.astype("<u8")).view(np.uint8).reshape(-1, 8)
    return CohortBase(
        as_of=as_of,
        low=low,
        rows=int(number[-1]) - low + 1 if len(number) else 0,
        month=(number - low).astype(np.int16),
        lanes=tuple(np.ascontiguousarray(patterns[:, lane]) for lane in range(LANES)),
        ends=(np.minimum(until, LONGEST) * 3 + kind).astype(np.int16),
        age=np.minimum(age, LONGEST).astype(np.int16),
        sides={name: Side(side.codes[order].astype(np.int16), side.values) for name, side in sides.items()},
    )


def _sure_from(first: Ints) -> int:
    """The day from which a first visit is that of a new patient."""
    known = first[first >= 0]
    return dense_start(known) + TRUNCATED_DAYS if len(known) else 0


@dataclasses.dataclass(frozen=True)
class Slice:
    """What a filter leaves of the base."""

    sizes: Ints
    #: Patients of a row seen in the k-th month after the first.
    cells: npt.NDArray[np.int64]
    #: By row and day: ends of watching, of each kind.
    ends: npt.NDArray[np.int64]
    facets: Mapping[str, Facet]

    @property
    def patients(self) -> int:
        """Everybody left."""
        return int(self.sizes.sum())


@dataclasses.dataclass(frozen=True)
class Facet:
    """By value of one side, under the filters of all the others: ripe patients, and those back within the horizon.

    The unknown are the last value.
    """

    ripe: Ints
    came: Ints


def slice_of(
    base: CohortBase, chosen: Mapping[str, int], *, allowed: Mapping[str, Bools] | None = None, facets: bool = True
) -> Slice:
    """Cut by codes of sides. `allowed` says which codes may be seen at all (a limit to branches); the unknown may."""
    masks = {name: base.sides[name].codes == code for name, code in chosen.items()}
    fence = _all([np.append(may, True)[base.sides[name].codes] for name, may in (allowed or {}).items()])
    keep = _all([*masks.values(), *([fence] if fence is not None else [])])
    month, ends = _cut(base.month, keep), _cut(base.ends, keep)
    place = month.astype(np.int32) << 8
    cells = [
        np.bincount(place | _cut(lane, keep), minlength=base.rows << 8).reshape(base.rows, 256) @ _BITS
        for lane in base.lanes
    ]
    span = (LONGEST + 1) * 3
    watched = np.bincount(month.astype(np.int32) * span + ends, minlength=base.rows * span)
    return Slice(
        sizes=np.bincount(month, minlength=base.rows),
        cells=np.concatenate(cells, axis=1) if base.rows else np.zeros((0, WIDTH), np.int64),
        ends=watched.reshape(base.rows, LONGEST + 1, 3),
        facets=_facets(base, masks, fence) if facets else {},
    )


def _facets(base: CohortBase, masks: Mapping[str, Bools], fence: Bools | None) -> dict[str, Facet]:
    # 0 unripe, 1 ripe and away, 2 ripe and back.
    state = np.where(base.age < HORIZON, 0, 1 + ((base.ends % 3 == RETURNED) & (base.ends // 3 <= HORIZON))).astype(
        np.int16
    )
    found = {}
    for name, side in base.sides.items():
        others = [mask for other, mask in masks.items() if other != name]
        keep = _all([*others, *([fence] if fence is not None else [])])
        width = len(side.values) + 1
        codes = _cut(side.codes, keep).astype(np.int32)
        # The unknown, −1, go to the end.
        table = np.bincount((codes + 1) * 3 + _cut(state, keep), minlength=(width + 1) * 3).reshape(-1, 3)[:width]
        table = np.roll(table, -1, axis=0)
        found[name] = Facet(ripe=table[:, 1] + table[:, 2], came=table[:, 2])
    return found


def pair_table(base: CohortBase, first: str, second: str, keep: Bools | None) -> npt.NDArray[np.int64]:
    """Ripe patients by value of two sides: [first, second, away or back]; unknown values last."""
    sides = base.sides[first], base.sides[second]
    ripe = base.age >= HORIZON
    keep = ripe if keep is None else ripe & keep
    a, b = (np.where(side.codes[keep] < 0, len(side.values), side.codes[keep]).astype(np.int64) for side in sides)
    came = (base.ends[keep] % 3 == RETURNED) & (base.ends[keep] // 3 <= HORIZON)
    shape = (len(sides[0].values) + 1, len(sides[1].values) + 1, 2)
    return np.bincount((a * shape[1] + b) * 2 + came, minlength=int(np.prod(shape))).reshape(shape)


def table_of_months(base: CohortBase, side: str, rows: Sequence[int], keep: Bools | None) -> npt.NDArray[np.int64]:
    """Patients of some rows of the map by value of a side: [value, away or back within the horizon]; the unknown last."""
    wanted = np.zeros(base.rows, bool)
    wanted[list(rows)] = True
    mine = wanted[base.month] if keep is None else wanted[base.month] & keep
    width = len(base.sides[side].values) + 1
    codes = np.where(base.sides[side].codes[mine] < 0, width - 1, base.sides[side].codes[mine]).astype(np.int64)
    came = (base.ends[mine] % 3 == RETURNED) & (base.ends[mine] // 3 <= HORIZON)
    return np.bincount(codes * 2 + came, minlength=2 * width).reshape(width, 2)


def ends_by(base: CohortBase, side: str, keep: Bools | None) -> npt.NDArray[np.int64]:
    """Ends of watching by value of a side, day and kind; the unknown are the last value."""
    width, span = len(base.sides[side].values) + 1, (LONGEST + 1) * 3
    codes = _cut(base.sides[side].codes, keep).astype(np.int32)
    places = np.where(codes < 0, width - 1, codes) * span + _cut(base.ends, keep)
    return np.bincount(places, minlength=width * span).reshape(width, LONGEST + 1, 3)


def keep_of(base: CohortBase, chosen: Mapping[str, int], allowed: Mapping[str, Bools] | None = None) -> Bools | None:
    """The mask of a filter; None when it keeps everybody."""
    masks = [base.sides[name].codes == code for name, code in chosen.items()]
    return _all([*masks, *(np.append(may, True)[base.sides[name].codes] for name, may in (allowed or {}).items())])


def _all(masks: list[Bools]) -> Bools | None:
    if not masks:
        return None
    result = masks[0]
    for mask in masks[1:]:
        result = result & mask
    return result


def _cut(column: npt.NDArray[Any], keep: Bools | None) -> npt.NDArray[Any]:
    return column if keep is None else column[keep]


@dataclasses.dataclass(frozen=True)
class Incidence:
    """By day from 0: share back counting those who left as never coming (Aalen-Johansen), its interval, and 1 − KM."""

    back: Floats
    low: Floats
    high: Floats
    plain: Floats
    left: Floats


def incidence_of(ends: npt.NDArray[np.int64], *, days: int = 365) -> Incidence:
    """Time to the first return with leaving as a competing event. `ends` are counts by day and kind."""
    counts = ends.sum(axis=0) if ends.ndim == 3 else ends
    total = counts.sum()
    per_day = counts[: days + 1].astype(np.float64)
    gone = np.concatenate([[0.0], np.cumsum(per_day.sum(axis=1))[:-1]])
    at_risk = np.maximum(float(total) - gone, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        back_rate = np.nan_to_num(per_day[:, RETURNED] / at_risk)
        left_rate = np.nan_to_num(per_day[:, LEFT] / at_risk)
        stay = np.cumprod(1 - back_rate - left_rate)
        before = np.concatenate([[1.0], stay[:-1]])
        plain = 1 - np.cumprod(1 - back_rate)
        # Greenwood's variance of the plain curve serves both: those who left are few.
        spread = np.cumsum(
            np.nan_to_num(per_day[:, RETURNED] / (at_risk * np.maximum(at_risk - per_day[:, RETURNED], 1)))
        )
    back = np.cumsum(before * back_rate)
    error = 1.96 * (1 - back) * np.sqrt(spread)
    return Incidence(
        back=back,
        low=np.clip(back - error, 0, 1),
        high=np.clip(back + error, 0, 1),
        plain=plain,
        left=np.cumsum(before * left_rate),
    )
