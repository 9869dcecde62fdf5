"""What still has to be entered into the clinic's own program, and what was entered lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Case, Q, QuerySet, When

from zabota.booking.models import Appointment, Transfer
from zabota.booking.queries.elsewhere import kept_elsewhere

#: What was entered stays in sight so long, with its way back.
_LATELY = timedelta(days=1)
#: A booking made here that nobody entered is asked for so long after its time.
_OVERDUE = timedelta(days=7)
#: Statuses in which a booking made here is nobody's visit.
_NO_VISIT = (*Transfer.GIVEN_UP, Appointment.Status.MOVED)
#: So many new bookings stand on the page.
NEW_SHOWN = 200


def open_transfers(clinic_id: int, *, now: datetime, branches: Sequence[int] | None = None) -> list[Transfer]:
    """Changes that the clinic's program does not know, those of the nearest times first."""
    rows = _open(clinic_id, now, branches).select_related(
        "appointment__patient", "appointment__doctor", "appointment__branch", "there_doctor"
    )
    return sorted(rows, key=lambda each: (each.there_at or each.appointment.starts_at, each.pk))


def is_open_transfer(row: Transfer, *, now: datetime) -> bool:
    """The same of one row with its appointment."""
    visit = row.appointment
    off = visit.status in Transfer.GIVEN_UP
    settled = off if row.there_at is None else not off and visit.told_at is None
    ahead = visit.starts_at > now or (row.there_at is not None and row.there_at > now)
    return row.done_at is None and visit.vanished_at is None and not settled and ahead


def count_transfers(
    clinic_id: int, *, now: datetime, loaded_at: datetime | None, branches: Sequence[int] | None = None
) -> int:
    """How many changes and new bookings wait to be entered; `loaded_at` as in `kept_elsewhere`."""
    return _open(clinic_id, now, branches).count() + count_new_bookings(
        clinic_id, now=now, loaded_at=loaded_at, branches=branches
    )


def new_bookings(
    clinic_id: int, *, now: datetime, loaded_at: datetime | None, branches: Sequence[int] | None = None
) -> list[Appointment]:
    """Bookings made here that the clinic's program does not know, NEW_SHOWN at most: the nearest first, the past last."""
    rows = _new(clinic_id, now, loaded_at, branches).select_related("patient", "doctor", "branch", "clinic")
    past = Case(When(starts_at__gt=now, then=0), default=1)
    return list(rows.prefetch_related("lines__service").order_by(past, "starts_at", "pk")[:NEW_SHOWN])


def count_new_bookings(
    clinic_id: int, *, now: datetime, loaded_at: datetime | None, branches: Sequence[int] | None = None
) -> int:
    """How many of them."""
    return _new(clinic_id, now, loaded_at, branches).count()


def is_new_booking(visit: Appointment, *, now: datetime, loaded_at: datetime | None) -> bool:
    """The same of one booking."""
    return not visit.ext_id and _new(visit.clinic_id, now, loaded_at, None).filter(pk=visit.pk).exists()


def stand_of(visit: Appointment) -> str:
    """Changes when the visit is moved, cancelled or on again: who marks a row marks what they saw."""
    return f"{visit.revision}{'x' if visit.status in Transfer.GIVEN_UP else ''}"


def done_transfers(clinic_id: int, *, now: datetime, branches: Sequence[int] | None = None) -> list[Transfer]:
    """Entered by somebody within a day, the latest first."""
    rows = Transfer.objects.filter(
        clinic_id=clinic_id, done_at__gt=now - _LATELY, appointment__patient__erased_at=None
    ).exclude(done_by=None)
    rows = _within(rows, branches).select_related(
        "appointment__patient", "appointment__doctor", "appointment__branch", "before_doctor", "done_by"
    )
    return list(rows.order_by("-done_at", "-pk")[:50])


def _open(clinic_id: int, now: datetime, branches: Sequence[int] | None) -> QuerySet[Transfer]:
    """What a later export already tells as it is here, or does not tell any more, needs no hands; nor does the past."""
    off = Q(appointment__status__in=Transfer.GIVEN_UP)
    told = Q(there_at__isnull=False, appointment__told_at=None) & ~off
    rows = Transfer.objects.filter(
        clinic_id=clinic_id, done_at=None, appointment__vanished_at=None, appointment__patient__erased_at=None
    )
    rows = rows.exclude(told).exclude(Q(there_at=None) & off)
    # A visit whose both times are over changes nothing for anybody.
    return _within(rows.filter(Q(there_at__gt=now) | Q(appointment__starts_at__gt=now)), branches)


def _new(
    clinic_id: int, now: datetime, loaded_at: datetime | None, branches: Sequence[int] | None
) -> QuerySet[Appointment]:
    """Once an export tells of it, it has its number; once it was marked, its transfer."""
    elsewhere = kept_elsewhere(clinic_id, loaded_at=loaded_at, now=now)
    if elsewhere is None:
        return Appointment.objects.none()
    since = now - _OVERDUE
    rows = Appointment.objects.filter(
        elsewhere, clinic_id=clinic_id, day__gte=(since - timedelta(days=1)).date(), starts_at__gt=since, ext_id="",
        vanished_at=None, transfer=None, patient__erased_at=None,
    ).exclude(status__in=_NO_VISIT)  # fmt: skip
    if branches is not None:
        rows = rows.filter(Q(branch__in=branches) | Q(branch=None))
    return rows


def _within(rows: QuerySet[Transfer], branches: Sequence[int] | None) -> QuerySet[Transfer]:
    if branches is None:
        return rows
    return rows.filter(Q(appointment__branch__in=branches) | Q(appointment__branch=None))
