"""What is no longer needed is taken back before it leaves."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from zabota.messaging.models import Decision, Message
from zabota.messaging.rules.states import RANKS


@transaction.atomic
def void_for(
    *,
    clinic_id: int,
    subject_kind: str,
    subject_id: int,
    now: datetime,
    below_revision: int | None = None,
    purposes: tuple[str, ...] = (),
    reason: str = "voided",
) -> int:
    """Take back what waits about a subject: all of it, or only what was made of an older revision. Returns how many."""
    waiting = Message.objects.filter(
        clinic_id=clinic_id, subject_kind=subject_kind, subject_id=subject_id, state=Message.State.QUEUED
    )
    about = Message.objects.filter(clinic_id=clinic_id, subject_kind=subject_kind, subject_id=subject_id)
    if below_revision is not None:
        waiting = waiting.filter(subject_revision__lt=below_revision)
        about = about.filter(subject_revision__lt=below_revision)
    if purposes:
        waiting, about = waiting.filter(purpose__in=purposes), about.filter(purpose__in=purposes)
    ids = list(waiting.select_for_update(of=("self",)).values_list("pk", flat=True))
    Message.objects.filter(pk__in=ids, state=Message.State.QUEUED).update(
        state=Message.State.VOID, rank=RANKS["void"], reason=reason, ended_at=now, step_on_at=None
    )
    # What has left is not followed by another channel either.
    about.exclude(step_on_at=None).update(step_on_at=None)
    Decision.objects.bulk_create(
        [Decision(message_id=pk, clinic_id=clinic_id, at=now, outcome="stop", reason=reason) for pk in ids]
    )
    return len(ids)
