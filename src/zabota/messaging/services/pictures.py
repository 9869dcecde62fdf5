"""Pictures that came with words: which of them wait to be fetched, and what became of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from zabota.messaging.models import Conversation, Turn
from zabota.messaging.rules.brought import read_brought

#: Of one conversation within a day and a night: whoever sends more fills the disk.
MOST, WITHIN = 30, timedelta(days=1)
TOO_MANY = "за сутки их слишком много"


def unfetched(turn: Turn) -> list[tuple[int, str]]:
    """Place and reference of each picture that nobody has fetched yet."""
    return [
        (place, each.reference)
        for place, each in enumerate(read_brought(turn.attachments))
        if each.is_picture and each.reference and not each.kept and not each.refused
    ]


def may_keep(conversation: Conversation, *, now: datetime) -> bool:
    """Whether another picture of this conversation is kept."""
    lately = conversation.turns.filter(direction=Turn.Direction.IN, at__gt=now - WITHIN).exclude(attachments=[])
    rows = lately.values_list("attachments", flat=True)
    return sum(bool(each.kept) for row in rows for each in read_brought(row)) < MOST


@transaction.atomic
def note_picture(*, turn_id: int, place: int, kept: str = "", refused: str = "") -> bool:
    """Write down under which name it is kept, or why it is not. False when that was known or the words are gone."""
    turn = Turn.objects.select_for_update(of=("self",)).filter(pk=turn_id).first()
    if turn is None or place not in {at for at, _ in unfetched(turn)}:
        return False
    brought = read_brought(turn.attachments)
    brought[place] = replace(brought[place], kept=kept, refused=refused)
    turn.attachments = [each.as_row() for each in brought]
    turn.save(update_fields=["attachments"])
    return True
