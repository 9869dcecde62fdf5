"""Other days of «Приём»: the working day before and after, the next one on which somebody comes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from zabota.booking import api as booking
from zabota.booking.models import Appointment, Resource
from zabota.clinic.models import Doctor
from zabota.desk.calendar import blocks

#: Further than that nobody steps day by day: the date is chosen instead.
REACH = 31


@dataclass(frozen=True, slots=True)
class Around:
    """Where to go from a day; None: nowhere within a month."""

    before: date | None
    after: date | None
    #: The next day with visits, for a day without any.
    next_visits: date | None


def around_of(doctor: Doctor, day: date) -> Around:
    """The nearest days on which the doctor receives or has visits."""
    first, last = day - timedelta(days=REACH), day + timedelta(days=REACH)
    rows = Appointment.objects.filter(doctor=doctor, status__in=blocks.SHOWN, vanished_at=None)
    visits = set(rows.filter(day__gte=first, day__lte=last).values_list("day", flat=True).distinct())
    resource = Resource.objects.filter(doctor=doctor, is_active=True).first()
    table = booking.timetable(doctor.clinic_id, [resource.pk], first, last) if resource else None

    def receives(each: date) -> bool:
        return each in visits or (table is not None and resource is not None and bool(table.windows(resource.pk, each)))

    steps = range(1, REACH + 1)
    return Around(
        before=next((each for step in steps if receives(each := day - timedelta(days=step))), None),
        after=next((each for step in steps if receives(each := day + timedelta(days=step))), None),
        next_visits=rows.filter(day__gt=day).order_by("day").values_list("day", flat=True).first(),
    )
