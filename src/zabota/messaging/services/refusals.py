"""What a refusal says of an address: shut for everything, for advertising, or only in this channel."""

from __future__ import annotations

from datetime import datetime, timedelta

from zabota.clinic.models import Clinic
from zabota.kernel.audit import SYSTEM
from zabota.messaging.models import AddressBlock, BotLink, Message
from zabota.messaging.queries.addresses import address_hash, is_bot
from zabota.messaging.queries.rows import Row
from zabota.messaging.rules.transport import Blame, Channel
from zabota.messaging.services.journal import note_wish
from zabota.patients.api import mark_reach
from zabota.patients.models import Contact

#: A mailbox that failed so often within a month is left alone, though each failure was for a time only.
SOFT_FAILURES, SOFT_DAYS = 3, 30
#: Said to the desk and written down as the outcome of a call; may be taken back for some minutes.
ON_THE_PHONE = "said_on_the_phone"


def note_refusal(row: Row | Message, blame: Blame | str, *, now: datetime) -> None:
    """Keep what a permanent refusal of one message says about its address."""
    if blame == Blame.OPERATOR_BLOCKED:
        # The number works for calls: only this channel is shut.
        block(row.clinic_id, row.address, channel=row.channel, reason="operator_blocked", now=now)
    elif blame == Blame.BAD_ADDRESS:
        block(row.clinic_id, row.address, channel=row.channel, reason="bad_address", now=now)
        if row.channel == Channel.EMAIL:
            _invalid(row, now)
    elif blame == Blame.LIMIT and row.channel == Channel.EMAIL:
        note_soft_failure(row, now=now)
    elif blame == Blame.BLOCKED_BY_PERSON:
        if is_bot(row.channel):
            stop_bot(row.clinic_id, row.account_id, row.address, now=now)
        else:
            block(row.clinic_id, row.address, channel=row.channel, reason="bad_address", now=now)


def note_soft_failure(row: Row | Message, *, now: datetime) -> None:
    """A mailbox full again and again is a mailbox nobody reads."""
    since = now - timedelta(days=SOFT_DAYS)
    failed = Message.objects.filter(
        clinic_id=row.clinic_id, address=row.address, channel=row.channel, state="failed", ended_at__gte=since
    )
    if failed.count() >= SOFT_FAILURES:
        block(row.clinic_id, row.address, channel=row.channel, reason="bad_address", now=now)


def block(
    clinic_id: int, address: str, *, channel: str, reason: str, now: datetime, scope: str = AddressBlock.Scope.ALL
) -> bool:
    """Shut an address for a channel («» for all). Returns True when it was open."""
    row, is_new = AddressBlock.objects.get_or_create(
        clinic_id=clinic_id,
        address_hash=address_hash(clinic_id, address),
        channel=channel,
        scope=scope,
        ended_at=None,
        defaults={"reason": reason, "created_at": now},
    )
    if scope == AddressBlock.Scope.MARKETING and not channel:
        _tell_journal(clinic_id, row.address_hash, now, shut=True, reason=reason)
    if not is_new and row.reason == ON_THE_PHONE and reason != ON_THE_PHONE:
        # A stronger word about the same address: taking back the first does not open it any more.
        AddressBlock.objects.filter(pk=row.pk).update(reason=reason)
    return is_new


def unblock(clinic_id: int, address: str, *, scope: str, now: datetime, channel: str | None = None) -> int:
    """Open an address again."""
    rows = AddressBlock.objects.filter(
        clinic_id=clinic_id, address_hash=address_hash(clinic_id, address), scope=scope, ended_at=None
    )
    if channel is not None:
        rows = rows.filter(channel=channel)
    opened = rows.update(ended_at=now)
    if opened and scope == AddressBlock.Scope.MARKETING:
        _tell_journal(clinic_id, address_hash(clinic_id, address), now, shut=False)
    return opened


def _tell_journal(clinic_id: int, hashed: str, now: datetime, *, shut: bool, reason: str = "") -> None:
    public_id = Clinic.objects.values_list("public_id", flat=True).get(pk=clinic_id)
    note_wish(at=now.isoformat(), clinic=public_id, address=hashed, shut=shut, reason=reason)


def stop_bot(clinic_id: int, account_id: int | None, external_id: str, *, now: datetime) -> int:
    """The person stopped our bot: nothing goes there until they let it in again."""
    links = BotLink.objects.filter(
        clinic_id=clinic_id, account_id=account_id, external_id=external_id, state=BotLink.State.ACTIVE
    )
    return links.update(state=BotLink.State.STOPPED, changed_at=now)


def _invalid(row: Row | Message, now: datetime) -> None:
    if row.patient_id is None:
        return
    contacts = Contact.objects.filter(
        clinic_id=row.clinic_id, kind=Contact.Kind.EMAIL, value=row.address, patient_id=row.patient_id
    )
    for contact in contacts.exclude(reach=Contact.Reach.INVALID):
        mark_reach(contact=contact, reach=Contact.Reach.INVALID, actor=SYSTEM, now=now)
