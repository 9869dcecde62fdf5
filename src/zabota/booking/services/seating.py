"""A visit takes doctor, rooms and devices again at its own time: brought back, or of another kind."""

from __future__ import annotations

from dataclasses import dataclass, replace

from zabota.booking.models import Appointment, Resource
from zabota.booking.queries.needs import need_of
from zabota.booking.queries.wanted import Wanted
from zabota.booking.services import seats
from zabota.booking.services.appointments import choose_seats
from zabota.booking.services.troubles import SlotTaken
from zabota.clinic.models import Branch


@dataclass(frozen=True, slots=True)
class Seating:
    """What may be occupied: the doctor, per kind what would do, and the minutes since the epoch."""

    mine: list[Resource]
    groups: list[list[Resource]]
    span: tuple[int, int]
    wanted: Wanted

    @property
    def candidates(self) -> set[int]:
        """Everything of which a part will be taken: to be locked first."""
        return {each.pk for group in [self.mine, *self.groups] for each in group}


def seating_of(row: Appointment, branch: Branch, *, kind: str) -> Seating:
    """For a visit as it stands, in the clinic or by video."""
    services = [line.service for line in row.lines.select_related("service").order_by("pk")]
    online = kind == Appointment.Kind.ONLINE
    need = replace(need_of(services, online=online), before=row.buffer_before_minutes, after=row.buffer_after_minutes)
    span = seats.span_of(row.starts_at, row.duration_minutes, need)
    return Seating(
        mine=[seats.resource_of(row.doctor)] if row.doctor is not None else [],
        groups=seats.fitting(need, branch, span),
        span=span,
        wanted=Wanted.of(row.doctor, branch, row.starts_at, row.duration_minutes, services, online=online),
    )


def sit_down(row: Appointment, seating: Seating) -> None:
    """Take one of each. Callers hold the locks. Raises SlotTaken."""
    mine, groups, span, wanted = seating.mine, seating.groups, seating.span, seating.wanted
    chosen = choose_seats(row.doctor, mine, groups, span, row.starts_at, row.duration_minutes, wanted, but=row)
    if chosen and not seats.take(chosen, span, appointment=row):
        raise SlotTaken(wanted=wanted)
