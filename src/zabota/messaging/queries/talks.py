"""The inbox: conversations that wait, what was said in them, answers that are often given."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, F, Q, QuerySet

from zabota.clinic.models import Member
from zabota.messaging.models import CannedAnswer, Conversation, Turn


def inbox(
    *,
    clinic_id: int,
    state: str = Conversation.State.OPEN,
    member: Member | None = None,
    unassigned: bool = False,
    channel: str = "",
) -> QuerySet[Conversation]:
    """Conversations, those that wait longest for an answer first; `member` narrows to one person's."""
    rows = Conversation.objects.filter(clinic_id=clinic_id, state=state).select_related(
        "patient", "account", "assigned_to__user"
    )
    if member is not None:
        rows = rows.filter(assigned_to=member)
    if unassigned:
        rows = rows.filter(assigned_to=None)
    if channel:
        rows = rows.filter(channel=channel)
    return rows.order_by(F("waiting_since_at").asc(nulls_last=True), "-last_at", "-id")


def inbox_counts(*, clinic_id: int, member: Member, branches: Sequence[int] | None = None) -> dict[str, int]:
    """How many wait: for anybody, for this person, in all."""
    waiting = Conversation.objects.filter(clinic_id=clinic_id, state=Conversation.State.OPEN).exclude(
        waiting_since_at=None
    )
    if branches is not None:
        waiting = waiting.filter(Q(patient__branch_id__in=branches) | Q(patient__branch=None))
    counts = waiting.aggregate(
        all=Count("id"), mine=Count("id", filter=Q(assigned_to=member)), free=Count("id", filter=Q(assigned_to=None))
    )
    return {name: int(value) for name, value in counts.items()}


def turns_of(conversation: Conversation, *, limit: int = 200) -> list[Turn]:
    """What was said, the oldest first, with the state of each answer."""
    rows = conversation.turns.select_related("message", "author").order_by("-id")[:limit]
    return list(reversed(rows))


def conversations_of(patient_id: int) -> list[Conversation]:
    """Conversations of a patient in all channels."""
    return list(Conversation.objects.filter(patient_id=patient_id).order_by("-last_at"))


def canned_answers(clinic_id: int) -> list[CannedAnswer]:
    """Ready answers, the most used first."""
    return list(CannedAnswer.objects.filter(clinic_id=clinic_id, is_archived=False))
