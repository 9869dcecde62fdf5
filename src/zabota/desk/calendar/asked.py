"""What the address of the calendar asks for: a day, a branch, columns by doctors or rooms; read without trust."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.dateparse import parse_date

from zabota.clinic.models import Branch
from zabota.desk.access import StaffRequest, branches_of

DOCTORS, ROOMS = "doctors", "rooms"
#: Further nobody looks by hand: a wrong year, more likely.
FURTHEST = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Asked:
    """One view of the calendar."""

    day: date
    today: date
    branch: Branch
    branches: tuple[Branch, ...]
    by: str = DOCTORS
    #: Doctors who do not receive on this day are shown as well.
    everybody: bool = False
    #: Public id of the doctor whose week is shown.
    doctor: str = ""

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the day begins and ends."""
        return ZoneInfo(self.branch.time_zone)

    @property
    def is_today(self) -> bool:
        """The day that goes on now."""
        return self.day == self.today

    def query(self, **changes: Any) -> str:
        """The tail of the address of this view with some parts changed."""
        asked = replace(self, **changes)
        pairs = {"day": asked.day.isoformat()}
        if len(asked.branches) > 1:
            pairs["branch"] = asked.branch.public_id
        if asked.by != DOCTORS:
            pairs["by"] = asked.by
        if asked.doctor:
            pairs["doctor"] = asked.doctor
        if asked.everybody:
            pairs["all"] = "1"
        return urlencode(pairs)


def read_asked(request: StaffRequest, now: datetime, data: QueryDict | None = None) -> Asked | None:
    """The view of this address; what is unknown falls back to today and the first branch. None: there is no branch yet."""
    data = request.GET if data is None else data
    rows = Branch.objects.filter(clinic=request.clinic, is_active=True).order_by("id")
    allowed = branches_of(request.member)
    branches = tuple(rows if allowed is None else rows.filter(pk__in=allowed))
    if not branches:
        return None
    branch = next((each for each in branches if each.public_id == data.get("branch", "")), branches[0])
    today = now.astimezone(ZoneInfo(branch.time_zone)).date()
    return Asked(
        day=read_day(data.get("day", ""), today),
        today=today,
        branch=branch,
        branches=branches,
        by=ROOMS if data.get("by") == ROOMS else DOCTORS,
        everybody=data.get("all") == "1",
    )


def read_day(text: str, today: date) -> date:
    """A day of the address, today when it is none or absurd."""
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None or abs(found - today) > FURTHEST:
        return today
    return found


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day in a zone."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def minute_of(moment: datetime, day: date, zone: ZoneInfo) -> int:
    """Minute of the day as the clock on the wall shows it; beyond 1440 on the next day, below 0 on the day before."""
    local = moment.astimezone(zone)
    return (local.date() - day).days * 24 * 60 + local.hour * 60 + local.minute
