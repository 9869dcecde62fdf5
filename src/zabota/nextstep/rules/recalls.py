"""Recalls of one patient: previous, calculated, due; which booking answers; why one is not shown now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from zabota.nextstep.rules.intervals import Interval, add_interval


@dataclass(frozen=True, slots=True)
class Trigger:
    """A completed visit that starts the recall of a group."""

    group_id: int
    on: date
    interval: Interval


@dataclass(frozen=True, slots=True)
class Cycle:
    """What the visits say about one group: the latest trigger and the day that follows from it."""

    group_id: int
    previous_on: date
    interval: Interval
    calculated_on: date


@dataclass(frozen=True, slots=True)
class Booking:
    """An appointment to come, with the groups of its services; without services with those its doctor may serve."""

    appointment_id: int
    starts_at: datetime
    on: date
    group_ids: frozenset[int]
    has_services: bool
    #: Groups a service of which the doctor may perform; None: nobody knows the doctor, or everybody performs everything.
    doctor_group_ids: frozenset[int] | None = None

    def may_serve(self, group_id: int) -> bool:
        """Whether nobody said what the booking is for, and its doctor may do what the group asks for."""
        return not self.has_services and (self.doctor_group_ids is None or group_id in self.doctor_group_ids)


@dataclass(frozen=True, slots=True)
class RecallFacts:
    """One recall with what people decided about it."""

    group_id: int
    group_name: str
    previous_on: date
    interval: Interval
    calculated_on: date
    overridden_on: date | None = None
    override_reason: str = ""
    snoozed_until: date | None = None
    any_visit_counts: bool = False
    is_disabled: bool = False
    disabled_reason: str = ""
    booking: Booking | None = None

    @property
    def due_on(self) -> date:
        """The day of the recall: what a person decided, else what follows from the visit."""
        return self.overridden_on or self.calculated_on

    @property
    def asked_on(self) -> date:
        """The first day on which anybody is to call: the due day, later when the recall is put off."""
        return max(self.due_on, self.snoozed_until) if self.snoozed_until else self.due_on


def cycles(triggers: Iterable[Trigger]) -> dict[int, Cycle]:
    """The cycle of each group: its latest trigger; of several on that day the one that is due first.

    An early visit moves the due day with it; a trigger that was voided leaves the one before it.
    """
    latest: dict[int, Cycle] = {}
    for trigger in triggers:
        calculated = add_interval(trigger.on, trigger.interval)
        cycle = Cycle(trigger.group_id, trigger.on, trigger.interval, calculated)
        known = latest.get(trigger.group_id)
        if known is None or (-known.previous_on.toordinal(), *_order(known)) > (
            -cycle.previous_on.toordinal(),
            *_order(cycle),
        ):
            latest[trigger.group_id] = cycle
    return latest


def _order(cycle: Cycle) -> tuple[date, int]:
    return cycle.calculated_on, cycle.interval.days


def answers(booking: Booking, group_id: int, *, any_visit: bool) -> bool:
    """Whether a booking is the right visit for a recall. One without services is when its doctor may make it so."""
    return any_visit or group_id in booking.group_ids or booking.may_serve(group_id)


def right_booking(bookings: Iterable[Booking], group_id: int, *, any_visit: bool) -> Booking | None:
    """The earliest booking that answers the recall."""
    right = [booking for booking in bookings if answers(booking, group_id, any_visit=any_visit)]
    return min(right, key=lambda booking: (booking.starts_at, booking.appointment_id), default=None)


def waiting(recalls: Sequence[RecallFacts]) -> list[RecallFacts]:
    """Recalls that nobody answered and nobody switched off, the earliest first."""
    unmet = [recall for recall in recalls if not recall.is_disabled and recall.booking is None]
    return sorted(unmet, key=lambda recall: (recall.asked_on, recall.group_id))


def usual(recalls: Sequence[RecallFacts]) -> RecallFacts | None:
    """The recall whose interval is expected of the patient: that of the latest trigger, of several the shortest."""
    live = [recall for recall in recalls if not recall.is_disabled]
    return min(
        live, key=lambda recall: (-recall.previous_on.toordinal(), recall.interval.days, recall.group_id), default=None
    )
