"""A time that is offered keeps a room and a device too, so that who says yes in time finds them free."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from zabota.booking.models import FreedSlot, Occupation, Resource, ResourceCell, WaitlistEntry
from zabota.booking.queries.chances import chances
from zabota.booking.services import seats


def lock_all(freed_id: int, entry_id: int | None = None) -> None:
    """Everything that a step of an offer may take or give back, before it locks a row.

    Bookings take their resources first and rows after; whoever comes the other way round would wait for them for ever.
    """
    freed = FreedSlot.objects.filter(pk=freed_id).values_list("branch_id", "doctor_id").first()
    if freed is None:
        return
    branch_id, doctor_id = freed
    rooms = Resource.objects.filter(branch_id=branch_id, is_active=True).exclude(kind=Resource.Kind.DOCTOR)
    ids = {
        *rooms.values_list("pk", flat=True),
        *Resource.objects.filter(doctor_id=doctor_id).values_list("pk", flat=True),
    }
    if entry_id is not None:
        given_up = WaitlistEntry.objects.filter(pk=entry_id).values("appointment_id")
        ids.update(
            ResourceCell.objects.filter(appointment__in=given_up).values_list("resource_id", flat=True).distinct()
        )
    seats.lock_resources(ids)


def keep_rooms(freed: FreedSlot, asked: Sequence[WaitlistEntry], *, now: datetime) -> None:
    """One free room or device of each kind for those who are asked, the same for all whom it suits: one of them wins.

    Callers hold the transaction and the locks of the rooms.
    """
    if freed.hold is None:
        return
    # Whom the wave before asked may have needed another.
    ResourceCell.objects.filter(hold=freed.hold).exclude(resource__kind=Resource.Kind.DOCTOR).delete()
    Occupation.objects.filter(hold=freed.hold).exclude(resource__kind=Resource.Kind.DOCTOR).delete()
    kept: dict[int, tuple[int, int]] = {}
    for chance in chances(freed, asked, now=now).values():
        for free in chance.rooms:
            room = next((pk for pk in free if pk in kept), free[0] if free else None)
            if room is not None:
                begins, ends = kept.get(room, chance.span)
                kept[room] = min(begins, chance.span[0]), max(ends, chance.span[1])
    for room, span in sorted(kept.items()):
        seats.free_expired([room], now=now)
        seats.take([room], span, hold=freed.hold, partly=True)
