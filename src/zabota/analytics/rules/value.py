"""Who is worth a call: what a patient will bring, whether they come by themselves, how late they are by their own measure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

import numpy as np

from zabota.analytics.rules.calibration import Calibration, calibrate
from zabota.analytics.rules.intervals import Bools, Floats, Ints
from zabota.analytics.rules.survival import kaplan_meier
from zabota.analytics.rules.value_model import WEEK, Episodes, Fitted, bill_of, distinct, fitted

YEAR: Final = 365
#: The interval of the service counts as so many of the patient's own pauses.
PRIOR_GAPS: Final = 2
#: Without visits enough to see a pause from the data.
USUAL_DAYS: Final = 270
#: Days back from which the model is checked against what came.
CHECK_DAYS: Final = 90


@dataclasses.dataclass(frozen=True)
class Lives:
    """Visits of people in the order of person and day, with what is known of each person; absent numbers are −1."""

    patient: Ints
    person: Ints
    day: Ints
    kopecks: Ints
    #: Days between visits that the services of each person ask for.
    interval: Ints


@dataclasses.dataclass(frozen=True)
class Outlook:
    """Of each person: what to expect. Shares 0…1, money in kopecks, days."""

    patient: Ints
    last_on: Ints
    alive: Floats
    #: The chance to come within a year, nobody calling.
    returns: Floats
    #: Revenue expected within a year.
    worth: Floats
    #: Revenue of a year of somebody who goes on coming.
    worth_if_comes: Floats
    #: Days between visits expected of this very person, and how many of them have passed.
    interval: Floats
    lateness: Floats
    check: Calibration | None


def outlook(lives: Lives, today: int) -> Outlook | None:
    """The outlook of everybody seen up to today; None when too few people came more than once."""
    size = len(lives.patient)
    models = fitted(lives.person, lives.day, lives.kopecks, size, today)
    if models is None:
        return None
    people = np.flatnonzero(models.known)
    each, place = distinct(models, people)
    weeks = YEAR / WEEK
    alive = models.coming.alive(*each)
    visits = models.coming.expected(weeks, *each)
    returns = models.coming.returns(weeks, *each)
    bill = bill_of(models, people)
    last = np.zeros(size, np.int64)
    seen = lives.day <= today
    last[lives.person[seen]] = lives.day[seen]  # days ascend within a person
    interval = own_intervals(models.episodes, lives.interval, today)[people]
    return Outlook(
        patient=lives.patient[people],
        last_on=last[people],
        alive=alive[place],
        returns=returns[place],
        worth=visits[place] * bill,
        worth_if_comes=(visits / np.maximum(alive, 1e-9))[place] * bill,
        interval=interval,
        lateness=(today - last[people]) / interval,
        check=checked(lives, today),
    )


def own_intervals(episodes: Episodes, service: Ints, today: int) -> Floats:
    """The pause expected of each person: that of the service and the person's own pauses, on the scale of logarithms."""
    size = len(service)
    usual = np.where(service > 0, service, usual_pause(episodes, today)).astype(np.float64)
    same = episodes.person[1:] == episodes.person[:-1]
    gaps = (episodes.start[1:] - episodes.end[:-1])[same]
    whose = episodes.person[1:][same]
    logs = np.bincount(whose, weights=np.log(np.maximum(gaps, 1)), minlength=size)
    number = np.bincount(whose, minlength=size)
    return np.asarray(np.exp((PRIOR_GAPS * np.log(usual) + logs) / (PRIOR_GAPS + number)), np.float64)


def usual_pause(episodes: Episodes, today: int) -> int:
    """The median pause of all by Kaplan-Meier, pauses that still last included; USUAL_DAYS where half do not come back."""
    if not len(episodes.person):
        return USUAL_DAYS
    returned = np.append(episodes.person[1:] == episodes.person[:-1], False)
    until = np.where(returned, np.append(episodes.start[1:], today), today)
    curve = kaplan_meier(np.maximum(until - episodes.end, 1).astype(np.float64), returned)
    under = np.flatnonzero(curve.survival <= 0.5)
    return int(curve.times[under[0]]) if len(under) else USUAL_DAYS


def checked(lives: Lives, today: int) -> Calibration | None:
    """What the model would have said CHECK_DAYS ago of the days since, against what came."""
    then = today - CHECK_DAYS
    models: Fitted | None = fitted(lives.person, lives.day, lives.kopecks, len(lives.patient), then)
    if models is None:
        return None
    people = np.flatnonzero(models.known)
    each, place = distinct(models, people)
    predicted = models.coming.returns(CHECK_DAYS / WEEK, *each)[place]
    came = np.zeros(len(lives.patient), bool)
    # Days that belong to an episode already begun are no return.
    last = np.full(len(lives.patient), -(10**6), np.int64)
    last[models.episodes.person] = models.episodes.end
    later = (lives.day > then) & (lives.day <= today) & (lives.day - last[lives.person] > 14)
    came[lives.person[later]] = True
    return calibrate(predicted, came[people])


def gained(look: Outlook, *, steps: Sequence[tuple[int, int]], beyond: int) -> Floats:
    """Revenue of a year that a call is worth: that of somebody who comes × how much likelier a call makes it, kopecks.

    `steps`: lateness up to (hundredths), chance (per cent); `beyond` for all that are later.
    """
    limits = np.array([limit / 100 for limit, _ in steps])
    chances = np.array([chance for _, chance in steps] + [beyond]) / 100
    return np.asarray(look.worth_if_comes * chances[np.searchsorted(limits, look.lateness)], np.float64)


def dearest(values: Floats, keep: Bools) -> Ints:
    """Places that are kept, the dearest first; equal ones in their order."""
    places = np.flatnonzero(keep)
    return places[np.argsort(-values[places], kind="stable")]
