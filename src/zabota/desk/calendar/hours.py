"""When each column receives, as minutes of the day on the wall clock of the branch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from zabota.booking import api as booking
from zabota.booking.models import Resource
from zabota.clinic.models import Branch
from zabota.desk.calendar.asked import minute_of
from zabota.desk.calendar.grid import MINUTES, Span

Windows = dict[tuple[int, date], list[Span]]


def windows_of(resources: Sequence[Resource], *, branch: Branch, first: date, last: date) -> Windows:
    """Open spans by (resource, day) in one branch; hours that end after midnight are seen on both days."""
    zone = ZoneInfo(branch.time_zone)
    ids = [each.pk for each in resources]
    table = booking.timetable(branch.clinic_id, ids, first - timedelta(days=1), last)
    found: Windows = {}
    for step in range((last - first).days + 1):
        day = first + timedelta(days=step)
        for pk in ids:
            spans = []
            for window in (*table.windows(pk, day - timedelta(days=1)), *table.windows(pk, day)):
                if window.branch_id != branch.pk:
                    continue
                start, end = (minute_of(_instant(each), day, zone) for each in (window.begins, window.ends))
                if end > 0 and start < MINUTES:
                    spans.append(Span(max(0, start), min(MINUTES, end)))
            found[(pk, day)] = spans
    return found


def _instant(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)
