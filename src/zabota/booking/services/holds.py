"""Keep a time for somebody for a few minutes; what is kept nobody else can take."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from zabota.booking.models import Hold, Resource
from zabota.booking.queries.hours import works_throughout
from zabota.booking.queries.needs import need_of
from zabota.booking.queries.wanted import Wanted
from zabota.booking.services import seats
from zabota.booking.services.troubles import HoldGone, SlotTaken
from zabota.clinic.models import Branch, Doctor, Service
from zabota.kernel.audit import Actor
from zabota.kernel.errors import BadInput
from zabota.patients.models import Patient

#: How long a form is filled in.
HOLD_FOR = {Hold.Why.DESK: timedelta(minutes=5), Hold.Why.WIDGET: timedelta(minutes=10)}


@dataclass(frozen=True, slots=True)
class Held:
    """A hold with the secret that its holder carries; only a digest is stored."""

    hold: Hold
    token: str


@transaction.atomic
def hold_slot(
    *,
    doctor: Doctor,
    branch: Branch,
    starts_at: datetime,
    minutes: int | None = None,
    services: Sequence[Service] = (),
    why: str,
    patient: Patient | None = None,
    lasts: timedelta | None = None,
    online: bool = False,
    holder: str = "",
    actor: Actor | None = None,
    now: datetime,
) -> Held:
    """Keep a time with its room. Raises SlotTaken when it is busy; outside the desk only working hours can be kept.

    `holder` is a digest by which the holds of a stranger are counted, see `keep_newest_holds`.
    """
    if doctor.clinic_id != branch.clinic_id or any(row.clinic_id != branch.clinic_id for row in services):
        raise BadInput("Врач, филиал и услуги должны быть из той же клиники.")
    if starts_at <= now:
        raise BadInput("Это время уже прошло. Выберите время позже.")
    need = need_of(services, online=online)
    length = minutes or need.minutes
    if not 5 <= length <= 8 * 60:
        raise BadInput("Длительность приёма от 5 минут до 8 часов.")
    if why != Hold.Why.DESK and not works_throughout(doctor, branch, starts_at, length):
        raise BadInput("В это время врач не принимает. Выберите другое.")
    wanted = Wanted.of(doctor, branch, starts_at, length, services, online=online)
    span = seats.span_of(starts_at, length, need)
    mine: list[Resource] = [seats.resource_of(doctor)]
    groups = seats.fitting(need, branch, span)
    candidates = {row.pk for group in [mine, *groups] for row in group}
    seats.lock_resources(candidates)
    seats.free_expired(candidates, now=now)
    busy = seats.taken(candidates, span)
    ends_at = starts_at + timedelta(minutes=length)
    chosen = [mine[0].pk]
    if mine[0].pk in busy or seats.overlapping(starts_at, ends_at, doctor_id=doctor.pk):
        raise SlotTaken(wanted=wanted)
    for group in groups:
        free = next((row.pk for row in group if row.pk not in busy and row.pk not in chosen), None)
        if free is None:
            raise SlotTaken(wanted=wanted)
        chosen.append(free)
    token = secrets.token_urlsafe(24)
    hold = Hold.objects.create(
        clinic_id=branch.clinic_id,
        token_hash=_digest(token),
        holder_hash=holder,
        why=why,
        patient=patient,
        doctor=doctor,
        branch=branch,
        starts_at=starts_at,
        duration_minutes=length,
        created_at=now,
        expires_at=now + (lasts or HOLD_FOR[Hold.Why(why)]),
        created_by_id=actor.user_id if actor is not None else None,
    )
    if not seats.take(chosen, span, hold=hold):
        raise SlotTaken(wanted=wanted)
    return Held(hold, token)


def held_by(token: str, *, now: datetime) -> Hold:
    """The hold of this secret. Raises HoldGone when it ran out or was released."""
    found = Hold.objects.select_related("doctor", "branch").filter(token_hash=_digest(token)).first()
    if not token or found is None or found.expires_at <= now:
        raise HoldGone
    return found


def keep_newest_holds(*, clinic_id: int, holder: str, most: int) -> int:
    """A stranger holds at most so many times: the newest stay, the others are given back. Returns how many were."""
    rows = Hold.objects.filter(clinic_id=clinic_id, holder_hash=holder, why=Hold.Why.WIDGET).order_by("-pk")
    ids = list(rows.values_list("pk", flat=True)[most:]) if holder else []
    Hold.objects.filter(pk__in=ids).delete()
    return len(ids)


def release_hold(*, token: str) -> None:
    """Give the time back. Twice is as once."""
    if token:
        Hold.objects.filter(token_hash=_digest(token)).delete()


def drop_expired_holds(*, now: datetime) -> int:
    """Clean up what ran out; a booking does the same for the resources it touches."""
    ids = list(Hold.objects.filter(expires_at__lte=now).values_list("pk", flat=True)[:1000])
    Hold.objects.filter(pk__in=ids).delete()
    return len(ids)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
