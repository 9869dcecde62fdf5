"""Conversations: answered, given to somebody, closed and opened again, bound to a card."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Max

from zabota.clinic.api import Face, face_of
from zabota.clinic.models import Clinic, Member
from zabota.kernel import audit, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.messaging.facts import PersonWrote
from zabota.messaging.models import CannedAnswer, Conversation, Message, Turn
from zabota.messaging.rules.lint import LIMITS, words_of_care
from zabota.messaging.rules.parts import count_parts
from zabota.messaging.rules.text import units
from zabota.messaging.rules.transport import Channel
from zabota.messaging.rules.words import SERVICE
from zabota.messaging.services.waking import wake
from zabota.messaging.services.wording import neutral_sender
from zabota.patients.models import Patient


@transaction.atomic
def reply(
    *, conversation: Conversation, text: str, key: str, actor: Actor, now: datetime, canned: CannedAnswer | None = None
) -> Turn:
    """Answer a person. `key` is drawn once with the form: pressed twice, the answer leaves once. Raises BadInput."""
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise BadInput("Напишите ответ.")
    _no_care(text)
    limit = LIMITS.get(conversation.channel, 4000)
    if units(text) > limit:
        raise BadInput(f"Ответ длиннее {limit} знаков: этот канал его не примет.")
    if not conversation.account.is_on:
        raise BadInput("Канал выключен: ответ не уйдёт. Включите его в настройках.")
    idem_key = f"reply:{conversation.pk}:{key}"[:90]
    there = Turn.objects.filter(message__idem_key=idem_key).first()
    if there is not None:
        return there
    face = _face(conversation)
    sender = neutral_sender(face, conversation.channel)
    if sender is None:
        raise BadInput("У филиала пациента нет нейтрального отправителя для этого канала: укажите его в филиале.")
    message = Message.objects.create(
        clinic_id=conversation.clinic_id,
        idem_key=idem_key,
        context={"_": sender} if sender else {},
        patient_id=conversation.patient_id,
        channel=conversation.channel,
        account_id=conversation.account_id,
        address=conversation.address,
        message_class=SERVICE,
        purpose="reply",
        priority=0,
        text=text,
        subject="Ответ на ваше сообщение" if conversation.channel == Channel.EMAIL else "",
        not_before_at=now,
        parts=count_parts(text).parts if conversation.channel == Channel.SMS else 1,
        chain_key=idem_key,
        is_answer=True,
        created_at=now,
    )
    turn = Turn.objects.create(
        conversation=conversation,
        clinic_id=conversation.clinic_id,
        direction=Turn.Direction.OUT,
        at=now,
        text=text,
        message=message,
        author_id=actor.user_id,
    )
    Conversation.objects.filter(pk=conversation.pk).update(unread=0, waiting_since_at=None, last_at=now)
    if canned is not None:
        CannedAnswer.objects.filter(pk=canned.pk).update(used=F("used") + 1)
    audit.record("messaging.conversation.answered", conversation, actor=actor, now=now)
    wake()
    return turn


def _no_care(text: str) -> None:
    """A conversation is about time and place: what is medical help is written where the law wants it (order 193н)."""
    if said := words_of_care(text):
        raise BadInput(
            f"«{said}» похоже на диагноз, назначение или заключение: в переписке их не пишут (приказ Минздрава № 193н). "
            "Перенесите это в медицинскую систему, а пациента пригласите на приём, в клинику или по видео."
        )


def _face(conversation: Conversation) -> Face:
    patient = Patient.objects.filter(pk=conversation.patient_id or 0).select_related("branch").first()
    return face_of(conversation.clinic, patient.branch if patient else None)


@transaction.atomic
def assign(*, conversation: Conversation, member: Member | None, actor: Actor, now: datetime) -> Conversation:
    """Give a conversation to a person of the clinic, or back to everybody."""
    if member is not None and member.clinic_id != conversation.clinic_id:
        raise BadInput("Этот сотрудник из другой клиники.")
    conversation.assigned_to = member
    conversation.save(update_fields=["assigned_to"])
    details = {"member": member.pk if member else None}
    audit.record("messaging.conversation.assigned", conversation, actor=actor, now=now, details=details)
    return conversation


@transaction.atomic
def close_conversation(*, conversation: Conversation, actor: Actor, now: datetime) -> Conversation:
    """Nothing more to answer; the person's next word opens it again. Raises AlreadyDone."""
    done = Conversation.objects.filter(pk=conversation.pk, state=Conversation.State.OPEN).update(
        state=Conversation.State.CLOSED, unread=0, waiting_since_at=None
    )
    if not done:
        raise AlreadyDone("Диалог уже закрыт.")
    conversation.refresh_from_db()
    audit.record("messaging.conversation.closed", conversation, actor=actor, now=now)
    return conversation


@transaction.atomic
def reopen_conversation(*, conversation: Conversation, actor: Actor, now: datetime) -> Conversation:
    """Open a closed conversation again. Raises AlreadyDone."""
    done = Conversation.objects.filter(pk=conversation.pk, state=Conversation.State.CLOSED).update(
        state=Conversation.State.OPEN
    )
    if not done:
        raise AlreadyDone("Диалог уже открыт.")
    conversation.refresh_from_db()
    audit.record("messaging.conversation.reopened", conversation, actor=actor, now=now)
    return conversation


def mark_read(*, conversation: Conversation) -> None:
    """Somebody has looked: the counter of new words goes, the wait for an answer stays."""
    Conversation.objects.filter(pk=conversation.pk).exclude(unread=0).update(unread=0)


@transaction.atomic
def bind_patient(*, conversation: Conversation, patient: Patient, actor: Actor, now: datetime) -> Conversation:
    """Say whose words these are. What waits for an answer is told of anew: only now is it known who is unwell, or asks."""
    if patient.clinic_id != conversation.clinic_id:
        raise BadInput("Эта карта из другой клиники.")
    conversation.patient = patient
    conversation.save(update_fields=["patient"])
    audit.record("messaging.conversation.bound", conversation, actor=actor, now=now)
    if conversation.waiting_since_at is not None:
        answered = conversation.turns.filter(direction=Turn.Direction.OUT).aggregate(last=Max("pk"))["last"] or 0
        for turn in conversation.turns.filter(direction=Turn.Direction.IN, pk__gt=answered).order_by("id"):
            facts.publish(
                PersonWrote(
                    clinic_id=conversation.clinic_id,
                    conversation_id=conversation.pk,
                    turn_id=turn.pk,
                    patient_id=patient.pk,
                    has_attachments=bool(turn.attachments),
                ),
                now=now,
            )
    return conversation


@transaction.atomic
def save_canned(
    *, clinic: Clinic, title: str, text: str, answer: CannedAnswer | None = None, actor: Actor, now: datetime
) -> CannedAnswer:
    """Write an answer that is often given, or change it. Raises BadInput."""
    title, text = " ".join(title.split())[:80], text.replace("\r\n", "\n").strip()
    if not title or not text:
        raise BadInput("Заполните название и текст ответа.")
    _no_care(text)
    same = CannedAnswer.objects.filter(clinic=clinic, title=title)
    if (same.exclude(pk=answer.pk) if answer else same).exists():
        raise BadInput(f"Ответ «{title}» уже есть.")
    row = answer or CannedAnswer(clinic=clinic)
    row.title, row.text, row.is_archived = title, text, False
    row.save()
    audit.record("messaging.canned.saved", row, actor=actor, now=now)
    return row


@transaction.atomic
def archive_canned(*, answer: CannedAnswer, actor: Actor, now: datetime) -> None:
    """Take a ready answer out of the list."""
    if CannedAnswer.objects.filter(pk=answer.pk, is_archived=False).update(is_archived=True):
        audit.record("messaging.canned.archived", answer, actor=actor, now=now)
