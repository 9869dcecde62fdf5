"""Patients on a recall cycle: who will come to the next prevention, and what preventions are worth (BG/BB)."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Final

import numpy as np

from zabota.analytics.rules.btyd import LEAST
from zabota.analytics.rules.btyd_recall import Recalled, fit_recalled
from zabota.analytics.rules.columns import ordinal
from zabota.analytics.rules.intervals import Floats, Ints
from zabota.analytics.rules.metrics_ground import NONE, Filters, Ground, Sample, Window, begins_late, nothing
from zabota.analytics.rules.metrics_money import HISTORY_DAYS

#: The value speaks of so many days to come.
VALUE_DAYS: Final = 730


@dataclasses.dataclass(frozen=True)
class Cycles:
    """People on a cycle: occasions passed, taken, the last taken; the interval and the mean bill of their prevention."""

    person: Ints
    x: Ints
    t_x: Ints
    n: Ints
    interval: Ints
    bill: Floats
    #: First prevention of each, as a line of the visits.
    line: Ints


def next_recall(ground: Ground, window: Window, filters: Filters) -> Sample:
    """The chance of each to come to the next occasion, in the mean."""
    return _sampled(ground, window, filters, money=False)


def recall_value(ground: Ground, window: Window, filters: Filters) -> Sample:
    """What the preventions of VALUE_DAYS to come bring of each, in the mean, kopecks."""
    return _sampled(ground, window, filters, money=True)


def _sampled(ground: Ground, window: Window, filters: Filters, *, money: bool) -> Sample:
    cycles = cycles_of(ground, ordinal(window.as_of))
    late = begins_late(ground, window.as_of - timedelta(days=HISTORY_DAYS))
    if not ground.recall:
        return nothing(window.first, window.as_of, "нет групп услуг с отметкой «профилактика» и интервалом возврата")
    if late:
        return nothing(ground.begins, window.as_of, late)
    if (cycles.n > 0).sum() < LEAST:
        return nothing(window.first, window.as_of, f"нужно хотя бы {LEAST} пациентов, у которых срок уже подходил")
    histories, place, weight = np.unique(
        np.stack([cycles.x, cycles.t_x, cycles.n]), axis=1, return_inverse=True, return_counts=True
    )
    x, t_x, n = histories.astype(np.float64)
    key = f"recalled {window.as_of}"
    model = ground.memo.get(key) or ground.memo.setdefault(key, fit_recalled(x, t_x, n, weight.astype(np.float64)))
    places = place.reshape(-1)
    value = _values(model, cycles, (x, t_x, n), places) if money else model.expected(1, x, t_x, n)[places]
    keep = ground.lines(filters)[cycles.line]
    return Sample(ground.patient[cycles.person[keep]], np.asarray(value, np.float64)[keep], ground.begins, window.as_of)


def _values(model: Recalled, cycles: Cycles, history: tuple[Floats, Floats, Floats], places: Ints) -> Floats:
    """Occasions of the time to come differ by interval: each number of them is reckoned once."""
    ahead = np.maximum(VALUE_DAYS // cycles.interval, 1)
    value = np.zeros(len(places))
    for occasions in np.unique(ahead):
        of = ahead == occasions
        value[of] = model.expected(int(occasions), *history)[places[of]]
    return value * cycles.bill


def cycles_of(ground: Ground, end: int) -> Cycles:
    """Occasion k is the time from k − ½ to k + ½ intervals after the first prevention; those that are over count."""
    visits, words = ground.visits, ground.visits.words["group"]
    interval_of = np.array([ground.recall.get(int(word), NONE) for word in words.values] + [NONE], np.int64)
    interval = interval_of[words.codes]
    lines = np.flatnonzero((interval > 0) & (visits.day <= end))
    person, group = visits.person[lines], words.codes[lines]
    first = np.flatnonzero(np.append(True, person[1:] != person[:-1])) if len(lines) else lines
    of = np.cumsum(np.append(True, person[1:] != person[:-1])) - 1 if len(lines) else lines
    same = group == group[first][of]
    lines, of = lines[same], of[same]
    begun = first_line(lines, of)
    start, length = visits.day[begun], interval[begun]
    n = np.maximum((2 * (end - start) - length) // (2 * length), 0)
    occasion = (2 * (visits.day[lines] - start[of]) + length[of]) // (2 * length[of])
    taken = (occasion >= 1) & (occasion <= n[of])
    pairs = np.unique(of[taken] * 10_000 + occasion[taken])
    whose, which = np.divmod(pairs, 10_000)
    x = np.bincount(whose, minlength=len(first))
    t_x = np.zeros(len(first), np.int64)
    t_x[whose] = which  # ascending within a person
    counts = np.bincount(of, minlength=len(first))
    bill = np.bincount(of, weights=visits.revenue[lines], minlength=len(first)) / np.maximum(counts, 1)
    return Cycles(visits.person[begun], x, t_x, n, length, bill, begun)


def first_line(lines: Ints, of: Ints) -> Ints:
    """The first line of each person."""
    return lines[np.flatnonzero(np.append(True, of[1:] != of[:-1]))] if len(lines) else lines
