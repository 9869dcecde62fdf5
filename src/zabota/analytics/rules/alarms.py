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
#: Days of R2, as the report counts it.
HORIZON: Final = 180


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
    lasting = _lasting_sides(visits)
    sides = [[_ages(visits, end), *lasting] for end in ends]
    found: list[dict[str, Any]] = []
    for definition in ("R1", "R2"):
        groups = [
            ever_flags(visits, end) if definition == "R1" else first_timers(visits, end, horizon=HORIZON)[:2]
            for end in ends
        ]
        (seen0, came0), (seen1, came1) = groups
        if not seen0.any() or not seen1.any():
            continue
        came0, came1 = came0[seen0], came1[seen1]
        for before, now in zip(*sides, strict=True):
            alarm = alarms_over(
                before.codes[seen0].astype(np.int32), came0, now.codes[seen1].astype(np.int32), came1,
                name=now.name, width=len(now.values),
            )  # fmt: skip
            if alarm is not None:
                found.append(alarm_json(alarm, definition))
    return found


def _ages(visits: Visits, on: date) -> Side:
    age = on.year - visits.birth_year
    codes = np.full(visits.people, -1, np.int64)
    for place, (low, high, _) in enumerate(AGES):
        codes[(visits.birth_year > 0) & (age >= low) & (age <= high)] = place
    return Side("age", [name for _, _, name in AGES], codes)


def _lasting_sides(visits: Visits) -> list[Side]:
    """What does not change with the day: sex, source, branch and doctor of the first visit."""
    first = np.flatnonzero(np.append(True, visits.person[1:] != visits.person[:-1]))
    sides = [
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
