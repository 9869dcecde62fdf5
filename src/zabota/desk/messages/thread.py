"""One conversation as it is read: what was said in it and what had been sent to the same address before, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.urls import reverse

from zabota.integrations import api as integrations
from zabota.messaging import api as messaging
from zabota.messaging.models import Conversation, Message, Turn
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
#: Of these, what a browser shows by itself.
_SHOWN = ("image", "photo", "picture")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said or sent."""

    direction: str
    at: datetime
    text: str
    #: What came with the words, named for whoever reads, with the address of what can be shown.
    attachments: list[tuple[str, str]]
    message: Message | None = None
    author: AbstractBaseUser | None = None
    #: The patient says that it hurts or got worse.
    unwell: bool = False


def thread_of(conversation: Conversation) -> list[Line]:
    """The oldest first. What was sent is shown of the patient of the conversation alone: one phone may serve a family."""
    turns = messaging.turns_of(conversation)
    lines = [
        Line(
            turn.direction, turn.at, turn.text, _named(conversation, turn), turn.message, turn.author,
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


def picture_of(conversation: Conversation, *, turn_id: int, place: int) -> integrations.Picture | None:
    """A picture that came with these words, unless its channel keeps it or it is gone."""
    turn = conversation.turns.filter(pk=turn_id).first()
    if turn is None or not integrations.keeps_pictures(conversation.account) or place >= len(turn.attachments):
        return None
    kind, name = [*turn.attachments[place], "", ""][:2]
    return integrations.kept_picture(str(name)) if kind in _SHOWN else None


def _named(conversation: Conversation, turn: Turn) -> list[tuple[str, str]]:
    shows = integrations.keeps_pictures(conversation.account)
    return [
        (
            _KINDS.get(str(kind), "файл"),
            reverse("desk:inbox-picture", args=[conversation.public_id, turn.pk, place])
            if shows and kind in _SHOWN
            else "",
        )
        for place, (kind, *_) in enumerate(turn.attachments)
    ]
