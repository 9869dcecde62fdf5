"""«Больше не пишите»: advertising ends in all channels at once, is confirmed once and is never forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from zabota.clinic.models import Clinic
from zabota.kernel import audit, facts
from zabota.kernel.audit import SYSTEM, Actor
from zabota.messaging.facts import OptedOut
from zabota.messaging.models import AddressBlock, ChannelAccount, ChannelChoice, Decision, Message
from zabota.messaging.queries.addresses import address_hash
from zabota.messaging.rules.states import RANKS
from zabota.messaging.rules.transport import Channel
from zabota.messaging.rules.wanted import NewMessage
from zabota.messaging.rules.words import CHANNEL_TITLES, MARKETING
from zabota.messaging.services.enqueue import enqueue
from zabota.messaging.services.journal import note_wish
from zabota.messaging.services.refusals import ON_THE_PHONE, block
from zabota.messaging.services.templates import ensure_templates
from zabota.patients.api import Proof, consent_states, contacts_of, withdraw_consent
from zabota.patients.models import ConsentPurpose, Contact, Patient

#: A second «стоп» within this time is not confirmed again.
CONFIRMED_FOR = timedelta(days=1)


@transaction.atomic
def opt_out(*, patient: Patient, entry: str, actor: Actor = SYSTEM, now: datetime) -> None:
    """The patient wants no advertising: consent is withdrawn for all channels, waiting advertising ends."""
    proof = Proof(signature="oral", entry=entry[:20])
    withdraw_consent(patient=patient, purpose=ConsentPurpose.ADVERTISING, proof=proof, actor=actor, now=now)
    for contact in contacts_of([patient.pk])[patient.pk]:
        block(
            patient.clinic_id, contact.value, channel="", reason="stopped", now=now, scope=AddressBlock.Scope.MARKETING
        )
    _end_waiting(Message.objects.filter(patient=patient), now)
    facts.publish(OptedOut(clinic_id=patient.clinic_id, patient_id=patient.pk, entry=entry[:20]), now=now)


@transaction.atomic
def leave(*, patient: Patient, now: datetime) -> bool:
    """Pressed in an advertisement. Another press, or the mail program's own, changes nothing. Returns True when new."""
    Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)
    states = consent_states([patient.pk], clinic_id=patient.clinic_id)[patient.pk]
    advertising = [state for (purpose, _), state in states.items() if purpose == ConsentPurpose.ADVERTISING]
    if advertising and all(state.standing == "withdrawn" for state in advertising):
        return False
    opt_out(patient=patient, entry="link", actor=Actor(kind="patient"), now=now)
    return True


@transaction.atomic
def shut_advertising(*, patient: Patient, now: datetime) -> list[int]:
    """No advertising to any address of this patient, said on the phone. Returns the new blocks, for `reopen_advertising`.

    Waiting advertising is left to the gate, which asks again before each message: so an undo brings all of it back.
    """
    hashes = {address_hash(patient.clinic_id, each.value) for each in contacts_of([patient.pk])[patient.pk]}
    shut = AddressBlock.objects.filter(
        clinic_id=patient.clinic_id,
        address_hash__in=hashes,
        channel="",
        scope=AddressBlock.Scope.MARKETING,
        ended_at=None,
    )
    before = set(shut.values_list("pk", flat=True))
    for contact in contacts_of([patient.pk])[patient.pk]:
        block(
            patient.clinic_id,
            contact.value,
            channel="",
            reason=ON_THE_PHONE,
            now=now,
            scope=AddressBlock.Scope.MARKETING,
        )
    return sorted(set(shut.all().values_list("pk", flat=True)) - before)


def reopen_advertising(*, block_ids: Sequence[int], now: datetime) -> int:
    """It was written down by mistake. What was said otherwise since («стоп», a complaint) stays."""
    rows = AddressBlock.objects.filter(pk__in=list(block_ids), reason=ON_THE_PHONE, ended_at=None)
    for clinic, hashed in rows.values_list("clinic__public_id", "address_hash"):
        note_wish(at=now.isoformat(), clinic=clinic, address=hashed, shut=False)
    return rows.update(ended_at=now)


@transaction.atomic
def opt_out_address(
    *, clinic_id: int, address: str, entry: str, patient: Patient | None = None, now: datetime
) -> list[Patient]:
    """Whoever holds this phone or mailbox wants no advertising: all cards with it, and the address for ever."""
    block(clinic_id, address, channel="", reason="stopped", now=now, scope=AddressBlock.Scope.MARKETING)
    owners = {patient.pk: patient} if patient is not None else {}
    contacts = Contact.objects.filter(clinic_id=clinic_id, value=address, patient__merged_into=None)
    for contact in contacts.select_related("patient"):
        owners[contact.patient_id] = contact.patient
    for each in owners.values():
        opt_out(patient=each, entry=entry, now=now)
    _end_waiting(Message.objects.filter(clinic_id=clinic_id, address=address), now)
    return list(owners.values())


def confirm_once(*, account: ChannelAccount, address: str, patient: Patient | None, now: datetime) -> Message | None:
    """Tell the person that it is done: once, through the channel in which they said it."""
    day = now.date().isoformat()
    recent = Message.objects.filter(
        clinic_id=account.clinic_id, address=address, purpose="stop", created_at__gte=now - CONFIRMED_FOR
    )
    if recent.exists():
        return None
    ensure_templates(clinic=Clinic.objects.get(pk=account.clinic_id), now=now)
    message = enqueue(
        clinic_id=account.clinic_id,
        message=NewMessage(
            template_key="stop_confirmed",
            idem_key=f"stop:{account.pk}:{address[:50]}:{day}",
            not_before_at=now,
            expires_at=now + CONFIRMED_FOR,
            patient_id=patient.pk if patient else None,
            channels=(account.channel,),
            addresses={account.channel: address},
        ),
        now=now,
    )
    # It answers the person's own word.
    Message.objects.filter(pk=message.pk).update(is_answer=True, account=account)
    return message


def complain(message: Message, *, now: datetime) -> None:
    """A person pressed «спам»: they get no advertising any more, and are not asked why."""
    patient = message.patient
    block(
        message.clinic_id,
        message.address,
        channel="",
        reason="complaint",
        now=now,
        scope=AddressBlock.Scope.MARKETING,
    )
    if patient is not None:
        opt_out(patient=patient, entry="complaint", now=now)


@transaction.atomic
def choose_channel(
    *,
    patient: Patient,
    channel: str,
    is_preferred: bool | None = None,
    detailed: bool | None = None,
    actor: Actor,
    now: datetime,
) -> ChannelChoice:
    """Write down what the patient said of a channel: write here first, tell me doctor and service here."""
    if channel not in CHANNEL_TITLES or channel == Channel.CALL:
        raise ValueError(channel)
    choice, _ = ChannelChoice.objects.get_or_create(
        patient=patient, channel=channel, defaults={"clinic_id": patient.clinic_id}
    )
    if is_preferred is not None:
        if is_preferred:
            ChannelChoice.objects.filter(patient=patient).exclude(pk=choice.pk).update(is_preferred=False)
        choice.is_preferred = is_preferred
    if detailed is not None:
        choice.detailed_at = (choice.detailed_at or now) if detailed else None
    choice.save(update_fields=["is_preferred", "detailed_at"])
    details = {"channel": channel, "preferred": choice.is_preferred, "detailed": choice.detailed_at is not None}
    audit.record("messaging.channel.chosen", choice, actor=actor, now=now, details=details)
    return choice


def _end_waiting(messages: object, now: datetime) -> None:
    assert hasattr(messages, "filter")
    waiting = messages.filter(message_class=MARKETING, state=Message.State.QUEUED)
    rows = list(waiting.values_list("pk", "clinic_id"))
    waiting.update(state="suppressed", rank=RANKS["suppressed"], reason="stopped", ended_at=now, step_on_at=None)
    Decision.objects.bulk_create(
        [
            Decision(message_id=pk, clinic_id=clinic_id, at=now, outcome="stop", reason="stopped")
            for pk, clinic_id in rows
        ]
    )
