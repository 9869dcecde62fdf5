"""What the metrics are counted over: visits, appointments of every state, plans; windows, filters, samples. Numbers only."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Final

import numpy as np

from zabota.analytics.rules.columns import Visits, first_days, ordinal, without
from zabota.analytics.rules.gaps import find_gaps, mirrored
from zabota.analytics.rules.intervals import Bools, Floats, Ints

#: Days by which the data may begin late and a window still be used.
SLACK_DAYS: Final = 7
#: States of appointments as numbers.
STATES: Final = (
    "planned", "confirmed", "arrived", "completed", "no_show", "cancelled_patient", "cancelled_clinic", "moved",
)  # fmt: skip
PLAN_STATES: Final = ("proposed", "agreed", "in_progress", "finished", "declined", "abandoned")
#: Absent number.
NONE: Final = -1


@dataclasses.dataclass(frozen=True)
class Filters:
    """Ids of what a figure is narrowed to; None is all."""

    branch: int | None = None
    doctor: int | None = None
    group: int | None = None
    channel: int | None = None

    @property
    def any(self) -> bool:
        """True when something is chosen."""
        return self != Filters()


@dataclasses.dataclass(frozen=True)
class Slots:
    """Appointments of every state; absent ids and days are −1."""

    patient: Ints
    day: Ints
    status: Ints
    branch: Ints
    doctor: Ints
    group: Ints
    booked_day: Ints
    #: By video.
    online: Bools
    #: A talk alone: consultations, and what may be done by video.
    talk: Bools


@dataclasses.dataclass(frozen=True)
class Plans:
    """Treatment plans; absent days are −1."""

    patient: Ints
    doctor: Ints
    state: Ints
    proposed: Ints
    agreed: Ints
    ended: Ints


@dataclasses.dataclass(frozen=True)
class Rule:
    """Patients under the rule of the two З at this moment, and who of them has a next step."""

    patient: Ints
    covered: Bools


@dataclasses.dataclass(frozen=True)
class Ground:
    """Everything of one clinic. People are places from 0; `patient` gives the number of the card of each place."""

    patient: Ints
    #: Source of each person, −1 unknown.
    channel: Ints
    visits: Visits
    slots: Slots
    plans: Plans
    #: Money given back: patient, day, kopecks above 0.
    refunds: tuple[Ints, Ints, Ints]
    rule: Rule
    #: Channels of every card, for those who have not been seen yet: sorted numbers of cards and their sources.
    card: Ints
    card_channel: Ints
    #: Silence after which somebody who is not booked is asleep.
    sleeping_days: int = 270
    #: Groups of prevention with their recall intervals, days.
    recall: Mapping[int, int] = dataclasses.field(default_factory=dict)
    #: Models estimated so far: several figures speak of the same one.
    memo: dict[str, Any] = dataclasses.field(default_factory=dict, repr=False, compare=False)

    @property
    def begins(self) -> date:
        """The day on which the data begin in earnest."""
        return self.visits.first_day

    @cached_property
    def starts(self) -> Ints:
        """First visit day of each person."""
        return first_days(self.visits)

    def even(self, as_of: date) -> Visits:
        """Visits without the days that were not exported and the same days of other years: for period retention."""
        gaps = find_gaps(self.visits, as_of)
        return without(self.visits, mirrored(self.visits, gaps)) if gaps else self.visits

    def lines(self, filters: Filters, visits: Visits | None = None) -> Bools:
        """Visits that meet the filters."""
        visits = visits or self.visits
        keep = np.ones(len(visits.day), bool)
        for name in ("branch", "doctor", "group"):
            chosen = getattr(filters, name)
            if chosen is not None:
                words = visits.words[name]
                keep &= words.codes == (words.values.index(str(chosen)) if str(chosen) in words.values else -2)
        if filters.channel is not None:
            keep &= (self.channel == filters.channel)[visits.person]
        return keep

    def people_by(self, index: Ints, filters: Filters, visits: Visits | None = None) -> Bools:
        """People whose index visit meets the filters; `index` is a line of a visit for each person, −1 for nobody."""
        found = index >= 0
        if filters.any:
            found[found] = self.lines(filters, visits)[index[found]]
        return found

    def channels_of(self, patients: Ints) -> Ints:
        """Sources of cards."""
        place = np.minimum(np.searchsorted(self.card, patients), max(len(self.card) - 1, 0))
        if not len(self.card):
            return np.full(len(patients), NONE)
        return np.where(self.card[place] == patients, self.card_channel[place], NONE)

    def slots_by(self, filters: Filters) -> Bools:
        """Appointments that meet the filters."""
        keep = np.ones(len(self.slots.day), bool)
        for name in ("branch", "doctor", "group"):
            chosen = getattr(filters, name)
            if chosen is not None:
                keep &= getattr(self.slots, name) == chosen
        if filters.channel is not None:
            keep &= self.channels_of(self.slots.patient) == filters.channel
        return keep

    def last_lines(self, end: date, visits: Visits | None = None, *, start: int | None = None) -> Ints:
        """The last visit of each person up to a day (and not before `start`), as a line; −1 for nobody."""
        visits = visits or self.visits
        inside = visits.day <= ordinal(end)
        if start is not None:
            inside &= visits.day >= start
        lines = np.flatnonzero(inside)
        result = np.full(visits.people, NONE, np.int64)
        result[visits.person[lines]] = lines  # lines stand in the order of time: the last one stays
        return result

    def first_lines(self) -> Ints:
        """The first visit of each person, as a line."""
        return np.flatnonzero(np.append(True, self.visits.person[1:] != self.visits.person[:-1]))


@dataclasses.dataclass(frozen=True)
class Window:
    """The day on which one looks and how many days back."""

    as_of: date
    days: int

    @property
    def first(self) -> date:
        """First day inside."""
        return self.as_of - timedelta(days=self.days - 1)

    def earlier(self, days: int) -> Window:
        """The same window some days before."""
        return Window(self.as_of - timedelta(days=days), self.days)


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A figure that is not a mean of its units: its own value and interval."""

    value: float
    low: float
    high: float


@dataclasses.dataclass(frozen=True)
class Sample:
    """What a figure is counted over: units, whose they are, what each adds; and the days it speaks of."""

    patient: Ints
    value: Floats
    since: date
    until: date
    #: Empty when the figure is ripe, else why it is not.
    unripe: str = ""
    estimate: Estimate | None = None
    #: What a reader must know besides, for example the correlation of two parts of a model.
    note: str = ""


def begins_late(ground: Ground, first: date) -> str:
    """The reason why a window that begins on `first` is not ripe, or nothing."""
    if first >= ground.begins - timedelta(days=SLACK_DAYS):
        return ""
    return f"нужны данные с {first:%d.%m.%Y}, а они начинаются {ground.begins:%d.%m.%Y}"


def nothing(since: date, until: date, why: str) -> Sample:
    """A figure that cannot be told."""
    return Sample(np.zeros(0, np.int64), np.zeros(0), since, until, why)
