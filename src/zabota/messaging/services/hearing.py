"""What people say to us: words become turns of a conversation, «стоп» an opt-out, an opened bot a way to the patient."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from zabota.kernel import facts
from zabota.kernel.phones import normalise_phone
from zabota.messaging.facts import ButtonPressed, PersonWrote
from zabota.messaging.models import AddressBlock, BotLink, ChannelAccount, Conversation, Message, Receipt, Turn
from zabota.messaging.queries.addresses import is_bot
from zabota.messaging.rules.stop import says_more, wants_stop
from zabota.messaging.rules.transport import Channel, EventKind
from zabota.messaging.services.optouts import confirm_once, opt_out_address
from zabota.messaging.services.refusals import stop_bot, unblock
from zabota.patients.models import Contact, Patient

#: A deep link is for the person who just received it.
INVITATION = timedelta(minutes=15)


def hear(row: Receipt, message: Message | None, *, now: datetime) -> None:
    """Do what follows from one event that is no delivery receipt."""
    account = row.account
    address = _address(account.channel, row.address)
    if row.kind == EventKind.INBOUND:
        _words(account, address, row, now)
    elif row.kind == EventKind.PRESSED:
        _pressed(account, address, row, message)
    elif row.kind == EventKind.STARTED:
        _started(account, address, row.payload, now)
    elif row.kind == EventKind.ALLOWED:
        _let_in(account, address, now)
    elif row.kind == EventKind.STOPPED:
        stop_bot(account.clinic_id, account.pk, address, now=now)


@transaction.atomic
def bot_invite(*, patient: Patient, account: ChannelAccount, now: datetime) -> str:
    """A one-time token for the deep link by which this patient opens the bot; valid for a quarter of an hour."""
    token = secrets.token_urlsafe(16)
    BotLink.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        account=account,
        channel=account.channel,
        token_hash=_digest(token),
        token_expires_at=now + INVITATION,
        created_at=now,
        changed_at=now,
    )
    return token


def patient_at(account: ChannelAccount, address: str) -> Patient | None:
    """Whose address this is, when it is one patient's; a family's phone tells nobody apart."""
    ids = cards_at(account, address)
    return Patient.objects.filter(pk__in=ids).first() if len(ids) == 1 else None


def cards_at(account: ChannelAccount, address: str) -> set[int]:
    """Everybody whose address this is."""
    if is_bot(account.channel):
        links = BotLink.objects.filter(account=account, external_id=address).exclude(patient=None)
        return {pk for pk in links.values_list("patient_id", flat=True) if pk is not None}
    contacts = Contact.objects.filter(clinic_id=account.clinic_id, value=address, patient__merged_into=None)
    return set(contacts.values_list("patient_id", flat=True))


def _words(account: ChannelAccount, address: str, row: Receipt, now: datetime) -> None:
    if not address:
        return
    patient = patient_at(account, address)
    conversation, _ = Conversation.objects.get_or_create(
        account=account,
        address=address,
        defaults={
            "clinic_id": account.clinic_id,
            "channel": account.channel,
            "patient": patient,
            "last_at": now,
            "created_at": now,
        },
    )
    turn = Turn.objects.create(
        conversation=conversation,
        clinic_id=account.clinic_id,
        direction=Turn.Direction.IN,
        at=row.at,
        text=row.text,
        attachments=row.attachments,
    )
    stops = wants_stop(row.text)
    is_asking = not stops or says_more(row.text) or bool(row.attachments)
    changes: dict[str, object] = {"last_in_at": now, "last_at": now}
    if is_asking:
        changes |= {
            "state": Conversation.State.OPEN,
            "unread": F("unread") + 1,
            "waiting_since_at": conversation.waiting_since_at or now,
        }
    if conversation.patient_id is None and patient is not None:
        changes["patient"] = patient
    Conversation.objects.filter(pk=conversation.pk).update(**changes)
    if stops:
        opt_out_address(
            clinic_id=account.clinic_id,
            address=address,
            entry=account.channel,
            patient=patient or conversation.patient,
            now=now,
        )
        confirm_once(account=account, address=address, patient=patient or conversation.patient, now=now)
    if not is_asking:
        return
    facts.publish(
        PersonWrote(
            clinic_id=account.clinic_id,
            conversation_id=conversation.pk,
            turn_id=turn.pk,
            patient_id=patient.pk if patient else conversation.patient_id,
            has_attachments=bool(row.attachments),
        ),
        now=now,
    )


def _pressed(account: ChannelAccount, address: str, row: Receipt, message: Message | None) -> None:
    patient = patient_at(account, address)
    facts.publish(
        ButtonPressed(
            clinic_id=account.clinic_id,
            channel=account.channel,
            payload=row.payload,
            patient_id=patient.pk if patient else (message.patient_id if message else None),
            message_id=message.pk if message else None,
        ),
        now=row.received_at,
    )


def _started(account: ChannelAccount, address: str, payload: str, now: datetime) -> None:
    """A bot was opened. Only a fresh token of ours binds it to a card: a shared contact proves nothing."""
    _let_in(account, address, now)
    if not payload or not address:
        return
    invited = (
        BotLink.objects.filter(account=account, token_hash=_digest(payload), token_expires_at__gte=now)
        .select_for_update(of=("self",))
        .first()
    )
    if invited is None:
        return
    same = BotLink.objects.filter(account=account, patient=invited.patient_id, external_id=address)
    if same.exclude(pk=invited.pk).update(state=BotLink.State.ACTIVE, changed_at=now):
        invited.delete()
        return
    invited.external_id, invited.state = address, BotLink.State.ACTIVE
    invited.token_hash, invited.token_expires_at, invited.changed_at = "", None, now
    invited.save()
    Conversation.objects.filter(account=account, address=address, patient=None).update(patient=invited.patient_id)


def _let_in(account: ChannelAccount, address: str, now: datetime) -> None:
    links = BotLink.objects.filter(account=account, external_id=address, state=BotLink.State.STOPPED)
    links.update(state=BotLink.State.ACTIVE, changed_at=now)
    unblock(account.clinic_id, address, scope=AddressBlock.Scope.ALL, channel=account.channel, now=now)


def _address(channel: str, address: str) -> str:
    if channel == Channel.SMS:
        return normalise_phone(address) or address
    return address.strip().lower() if channel == Channel.EMAIL else address.strip()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
