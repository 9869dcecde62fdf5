"""When the demo clinic is open: holidays, shifts, leaves; which branch a doctor sits in on a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import numpy as np

from zabota.ops.demo.catalogue import DOCTORS, LEAVE_DAYS
from zabota.ops.demo.spec import AHEAD_DAYS, BURN_IN_DAYS, Bools, ClinicSpec, Ints

HOLIDAYS: Final = frozenset(
    [(1, day) for day in range(1, 9)] + [(2, 23), (3, 8), (5, 1), (5, 9), (6, 12), (11, 4), (12, 31)]
)


class Hours:
    """The calendar of all doctors; days are counted from the first exported day."""

    def __init__(self, spec: ClinicSpec) -> None:
        self.spec = spec
        self.horizon = spec.last + AHEAD_DAYS
        self.first, self.last = -BURN_IN_DAYS - 400, self.horizon + 90
        open_days = _open_days(spec, self.first, self.last)
        columns = np.arange(open_days.shape[1])
        reachable = np.where(open_days, columns, open_days.shape[1] - 1)
        self._next = np.minimum.accumulate(reachable[:, ::-1], axis=1)[:, ::-1] + self.first
        self._branch, self._begin, self._end = _shift_tables()

    def column(self, day: Ints) -> Ints:
        """The place of a day in a table that begins with `first`."""
        return np.clip(day, self.first, self.last) - self.first

    def snap(self, doctor: Ints, day: Ints) -> Ints:
        """The doctor's first working day at or after `day`."""
        return self._next[doctor, self.column(day)]

    def weekday(self, day: Ints) -> Ints:
        return (day + self.spec.start.weekday()) % 7

    def branch(self, doctor: Ints, day: Ints) -> Ints:
        return self._branch[doctor, self.weekday(day)]

    def begin(self, doctor: Ints, day: Ints) -> Ints:
        """Minutes after midnight when the shift begins."""
        return self._begin[doctor, self.weekday(day)]

    def length(self, doctor: Ints, day: Ints) -> Ints:
        """Minutes of the shift."""
        weekday = self.weekday(day)
        return self._end[doctor, weekday] - self._begin[doctor, weekday]

    def weekly_minutes(self, doctor: int) -> int:
        return int((self._end[doctor] - self._begin[doctor]).sum())


def _open_days(spec: ClinicSpec, first: int, last: int) -> Bools:
    """Which doctor works on which day: doctors by days `first`..`last`."""
    table = np.zeros((len(DOCTORS), last - first + 1), dtype=np.bool_)
    for column in range(table.shape[1]):
        day = spec.start + timedelta(days=first + column)
        if (day.month, day.day) in HOLIDAYS:
            continue
        of_year = day.timetuple().tm_yday
        for row, doctor in enumerate(DOCTORS):
            away = any(0 <= of_year - begin < length for begin, length in zip(doctor.leave, LEAVE_DAYS, strict=True))
            table[row, column] = not away and any(shift[0] == day.weekday() for shift in doctor.shifts)
    return table


def _shift_tables() -> tuple[Ints, Ints, Ints]:
    """Branch, beginning and end in minutes per doctor and weekday; all -1 where the doctor does not work."""
    branch, begin, end = (np.full((len(DOCTORS), 7), -1, dtype=np.int64) for _ in range(3))
    for row, doctor in enumerate(DOCTORS):
        for weekday, where, since, until in doctor.shifts:
            branch[row, weekday], begin[row, weekday], end[row, weekday] = where, since, until
    return branch, begin, end
