"""Adapter of MTS Exolve."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from zabota.integrations import hooks
from zabota.integrations.calls import Line, Reply
from zabota.integrations.exolve.answers import REFUSALS, STATES
from zabota.integrations.sending import WebTransport, accepted, digits, kopecks
from zabota.messaging.api import (
    Account,
    AccountField,
    Blame,
    Channel,
    EventKind,
    InboundEvent,
    Outgoing,
    SendResult,
    Traits,
    Verdict,
    WebhookReply,
)


class ExolveTransport(WebTransport):
    """MTS Exolve."""

    base_url = "https://api.exolve.ru"
    traits = Traits(
        provider="exolve",
        title="МТС Exolve",
        channel=Channel.SMS,
        fields=(
            AccountField("api_key", "Ключ приложения", is_secret=True),
            AccountField("number", "Номер или имя отправителя", help_text="Купленный номер или согласованное имя."),
            AccountField("base_url", "Адрес сервера", is_required=False, default="https://api.exolve.ru"),
        ),
        drops_repeats=False,
        is_foreign=False,
        max_length=1000,
        per_second=20.0,
        takes_replies=True,
    )

    async def _ask(self, path: str, line: Line, account: Account, question: dict[str, object]) -> Reply:
        key = account.values["api_key"]
        reply = await line.call(path, json=question, headers={"Authorization": f"Bearer {key}"})
        data = reply.data or {}
        if reply.status == 200 and "error" not in data:
            return reply
        said = json.dumps(data.get("error"), ensure_ascii=False)
        failure = reply.failed(said)
        if reply.status < 500 and reply.status not in (401, 429):
            failure.outcome = next(
                (outcome for word, outcome in REFUSALS if word in said.lower()),
                failure.outcome if reply.status >= 400 else (Verdict.REFUSED, Blame.OTHER),
            )
        raise failure

    async def send_one(self, message: Outgoing, line: Line, account: Account) -> SendResult:
        """The answer brings the provider's number."""
        reply = await self._ask(
            "/messaging/v1/SendSMS",
            line,
            account,
            {
                "number": message.sender or account.values["number"],
                "destination": digits(message.address),
                "text": message.text,
            },
        )
        number = number_of(reply.data or {})
        if not number:
            raise reply.failed()
        return accepted(message, number)

    async def probe(self, line: Line, account: Account) -> SendResult:
        """The balance."""
        reply = await self._ask("/finance/v1/GetBalance", line, account, {})
        balance = kopecks((reply.data or {}).get("balance"))
        if balance is None:
            raise reply.failed()
        if balance <= 0:
            return SendResult(key="", verdict=Verdict.ACCOUNT, blame=Blame.NO_MONEY, detail="на счёте нет денег")
        return SendResult(key="", verdict=Verdict.ACCEPTED, detail=f"на счёте {balance // 100} ₽")

    def read_webhook(
        self, *, account: Account, method: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> WebhookReply:
        """Exolve signs nothing: the secret stands in the address that was given to it."""
        hooks.must_match(query.get("secret", ""), account.hook_secret)
        data = hooks.read_json(body)
        number = number_of(data) or hooks.words(data.get("id"))
        if not number:
            raise ValueError("no message id")
        if "INCOMING" in hooks.words(data.get("event_id") or data.get("direction")).upper():
            event = InboundEvent(
                event_id=f"in:{number}",
                kind=EventKind.INBOUND,
                address=digits(hooks.words(data.get("sender"))),
                text=hooks.words(data.get("text")),
            )
            return WebhookReply(events=(event,))
        state = hooks.words(data.get("status") or data.get("delivery_status")).upper()
        if state not in STATES:
            return WebhookReply()
        kind, blame = STATES[state]
        return WebhookReply(
            events=(InboundEvent(event_id=f"{number}:{state}", kind=kind, provider_id=number, blame=blame),)
        )


def number_of(said: Mapping[str, Any]) -> str:
    """The number of a message: its name is spelled in two ways."""
    return hooks.words(said.get("message_id") or said.get("messageId"))
