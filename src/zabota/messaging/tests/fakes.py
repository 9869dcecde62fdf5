"""A provider inside the process: keeps the contract of a channel and a ledger of what it accepted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from zabota.messaging.rules.transport import (
    Account,
    AccountField,
    Channel,
    InboundEvent,
    Outgoing,
    SendResult,
    Traits,
    Verdict,
    WebhookReply,
)


class FakeTransport:
    """Accepts everything unless told otherwise; `ledger` is what a person would have in the phone."""

    def __init__(self, channel: Channel = Channel.SMS, **traits: object) -> None:
        settings: dict[str, object] = {
            "provider": f"fake_{channel.value}",
            "title": "Опытный канал",
            "channel": channel,
            "fields": (
                AccountField("key", "Ключ", is_secret=True),
                AccountField("sender", "Отправитель", is_required=False, default="ULYBKA"),
            ),
            "drops_repeats": True,
            "is_foreign": False,
            "max_length": 0,
            "per_second": 1_000_000.0,
        }
        self.traits = Traits(**(settings | traits))
        self.ledger: list[Outgoing] = []
        self.calls = 0
        self.released = 0
        self.looked_up: list[tuple[str, str]] = []
        self.known: list[InboundEvent] = []
        self.answer: Callable[[Outgoing], SendResult] = lambda each: SendResult(
            each.key, Verdict.ACCEPTED, provider_id=f"p-{each.key}"
        )

    async def send(self, batch: Sequence[Outgoing], account: Account) -> Sequence[SendResult]:
        self.calls += 1
        results = [self.answer(each) for each in batch]
        taken = {result.key for result in results if result.verdict is Verdict.ACCEPTED}
        self.ledger += [each for each in batch if each.key in taken]
        return results

    async def release(self) -> None:
        self.released += 1

    async def check(self, account: Account) -> SendResult:
        return SendResult("", Verdict.ACCEPTED)

    async def look_up(self, keys: Sequence[tuple[str, str]], account: Account) -> Sequence[InboundEvent]:
        self.looked_up += keys
        return self.known

    def read_webhook(
        self, *, account: Account, method: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> WebhookReply:
        raise ValueError("no webhook")

    def times(self) -> Counter[str]:
        """How often each key was accepted."""
        return Counter(each.key for each in self.ledger)

    def texts(self) -> list[str]:
        """What people read."""
        return [each.text for each in self.ledger]
