"""Keeps every evening how long a patient waited for each doctor, so that a trend can be seen."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from zabota.booking.models import NextFree
from zabota.booking.queries.waiting import next_free
from zabota.clinic.models import Clinic


def keep_next_free(*, clinic: Clinic, now: datetime) -> int:
    """One row per doctor and day; a second run of the day replaces the first."""
    on = now.astimezone(ZoneInfo(clinic.time_zone)).date()
    rows = [
        NextFree(
            clinic=clinic, doctor=each.doctor, on=on, days_to_first=each.days_to_first, days_to_third=each.days_to_third
        )
        for each in next_free(clinic=clinic, now=now)
    ]
    NextFree.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["doctor", "on"],
        update_fields=["days_to_first", "days_to_third"],
    )
    return len(rows)
