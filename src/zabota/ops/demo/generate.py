"""Make a demo clinic whole: people, cards, appointments, payments, plans, and the truth about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from zabota.ops.demo.behaviour import People, Visits, come_and_go, newcomers
from zabota.ops.demo.cards import cards
from zabota.ops.demo.hours import Hours
from zabota.ops.demo.money import payments, plans, totals
from zabota.ops.demo.people import describe
from zabota.ops.demo.schedule import BOOKED, appointments, days_ahead, minutes_of
from zabota.ops.demo.spec import Bools, ClinicSpec, Ints

# About this share of all who ever come has an appointment inside the exported days.
SEEN_SHARE = 0.40


@dataclass(frozen=True, slots=True)
class Clinic:
    """A generated clinic. Days are counted from `spec.start`; codes point into the lists of the catalogue."""

    spec: ClinicSpec
    people: pl.DataFrame
    cards: pl.DataFrame
    visits: pl.DataFrame
    payments: pl.DataFrame
    plans: pl.DataFrame
    stages: pl.DataFrame

    def on(self, day: int) -> date:
        return date.fromordinal(self.spec.start.toordinal() + day)


def generate(spec: ClinicSpec) -> Clinic:
    """The clinic of this order; the same order always gives the same clinic."""
    people, visits = _chosen(spec)
    rows = appointments(spec, people, visits)
    people, rows.person = _seen(people, rows.person)
    total = totals(spec, people.channel, rows)
    last_seen = np.zeros(len(people), dtype=np.int64)
    np.maximum.at(last_seen, rows.person, np.where(rows.status == BOOKED, 0, rows.day))
    booked = np.zeros(len(people), dtype=np.bool_)
    booked[rows.person[rows.status == BOOKED]] = True
    described = describe(spec, people, last_seen, booked)
    every, card = cards(spec, described, rows)
    paid = payments(spec, people.channel, rows, total[1])
    courses, stages = plans(spec, rows, total[1], described["fate"].to_numpy())
    hours = Hours(spec)
    frame = pl.DataFrame(
        {
            "visit": np.arange(len(rows), dtype=np.int32),
            "person": rows.person.astype(np.int32),
            "card": card.astype(np.int32),
            "day": rows.day.astype(np.int32),
            "start_minutes": rows.start.astype(np.int16),
            "minutes": minutes_of(rows.service).astype(np.int16),
            "doctor": rows.doctor.astype(np.int8),
            "room": rows.room.astype(np.int16),
            "branch": hours.branch(rows.doctor, rows.day).astype(np.int8),
            "service": rows.service.astype(np.int8),
            "status": rows.status.astype(np.int8),
            "ahead": days_ahead(spec, len(rows)).astype(np.int8),
            "price_kopecks": total[0].astype(np.int32),
            "total_kopecks": total[1].astype(np.int32),
        }
    )
    return Clinic(spec, described, every, frame, paid, courses, stages)


def _chosen(spec: ClinicSpec) -> tuple[People, Visits]:
    """Let so many come that at least `spec.patients` of them are seen in the exported days; keep just these."""
    count = round(spec.patients / SEEN_SHARE) + 60
    while True:
        people = newcomers(spec, count)
        visits = come_and_go(spec, people)
        seen = _eligible(spec, people.arrival, visits)
        if len(seen) >= spec.patients:
            break
        count = round(count * 1.2)
    chosen = seen[: spec.patients]
    place = np.full(len(people), -1)
    place[chosen] = np.arange(len(chosen))
    rows = np.flatnonzero(place[visits.person] >= 0)
    kept = Visits(*(getattr(visits, name)[rows] for name in Visits.__slots__))
    kept.person = place[kept.person]
    return people.take(chosen), kept


def _eligible(spec: ClinicSpec, arrival: Ints, visits: Visits) -> Ints:
    """Those with a completed visit in the exported days, or whose first one is booked for the next two weeks."""
    size = len(arrival)
    seen: Bools = np.zeros(size, dtype=np.bool_)
    seen[visits.person[visits.attended & (visits.day <= spec.last)]] = True
    first = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(first, visits.person, visits.day)
    seen |= (arrival > spec.last - 10) & (first > spec.last) & (first <= spec.last + 14)
    return np.flatnonzero(seen)


def _seen(people: People, person: Ints) -> tuple[People, Ints]:
    """Leave out those for whom the schedule had no room at all."""
    present, numbers = np.unique(person, return_inverse=True)
    return people.take(present), numbers
