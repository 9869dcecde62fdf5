"""Cohorts and returns from the snapshot: tens of milliseconds for a million patients, with any filter."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from zabota.analytics.rules.columns import ordinal
from zabota.analytics.rules.intervals import Bools, Ints
from zabota.analytics.rules.snapshot import MASK, NONE, Snapshot, month_number

#: Rows that a byte of a mask stands for: bit by bit.
_BITS: Final = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little").astype(np.int64)


@dataclasses.dataclass(frozen=True)
class CohortMatrix:
    """Row i: patients first seen in month `months[i]`; column k: those seen in the k-th month after."""

    #: Calendar months since January 1970.
    months: Ints
    sizes: Ints
    cells: npt.NDArray[np.int64]

    def label(self, row: int) -> date:
        """First day of the month of a row."""
        year, month = divmod(int(self.months[row]), 12)
        return date(1970 + year, month + 1, 1)


def cohort_matrix(snapshot: Snapshot, keep: Bools | None = None, *, width: int = MASK) -> CohortMatrix:
    """R4 «on»: who of the patients first seen in a month came in the k-th month after (64 at most)."""
    first = snapshot.numbers("first_on")
    chosen = first != NONE if keep is None else keep & (first != NONE)
    return matrix_of(first[chosen], snapshot.mask("months")[chosen], width=width)


def matrix_of(first: Ints, mask: npt.NDArray[np.uint64], *, width: int = MASK) -> CohortMatrix:
    """The same of first days and masks. Each byte of the masks is counted as one of 256 patterns, not bit by bit."""
    if not len(first):
        return CohortMatrix(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, width), np.int64))
    low_day = int(first.min())
    table = month_number(np.arange(low_day, int(first.max()) + 1))
    month = table[first - low_day]
    low = int(month.min())
    rows = int(month.max()) - low + 1
    place = ((month - low) << 8).astype(np.int32)
    patterns = np.ascontiguousarray(mask).view(np.uint8).reshape(-1, 8)
    cells = [
        np.bincount(place | patterns[:, lane], minlength=rows << 8).reshape(rows, 256) @ _BITS
        for lane in range((width + 7) // 8)
    ]
    sizes = np.bincount(month - low, minlength=rows)
    return CohortMatrix(np.arange(low, low + rows), sizes, np.concatenate(cells, axis=1)[:, :width])


def matrix_of_visits(patient: Ints, day: Ints, *, width: int = MASK) -> CohortMatrix:
    """The same of visits in any order: where visits are filtered, not patients, and the snapshot cannot tell."""
    if not len(patient):
        return matrix_of(patient, patient.astype(np.uint64), width=width)
    low_day, low_patient = int(day.min()), int(patient.min())
    table = month_number(np.arange(low_day, int(day.max()) + 1))
    low = int(table[0])
    rows = int(table[-1]) - low + 1
    bits = (rows - 1).bit_length()
    fits = (int(patient.max()) - low_patient) >> (32 - bits) == 0
    # Numbers of half the length are sorted in half the time.
    kind: type[Any] = np.uint32 if fits else np.uint64
    key: npt.NDArray[Any] = (patient - low_patient).astype(kind)
    key <<= kind(bits)
    key |= (table - low).astype(kind)[day - low_day]
    key.sort()
    key = key[np.append(True, key[1:] != key[:-1])]
    month = (key & kind((1 << bits) - 1)).astype(np.int64)
    key >>= kind(bits)
    starts = np.flatnonzero(np.append(True, key[1:] != key[:-1]))
    first = np.repeat(month[starts], np.diff(np.append(starts, len(key))))
    counts = np.bincount(first * rows + month - first, minlength=rows * rows).reshape(rows, rows)
    cells = np.zeros((rows, width), np.int64)
    cells[:, : min(rows, width)] = counts[:, :width]
    used = np.flatnonzero(cells[:, 0])
    span = slice(int(used[0]), int(used[-1]) + 1)
    return CohortMatrix(np.arange(low, low + rows)[span], cells[span, 0], cells[span])


@dataclasses.dataclass(frozen=True)
class Return:
    """Of the patients first seen so long ago that the term is over: how many came again within it, by an attribute."""

    #: Values of the attribute: ids (−1 unknown), or codes of words.
    values: Ints
    ripe: Ints
    came: Ints


def return_within(snapshot: Snapshot, days: int, *, by: Ints, keep: Bools | None = None) -> Return:
    """R2 by an attribute of the patient: one whole number for each row, −1 where unknown."""
    first, second = snapshot.numbers("first_on"), snapshot.numbers("second_on")
    ripe = (first != NONE) & (first <= ordinal(snapshot.as_of) - days)
    if keep is not None:
        ripe &= keep
    came = ripe & (second != NONE) & (second - first <= days)
    width = int(by.max()) + 2 if len(by) else 1
    shifted = by + 1
    whole = np.bincount(shifted[ripe], minlength=width)
    again = np.bincount(shifted[came], minlength=width)
    there = np.flatnonzero(whole)
    return Return(there - 1, whole[there], again[there])
