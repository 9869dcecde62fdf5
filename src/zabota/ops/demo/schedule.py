"""From wishes to appointments: services, statuses, and a time in the doctor's shift for each, without clashes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from zabota.ops.demo.behaviour import People, Visits
from zabota.ops.demo.catalogue import BEAUTY, DOCTORS, KINDS, SERVICES, SKIN
from zabota.ops.demo.hours import Hours
from zabota.ops.demo.spec import Bools, ClinicSpec, Ints

COMPLETED, NO_SHOW, CANCELLED_BY_PATIENT, CANCELLED_BY_CLINIC, MOVED, BOOKED = range(6)
STATUSES: Final = ("completed", "no_show", "cancelled_by_patient", "cancelled_by_clinic", "moved", "booked")
UNIT_MINUTES: Final = 15
CHILD_YEARS: Final = 14
# Cumulative chances that a kept visit had an earlier appointment of this fate.
BEFORE_KEPT: Final = ((NO_SHOW, 0.05), (CANCELLED_BY_PATIENT, 0.12), (CANCELLED_BY_CLINIC, 0.135), (MOVED, 0.185))
ROUNDS: Final = 60


@dataclass(slots=True)
class Appointments:
    """All appointments, one row each."""

    person: Ints
    episode: Ints
    position: Ints
    planned: Ints
    day: Ints
    start: Ints  # minutes after midnight
    doctor: Ints
    room: Ints
    service: Ints
    kind: Ints
    consultation: Bools
    status: Ints

    def __len__(self) -> int:
        return len(self.person)

    def take(self, rows: Ints | Bools) -> Appointments:
        return Appointments(*(getattr(self, name)[rows] for name in self.__slots__))

    def extended(self, other: Appointments) -> Appointments:
        pairs = ((getattr(self, name), getattr(other, name)) for name in self.__slots__)
        return Appointments(*(np.concatenate(pair) for pair in pairs))


def days_ahead(spec: ClinicSpec, size: int) -> Ints:
    """How many days before the visit each was booked; of what is still to come, how many days before the as-of day."""
    return spec.stream("ahead").integers(1, 15, size)


def minutes_of(service: Ints) -> Ints:
    return np.array([s.minutes for s in SERVICES])[service]


def appointments(spec: ClinicSpec, people: People, visits: Visits) -> Appointments:
    """Everything that was or will be written in the schedule from the first exported day on."""
    rng = spec.stream("schedule")
    hours = Hours(spec)
    zeros = np.zeros(len(visits.person), dtype=np.int64)
    status = np.where(
        visits.attended, COMPLETED, np.where(rng.random(len(zeros)) < 0.55, NO_SHOW, CANCELLED_BY_PATIENT)
    )
    rows = Appointments(
        person=visits.person,
        episode=visits.episode,
        position=visits.position,
        planned=visits.planned,
        day=visits.day,
        start=zeros,
        doctor=visits.doctor,
        room=zeros,
        service=_services(rng, people, visits),
        kind=visits.kind,
        consultation=visits.consultation,
        status=status,
    )
    rows = _known_bookings(spec, rng, rows)
    rows = rows.extended(_before_kept(spec, rng, hours, rows))
    rows = _one_a_day(rows)
    rows = _one_a_day(_timetable(spec, rng, hours, rows))
    return rows.take(np.lexsort((rows.start, rows.doctor, rows.day)))


def _services(rng: np.random.Generator, people: People, visits: Visits) -> Ints:
    age = (visits.day - people.birth[visits.person]) / 365.25
    child = age < CHILD_YEARS
    later = (visits.position - visits.consultation) > 0
    service = np.zeros(len(child), dtype=np.int64)
    for kind in range(len(KINDS)):
        for young in (False, True):
            fitting = [
                i for i, s in enumerate(SERVICES) if s.kind == kind and s.children == young and not s.consultation
            ]
            if not fitting:
                fitting = [i for i, s in enumerate(SERVICES) if s.kind == kind and not s.consultation]
            for after in (False, True):
                rows = np.flatnonzero((visits.kind == kind) & (child == young) & (later == after))
                weights = np.array([SERVICES[i].later if after else SERVICES[i].first for i in fitting])
                service[rows] = rng.choice(fitting, len(rows), p=weights / weights.sum())
    pregnancy = next(i for i, s in enumerate(SERVICES) if s.code == "GN-06")
    service = np.where((service == pregnancy) & (age > 42), pregnancy - 4, service)
    consultations = {s.kind: i for i, s in enumerate(SERVICES) if s.consultation}
    consultations[BEAUTY] = consultations[SKIN]
    for kind, of_kind in consultations.items():
        service = np.where(visits.consultation & (visits.position == 0) & (visits.kind == kind), of_kind, service)
    return service


def _known_bookings(spec: ClinicSpec, rng: np.random.Generator, rows: Appointments) -> Appointments:
    """Of what will happen after the as-of day keep only what is already booked: at most one per person."""
    order = np.lexsort((rows.day, rows.person))
    rows = rows.take(order)
    future = rows.day > spec.last
    ahead = np.cumsum(future)
    first_of_person = np.r_[True, rows.person[1:] != rows.person[:-1]]
    before = np.maximum.accumulate(np.where(first_of_person, ahead - future, 0))
    nearest = future & (ahead - before == 1)
    newcomer = nearest & first_of_person
    chance = np.where(rows.position > 0, 0.85, np.where(newcomer, 1.0, np.where(rows.status == COMPLETED, 0.36, 0.2)))
    booked = nearest & (rng.random(len(rows)) < chance)
    rows.status[booked] = BOOKED
    return rows.take(~future | booked)


def _before_kept(spec: ClinicSpec, rng: np.random.Generator, hours: Hours, rows: Appointments) -> Appointments:
    """Earlier appointments that were missed, cancelled or moved before the visit took place after all."""
    u = rng.random(len(rows))
    source = np.flatnonzero((rows.status == COMPLETED) & (u < BEFORE_KEPT[-1][1]))
    bounds = [bound for _, bound in BEFORE_KEPT]
    extra = rows.take(source)
    extra.status = np.array([status for status, _ in BEFORE_KEPT])[np.searchsorted(bounds, u[source], side="right")]
    extra.day = hours.snap(extra.doctor, extra.day - rng.integers(2, 14, len(extra)))
    extra.episode = np.full(len(extra), -1)
    earlier = (extra.day >= 0) & (extra.day < rows.day[source]) & (extra.day <= spec.last)
    return extra.take(earlier)


def _one_a_day(rows: Appointments) -> Appointments:
    """One appointment per person and day; the kept one wins."""
    order = np.lexsort((rows.status, rows.day, rows.person))
    rows = rows.take(order)
    same = (rows.person[1:] == rows.person[:-1]) & (rows.day[1:] == rows.day[:-1])
    return rows.take(np.r_[True, ~same])


def _timetable(spec: ClinicSpec, rng: np.random.Generator, hours: Hours, rows: Appointments) -> Appointments:
    """Give each appointment its time; what does not fit a shift goes to the doctor's next working day."""
    units = minutes_of(rows.service) // UNIT_MINUTES
    holds = np.isin(rows.status, (COMPLETED, NO_SHOW, BOOKED))
    # A clinic far larger than eight doctors can serve: each of them then stands for a team with several rooms.
    weeks = (spec.last + 1) / 7
    load = np.bincount(rows.doctor[holds], weights=units[holds] * UNIT_MINUTES, minlength=len(DOCTORS)) / weeks
    room_minutes = np.array([hours.weekly_minutes(doctor) for doctor in range(len(DOCTORS))])
    rooms = np.maximum(1, np.ceil(load / room_minutes / 0.65 - 0.3)).astype(np.int64)
    place = rng.permutation(len(rows))
    rows.room = _in_turn(rows.day * len(DOCTORS) + rows.doctor, place) % rooms[rows.doctor]
    held = np.flatnonzero(holds)
    fits = _fit_days(hours, rows, held, units, place)
    held = held[fits]
    # What was pushed behind the as-of day has not happened yet: it is booked.
    rows.status[held[rows.day[held] > spec.last]] = BOOKED
    _fit_hours(rng, hours, rows, held, units, place)
    loose = np.flatnonzero(~holds)
    latest = hours.length(rows.doctor[loose], rows.day[loose]) // UNIT_MINUTES - units[loose]
    rows.start[loose] = hours.begin(rows.doctor[loose], rows.day[loose]) + UNIT_MINUTES * np.floor(
        rng.random(len(loose)) * (latest + 1)
    ).astype(np.int64)
    return rows.take(np.concatenate([held, loose]))


def _in_turn(group: Ints, place: Ints) -> Ints:
    """The number of each row among the rows of its group, in the order of `place`."""
    order = np.argsort(group * len(group) + place)
    ordered = group[order]
    numbers = np.arange(len(group))
    begins = np.r_[True, ordered[1:] != ordered[:-1]][: len(group)]
    turn = np.empty(len(group), dtype=np.int64)
    turn[order] = numbers - np.maximum.accumulate(np.where(begins, numbers, 0))
    return turn


def _shift(rows: Appointments, held: Ints) -> Ints:
    """A number for each doctor's room and day."""
    rooms = int(rows.room.max(initial=0)) + 1
    return (rows.day[held] * len(DOCTORS) + rows.doctor[held]) * rooms + rows.room[held]


def _fit_days(hours: Hours, rows: Appointments, held: Ints, units: Ints, place: Ints) -> Bools:
    """Push what is too much for a shift to later days, those pushed before first; says what found a day in the end."""
    pushed = np.zeros(len(rows), dtype=np.bool_)
    fits = np.ones(len(held), dtype=np.bool_)
    for round_ in range(ROUNDS + 1):
        shift = _shift(rows, held)
        capacity = hours.length(rows.doctor[held], rows.day[held]) // UNIT_MINUTES
        full = np.flatnonzero(np.bincount(shift, weights=units[held])[shift] > capacity)
        if not len(full):
            break
        key = (shift[full] * 2 + ~pushed[held[full]]) * len(rows) + place[held[full]]
        full = full[np.argsort(key)]
        used, _ = _running(shift[full], units[held[full]])
        over = full[used + units[held[full]] > capacity[full]]
        if round_ == ROUNDS:
            fits[over] = False
            break
        late = held[over]
        pushed[late] = True
        rows.day[late] = hours.snap(rows.doctor[late], rows.day[late] + 1)
    return fits


def _fit_hours(
    rng: np.random.Generator, hours: Hours, rows: Appointments, held: Ints, units: Ints, place: Ints
) -> None:
    """Lay the appointments of each shift one after another with chance gaps between them."""
    shift = _shift(rows, held)
    order = np.argsort(shift * len(rows) + place[held])
    held, shift = held[order], shift[order]
    used, begins = _running(shift, units[held])
    starts = np.flatnonzero(begins)
    total = np.add.reduceat(units[held], starts) if len(held) else units[:0]
    capacity = hours.length(rows.doctor[held], rows.day[held]) // UNIT_MINUTES
    free = capacity - np.repeat(total, np.diff(np.r_[starts, len(held)]))
    # Chances sorted within a shift keep the order, so gaps grow and appointments never overlap.
    chance = np.clip(np.sort(shift + rng.random(len(held))) - shift, 0.0, 1.0 - 1e-9)
    gap = np.floor(chance * (free + 1)).astype(np.int64)
    rows.start[held] = hours.begin(rows.doctor[held], rows.day[held]) + UNIT_MINUTES * (used + gap)


def _running(group: Ints, units: Ints) -> tuple[Ints, Bools]:
    """Units used before each row of its group, and where groups begin; rows come sorted by group."""
    begins = np.r_[True, group[1:] != group[:-1]][: len(group)]
    before = np.cumsum(units) - units
    return before - np.repeat(before[begins], np.diff(np.r_[np.flatnonzero(begins), len(group)])), begins
