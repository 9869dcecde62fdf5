"""Messages into the outbox: which channel, which address, which words; in the transaction of their cause."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from zabota.clinic.api import Face, face_of
from zabota.clinic.models import Branch, Clinic
from zabota.kernel.errors import BadInput
from zabota.messaging.models import ChannelAccount, Decision, Message, TemplateVersion
from zabota.messaging.queries.addresses import Ways, cheapest, every_account_on, shared_addresses, ways_of
from zabota.messaging.queries.leaving import leave_words
from zabota.messaging.rules.lint import erid_of
from zabota.messaging.rules.states import RANKS
from zabota.messaging.rules.text import TextWrong, ValueMissing
from zabota.messaging.rules.transport import Channel
from zabota.messaging.rules.wanted import NewMessage
from zabota.messaging.rules.words import BOT_CHANNELS, MARKETING, OTP
from zabota.messaging.services.breaker import TextUnusable
from zabota.messaging.services.rules import ensure_rules
from zabota.messaging.services.templates import current_versions
from zabota.messaging.services.waking import wake
from zabota.messaging.services.wording import masked, neutral_sender, text_for, word, words_of
from zabota.patients.models import Patient

#: Longest key that leaves room for the steps of a cascade.
LONGEST_KEY = 90
PRIORITIES = {OTP: 0, MARKETING: 2}
#: A code that did not arrive within two minutes goes another way.
OTP_MINUTES = 2
_PORTION = 500


@dataclass(slots=True)
class Grounds:
    """What a batch of messages is made from, read once."""

    clinic: Clinic
    versions: dict[str, TemplateVersion]
    patients: dict[int, Patient]
    branches: dict[int, Branch]
    ways: dict[int, Ways]
    accounts: dict[str, ChannelAccount]
    bots: dict[int, ChannelAccount]
    cascade: list[str]
    minutes: int
    erid_required: bool = False
    shared: set[str] = field(default_factory=set)


def enqueue(*, clinic_id: int, message: NewMessage, now: datetime) -> Message:
    """Put one message into the outbox, or find the one that is there under the same key. Raises BadInput."""
    enqueue_many(clinic_id=clinic_id, messages=[message], now=now)
    return Message.objects.get(clinic_id=clinic_id, idem_key=message.idem_key)


@transaction.atomic
def enqueue_many(*, clinic_id: int, messages: Sequence[NewMessage], now: datetime) -> int:
    """Put messages into the outbox, all or none. Returns how many are new; a key that is there changes nothing.

    A message that no channel can carry is kept as well, with the reason: «почему не ушло» must have an answer.
    Raises BadInput for an unknown template and TextUnusable for a value that its text cannot do without; whoever
    catches that tells the owner by `text_failed`.
    """
    fresh: dict[str, NewMessage] = {}
    for each in messages:
        if not each.idem_key or len(each.idem_key) > LONGEST_KEY:
            raise BadInput(f"Ключ сообщения должен быть не длиннее {LONGEST_KEY} знаков.")
        fresh.setdefault(each.idem_key, each)
    for key in _existing(list(fresh)):
        fresh.pop(key)
    if not fresh:
        return 0
    wanted = list(fresh.values())
    grounds = grounds_of(clinic_id=clinic_id, wanted=wanted)
    rows = [_first(each, grounds, now) for each in wanted]
    keep(rows, now=now)
    wake()
    return len(rows)


def grounds_of(*, clinic_id: int, wanted: Iterable[NewMessage]) -> Grounds:
    """Read what these messages need."""
    wanted = list(wanted)
    rules = ensure_rules(clinic_id=clinic_id)
    patient_ids = {each.patient_id for each in wanted if each.patient_id is not None}
    patients = {each.pk: each for each in Patient.objects.filter(pk__in=patient_ids, clinic_id=clinic_id)}
    ways = ways_of(patients)
    versions = current_versions(clinic_id, {each.template_key for each in wanted})
    accounts = every_account_on(clinic_id)
    grounds = Grounds(
        clinic=Clinic.objects.get(pk=clinic_id),
        versions=versions,
        patients=patients,
        branches={each.pk: each for each in Branch.objects.filter(clinic_id=clinic_id)},
        ways=ways,
        accounts=cheapest(accounts),
        bots={each.pk: each for each in accounts},
        cascade=list(rules.cascade),
        minutes=rules.cascade_minutes,
        erid_required=rules.erid_required,
    )
    if any(each.template.detail == "d1" for each in versions.values()):
        addresses = {address for way in ways.values() for each in way.addresses.values() for address in each}
        grounds.shared = shared_addresses(clinic_id, addresses)
    return grounds


def keep(rows: Sequence[Message], *, now: datetime) -> None:
    """Write new messages, and the reason of those that end at once."""
    Message.objects.bulk_create(rows, batch_size=_PORTION)
    ended = [row for row in rows if row.state == Message.State.SUPPRESSED]
    Decision.objects.bulk_create(
        [
            Decision(message=row, clinic_id=row.clinic_id, at=now, outcome=Decision.Outcome.STOP, reason=row.reason)
            for row in ended
        ],
        batch_size=_PORTION,
    )


def _existing(keys: list[str]) -> list[str]:
    found: list[str] = []
    for start in range(0, len(keys), _PORTION):
        rows = Message.objects.filter(idem_key__in=keys[start : start + _PORTION])
        found += rows.values_list("idem_key", flat=True)
    return found


def _first(wanted: NewMessage, grounds: Grounds, now: datetime) -> Message:
    if wanted.template_key not in grounds.versions:
        raise BadInput(f"Нет шаблона «{wanted.template_key}».")
    if wanted.patient_id is not None and wanted.patient_id not in grounds.patients:
        raise BadInput("Нет такой карты пациента.")
    way = grounds.ways.get(wanted.patient_id or 0, Ways())
    order = list(wanted.channels) or way.order(grounds.cascade)
    if not wanted.channels and grounds.versions[wanted.template_key].template.message_class in (MARKETING, OTP):
        order = [each for each in order if each != Channel.CALL]  # nobody calls to read out a code or an offer
    return step_from(wanted, order, 0, grounds, now)


def step_from(wanted: NewMessage, order: Sequence[str], step: int, grounds: Grounds, now: datetime) -> Message:
    """The message for the first channel of `order` that can carry it; the rest is its plan."""
    version = grounds.versions[wanted.template_key]
    message_class = version.template.message_class
    reason = "no_address"
    for index, channel in enumerate(order):
        found = _carrier(wanted, channel, grounds)
        if isinstance(found, str):
            reason = found if reason == "no_address" else reason
            continue
        chosen, address, account = found
        row = _row(wanted, chosen, channel, step, now, message_class)
        face = _face(wanted, grounds)
        sender = neutral_sender(face, channel)
        if sender is None:
            reason = "no_neutral_sender"
            continue
        if sender:
            row.context = {**row.context, "_": {**row.context.get("_", {}), **sender}}
        row.address, row.account = address, account
        row.plan = list(order[index + 1 :])
        if channel == Channel.CALL:
            row.text = chosen.template.title
            return row
        _fill(row, wanted, chosen, channel, grounds)
        minutes = _minutes(wanted, message_class, grounds)
        row.step_on_at = row.not_before_at + timedelta(minutes=minutes) if minutes and row.plan else None
        return row
    row = _row(wanted, version, order[0] if order else Channel.SMS, step, now, message_class)
    row.state, row.rank, row.reason, row.ended_at = Message.State.SUPPRESSED, RANKS["suppressed"], reason, now
    return row


def _carrier(
    wanted: NewMessage, channel: str, grounds: Grounds
) -> tuple[TemplateVersion, str, ChannelAccount | None] | str:
    """Wording, address and account of a channel, or why it cannot carry the message."""
    way = grounds.ways.get(wanted.patient_id or 0, Ways())
    address, account = _way(wanted, channel, way, grounds)
    if not address:
        return "no_address"
    version = grounds.versions[wanted.template_key]
    detailed = channel in way.detailed and address not in grounds.shared
    if detailed and f"{wanted.template_key}_detailed" in grounds.versions:
        version = grounds.versions[f"{wanted.template_key}_detailed"]
    if version.template.detail == "d1" and not detailed:
        return "no_text"
    if channel == Channel.CALL:
        return version, address, None
    if account is None:
        return "channel_off"
    if not text_for(version, channel):
        return "no_text"
    is_advertising = version.template.message_class == MARKETING
    if grounds.erid_required and is_advertising and channel in BOT_CHANNELS and not erid_of(version.erids, channel):
        return "no_erid"
    return version, address, account


def _way(wanted: NewMessage, channel: str, way: Ways, grounds: Grounds) -> tuple[str, ChannelAccount | None]:
    """The first address in a channel with the account that reaches it; a messenger is reached by its own bot alone."""
    if channel in wanted.addresses:
        return wanted.addresses[channel], grounds.accounts.get(channel)
    opened = way.bots.get(channel, [])
    for bot, external_id in opened:
        if bot in grounds.bots:
            return external_id, grounds.bots[bot]
    if opened:
        return opened[0][1], None
    return next(iter(way.addresses.get(channel, ())), ""), grounds.accounts.get(channel)


def _row(
    wanted: NewMessage, version: TemplateVersion, channel: str, step: int, now: datetime, message_class: str
) -> Message:
    subject = wanted.subject
    context: dict[str, object] = dict(wanted.context)
    unsubscribe_url = wanted.unsubscribe_url
    if message_class == MARKETING and channel == Channel.EMAIL and wanted.patient_id is not None:
        unsubscribe_url = unsubscribe_url or leave_words(wanted.patient_id)[0]
    if wanted.buttons or unsubscribe_url or wanted.addresses or wanted.step_minutes is not None:
        context["_"] = {
            "buttons": [list(each) for each in wanted.buttons],
            "unsubscribe": unsubscribe_url,
            "addresses": dict(wanted.addresses),
            "minutes": wanted.step_minutes,
        }
    return Message(
        clinic_id=version.template.clinic_id,
        idem_key=wanted.idem_key if step == 0 else f"{wanted.idem_key}:{step}",
        patient_id=wanted.patient_id,
        branch_id=wanted.branch_id,
        channel=channel,
        template_version=version,
        message_class=message_class,
        purpose=version.template.purpose,
        priority=PRIORITIES.get(message_class, 1),
        context=context,
        subject_kind=subject.kind if subject else "",
        subject_id=subject.id if subject else None,
        subject_revision=subject.revision if subject else 0,
        not_before_at=wanted.not_before_at if step == 0 else max(now, wanted.not_before_at),
        expires_at=wanted.expires_at,
        chain_key=wanted.idem_key,
        step=step,
        household_key=wanted.household_key,
        created_at=now,
    )


def _fill(row: Message, wanted: NewMessage, version: TemplateVersion, channel: str, grounds: Grounds) -> None:
    patient = grounds.patients.get(wanted.patient_id or 0)
    values = words_of(patient, _branch(wanted, grounds), grounds.clinic) | dict(wanted.context)
    if row.message_class == MARKETING and patient is not None:
        long, short = leave_words(patient.pk)
        values.setdefault("отписка", short if channel == Channel.SMS else long)
    try:
        worded = word(version, channel, values)
    except ValueMissing as missing:
        words = f"Для сообщения «{version.template.title}» нет значения {{{missing}}}."
        raise TextUnusable(words, template=version.template) from None
    except TextWrong as wrong:
        words = f"Текст «{version.template.title}» записан с ошибкой. {wrong}"
        raise TextUnusable(words, template=version.template) from None
    worded = masked(worded, _face(wanted, grounds), channel)
    row.text, row.subject, row.parts = worded.text, worded.subject, worded.parts


def _branch(wanted: NewMessage, grounds: Grounds) -> Branch | None:
    patient = grounds.patients.get(wanted.patient_id or 0)
    return grounds.branches.get(wanted.branch_id or (patient.branch_id if patient else None) or 0)


def _face(wanted: NewMessage, grounds: Grounds) -> Face:
    return face_of(grounds.clinic, _branch(wanted, grounds))


def _minutes(wanted: NewMessage, message_class: str, grounds: Grounds) -> int:
    if message_class == MARKETING:
        return 0  # advertising is never said twice because nobody knows whether it arrived
    if wanted.step_minutes is not None:
        return wanted.step_minutes
    return OTP_MINUTES if message_class == OTP else grounds.minutes
