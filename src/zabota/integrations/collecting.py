"""Fetches what providers do not bring themselves: states that must be asked for, returned letters, packets of SMPP."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog
from asgiref.sync import sync_to_async

from zabota.integrations.calls import CallFailed
from zabota.integrations.smpp.transport import SmppTransport
from zabota.integrations.smtp import mailbox
from zabota.kernel import clock
from zabota.kernel.scope import clinic_scope
from zabota.messaging.api import Account, InboundEvent, WebhookReply, account_view, is_lost, receive, transports
from zabota.messaging.models import ChannelAccount, Message, ProviderNumber

log = structlog.get_logger(__name__)

#: Messages asked about in one round, and how long after the sending it is worth asking.
MOST, WORTH = 300, timedelta(hours=72)
#: Seconds that a connection to an SMS centre stays open for what waits there.
LISTENS = 6.0


def collect(*, account: ChannelAccount, now: datetime) -> int:
    """One round for one account. Returns how many events are new; a provider that fails is left for the next round."""
    if is_lost(account):
        return 0
    view = account_view(account)
    try:
        if account.provider == "smtp":
            return _collect_letters(account, view)
        if account.provider == "smpp":
            return _listen(account, view)
        return _ask(account, view, now)
    except CallFailed as trouble:
        log.info("collecting_failed", account_id=account.pk, detail=trouble.detail)
        return 0


def _collect_letters(account: ChannelAccount, view: Account) -> int:
    def store(event: InboundEvent) -> None:
        receive(account=account, reply=WebhookReply(events=(event,)), now=clock.now())

    return mailbox.collect(view, store)


def _listen(account: ChannelAccount, view: Account) -> int:
    transport = transports()["smpp"]
    if isinstance(transport, SmppTransport):
        asyncio.run(transport.listen(view, LISTENS))
    return 0


def _ask(account: ChannelAccount, view: Account, now: datetime) -> int:
    transport = transports().get(account.provider)
    if transport is None or not transport.traits.has_receipts:
        return 0
    with clinic_scope(account.clinic_id):
        rows = ProviderNumber.objects.filter(
            account=account,
            message__state__in=(Message.State.ACCEPTED, Message.State.SENT),
            message__claimed_at__gte=now - WORTH,
        )
        pairs = list(rows.order_by("-message__claimed_at").values_list("message__idem_key", "number")[:MOST])
    if not pairs:
        return 0

    async def ask() -> tuple[InboundEvent, ...]:
        try:
            return tuple(await transport.look_up(pairs, view))
        finally:
            await transport.release()

    events = asyncio.run(ask())
    return receive(account=account, reply=WebhookReply(events=events), now=now) if events else 0


async def keep_packet(view: Account, event: InboundEvent) -> None:
    """The inbox of SMPP: what a centre says is stored before the centre is answered."""

    def store() -> None:
        account = ChannelAccount.objects.get(pk=view.id)
        receive(account=account, reply=WebhookReply(events=(event,)), now=clock.now())

    await sync_to_async(store, thread_sensitive=True)()
