"""How a batch is offered to a provider that takes one message a call: side by side, stopping when the account fails."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar
from urllib.parse import quote

import structlog

from zabota.integrations.calls import CallFailed, Line, Lines, Patience
from zabota.messaging.api import (
    Account,
    Blame,
    InboundEvent,
    Outgoing,
    SendResult,
    Traits,
    Verdict,
    WebhookReply,
)

#: Messages of one batch without an answer, after which the rest is not offered: a batch must end before its lease.
ENOUGH = 3
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

log = structlog.get_logger(__name__)


class WebTransport(ABC):
    """A provider with an HTTP interface. A subclass says how one message is told and how the answer is read."""

    traits: Traits
    #: Address of the provider; an account may name another one.
    base_url: ClassVar[str]
    #: Calls at the same time.
    width: ClassVar[int] = 8

    def __init__(self, patience: Patience | None = None) -> None:
        self.lines = Lines(self.base_url, patience or Patience())
        #: Files are larger than answers.
        self.file_patience = Patience(connect=5.0, total=30.0) if patience is None else patience

    async def release(self) -> None:
        """Close what is kept open for the running loop."""
        await self.lines.release()

    @abstractmethod
    async def send_one(self, message: Outgoing, line: Line, account: Account) -> SendResult:
        """Offer one message. Raises CallFailed for what is no answer about it."""

    @abstractmethod
    async def probe(self, line: Line, account: Account) -> SendResult:
        """Ask something harmless with the key of the account. Raises CallFailed."""

    async def ask(self, key: str, provider_id: str, line: Line, account: Account) -> InboundEvent | None:
        """What became of one message; None when the provider cannot say."""
        return None

    def provider_id_of(self, message: Outgoing) -> str:
        """The id that the provider will call this message by, where it is ours to choose: known even without an answer."""
        return ""

    async def send(self, batch: Sequence[Outgoing], account: Account) -> Sequence[SendResult]:
        """Offer all. After a trouble of the whole account or a plea to slow down the rest stays at home."""
        stop: list[CallFailed] = []
        silent: list[str] = []
        gate = asyncio.Semaphore(self.width)

        async def one(message: Outgoing, line: Line) -> SendResult:
            async with gate:
                if stop:
                    return stop[0].result(message.key)
                if is_too_long(message, self.traits):
                    return SendResult(key=message.key, verdict=Verdict.REFUSED, blame=Blame.TOO_LONG)
                try:
                    result = await self.send_one(message, line, account)
                except CallFailed as trouble:
                    result = trouble.result(message.key, self._provider_id(message, trouble.outcome[0]))
                except Exception:
                    # The program failed after the call may have left: nobody knows.
                    log.exception("transport_failed", provider=self.traits.provider)
                    result = SendResult(key=message.key, verdict=Verdict.UNKNOWN, blame=Blame.OTHER)
            if result.verdict is Verdict.ACCOUNT or _is_plea(result):
                stop.append(CallFailed((result.verdict, result.blame), result.detail, result.retry_after))
            elif result.blame is Blame.DOWN:
                silent.append(message.key)
                if len(silent) >= ENOUGH:
                    stop.append(CallFailed((Verdict.LATER, Blame.DOWN), "сервер не отвечает"))
            return result

        try:
            line = self.lines.to(account)
            return await asyncio.gather(*(one(message, line) for message in batch))
        except CallFailed as trouble:
            return [trouble.result(message.key) for message in batch]

    def _provider_id(self, message: Outgoing, verdict: Verdict) -> str:
        return self.provider_id_of(message) if verdict is Verdict.UNKNOWN else ""

    async def check(self, account: Account) -> SendResult:
        """Try the key and the certificate without sending."""
        try:
            return await self.probe(self.lines.to(account), account)
        except CallFailed as trouble:
            return trouble.result("")

    async def look_up(self, keys: Sequence[tuple[str, str]], account: Account) -> Sequence[InboundEvent]:
        """What became of messages; those that the provider cannot name are left out."""
        gate = asyncio.Semaphore(self.width)

        async def one(key: str, provider_id: str, line: Line) -> InboundEvent | None:
            async with gate:
                try:
                    return await self.ask(key, provider_id, line, account)
                except CallFailed:
                    return None

        try:
            line = self.lines.to(account)
            found = await asyncio.gather(*(one(key, provider_id, line) for key, provider_id in keys))
        except CallFailed:
            return []
        return [event for event in found if event is not None]

    @abstractmethod
    def read_webhook(
        self, *, account: Account, method: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> WebhookReply:
        """Check the signature on the raw bytes, then read."""


def _is_plea(result: SendResult) -> bool:
    """True when the provider asked us as a whole to slow down."""
    return result.verdict is Verdict.LATER and result.blame is Blame.LIMIT and result.retry_after is not None


def is_too_long(message: Outgoing, traits: Traits) -> bool:
    """True when the text is longer than the channel, counted as providers count: in UTF-16 units."""
    return bool(traits.max_length) and len(message.text.encode("utf-16-le")) // 2 > traits.max_length


def accepted(message: Outgoing, provider_id: object = "", cost_kopecks: int | None = None) -> SendResult:
    """The provider took it."""
    return SendResult(
        key=message.key, verdict=Verdict.ACCEPTED, provider_id=str(provider_id), cost_kopecks=cost_kopecks
    )


def form_of(fields: Mapping[str, str]) -> bytes:
    """A form of many long fields. Each sign of a value is written by its number: choosing which need it takes longer."""
    return "&".join(
        [
            f"{quote(name, safe='')}=%{value.encode().hex('%')}" if value else f"{name}="
            for name, value in fields.items()
        ]
    ).encode()


def digits(address: str) -> str:
    """A phone as providers want it: eleven digits without the plus."""
    if address[:1] == "+" and address[1:].isdecimal() and address.isascii():
        return address[1:]
    return "".join(sign for sign in address if sign.isdigit())


def kopecks(roubles: object) -> int | None:
    """A price that a provider names in roubles, as a number or as text."""
    try:
        return round(float(str(roubles).replace(",", ".")) * 100)
    except ValueError:
        return None
