"""Simpson's alarm over what pages compare: measures of two years, groups of people by shares and by averages."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from zabota.analytics.rules.columns import Visits
from zabota.analytics.rules.dimensions import AGES
from zabota.analytics.rules.intervals import Bools, Floats, Ints
from zabota.analytics.rules.retention import ever_flags, first_timers
from zabota.analytics.rules.simpson import Alarm, Flip, alarms_over, flip_of, flip_of_means

#: Values of a side that are compared with the rest, the largest first.
COMPARED: Final = 12


@dataclasses.dataclass(frozen=True)
class Side:
    """One way to divide people: code of each (below 0 unknown) and the words."""

    name: str
    values: Sequence[str]
    codes: Ints


@dataclasses.dataclass(frozen=True)
class GroupAlarm:
    """A value of a side differs from the rest one way in total and the other way among people alike in another side."""

    side: str
    value: str
    within: str
    flip: Flip


def alarm_json(alarm: Alarm, definition: str) -> dict[str, Any]:
    """As reports keep it; shares as fractions."""
    flip = dataclasses.asdict(alarm.flip)
    rounded = {name: round(value, 6) if isinstance(value, float) else value for name, value in flip.items()}
    return {"definition": definition, "dimension": alarm.dimension, **rounded}


def alarms_of_measures(visits: Visits, as_of: date) -> list[dict[str, Any]]:
    """R1 and R2 of the year against the year before, rerun within ages, sexes, sources, and branches and doctors of the first
    visit."""
    ends = (as_of - timedelta(days=365), as_of)
    found: list[dict[str, Any]] = []
    for definition in ("R1", "R2"):
        groups = []
        for end in ends:
            if definition == "R1":
                seen, came = ever_flags(visits, end)
            else:
                seen, came, _, _ = first_timers(visits, end, horizon=180)
            groups.append((seen, came, end))
        if not all(seen.any() for seen, _, _ in groups):
            continue
        (seen0, came0, end0), (seen1, came1, end1) = groups
        for before, now in zip(sides_of(visits, end0), sides_of(visits, end1), strict=True):
            alarm = alarms_over(
                before.codes[seen0].astype(np.int32), came0[seen0], now.codes[seen1].astype(np.int32), came1[seen1],
                name=now.name, width=len(now.values),
            )  # fmt: skip
            if alarm is not None:
                found.append(alarm_json(alarm, definition))
    return found


def sides_of(visits: Visits, on: date) -> list[Side]:
    """What is known of each person on a day: age, sex, source, branch and doctor of the first visit."""
    first = np.flatnonzero(np.append(True, visits.person[1:] != visits.person[:-1]))
    age = on.year - visits.birth_year
    ages = np.full(visits.people, -1, np.int64)
    for place, (low, high, _) in enumerate(AGES):
        ages[(visits.birth_year > 0) & (age >= low) & (age <= high)] = place
    sides = [
        Side("age", [name for _, _, name in AGES], ages),
        Side("sex", visits.sex.values, visits.sex.codes.astype(np.int64)),
        Side("channel", visits.channel.values, visits.channel.codes.astype(np.int64)),
    ]
    for name in ("branch", "doctor"):
        words = visits.words[name]
        sides.append(Side(name, words.values, words.codes[first].astype(np.int64)))
    return sides


def alarms_of_shares(sides: Sequence[Side], among: Bools, came: Bools, *, compared: Sequence[str]) -> list[GroupAlarm]:
    """Each value of the `compared` sides against the rest, rerun within every other side."""
    return _of_pairs(sides, among, came.astype(np.float64), compared, means=False)


def alarms_of_averages(
    sides: Sequence[Side], among: Bools, amount: Floats, *, compared: Sequence[str]
) -> list[GroupAlarm]:
    """The same of averages, as money per patient."""
    return _of_pairs(sides, among, amount, compared, means=True)


def _of_pairs(
    sides: Sequence[Side], among: Bools, amount: Floats, compared: Sequence[str], *, means: bool
) -> list[GroupAlarm]:
    found = []
    for side in sides:
        if side.name not in compared:
            continue
        for other in sides:
            if other is side:
                continue
            n, k, squares = _table(side, other, among, amount)
            for value in np.argsort(-n.sum(axis=1), kind="stable")[:COMPARED].tolist():
                mine = [each[value] for each in (n, k, squares)]
                rest = [each.sum(axis=0) - own for each, own in zip((n, k, squares), mine, strict=True)]
                flip = (
                    flip_of_means((rest[0], rest[1], rest[2]), (mine[0], mine[1], mine[2]))
                    if means
                    else flip_of((rest[0], rest[1]), (mine[0], mine[1]))
                )
                if flip is not None:
                    found.append(GroupAlarm(side.name, side.values[value], other.name, flip))
    return found


def _table(side: Side, other: Side, among: Bools, amount: Floats) -> tuple[Floats, Floats, Floats]:
    """People, sums and sums of squares by value of one side and of another."""
    known = among & (side.codes >= 0) & (other.codes >= 0)
    width = len(other.values)
    keys = side.codes[known] * width + other.codes[known]
    shape = (len(side.values), width)

    def total(weights: Floats | None) -> Floats:
        counts = np.bincount(keys, weights=weights, minlength=shape[0] * shape[1])
        return np.asarray(counts, dtype=np.float64).reshape(shape)

    values = amount[known]
    return total(None), total(values), total(values**2)
