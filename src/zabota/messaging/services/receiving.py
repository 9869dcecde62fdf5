"""What providers tell: kept first and answered at once, then turned into states, conversations and refusals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import OperationalError, transaction
from django.db.models import Q

from zabota.kernel.scope import clinic_scope, every_clinic
from zabota.messaging.models import ChannelAccount, ChannelChoice, Message, ProviderNumber, Receipt
from zabota.messaging.rules.states import RANKS, REACHED, state_of_event
from zabota.messaging.rules.transport import Blame, EventKind, InboundEvent, WebhookReply
from zabota.messaging.services.bulk import note_number
from zabota.messaging.services.cascade import go_on, void_others
from zabota.messaging.services.hearing import hear
from zabota.messaging.services.optouts import complain
from zabota.messaging.services.refusals import note_refusal, note_soft_failure
from zabota.messaging.services.waking import wake

log = structlog.get_logger(__name__)

#: A receipt of a message that we do not know is looked at again for so long: it may come before our own note.
PATIENCE = timedelta(hours=1)
AGAIN = timedelta(seconds=15)
PORTION = 200
#: A provider's clock this far from ours is not believed.
SKEW = timedelta(minutes=15)


def receive(*, account: ChannelAccount, reply: WebhookReply, now: datetime) -> int:
    """Keep the events of a webhook. Returns how many are new; a repeated call keeps nothing twice."""
    with clinic_scope(account.clinic_id):
        return keep_events(account=account, events=reply.events, now=now)


@transaction.atomic
def keep_events(*, account: ChannelAccount, events: Sequence[InboundEvent], now: datetime, apply: bool = False) -> int:
    """Write events into the inbox; with `apply` also do at once what follows from them."""
    if not events:
        return 0
    ids = {each.event_id[:160] for each in events}
    there = set(Receipt.objects.filter(account=account, event_id__in=ids).values_list("event_id", flat=True))
    fresh = {each.event_id[:160]: each for each in events if each.event_id[:160] not in there}
    Receipt.objects.bulk_create(
        [_row(account, each, now) for each in fresh.values()],
        ignore_conflicts=True,
    )
    if apply:
        apply_receipts(now=now)
    elif fresh:
        wake()
    return len(fresh)


def apply_receipts(*, now: datetime, limit: int = 5000) -> int:
    """Do what follows from kept events, oldest first. Returns how many were dealt with."""
    done = 0
    with every_clinic(reason="receipts of all clinics"):
        while done < limit:
            with transaction.atomic():
                waiting = Receipt.objects.filter(state=Receipt.State.WAITING, try_at__lte=now)
                rows = list(
                    waiting.select_related("account")
                    .select_for_update(skip_locked=True, of=("self",))
                    .order_by("try_at", "id")[:PORTION]
                )
                _apply_all(rows, now)
            done += len(rows)
            if not rows:
                break
    return done


def _apply_all(rows: Sequence[Receipt], now: datetime) -> None:
    """All at once; when one of them fails, each by itself, so that it keeps back nobody else's."""
    try:
        with transaction.atomic():
            for row in rows:
                _apply(row, now)
        return
    except OperationalError:
        raise  # the database is away or locked: nothing is wrong with the receipts
    except Exception:
        log.warning("receipts_one_by_one", count=len(rows))
    for row in rows:
        try:
            with transaction.atomic():
                _apply(row, now)
        except OperationalError:
            raise
        except Exception as error:
            log.error("receipt_failed", receipt=row.pk, error=type(error).__qualname__, exc_info=error)
            row.message = None
            _later_or_never(row, now)


def _row(account: ChannelAccount, event: InboundEvent, now: datetime) -> Receipt:
    at = event.at or now
    return Receipt(
        clinic_id=account.clinic_id,
        account=account,
        event_id=event.event_id[:160],
        kind=event.kind.value,
        at=at if abs(at - now) <= SKEW or at < now else now,
        received_at=now,
        try_at=now,
        key=event.key[:100],
        provider_id=event.provider_id[:120],
        address=event.address[:254],
        text=event.text[:20_000],
        payload=event.payload[:300],
        blame=event.blame.value,
        attachments=[list(each) for each in event.attachments],
    )


def _apply(row: Receipt, now: datetime) -> None:
    kind = EventKind(row.kind) if row.kind in EventKind.__members__.values() else None
    state = state_of_event(row.kind)
    if not state and kind is not EventKind.COMPLAINT:
        # Words, buttons and bots: with or without a message of ours.
        message = _message(row)
        row.message = message
        hear(row, message, now=now)
        return _finish(row, Receipt.State.DONE)
    message = _message(row)
    if message is None:
        return _later_or_never(row, now)
    row.message = message
    if kind is EventKind.COMPLAINT:
        complain(message, now=now)
    else:
        _advance(message, state, row, now)
    return _finish(row, Receipt.State.DONE)


def _later_or_never(row: Receipt, now: datetime) -> None:
    if now - row.received_at < PATIENCE:
        Receipt.objects.filter(pk=row.pk).update(try_at=now + AGAIN)
    else:
        _finish(row, Receipt.State.ORPHAN)


def _message(row: Receipt) -> Message | None:
    known = Q()
    if row.key:
        known |= Q(idem_key=row.key)
    if row.provider_id:
        numbers = ProviderNumber.objects.filter(account_id=row.account_id, number=row.provider_id)
        known |= Q(pk__in=list(numbers.values_list("pk", flat=True)))
    if not known:
        return None
    return Message.objects.filter(known, account_id=row.account_id).order_by("-id").first()


def _advance(message: Message, state: str, row: Receipt, now: datetime) -> None:
    """Only forward: a receipt of a lower rank than what is known changes nothing."""
    rank = RANKS[state]
    fields: dict[str, object] = {"state": state, "rank": rank}
    if state in REACHED:
        fields |= {"step_on_at": None, "reason": "sent"}
        if message.delivered_at is None:
            fields["delivered_at"] = row.at
    if state == "failed":
        fields |= {"reason": "refused", "ended_at": now, "step_on_at": None}
    if row.provider_id and not message.provider_id:
        fields["provider_id"] = row.provider_id
    if message.state == Message.State.SENDING:
        fields |= {"sent_at": now}
    moved = Message.objects.filter(pk=message.pk, rank__lt=rank).update(**fields)
    if not moved:
        return
    if "provider_id" in fields and message.account_id is not None:
        note_number(message_id=message.pk, account_id=message.account_id, number=row.provider_id)
    if state in REACHED:
        void_others([message.chain_key], now=now)
        if state == "read" and message.patient_id is not None:
            ChannelChoice.objects.update_or_create(
                patient_id=message.patient_id,
                channel=message.channel,
                defaults={"last_read_at": row.at},
                create_defaults={"clinic_id": message.clinic_id, "last_read_at": row.at},
            )
    if state == "failed":
        blame = Blame(row.blame) if row.blame in Blame.__members__.values() else Blame.OTHER
        note_refusal(message, blame, now=now)
        if blame is Blame.LIMIT:
            note_soft_failure(message, now=now)
        go_on([message.pk], now=now)


def _finish(row: Receipt, state: str) -> None:
    Receipt.objects.filter(pk=row.pk).update(state=state, message=row.message)
