"""What is busy in a range of days, read once and as numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db.models import Func, IntegerField, Q

from zabota.booking.models import Appointment, Occupation
from zabota.booking.rules.cells import instant_of

#: No visit is longer; a range is widened by this to meet those that began before it.
LONGEST_MINUTES = 1440
#: The longest visit that can be booked here, the widest buffer, and both together.
_USUAL_MINUTES, _BUFFER_MINUTES = 480, 120
_ZONE_DAYS = timedelta(days=1)
_SHORT_MINUTES = _USUAL_MINUTES + _BUFFER_MINUTES


class EpochMinutes(Func):
    """Minutes since the epoch of an instant: one number, where turning rows into datetimes would cost most."""

    output_field = IntegerField()

    @property
    def convert_value(self) -> Any:
        """Both databases give a whole number: nothing is left to convert, row by row."""
        return self._convert_value_noop  # type: ignore[attr-defined]

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """SQLite keeps instants as text in UTC."""
        return self.as_sql(compiler, connection, template="(unixepoch(%(expressions)s) / 60)", **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Rounded down, as everywhere."""
        template = "(FLOOR(EXTRACT(EPOCH FROM %(expressions)s) / 60)::bigint)"
        return self.as_sql(compiler, connection, template=template, **extra)


def busy_of_doctors(doctor_ids: Collection[int], begins: int, ends: int) -> dict[int, list[tuple[int, int]]]:
    """Spans of live appointments with their buffers, by doctor; loaded ones count like those booked here."""
    rows = (
        Appointment.objects.filter(
            doctor_id__in=doctor_ids,
            # The day of the branch lies within two of the day in UTC: it is what the index of a clinic is sorted by.
            day__gte=(instant_of(begins - LONGEST_MINUTES) - _ZONE_DAYS).date(),
            day__lte=(instant_of(ends + _BUFFER_MINUTES) + _ZONE_DAYS).date(),
            status__in=Appointment.BOOKED,
            vanished_at=None,
            starts_at__gte=instant_of(begins - LONGEST_MINUTES),
            starts_at__lt=instant_of(ends + _BUFFER_MINUTES),
        )
        # Nearly every visit is shorter than that: the day before is read for the few that are not.
        .filter(Q(starts_at__gte=instant_of(begins - _SHORT_MINUTES)) | Q(duration_minutes__gt=_USUAL_MINUTES))
        .order_by()
        .values_list(
            "doctor_id", EpochMinutes("starts_at"), "duration_minutes", "buffer_before_minutes", "buffer_after_minutes"
        )
    )
    spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for doctor_id, start, minutes, before, after in rows:
        spans[doctor_id or 0].append((start - before, start + minutes + after))
    return spans


def busy_of_resources(
    resource_ids: Collection[int], begins: int, ends: int, now: int
) -> dict[int, list[tuple[int, int]]]:
    """Spans of rooms, devices and holds, by resource."""
    rows = (
        Occupation.objects.filter(resource_id__in=resource_ids, begins_minute__lt=ends, ends_minute__gt=begins)
        .filter(begins_minute__gt=begins - LONGEST_MINUTES)
        .filter(Q(hold=None) | Q(hold__expires_at__gt=instant_of(now)))
        .order_by()
        .values_list("resource_id", "begins_minute", "ends_minute")
    )
    spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for resource_id, since, until in rows:
        spans[resource_id].append((since, until))
    return spans
