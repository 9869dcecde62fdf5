"""What an action added: proven by a control group, or only counted where nobody was left untouched."""

from __future__ import annotations

import dataclasses

from zabota.analytics.rules.intervals import Z95


@dataclasses.dataclass(frozen=True)
class Added:
    """People who came back because of the action. Without a control group it is everybody who came: an upper bound."""

    people: float
    low: float
    high: float
    #: There was a control group.
    controlled: bool
    #: The whole interval is above nothing.
    proven: bool


def added_by(
    *, people: int, returned: int, control_people: int | None = None, control_returned: int | None = None
) -> Added:
    """n × (share of the treated − share of the control) with its 95 % interval."""
    if not control_people or control_returned is None or not people:
        return Added(float(returned), 0.0, float(returned), controlled=False, proven=False)
    treated, control = returned / people, control_returned / control_people
    error = (treated * (1 - treated) / people + control * (1 - control) / control_people) ** 0.5
    gained = people * (treated - control)
    half = Z95 * people * error
    return Added(gained, gained - half, gained + half, controlled=True, proven=gained - half > 0)
