"""Days off of the country, as suggestions: the clinic says which of them it keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from zabota.booking.models import ExceptionDay
from zabota.clinic.models import Clinic


@dataclass(frozen=True, slots=True)
class SuggestedHoliday:
    """A day off with its name, and whether the clinic entered it already."""

    on: date
    name: str
    is_known: bool


def suggested_holidays(*, clinic: Clinic, first: date, last: date) -> list[SuggestedHoliday]:
    """Days off of Russia between two days, days that the government moved included where they are known."""
    import holidays  # noqa: PLC0415 -- a quarter of a second, needed by one page

    known = [
        (row.first_on, row.last_on)
        for row in ExceptionDay.objects.filter(
            clinic=clinic, resource=None, branch=None, last_on__gte=first, first_on__lte=last
        ).exclude(kind=ExceptionDay.Kind.EXTRA)
    ]
    days = holidays.country_holidays("RU", years=range(first.year, last.year + 1), language="ru")
    return [
        SuggestedHoliday(day, str(name), any(since <= day <= until for since, until in known))
        for day, name in sorted(days.items())
        if first <= day <= last
    ]
