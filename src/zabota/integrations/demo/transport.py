"""Adapters of the demo clinic: they take every message and lay it into its box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zabota.integrations.demo import box
from zabota.kernel import clock
from zabota.messaging.api import (
    Account,
    Channel,
    EventKind,
    InboundEvent,
    Outgoing,
    SendResult,
    SignatureWrong,
    Traits,
    Verdict,
    WebhookReply,
)

PHONE, MAIL = "demo_phone", "demo_mail"


class DemoTransport:
    """A phone or a mailbox of all patients of the demo clinic."""

    def __init__(self, provider: str, title: str, channel: Channel) -> None:
        self.traits = Traits(
            provider=provider,
            title=title,
            channel=channel,
            fields=(),
            drops_repeats=True,
            is_foreign=False,
            max_length=0,
            per_second=500.0,
            takes_replies=True,
            takes_buttons=channel is Channel.EMAIL,
            is_third_party=False,
        )

    async def send(self, batch: Sequence[Outgoing], account: Account) -> Sequence[SendResult]:
        """All arrive."""
        for each in batch:
            box.put(
                account.id,
                box.Arrived(
                    key=each.key,
                    address=each.address,
                    text=each.text,
                    subject=each.subject,
                    buttons=each.buttons,
                    unsubscribe_url=each.unsubscribe_url,
                    at=clock.now(),
                ),
            )
        return [SendResult(each.key, Verdict.ACCEPTED, provider_id=f"demo:{each.key}"[:120]) for each in batch]

    async def release(self) -> None:
        """Nothing is kept open."""

    async def check(self, account: Account) -> SendResult:
        """Always in order."""
        return SendResult(key="", verdict=Verdict.ACCEPTED, detail="сообщения появляются на странице демо-клиники")

    async def look_up(self, keys: Sequence[tuple[str, str]], account: Account) -> Sequence[InboundEvent]:
        """What lies in the box was delivered."""
        there = {each.key: each.at for each in box.arrived(account.id, limit=10_000)}
        return [
            InboundEvent(event_id=f"{key}:delivered"[:160], kind=EventKind.DELIVERED, key=key, at=there[key])
            for key, _ in keys
            if key in there
        ]

    def read_webhook(
        self, *, account: Account, method: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> WebhookReply:
        """Nobody calls from outside."""
        raise SignatureWrong
