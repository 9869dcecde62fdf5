"""One conversation as it is read: what was said in it and what had been sent to the same address before, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from zabota.messaging import api as messaging
from zabota.messaging.models import Conversation, Message
from zabota.visits import api as visits

#: Messages beside the words of a conversation; older ones stand on the card.
SENT = 30
#: What has left, or may have.
_GONE = (
    Message.State.SENDING, Message.State.ACCEPTED, Message.State.SENT, Message.State.DELIVERED, Message.State.READ,
    Message.State.FAILED, Message.State.UNKNOWN,
)  # fmt: skip


#: Kinds of what comes with words, as channels call them; what is not named here is a file.
_KINDS = {
    "image": "фото", "photo": "фото", "picture": "фото", "video": "видео", "voice": "голосовое сообщение",
    "audio": "голосовое сообщение", "contact": "номер телефона", "contact_unproven": "чужой номер телефона",
    "location": "место на карте", "sticker": "наклейка",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said or sent."""

    direction: str
    at: datetime
    text: str
    #: What came with the words, named for whoever reads.
    attachments: list[str]
    message: Message | None = None
    author: AbstractBaseUser | None = None
    #: The patient says that it hurts or got worse.
    unwell: bool = False


def thread_of(conversation: Conversation) -> list[Line]:
    """The oldest first. What was sent is shown of the patient of the conversation alone: one phone may serve a family."""
    turns = messaging.turns_of(conversation)
    lines = [
        Line(
            turn.direction, turn.at, turn.text, _named(turn.attachments), turn.message, turn.author,
            turn.direction == "in" and visits.says_unwell(turn.text),
        )
        for turn in turns
    ]  # fmt: skip
    if conversation.patient_id:
        sent = (
            Message.objects.filter(
                clinic_id=conversation.clinic_id, patient_id=conversation.patient_id, channel=conversation.channel,
                address=conversation.address, state__in=_GONE,
            )
            .exclude(purpose="otp")
            .exclude(turns__conversation=conversation)
            .order_by("-created_at")[:SENT]
        )  # fmt: skip
        lines += [Line("out", each.sent_at or each.created_at, each.text, [], each) for each in sent]
    return sorted(lines, key=lambda line: line.at)


def _named(attachments: Sequence[Any]) -> list[str]:
    return [_KINDS.get(str(kind), "файл") for kind, *_ in attachments]
