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
_STAYS = "Остаётся в канале: откройте в его приложении"
#: What has left, or may have.
_GONE = (
    Message.State.SENDING, Message.State.ACCEPTED, Message.State.SENT, Message.State.DELIVERED, Message.State.READ,
    Message.State.FAILED, Message.State.UNKNOWN,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """What came with words: its name, the address where it opens, else why it does not; `hint` says more."""

    name: str
    url: str = ""
    why: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said or sent."""

    direction: str
    at: datetime
    text: str
    attachments: list[Shown]
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
    if turn is None or place >= len(turn.brought):
        return None
    name = _kept(conversation, turn.brought[place])
    return integrations.kept_picture(name, clinic_id=conversation.clinic_id) if name else None


def _kept(conversation: Conversation, each: messaging.Brought) -> str:
    """The name under which it is kept with us. The demo phone has no other place than ours."""
    if not each.is_picture:
        return ""
    return each.reference if conversation.account.provider == integrations.PHONE else each.kept


def _named(conversation: Conversation, turn: Turn) -> list[Shown]:
    return [_shown(conversation, turn, place, each) for place, each in enumerate(turn.brought)]


def _shown(conversation: Conversation, turn: Turn, place: int, each: messaging.Brought) -> Shown:
    if _kept(conversation, each):
        return Shown(each.name, reverse("desk:inbox-picture", args=[conversation.public_id, turn.pk, place]))
    if each.refused:
        return Shown(each.name, why=each.refused, hint=_STAYS)
    if each.is_picture and each.reference and integrations.gives_pictures(conversation.account):
        return Shown(each.name, why="забираем из канала")
    return Shown(each.name, hint=_STAYS)
