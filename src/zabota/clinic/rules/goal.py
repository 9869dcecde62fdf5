"""The goal path: what makes a baseline, a target and its stages believable."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

#: By what a stage is judged: how many come back, or how many have a booking or a task.
StageBy = Literal["return", "coverage"]
GoalProblem = Literal["share_out_of_range", "target_not_later", "stage_outside_path", "stages_out_of_order"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A share to be reached by a day: of retention, or of patients with a next step."""

    on: dt.date
    value: float
    title: str = ""
    by: StageBy = "return"


def goal_problem(
    *, baseline: float, baseline_on: dt.date, target: float, target_on: dt.date, stages: list[Stage]
) -> GoalProblem | None:
    """Why this path makes no sense; None when it does. A target below the baseline is allowed: holding is a goal too."""
    if not all(0 < share <= 1 for share in (baseline, target, *(stage.value for stage in stages))):
        return "share_out_of_range"
    if target_on <= baseline_on:
        return "target_not_later"
    days = [stage.on for stage in stages]
    if any(not baseline_on < day <= target_on for day in days):
        return "stage_outside_path"
    return "stages_out_of_order" if days != sorted(set(days)) else None
