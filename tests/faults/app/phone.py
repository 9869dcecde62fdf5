"""A provider whose ledger is a file: what stands there was accepted, whatever became of the worker."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from django.conf import settings

from zabota.messaging.api import (
    Account,
    Channel,
    InboundEvent,
    Outgoing,
    SendResult,
    Traits,
    Verdict,
    WebhookReply,
)


class LedgerTransport:
    """Takes everything, slowly enough to be killed in the middle; drops no call, so that repeats are seen."""

    def __init__(self, provider: str, channel: Channel, *, drops_repeats: bool) -> None:
        self.traits = Traits(
            provider=provider,
            title="Журнал",
            channel=channel,
            fields=(),
            drops_repeats=drops_repeats,
            is_foreign=False,
            max_length=0,
            per_second=1_000_000.0,
        )

    async def send(self, batch: Sequence[Outgoing], account: Account) -> Sequence[SendResult]:
        path = settings.DATA_DIR / f"{self.traits.provider}.ledger"
        with path.open("a", encoding="utf-8") as ledger:
            for start in range(0, len(batch), 25):
                ledger.write("".join(f"{each.key}\n" for each in batch[start : start + 25]))
                ledger.flush()
                await asyncio.sleep(0.01)
        return [SendResult(each.key, Verdict.ACCEPTED, provider_id=each.key) for each in batch]

    async def release(self) -> None:
        """Nothing is kept open."""

    async def check(self, account: Account) -> SendResult:
        return SendResult("", Verdict.ACCEPTED)

    async def look_up(self, keys: Sequence[tuple[str, str]], account: Account) -> Sequence[InboundEvent]:
        return []

    def read_webhook(
        self, *, account: Account, method: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> WebhookReply:
        raise ValueError("no webhook")
