"""Adapter of WhatsApp Business Cloud. Our key travels as `biz_opaque_callback_data` and comes back with receipts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from zabota.integrations import hooks
from zabota.integrations.calls import Line, Reply
from zabota.integrations.sending import WebTransport, accepted, digits
from zabota.integrations.whatsapp.answers import ERRORS, OF_ONE_PERSON, STATES
from zabota.messaging.api import (
    Account,
    AccountField,
    Blame,
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


class WhatsAppTransport(WebTransport):
    """WhatsApp Business Cloud."""

    base_url = "https://graph.facebook.com"
    traits = Traits(
        provider="whatsapp",
        title="WhatsApp",
        channel=Channel.WHATSAPP,
        fields=(
            AccountField("token", "Постоянный токен", is_secret=True),
            AccountField("phone_number_id", "Phone number ID"),
            AccountField("app_secret", "Секрет приложения", is_secret=True),
            AccountField(
                "template", "Имя шаблона", is_required=False, help_text="Одобренный шаблон с одной переменной."
            ),
            AccountField("version", "Версия интерфейса", is_required=False, default="v23.0"),
            AccountField("base_url", "Адрес сервера", is_required=False, default="https://graph.facebook.com"),
        ),
        drops_repeats=False,
        is_foreign=True,
        max_length=4096,
        per_second=20.0,
        per_person_seconds=6.0,
        takes_replies=True,
    )

    async def _ask(self, path: str, line: Line, account: Account, **parts: Any) -> Reply:
        values = account.values
        reply = await line.call(
            f"/{values.get('version') or 'v23.0'}/{values['phone_number_id']}{path}",
            headers={"Authorization": f"Bearer {values['token']}"},
            **parts,
        )
        error = (reply.data or {}).get("error")
        if error is None and reply.status == 200:
            return reply
        failure = reply.failed(hooks.words(hooks.part(error or {}, "message")))
        code = hooks.part(error or {}, "code")
        if isinstance(code, int) and code in ERRORS:
            failure.outcome = ERRORS[code]
            if failure.outcome == (Verdict.LATER, Blame.LIMIT) and code not in OF_ONE_PERSON:
                failure.retry_after = failure.retry_after or 1.0
        raise failure

    async def send_one(self, message: Outgoing, line: Line, account: Account) -> SendResult:
        """By the approved template when the account names one; else text, which is taken within a day of an answer."""
        body: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": digits(message.address),
            "biz_opaque_callback_data": message.key,
        }
        if template := account.values.get("template"):
            text = " ".join(message.text.split())
            body |= {
                "type": "template",
                "template": {
                    "name": template,
                    "language": {"code": "ru"},
                    "components": [{"type": "body", "parameters": [{"type": "text", "text": text}]}],
                },
            }
        else:
            body |= {"type": "text", "text": {"body": message.text, "preview_url": False}}
        reply = await self._ask("/messages", line, account, json=body)
        taken = (reply.data or {}).get("messages")
        number = hooks.part(taken[0], "id") if isinstance(taken, list) and taken else None
        if not number:
            raise reply.failed()
        return accepted(message, number)

    async def probe(self, line: Line, account: Account) -> SendResult:
        """Which number the account holds."""
        reply = await self._ask("", line, account, method="GET")
        if not (reply.data or {}).get("id"):
            raise reply.failed()
        return SendResult(key="", verdict=Verdict.ACCEPTED, detail="номер найден")

    def read_webhook(
        self, *, account: Account, method: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> WebhookReply:
        """GET shakes hands; POST is signed by the secret of the application."""
        if method == "GET":
            hooks.must_match(query.get("hub.verify_token", ""), account.hook_secret)
            return WebhookReply(body=query.get("hub.challenge", "")[:200])
        secret = account.values.get("app_secret", "")
        if not secret:
            raise SignatureWrong
        expected = f"sha256={hooks.hmac_sha256(secret, body)}"
        hooks.must_match(hooks.header(headers, "X-Hub-Signature-256"), expected)
        data = hooks.read_json(body)
        events: list[InboundEvent] = []
        for value in _values(data):
            events += [_state(each) for each in value.get("statuses") or [] if each.get("status") in STATES]
            events += [_written(each) for each in value.get("messages") or []]
        return WebhookReply(events=tuple(events))


def _values(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for entry in data.get("entry") or []:
        for change in hooks.part(entry, "changes") or []:
            value = hooks.part(change, "value")
            if isinstance(value, Mapping):
                yield value


def _state(status: Mapping[str, Any]) -> InboundEvent:
    errors = status.get("errors")
    code = hooks.part(errors[0], "code") if isinstance(errors, list) and errors else None
    _, blame = ERRORS.get(code if isinstance(code, int) else 0, (Verdict.REFUSED, Blame.OTHER))
    kind = STATES[status["status"]]
    return InboundEvent(
        event_id=f"{status.get('id')}:{status['status']}",
        kind=kind,
        at=hooks.instant(status.get("timestamp")),
        key=hooks.words(status.get("biz_opaque_callback_data")),
        provider_id=hooks.words(status.get("id")),
        blame=blame if kind is EventKind.FAILED else Blame.NONE,
    )


def _written(message: Mapping[str, Any]) -> InboundEvent:
    pressed = hooks.part(message, "button", "payload") or hooks.part(message, "interactive", "button_reply", "id")
    attachments = tuple(
        (kind, hooks.words(hooks.part(message, kind, "id")))
        for kind in ("image", "document", "audio", "video")
        if hooks.part(message, kind, "id")
    )
    return InboundEvent(
        event_id=hooks.words(message.get("id")),
        kind=EventKind.PRESSED if pressed else EventKind.INBOUND,
        at=hooks.instant(message.get("timestamp")),
        address=hooks.words(message.get("from")),
        text=hooks.words(hooks.part(message, "text", "body") or hooks.part(message, "button", "text")),
        payload=hooks.words(pressed),
        attachments=attachments,
    )
