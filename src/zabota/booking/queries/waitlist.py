"""The waitlist as people see it: who waits, what is being offered, what came of it."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from zabota.booking.models import Appointment, FreedSlot, SlotOffer, WaitlistEntry
from zabota.booking.rules.shares import wilson
from zabota.clinic.models import Branch

#: Filled share of freed times that the best published waitlist reached by offers alone.
PUBLISHED_SHARE = 0.30
#: So many times that suited nobody are told of.
_UNWANTED = 3


@dataclass(frozen=True, slots=True)
class WaitlistReport:
    """A period of the waitlist. Shares are None without any freed time; minutes are of visits."""

    freed: int
    by_cause: dict[str, int]
    by_state: dict[str, int]
    offers: int
    accepted: int
    declined: int
    filled: int
    filled_share: float | None
    filled_between: tuple[float, float] | None
    filled_minutes: int
    #: Later times that fell free because their owners took an earlier one.
    holes: int
    holes_filled: int
    #: Minutes won: filled less the holes that stayed empty.
    net_minutes: int
    median_answer_minutes: float | None
    published_share: float = PUBLISHED_SHARE


def open_entries(clinic_id: int, *, branch: Branch | None = None) -> Sequence[WaitlistEntry]:
    """Everybody who waits, most urgent first, then by how long."""
    rows = WaitlistEntry.objects.filter(clinic_id=clinic_id, state__in=WaitlistEntry.OPEN)
    if branch is not None:
        rows = rows.filter(branch__in=[branch]) | rows.filter(branch=None)
    return list(
        rows.select_related("patient", "branch", "appointment")
        .prefetch_related("services", "doctors")
        .order_by("-priority", "created_at", "id")
    )


def open_freed(clinic_id: int, *, branch: Branch | None = None) -> Sequence[FreedSlot]:
    """Freed times that wait for their first wave or are being offered, nearest first, with their offers."""
    rows = FreedSlot.objects.filter(clinic_id=clinic_id, state__in=FreedSlot.OPEN)
    if branch is not None:
        rows = rows.filter(branch=branch)
    return list(
        rows.select_related("doctor", "branch", "appointment__patient")
        .prefetch_related("offers__entry__patient")
        .order_by("starts_at", "id")
    )


def unwanted_freed(clinic_id: int, *, now: datetime) -> Sequence[FreedSlot]:
    """Freed times to come that suited nobody who waits when they fell free within a day, the latest first."""
    rows = FreedSlot.objects.filter(
        clinic_id=clinic_id, state=FreedSlot.State.UNWANTED, freed_at__gt=now - timedelta(days=1), starts_at__gt=now
    )
    return list(rows.select_related("doctor", "branch").order_by("-freed_at", "-id")[:_UNWANTED])


def open_offers(*, patient_id: int) -> Sequence[SlotOffer]:
    """What is offered to a patient right now."""
    return list(
        SlotOffer.objects.filter(entry__patient_id=patient_id, state=SlotOffer.State.OPEN)
        .select_related("freed__doctor", "freed__branch", "entry")
        .order_by("expires_at")
    )


def waitlist_report(
    clinic_id: int, *, first_at: datetime, last_at: datetime, branches: Sequence[int] | None = None
) -> WaitlistReport:
    """Times freed within [first_at, last_at) that were worth offering, and what became of them."""
    rows = FreedSlot.objects.filter(clinic_id=clinic_id, freed_at__gte=first_at, freed_at__lt=last_at)
    if branches is not None:
        rows = rows.filter(branch__in=branches)
    noted = list(rows.select_related("appointment"))
    back = _taken_back(noted)
    freed = [row for row in noted if row.pk not in back]
    filled = [row for row in freed if row.state == FreedSlot.State.FILLED]
    holes = [row for row in freed if row.cause == FreedSlot.Cause.ADVANCED]
    empty_holes = [row for row in holes if row.state not in (FreedSlot.State.FILLED, FreedSlot.State.TAKEN)]
    offers = SlotOffer.objects.filter(freed__in=rows)
    states = Counter(offers.values_list("state", flat=True))
    answers = [
        (answered - sent).total_seconds() / 60
        for sent, answered in offers.filter(state=SlotOffer.State.ACCEPTED).values_list("sent_at", "answered_at")
        # Agreed by phone: nobody waited for an answer.
        if answered is not None and answered > sent
    ]
    taken = dict(offers.filter(state=SlotOffer.State.ACCEPTED).values_list("freed_id", "duration_minutes"))
    filled_minutes = sum(taken.get(row.pk, row.duration_minutes) for row in filled)
    return WaitlistReport(
        freed=len(freed),
        by_cause=dict(Counter(row.cause for row in freed)),
        by_state=dict(Counter(row.state for row in freed)),
        offers=sum(states.values()),
        accepted=states.get(SlotOffer.State.ACCEPTED, 0),
        declined=states.get(SlotOffer.State.DECLINED, 0),
        filled=len(filled),
        filled_share=len(filled) / len(freed) if freed else None,
        filled_between=wilson(len(filled), len(freed)) if freed else None,
        filled_minutes=filled_minutes,
        holes=len(holes),
        holes_filled=len(holes) - len(empty_holes),
        net_minutes=filled_minutes - sum(row.duration_minutes for row in empty_holes),
        median_answer_minutes=statistics.median(answers) if answers else None,
    )


def _taken_back(rows: Sequence[FreedSlot]) -> set[int]:
    """Times that their own visit had again before anybody was told of them: a slip of the finger freed nothing."""
    back: set[int] = set()
    later: set[tuple[int | None, datetime]] = set()
    for row in sorted(rows, key=lambda each: each.pk, reverse=True):
        its = (row.appointment_id, row.starts_at)
        visit = row.appointment
        stands = visit is not None and visit.status not in Appointment.CANCELLED and visit.starts_at == row.starts_at
        if row.state == FreedSlot.State.TAKEN and row.wave == 0 and (stands or its in later):
            back.add(row.pk)
        later.add(its)
    return back
