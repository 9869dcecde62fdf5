"""Hours of resources from the database as the rules want them, read once for many days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from zabota.booking.models import ExceptionDay, Resource, WorkingHours
from zabota.booking.rules.cells import instant_of, minute_of
from zabota.booking.rules.week import Hours, Special, Window, epoch_minute, windows
from zabota.clinic.models import Branch, Doctor


@dataclass(slots=True)
class Timetable:
    """Hours and special days of some resources; answers for any day between those it was read for."""

    zones: dict[int, ZoneInfo]
    hours: dict[int, list[Hours]]
    specials: Sequence[Special]
    _by_resource: dict[int, list[Special]] = field(default_factory=dict)
    _by_weekday: dict[tuple[int, int], tuple[Hours, ...]] = field(default_factory=dict)
    #: Doctors with the same hours and no days of their own share the answer.
    _alike: dict[tuple[date, tuple[Hours, ...]], list[Window]] = field(default_factory=dict)

    def windows(self, resource_id: int, day: date) -> list[Window]:
        """Spans of work that begin on the day."""
        specials = self._by_resource.get(resource_id)
        if specials is None:
            specials = [row for row in self.specials if row.resource_id in (None, resource_id)]
            self._by_resource[resource_id] = specials
        weekday = day.weekday()
        hours = self._by_weekday.get((resource_id, weekday))
        if hours is None:
            hours = tuple(row for row in self.hours.get(resource_id, ()) if row.weekday == weekday)
            self._by_weekday[resource_id, weekday] = hours
        if any(row.resource_id is not None for row in specials):
            return windows(day, resource_id=resource_id, hours=hours, specials=specials, zones=self.zones)
        found = self._alike.get((day, hours))
        if found is None:
            found = windows(day, resource_id=resource_id, hours=hours, specials=specials, zones=self.zones)
            self._alike[day, hours] = found
        return found

    def crosses_midnight(self, resource_id: int) -> bool:
        """True when some hours end on the day after they began."""
        return any(row.ends > 1440 for row in self.hours.get(resource_id, ())) or any(
            row.is_extra and (row.ends or 0) > 1440 for row in self.specials
        )

    def is_there(self, resource_id: int, branch_id: int, begins: int, ends: int) -> bool:
        """True when a room or device may be used: within its own week if it has one, and not on a day off of its own."""
        day = instant_of(begins).astimezone(self.zones[branch_id]).date()
        if resource_id in self.hours:
            return any(
                window.begins <= begins and ends <= window.ends
                for each in (day, day - timedelta(days=1))
                for window in self.windows(resource_id, each)
            )
        away = [
            row
            for row in self.specials
            if not row.is_extra and row.resource_id == resource_id and row.concerns(resource_id, branch_id, day)
        ]
        zone = self.zones[branch_id]
        return not any(
            row.begins is None
            or (epoch_minute(day, row.begins, zone) < ends and begins < epoch_minute(day, row.ends or 0, zone))
            for row in away
        )


def timetable(clinic_id: int, resource_ids: Collection[int], first: date, last: date) -> Timetable:
    """Everything that decides when these resources work between two days: three small reads."""
    zones = {
        pk: ZoneInfo(zone) for pk, zone in Branch.objects.filter(clinic_id=clinic_id).values_list("pk", "time_zone")
    }
    weekdays = {(first + timedelta(days=offset)).weekday() for offset in range(min((last - first).days, 6) + 1)}
    hours: dict[int, list[Hours]] = defaultdict(list)
    rows = (
        WorkingHours.objects.filter(resource_id__in=resource_ids, weekday__in=weekdays)
        .filter(Q(since_on=None) | Q(since_on__lte=last), Q(valid_until=None) | Q(valid_until__gte=first))
        .values_list(
            "resource_id", "branch_id", "weekday", "begins_minute", "ends_minute", "kind", "since_on", "valid_until"
        )
    )
    for resource_id, branch_id, weekday, begins, ends, kind, since_on, until_on in rows:
        row = Hours(branch_id, weekday, begins, ends, kind == WorkingHours.Kind.BREAK, since_on, until_on)
        hours[resource_id].append(row)
    without = [pk for pk in resource_ids if pk not in hours] if len(weekdays) < 7 else []
    for pk in WorkingHours.objects.filter(resource_id__in=without).values_list("resource_id", flat=True).distinct():
        hours[pk] = []  # has a week, but not on these days
    days = ExceptionDay.objects.filter(clinic_id=clinic_id, last_on__gte=first, first_on__lte=last).filter(
        Q(resource=None) | Q(resource_id__in=resource_ids)
    )
    specials = [
        Special(row.first_on, row.last_on, row.kind == ExceptionDay.Kind.EXTRA, row.resource_id, row.branch_id,
                row.begins_minute, row.ends_minute, row.note or row.get_kind_display())
        for row in days
    ]  # fmt: skip
    return Timetable(zones, dict(hours), specials)


def works_throughout(doctor: Doctor, branch: Branch, starts_at: datetime, minutes: int) -> bool:
    """True when the whole span lies in the doctor's hours in this branch."""
    resource = Resource.objects.filter(doctor=doctor, is_active=True).first()
    if resource is None:
        return False
    day = starts_at.astimezone(ZoneInfo(branch.time_zone)).date()
    table = timetable(doctor.clinic_id, [resource.pk], day - timedelta(days=1), day)
    begins = minute_of(starts_at)
    return any(
        window.branch_id == branch.pk and window.begins <= begins and begins + minutes <= window.ends
        for each in (day - timedelta(days=1), day)
        for window in table.windows(resource.pk, each)
    )
