"""Secret addresses of doctors' calendars: made, shown once, revoked."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from zabota.booking.models import CalendarFeed
from zabota.booking.queries.calendars import digest_of
from zabota.clinic.models import Doctor
from zabota.kernel import audit
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone, BadInput

#: Phone, computer, tablet, and some to spare.
_MOST = 10


@dataclass(frozen=True, slots=True)
class NewFeed:
    """A feed with its secret, which is shown this once; only a digest is stored."""

    feed: CalendarFeed
    token: str


@transaction.atomic
def make_feed(*, doctor: Doctor, with_names: bool = False, actor: Actor, now: datetime) -> NewFeed:
    """A new secret address of the doctor's visits. Names of patients are in it only when the clinic says so."""
    if CalendarFeed.objects.filter(doctor=doctor, revoked_at=None).count() >= _MOST:
        raise BadInput("Адресов уже десять. Отзовите те, которыми не пользуетесь.")
    token = secrets.token_urlsafe(24)
    feed = CalendarFeed.objects.create(
        clinic_id=doctor.clinic_id,
        doctor=doctor,
        token_hash=digest_of(token),
        with_names=with_names,
        created_at=now,
        created_by_id=actor.user_id,
    )
    audit.record("booking.feed.made", feed, actor=actor, now=now, details={"with_names": with_names})
    return NewFeed(feed, token)


@transaction.atomic
def revoke_feed(*, feed: CalendarFeed, actor: Actor, now: datetime) -> CalendarFeed:
    """The address answers no more, for ever."""
    row = CalendarFeed.objects.select_for_update(of=("self",)).get(pk=feed.pk)
    if row.revoked_at is not None:
        raise AlreadyDone("Этот адрес уже отозван.")
    row.revoked_at = now
    row.save(update_fields=["revoked_at"])
    audit.record("booking.feed.revoked", row, actor=actor, now=now)
    return row
