"""The goal path against the line of retention: where we are, where it goes by itself, what each action added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from zabota.analytics.models import GoalAction
from zabota.analytics.rules.added import added_by
from zabota.analytics.rules.outlook import Outlook, outlook_of
from zabota.analytics.rules.series import SeriesPoint
from zabota.analytics.services.actions import WITHIN
from zabota.clinic.models import Clinic

#: Actions listed.
LISTED: Final = 60


def outlook_to(series: Sequence[Mapping[str, Any]], until: date) -> tuple[Outlook, ...]:
    """Expected values at the ends of the months to a day, the day itself last."""
    points = [
        SeriesPoint(
            on=date.fromisoformat(each["on"]), value=each["value"], low=each["low"], high=each["high"],
            numerator=each["numerator"], denominator=each["denominator"],
        )
        for each in series
    ]  # fmt: skip
    if not points or until <= points[-1].on:
        return ()
    days: list[date] = []
    day = points[-1].on.replace(day=1)
    while True:
        day = (day + timedelta(days=32)).replace(day=1)
        end = (day + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        if end >= until or len(days) > 60:
            break
        days.append(end)
    return outlook_of(points, [*days, until])


def actions_of(clinic: Clinic, *, base: int, value_kopecks: int, told: date) -> list[dict[str, Any]]:
    """What was told to the table, the newest months first; points are of all base patients.

    `told` is the day up to which visits are known: an action whose people still have time to come is not ripe.
    """
    rows = []
    for each in GoalAction.objects.filter(clinic=clinic).order_by("-first_on", "-returned")[:LISTED]:
        added = added_by(
            people=each.people, returned=each.returned, control_people=each.control_people,
            control_returned=each.control_returned,
        )  # fmt: skip
        rows.append(
            {
                "month": each.first_on,
                "origin": str(GoalAction.Origin(each.origin).label),
                "title": each.title,
                "ripe": each.last_on + WITHIN <= told,
                "people": each.people,
                "returned": each.returned,
                "share": each.returned / each.people if each.people else None,
                "control_people": each.control_people,
                "control_share": each.control_returned / each.control_people
                if each.control_people and each.control_returned is not None
                else None,
                "added": added.people,
                "low": added.low,
                "high": added.high,
                "controlled": added.controlled,
                "proven": added.proven,
                "points": 100 * added.people / base if base else None,
                "revenue_kopecks": each.revenue_kopecks or round(max(added.people, 0) * value_kopecks),
                "cost_kopecks": each.cost_kopecks,
            }
        )
    return rows
