"""A free time as a button: what it sends and what it says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.http import QueryDict

from zabota.booking import api as booking
from zabota.desk.calendar.asked import Asked
from zabota.desk.calendar.blocks import short_doctor
from zabota.ui import formats


@dataclass(frozen=True, slots=True)
class Offer:
    """One free time."""

    value: str
    day: date
    clock: str
    doctor: str
    label: str


def offers_of(found: Iterable[booking.Slot]) -> list[Offer]:
    """Free times as buttons, in the order of time."""
    return [
        Offer(
            value=slot.key,
            day=slot.local.date(),
            clock=formats.clock(slot.local),
            doctor=short_doctor(slot.doctor.name),
            label=f"{formats.ru_date(slot.local)}, {slot.doctor.name}",
        )
        for slot in sorted(found, key=lambda each: (each.starts_at, each.doctor.name))
    ]


def with_slot(data: QueryDict, asked: Asked) -> QueryDict:
    """The same data with the pressed time laid out into doctor, branch, day and time."""
    given = data.copy()
    slot = booking.slot_of_key(data.get("slot", ""), clinic_id=asked.branch.clinic_id)
    if slot is not None:
        given["doctor"], given["branch"] = slot.doctor.public_id, slot.branch.public_id
        given["day"], given["time"] = slot.local.date().isoformat(), slot.local.strftime("%H:%M")
    return given
