"""Where the figures come from: the database itself for a small clinic, files of the night for a large one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from zabota.analytics.queries.metrics_files import read_kept, write_tables
from zabota.analytics.queries.metrics_ground import ground_from, read_tables
from zabota.analytics.rules.metrics_ground import Ground
from zabota.booking.models import Appointment
from zabota.clinic.models import Clinic
from zabota.kernel.scope import clinic_scope

#: Appointments that are read for a page; more take seconds.
LIVE_ROWS: Final = 150_000


class NotGathered(Exception):
    """The clinic is large and its tables were not gathered yet."""


def is_large(clinic_id: int) -> bool:
    """True when its appointments are too many to be read for a page."""
    return len(Appointment.objects.filter(clinic_id=clinic_id).values_list("pk")[LIVE_ROWS : LIVE_ROWS + 1]) > 0


def gather(clinic: Clinic, *, now: datetime) -> None:
    """Read the tables of a clinic and keep them. Repeating it replaces them."""
    with clinic_scope(clinic.pk):
        tables = read_tables(clinic.pk, time_zone=clinic.time_zone, now=now)
    write_tables(tables, clinic_id=clinic.pk, now=now)


def ground_at(clinic: Clinic, *, now: datetime, branches: Sequence[int] | None = None) -> tuple[Ground, datetime]:
    """What every figure is counted over, and of which moment it is. Raises NothingSeen, NotGathered."""
    if not is_large(clinic.pk):
        tables = read_tables(clinic.pk, time_zone=clinic.time_zone, now=now)
        return ground_from(tables, clinic_id=clinic.pk, branches=branches), now
    kept = read_kept(clinic.pk)
    if kept is None:
        raise NotGathered
    return ground_from(kept[0], clinic_id=clinic.pk, branches=branches), kept[1]
