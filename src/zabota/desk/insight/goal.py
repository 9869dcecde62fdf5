"""Where the goal path stands on a day: straight lines between the baseline, the stages and the target.

A stage of another measure ("nobody is forgotten") is no point of that line: it is judged by its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from zabota.analytics import reports
from zabota.clinic.models import GoalPath

#: Days after the last figure that are foreseen when there is no goal.
AHEAD = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Stop:
    """A point of the path; shares as fractions."""

    on: date
    value: float
    title: str


def stops_of(goal: GoalPath) -> list[Stop]:
    """Baseline, stages and target in the order of time, one for a day."""
    stages = [_stop(each) for each in goal.stages if each.get("by") != "coverage"]
    found = {goal.baseline_on: Stop(goal.baseline_on, goal.baseline, "исходная точка")}
    for each in [*stages, Stop(goal.target_on, goal.target, "цель")]:
        found[each.on] = each
    return sorted(found.values(), key=lambda each: each.on)


def coverage_stops(goal: GoalPath) -> list[Stop]:
    """Stages that ask for a next step of everybody."""
    return [_stop(each) for each in goal.stages if each.get("by") == "coverage"]


def _stop(stored: Mapping[str, Any]) -> Stop:
    return Stop(date.fromisoformat(stored["on"]), float(stored["value"]), stored.get("title", ""))


def outlook_of(data: Mapping[str, Any], stops: Sequence[Stop]) -> Sequence[Any]:
    """What is expected to the day of the target, or a year ahead; nothing while there are too few months."""
    if len(data["series"]) < 2:
        return ()
    today = date.fromisoformat(data["as_of"])
    until = max(stops[-1].on, today + timedelta(days=31)) if stops else today + AHEAD
    return reports.outlook_to(data["series"], until)


def planned(stops: list[Stop], on: date) -> float | None:
    """What the path asks for on a day; None before it begins."""
    if not stops or on < stops[0].on:
        return None
    for before, after in pairwise(stops):
        if on <= after.on:
            part = (on - before.on).days / max((after.on - before.on).days, 1)
            return before.value + part * (after.value - before.value)
    return stops[-1].value
