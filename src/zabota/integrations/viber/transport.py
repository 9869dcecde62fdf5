"""Adapter of Viber's bot interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zabota.integrations import hooks
from zabota.integrations.calls import CallFailed, Line, Reply
from zabota.integrations.sending import WebTransport, accepted
from zabota.integrations.viber.answers import ERRORS, EVENTS
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


class ViberTransport(WebTransport):
    """Viber."""

    base_url = "https://chatapi.viber.com"
    traits = Traits(
        provider="viber",
        title="Viber",
        channel=Channel.VIBER,
        fields=(
            AccountField("token", "Токен бота", is_secret=True),
            AccountField("sender", "Имя отправителя", help_text="До 28 знаков."),
            AccountField("base_url", "Адрес сервера", is_required=False, default="https://chatapi.viber.com"),
        ),
        drops_repeats=False,
        is_foreign=True,
        max_length=7000,
        per_second=20.0,
        per_person_seconds=1.0,
        takes_replies=True,
    )

    async def _ask(self, path: str, line: Line, account: Account, question: dict[str, Any]) -> Reply:
        reply = await line.call(path, json=question, headers={"X-Viber-Auth-Token": account.values["token"]})
        data = reply.data or {}
        if reply.status == 200 and data.get("status") == 0:
            return reply
        failure = reply.failed(hooks.words(data.get("status_message")))
        code = data.get("status")
        if isinstance(code, int) and reply.status < 400:
            failure.outcome = ERRORS.get(code, (Verdict.REFUSED, Blame.OTHER))
            if failure.outcome == (Verdict.LATER, Blame.LIMIT):
                failure.retry_after = failure.retry_after or 1.0
        raise failure

    async def send_one(self, message: Outgoing, line: Line, account: Account) -> SendResult:
        """`tracking_data` carries our key; it comes back with what the person writes, not with receipts."""
        question = {
            "receiver": message.address,
            "type": "text",
            "text": message.text,
            "sender": {"name": account.values.get("sender", "")[:28]},
            "tracking_data": message.key,
        }
        reply = await self._ask("/pa/send_message", line, account, question)
        number = (reply.data or {}).get("message_token")
        if not number:
            raise reply.failed()
        return accepted(message, number)

    async def probe(self, line: Line, account: Account) -> SendResult:
        """Which bot the token is of."""
        await self._ask("/pa/get_account_info", line, account, {})
        return SendResult(key="", verdict=Verdict.ACCEPTED, detail="бот отвечает")

    async def subscribe(self, account: Account, url: str) -> SendResult:
        """Tell Viber where to call back."""
        question = {"url": url, "event_types": sorted(EVENTS), "send_name": False, "send_photo": False}
        try:
            await self._ask("/pa/set_webhook", self.lines.to(account), account, question)
        except CallFailed as trouble:
            return trouble.result("")
        return SendResult(key="", verdict=Verdict.ACCEPTED)

    def read_webhook(
        self, *, account: Account, method: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> WebhookReply:
        """Signed by the token of the bot."""
        token = account.values.get("token", "")
        hooks.must_match(
            hooks.header(headers, "X-Viber-Content-Signature"), hooks.hmac_sha256(token, body) if token else ""
        )
        data = hooks.read_json(body)
        kind = EVENTS.get(hooks.words(data.get("event")))
        if kind is None:
            return WebhookReply()
        number, stamp = hooks.words(data.get("message_token")), hooks.words(data.get("timestamp"))
        person = hooks.part(data, "sender", "id") or hooks.part(data, "user", "id") or data.get("user_id")
        is_receipt = kind in (EventKind.DELIVERED, EventKind.READ, EventKind.FAILED)
        text, media = hooks.part(data, "message", "text"), hooks.part(data, "message", "media")
        event = InboundEvent(
            event_id=f"{data['event']}:{number or stamp}",
            kind=kind,
            at=hooks.instant(stamp, per_second=1000),
            provider_id=number if is_receipt else "",
            address=hooks.words(person),
            text=hooks.words(text),
            payload=hooks.words(data.get("context")),
            blame=Blame.OTHER if kind is EventKind.FAILED else Blame.NONE,
            attachments=((hooks.words(hooks.part(data, "message", "type")), str(media)),) if media else (),
        )
        return WebhookReply(events=(event,))
