"""How invented patients come, return and leave: episodes of visits day by day, with the planted causes at work.

Every return passes one gate: it happens unless a planted cause that acts on the patient's last visit (its doctor,
its price) prevents it. So the rate of return of the touched cell falls by a known share and nothing else changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from zabota.ops.demo.catalogue import (
    BEAUTY,
    CHANNELS,
    DENTIST_SHARES,
    DENTISTS,
    FALLEN_DOCTOR,
    GROWN_CHANNEL,
    HYGIENE,
    HYGIENIST_SHARES,
    HYGIENISTS,
    PREVENTION,
    RAISED_GROUP,
    SKIN,
    SKIN_DOCTORS,
    SKIN_SHARES,
    SOUTH,
    THERAPY,
    UNKNOWN_CHANNEL,
    UNKNOWN_SHARE,
    WOMEN,
    WOMEN_DOCTOR,
)
from zabota.ops.demo.hours import Hours
from zabota.ops.demo.spec import BURN_IN_DAYS, ELDER_YEARS, FORCE, TIMING, Bools, ClinicSpec, Floats, Ints

# Demand by month, January first: people put visits off in July, August and January.
SEASON: Final = np.array([0.78, 1.0, 1.05, 1.06, 0.98, 0.97, 0.74, 0.76, 1.12, 1.12, 1.08, 1.04])
MAX_SERIES: Final = 6
# Days between episodes by kind (median) and how many visits an episode takes (probabilities of 1..6).
MEDIAN_GAP: Final = np.array([112.0, 122.0, 116.0, 110.0, 102.0, 84.0])
GAP_SPREAD: Final = 0.42
SERIES: Final = np.array(
    [
        [0.14, 0.18, 0.22, 0.20, 0.15, 0.11],
        [0.62, 0.38, 0.00, 0.00, 0.00, 0.00],
        [0.50, 0.32, 0.18, 0.00, 0.00, 0.00],
        [0.26, 0.35, 0.25, 0.14, 0.00, 0.00],
        [0.26, 0.30, 0.26, 0.18, 0.00, 0.00],
        [0.14, 0.14, 0.20, 0.22, 0.17, 0.13],
    ]
)
# Loyalty of newcomers: (share, probability of one more episode).
LOYALTY: Final = ((0.36, 0.925), (0.40, 0.68), (0.24, 0.22))
ONE_OFF: Final = ((0.02, 0.90), (0.13, 0.50), (0.85, 0.05))
CONSULTED_FIRST: Final = 0.42
ABANDONED: Final = 0.05
ABANDONED_AFTER_FALL: Final = 0.16
DENTAL, INTIMATE, OUTER = range(3)  # tracks: what a patient mostly comes for


@dataclass(slots=True)
class People:
    """Those who may become patients, before anybody has a name."""

    arrival: Ints
    woman: Bools
    age: Ints  # years at arrival
    birth: Ints  # day, counted from the first exported day
    channel: Ints
    loyalty: Floats
    track: Ints
    dentist: Ints
    hygienist: Ints
    skin_doctor: Ints

    def __len__(self) -> int:
        return len(self.arrival)

    def take(self, rows: Ints) -> People:
        return People(*(getattr(self, name)[rows] for name in self.__slots__))


@dataclass(slots=True)
class Visits:
    """Visits as they would be made, one row each, in no particular order."""

    person: Ints
    episode: Ints
    position: Ints
    planned: Ints  # how many visits the episode was meant to have
    day: Ints
    doctor: Ints
    kind: Ints
    consultation: Bools
    attended: Bools


def newcomers(spec: ClinicSpec, count: int) -> People:
    """Draw `count` people who come to the clinic for the first time between the burn-in and the near future."""
    rng = spec.stream("newcomers")
    days = np.arange(-BURN_IN_DAYS, spec.last + 15)
    season = SEASON[months_of(spec, days)]
    usual = 1.0 - CHANNELS[GROWN_CHANNEL].share
    grown = np.full(len(days), CHANNELS[GROWN_CHANNEL].share / usual)
    if "channel" in spec.causes:
        since, full = spec.day(TIMING.channel), spec.day(TIMING.channel_full)
        grown += FORCE.channel * spec.strength * np.clip((days - since) / (full - since), 0.0, 1.0)
    density = season * (1.0 + grown)
    cumulative = np.cumsum(density) / density.sum()
    at = np.searchsorted(cumulative, rng.random(count)).clip(0, len(days) - 1)
    from_grown = rng.random(count) < grown[at] / (1.0 + grown[at])

    shares = np.array([channel.share for channel in CHANNELS[:GROWN_CHANNEL]]) / usual
    channel = rng.choice(GROWN_CHANNEL, count, p=shares / shares.sum())
    channel = np.where(rng.random(count) < UNKNOWN_SHARE, UNKNOWN_CHANNEL, channel)
    channel = np.where(from_grown, GROWN_CHANNEL, channel)

    child = rng.random(count) < 0.13
    grown_age = np.clip(rng.normal(41, 15, count), 18, 84)
    age = np.where(child, rng.integers(3, 17, count), grown_age).astype(np.int64)
    woman = rng.random(count) < np.where(child, 0.5, 0.63)

    u = rng.random(count)
    intimate = woman & (age >= 17) & (u < 0.17)
    outer = ~intimate & (u < np.where(woman & ~child, 0.36, 0.17))
    track = np.where(intimate, INTIMATE, np.where(outer, OUTER, DENTAL))
    pick = rng.random(count)
    loyalty = np.where(from_grown, _classes(ONE_OFF, pick), _classes(LOYALTY, pick))
    return People(
        arrival=days[at],
        woman=woman,
        age=age,
        birth=days[at] - (age * 365.25).astype(np.int64) - rng.integers(1, 365, count),
        channel=channel,
        loyalty=loyalty,
        track=track,
        dentist=rng.choice(DENTISTS, count, p=DENTIST_SHARES),
        hygienist=rng.choice(HYGIENISTS, count, p=HYGIENIST_SHARES),
        skin_doctor=rng.choice(SKIN_DOCTORS, count, p=SKIN_SHARES),
    )


def _classes(classes: tuple[tuple[float, float], ...], pick: Floats) -> Floats:
    bounds = np.cumsum([share for share, _ in classes])
    values: Floats = np.array([value for _, value in classes])
    chosen: Floats = values[np.searchsorted(bounds, pick, side="right").clip(0, len(values) - 1)]
    return chosen


def months_of(spec: ClinicSpec, days: Ints) -> Ints:
    """The month (0 is January) of each day counted from the first exported day."""
    absolute = np.datetime64(spec.start, "D") + days.astype("timedelta64[D]")
    return absolute.astype("datetime64[M]").astype(np.int64) % 12


def come_and_go(spec: ClinicSpec, people: People) -> Visits:
    """Follow everybody from arrival to the horizon, one episode per turn, all people at once."""
    return _Walk(spec, people).run()


class _Walk:
    """The walk of all people through time; holds the tables that every turn needs."""

    def __init__(self, spec: ClinicSpec, people: People) -> None:
        self.spec, self.people = spec, people
        self.rng = spec.stream("walk")
        self.hours = Hours(spec)
        self.horizon = self.hours.horizon
        days = np.arange(self.hours.first, self.hours.last + 1)
        self.season = SEASON[months_of(spec, days)] / SEASON.max()
        self.out: list[dict[str, Ints | Bools]] = []
        self.episodes = 0

    def run(self) -> Visits:
        who = np.arange(len(self.people))
        day = self.people.arrival + self.rng.integers(0, 6, len(who))
        new = True
        while len(who):
            who, day = self._turn(who, day, new)
            new = False
        names = self.out[0].keys()
        return Visits(**{name: np.concatenate([part[name] for part in self.out]) for name in names})

    def _turn(self, who: Ints, day: Ints, new: bool) -> tuple[Ints, Ints]:
        """One episode for each of `who`; gives back those who come again and when."""
        rng, size = self.rng, len(who)
        kind = self._kinds(who)
        doctor = self._doctors(who, kind)
        day = self.hours.snap(doctor, day)
        consultation = (rng.random(size) < CONSULTED_FIRST) & new & np.isin(kind, (THERAPY, WOMEN, SKIN, BEAUTY))

        bounds = np.cumsum(SERIES, axis=1)
        planned = 1 + (rng.random(size)[:, None] > bounds[kind][:, :-1]).sum(axis=1)
        planned += consultation & (planned == 1) & (rng.random(size) < 0.6)
        fallen = self._fallen(doctor, day)
        give_up = np.where(fallen, ABANDONED_AFTER_FALL, ABANDONED)
        made = np.ones(size, dtype=np.int64)
        days = [day]
        here = day
        going = np.ones(size, dtype=np.bool_)
        for position in range(1, MAX_SERIES):
            # After the consultation more people stop than in the middle of a treatment.
            stop = give_up + (0.22 * consultation if position == 1 else 0.0)
            going = going & (planned > position) & (rng.random(size) >= stop)
            step = self.hours.snap(doctor, here + rng.integers(6, 19, size))
            here = np.where(going, step, here)
            made += going
            days.append(here)
        self._keep(who, np.stack(days, axis=1), made, planned, doctor, kind, consultation)

        again = rng.random(size) < self.people.loyalty[who]
        gap = MEDIAN_GAP[kind] * np.exp(GAP_SPREAD * rng.standard_normal(size))
        back = here + np.clip(gap, 21, 720).astype(np.int64)
        back = self._put_off(back)
        prevented = again & self._prevented(who, here, back, doctor, kind)
        again &= ~prevented
        inside = back <= self.horizon
        self._missed(who, back, doctor, kind, prevented & inside & (rng.random(size) < 0.3))
        self._missed(who, back, doctor, kind, ~again & ~prevented & inside & (rng.random(size) < 0.12))
        keep = again & inside
        return who[keep], back[keep]

    def _kinds(self, who: Ints) -> Ints:
        people, rng = self.people, self.rng
        track, age = people.track[who], people.age[who]
        cross = rng.random(len(who)) < 0.08
        other = np.where(people.woman[who] & (age >= 17) & (rng.random(len(who)) < 0.5), INTIMATE, OUTER)
        track = np.where(cross, np.where(track == DENTAL, other, DENTAL), track)
        u = rng.random(len(who))
        dental = np.where(u < 0.46, THERAPY, np.where(u < 0.88, HYGIENE, PREVENTION))
        outer = np.where((u < 0.5) | (age < 17) | ~people.woman[who], SKIN, BEAUTY)
        return np.where(track == DENTAL, dental, np.where(track == INTIMATE, WOMEN, outer))

    def _doctors(self, who: Ints, kind: Ints) -> Ints:
        people, rng = self.people, self.rng
        # A dentist other than the one who is losing his patients cleans teeth now and then himself.
        dentist, hygienist = people.dentist[who], people.hygienist[who]
        own_hands = (rng.random(len(who)) < 0.3) & (dentist != FALLEN_DOCTOR) & (kind == HYGIENE)
        other = rng.random(len(who)) < 0.06
        hygienist = np.where(other, HYGIENISTS[0] + HYGIENISTS[1] - hygienist, hygienist)
        doctor = np.where(kind == THERAPY, dentist, np.where(own_hands, dentist, hygienist))
        doctor = np.where(kind == WOMEN, WOMEN_DOCTOR, doctor)
        return np.where((kind == SKIN) | (kind == BEAUTY), people.skin_doctor[who], doctor)

    def _fallen(self, doctor: Ints, day: Ints) -> Bools:
        if "doctor" not in self.spec.causes:
            return np.zeros(len(doctor), dtype=np.bool_)
        fallen: Bools = (doctor == FALLEN_DOCTOR) & (day >= self.spec.day(TIMING.doctor))
        return fallen

    def _prevented(self, who: Ints, last: Ints, back: Ints, doctor: Ints, kind: Ints) -> Bools:
        """Whether a planted cause prevents the return; each cause draws for itself."""
        spec, none = self.spec, np.zeros(len(who), dtype=np.bool_)
        touched: dict[str, Bools] = {
            "doctor": doctor == FALLEN_DOCTOR,
            "price": kind == RAISED_GROUP,
            "branch": self.hours.branch(doctor, last) == SOUTH,
            "age": self.people.age[who] >= ELDER_YEARS,
            "uniform": ~none,
        }
        prevented = none
        for cause, cell in touched.items():
            draw = self.rng.random(len(who))
            if cause in spec.causes:
                force = min(1.0, getattr(FORCE, cause) * spec.strength)
                prevented = prevented | (cell & (back >= spec.day(getattr(TIMING, cause))) & (draw < force))
        return prevented

    def _put_off(self, day: Ints) -> Ints:
        """Move part of the visits of a weak month a month or two ahead."""
        late = self.rng.random(len(day)) > self.season[self.hours.column(day)]
        return day + np.where(late, self.rng.integers(25, 66, len(day)), 0)

    def _keep(
        self, who: Ints, days: Ints, made: Ints, planned: Ints, doctor: Ints, kind: Ints, consultation: Bools
    ) -> None:
        episode = self.episodes + np.arange(len(who))
        self.episodes += len(who)
        rows = np.flatnonzero(days[np.arange(len(who)), made - 1] >= 0)
        repeat = made[rows]
        row = np.repeat(rows, repeat)
        position = np.arange(len(row)) - np.repeat(np.cumsum(repeat) - repeat, repeat)
        part: dict[str, Ints | Bools] = {
            "person": who[row],
            "episode": episode[row],
            "position": position,
            "planned": planned[row],
            "day": days[row, position],
            "doctor": doctor[row],
            "kind": kind[row],
            "consultation": consultation[row],
            "attended": np.ones(len(row), dtype=np.bool_),
        }
        inside = (part["day"] >= 0) & (part["day"] <= self.horizon)
        self.out.append({name: column[inside] for name, column in part.items()})

    def _missed(self, who: Ints, day: Ints, doctor: Ints, kind: Ints, rows: Bools) -> None:
        """Appointments that were made and never kept, after which nobody came."""
        pick = np.flatnonzero(rows & (day >= 0))
        day = self.hours.snap(doctor[pick], day[pick])
        zeros = np.zeros(len(pick), dtype=np.int64)
        self.out.append(
            {
                "person": who[pick],
                "episode": zeros - 1,
                "position": zeros,
                "planned": zeros + 1,
                "day": day,
                "doctor": doctor[pick],
                "kind": kind[pick],
                "consultation": zeros > 0,
                "attended": zeros > 0,
            }
        )
