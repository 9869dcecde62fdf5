"""Adapter of SMPP 3.4: one bind for a batch; what the centre says meanwhile goes to the inbox of receipts."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from zabota.integrations.calls import CallFailed, Outcome, Patience, trust_in
from zabota.integrations.kept import Kept
from zabota.integrations.sending import digits, is_too_long
from zabota.integrations.smpp import packets
from zabota.integrations.smpp.answers import ERRORS, SLOW_DOWN
from zabota.integrations.smpp.session import Bound, Centre, Unanswered, Unsent
from zabota.messaging.api import (
    Account,
    AccountField,
    Blame,
    Channel,
    InboundEvent,
    Outgoing,
    SendResult,
    SignatureWrong,
    Traits,
    Verdict,
    WebhookReply,
)

#: Stores an event of an account for good; returns when it is stored.
Inbox = Callable[[Account, InboundEvent], Awaitable[None]]

#: How often a part is offered to a centre that asks to slow down, and the first pause in seconds; it doubles.
TRIES, PAUSE = 5, 0.1


class SmppTransport:
    """SMPP."""

    traits = Traits(
        provider="smpp",
        title="SMPP 3.4",
        channel=Channel.SMS,
        fields=(
            AccountField("host", "SMS-центр"),
            AccountField("port", "Порт", default="2775"),
            AccountField("system_id", "system_id"),
            AccountField("password", "Пароль", is_secret=True),
            AccountField("sender", "Имя или номер отправителя"),
            AccountField(
                "security", "Шифрование", default="tls", help_text="tls или none; none — для закрытой сети оператора."
            ),
            AccountField("ca_bundle", "Корневой сертификат", is_required=False, help_text="Текст PEM."),
            AccountField("window", "Пакетов сразу", is_required=False, default="10"),
            AccountField(
                "ids",
                "Номера сообщений",
                is_required=False,
                default="same",
                help_text="same, hex-dec или dec-hex: как центр пишет номер в ответе и в отчёте.",
            ),
        ),
        drops_repeats=False,
        is_foreign=False,
        max_length=1000,
        per_second=50.0,
        takes_replies=True,
    )

    def __init__(self, inbox: Inbox, patience: Patience | None = None) -> None:
        self._inbox = inbox
        self.patience = patience or Patience()
        self._kept: Kept[Bound] = Kept()

    def _bound(self, account: Account) -> Bound:
        async def store(event: InboundEvent) -> None:
            await self._inbox(account, event)

        return Bound(_centre(account), self.patience, store)

    async def send(self, batch: Sequence[Outgoing], account: Account) -> Sequence[SendResult]:
        """Offer all through one window."""
        try:
            bound = await self._kept_bound(account)
        except CallFailed as trouble:
            return [trouble.result(each.key) for each in batch]
        gate = asyncio.Semaphore(_window(account))
        return await asyncio.gather(*(self._send_one(each, bound, gate, account) for each in batch))

    async def _kept_bound(self, account: Account) -> Bound:
        """The connection of this account, the same for all batches of a drain as long as it lives."""
        here = self._kept.here()
        bound = here.get(account.id)
        if bound is None or bound.is_closed:
            here.pop(account.id, None)
            bound = self._bound(account)
            await bound.open()
            here[account.id] = bound
        return bound

    async def release(self) -> None:
        """Unbind what is kept for the running loop."""
        for bound in self._kept.take_all():
            await bound.close()

    async def _send_one(self, message: Outgoing, bound: Bound, gate: asyncio.Semaphore, account: Account) -> SendResult:
        def said(outcome: Outcome, number: str = "", detail: str = "") -> SendResult:
            return SendResult(message.key, outcome[0], number, outcome[1], detail)

        if is_too_long(message, self.traits):
            return said((Verdict.REFUSED, Blame.TOO_LONG))
        number, has_left = "", False
        async with gate:
            for packet in self._parts(message, bound, account):
                try:
                    status, body = await _offer(packet, bound)
                except Unsent:
                    outcome = (Verdict.UNKNOWN if has_left else Verdict.LATER, Blame.DOWN)
                    return said(outcome, detail="соединение закрылось")
                except Unanswered:
                    return said((Verdict.UNKNOWN, Blame.DOWN), detail="ответ не пришёл")
                if status != 0:
                    outcome = ERRORS.get(status, (Verdict.REFUSED, Blame.OTHER))
                    if has_left and outcome[0] is not Verdict.REFUSED:
                        # The person has a part of it: to send the whole again would be a second message.
                        outcome = (Verdict.UNKNOWN, outcome[1])
                    return said(outcome, detail=f"код {status:#x}")
                has_left = True
                number = packets.same_id(packets.message_id(body), form=_ids(account), is_receipt=False)
        return said((Verdict.ACCEPTED, Blame.NONE), number)

    def _parts(self, message: Outgoing, bound: Bound, account: Account) -> list[Any]:
        return packets.parts_of(
            bound.counter,
            text=message.text,
            source=message.sender or account.values["sender"],
            destination=digits(message.address),
            reference=hashlib.sha256(message.key.encode()).digest()[0],
        )

    async def check(self, account: Account) -> SendResult:
        """Bind and unbind."""
        try:
            bound = self._bound(account)
            try:
                await bound.open()
            finally:
                await bound.close()
        except CallFailed as trouble:
            return trouble.result("")
        return SendResult(key="", verdict=Verdict.ACCEPTED, detail="SMS-центр принял вход")

    async def listen(self, account: Account, seconds: float) -> None:
        """Stay bound and take receipts and replies. Raises CallFailed when the centre lets nobody in."""
        bound = self._bound(account)
        try:
            await bound.open()
            await bound.listen(seconds)
        finally:
            await bound.close()

    async def look_up(self, keys: Sequence[tuple[str, str]], account: Account) -> Sequence[InboundEvent]:
        """Receipts come by themselves to whoever is bound."""
        return []

    def read_webhook(
        self, *, account: Account, method: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> WebhookReply:
        """An SMS centre calls no addresses."""
        raise SignatureWrong


async def _offer(packet: Any, bound: Bound) -> tuple[int, bytes]:
    """One part, again after a pause when the centre asks to slow down: it was surely not taken then."""
    pause = PAUSE
    for attempt in range(TRIES):
        if attempt:
            packet.sequence = bound.counter.next_sequence()
        status, _, body = await bound.ask(packet)
        if status not in SLOW_DOWN or attempt == TRIES - 1:
            return status, body
        await asyncio.sleep(pause)
        pause *= 2
    raise AssertionError("the loop returns")


def _centre(account: Account) -> Centre:
    values = account.values
    port = values.get("port", "")
    is_open = values.get("security", "tls") == "none"
    return Centre(
        host=values["host"].strip(),
        port=int(port) if port.isdecimal() else 2775,
        system_id=values["system_id"],
        password=values["password"],
        context=None if is_open else trust_in(values.get("ca_bundle", "")),
        ids=_ids(account),
    )


def _ids(account: Account) -> str:
    return account.values.get("ids") or "same"


def _window(account: Account) -> int:
    window = account.values.get("window", "")
    return min(max(int(window), 1), 100) if window.isdecimal() else 10
