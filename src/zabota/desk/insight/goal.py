"""Where the goal path stands on a day: straight lines between the baseline, the stages and the target."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from zabota.clinic.models import GoalPath


@dataclass(frozen=True, slots=True)
class Stop:
    """A point of the path; shares as fractions."""

    on: date
    value: float
    title: str


def stops_of(goal: GoalPath) -> list[Stop]:
    """Baseline, stages and target in the order of time, one for a day."""
    stages = [Stop(date.fromisoformat(each["on"]), float(each["value"]), each.get("title", "")) for each in goal.stages]
    found = {goal.baseline_on: Stop(goal.baseline_on, goal.baseline, "исходная точка")}
    for each in [*stages, Stop(goal.target_on, goal.target, "цель")]:
        found[each.on] = each
    return sorted(found.values(), key=lambda each: each.on)


def planned(stops: list[Stop], on: date) -> float | None:
    """What the path asks for on a day; None before it begins."""
    if not stops or on < stops[0].on:
        return None
    for before, after in pairwise(stops):
        if on <= after.on:
            part = (on - before.on).days / max((after.on - before.on).days, 1)
            return before.value + part * (after.value - before.value)
    return stops[-1].value
