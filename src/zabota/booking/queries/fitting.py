"""Rooms and devices of a branch that would do for a visit and are not shut then."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from zabota.booking.models import Resource
from zabota.booking.queries.hours import Timetable, timetable
from zabota.booking.queries.needs import Need
from zabota.booking.rules.cells import instant_of
from zabota.clinic.models import Branch


@dataclass(frozen=True, slots=True)
class Rooms:
    """Read once for many visits that begin on one day of the branch."""

    branch: Branch
    rows: list[Resource]
    table: Timetable

    def fit(self, need: Need, span: tuple[int, int]) -> list[list[Resource]]:
        """Per kind that is needed, those that would do, in order; whether they are taken is not asked."""
        there = [row for row in self.rows if self.table.is_there(row.pk, self.branch.pk, *span)]
        return [[row for row in there if row.kind == kind and need.allows(row.kind, row.pk)] for kind in need.kinds]


def rooms_there(branch: Branch, kinds: Collection[str], reach: tuple[int, int]) -> Rooms | None:
    """Those of these kinds between two minutes since the epoch; None where nothing is needed."""
    if not kinds:
        return None
    there = Resource.objects.filter(clinic_id=branch.clinic_id, branch=branch, is_active=True, kind__in=kinds)
    zone = ZoneInfo(branch.time_zone)
    first, last = (instant_of(minute).astimezone(zone).date() for minute in reach)
    # As the search asks: the day before may reach over midnight.
    table = timetable(branch.clinic_id, [row.pk for row in there], first - timedelta(days=1), last)
    return Rooms(branch, list(there), table)
