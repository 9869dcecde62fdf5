"""Which appointments a complete export no longer holds. A row that was refused is there, only it cannot be read."""

from __future__ import annotations

import dataclasses
from datetime import date

from django.db.models import Q

from zabota.booking.models import Appointment
from zabota.intake.reading.results import FileFacts, Reading
from zabota.intake.rules.dates import DateForm, Moment, Order, read_moment
from zabota.intake.rules.values import code_of
from zabota.intake.services.catalogue import read_catalogue
from zabota.intake.services.visits import DERIVED, Visit


@dataclasses.dataclass(frozen=True)
class Refused:
    """What is known of the visits whose rows were refused."""

    #: Numbers that the system gave them.
    ext_ids: frozenset[str] = frozenset()
    #: Days of those without a number.
    days: frozenset[date] = frozenset()
    #: Some have neither: any visit that we numbered ourselves may be one of them.
    is_anyone: bool = False


def refused_visits(reading: Reading) -> Refused:
    """Numbers and days of refused rows of visits, as far as they can be read."""
    ext_ids: set[str] = set()
    days: set[date] = set()
    is_anyone = False
    for index, cells in reading.refused.items():
        facts = reading.files[index]
        if facts.kind != "visits":
            continue
        order: Order = "mdy" if facts.date_order == "mdy" else "dmy"
        number, moment = _place(facts, "visit_ext_id"), _place(facts, "starts_at")
        for row in cells.drop("row", "reason").iter_rows():
            code = code_of(row[number]) if number is not None and row[number] else None
            when = read_moment(row[moment], DateForm(order)) if moment is not None and row[moment] else None
            if code:
                ext_ids.add(code[:80])
            elif isinstance(when, Moment):
                days.add(when.day)
            else:
                is_anyone = True
    return Refused(frozenset(ext_ids), frozenset(days), is_anyone)


def _place(facts: FileFacts, field: str) -> int | None:
    return next((place for place, column in enumerate(facts.columns) if column.field == field), None)


def vanished_ids(
    visits: list[Visit], refused: Refused, *, clinic_id: int, system: str, branch_id: int | None
) -> list[int]:
    """Appointments of this system within the period and the branches of a complete export that it no longer holds.

    `branch_id` is the branch of rows that tell none: each branch may export for itself.
    """
    if not visits:
        return []
    first, last = min(visit.day for visit in visits), max(visit.day for visit in visits)
    present = {visit.ext_id for visit in visits} | refused.ext_ids
    catalogue = read_catalogue(clinic_id)
    told = {visit.branch for visit in visits}
    branches = {catalogue.branch(name) if name else branch_id for name in told}
    where = Q(branch_id__in=branches - {None})
    if "" in told and branch_id is None:
        where |= Q(branch=None)
    rows = Appointment.objects.filter(
        where, clinic_id=clinic_id, system=system, day__gte=first, day__lte=last, vanished_at=None
    ).exclude(ext_id="")
    return [
        pk
        for pk, ext_id, day in rows.values_list("id", "ext_id", "day").iterator(chunk_size=5000)
        if ext_id not in present and not (ext_id.startswith(DERIVED) and (refused.is_anyone or day in refused.days))
    ]
