"""Adapter of MAX. Its certificates are signed by the ministry's authority, which is believed for this account alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zabota.integrations import hooks
from zabota.integrations.calls import CallFailed, Line, Reply
from zabota.integrations.fetching import fetch
from zabota.integrations.max.answers import BY_STATUS, ERRORS, EVENTS
from zabota.integrations.sending import WebTransport, accepted
from zabota.messaging.api import (
    Account,
    AccountField,
    Channel,
    EventKind,
    InboundEvent,
    Outgoing,
    SendResult,
    Traits,
    Verdict,
    WebhookReply,
)

#: Limits of a keyboard: letters of a title.
TITLE = 128


class MaxTransport(WebTransport):
    """MAX."""

    base_url = "https://platform-api2.max.ru"
    traits = Traits(
        provider="max",
        title="MAX",
        channel=Channel.MAX,
        fields=(
            AccountField("token", "Токен бота", is_secret=True),
            AccountField("bot_name", "Имя бота", help_text="То, что стоит в ссылке max.ru/… после косой черты."),
            AccountField(
                "ca_bundle",
                "Корневой сертификат",
                is_required=False,
                help_text="Сертификат Минцифры в виде текста PEM. Ему будет верить только этот канал.",
            ),
            AccountField("base_url", "Адрес сервера", is_required=False, default="https://platform-api2.max.ru"),
        ),
        drops_repeats=False,
        is_foreign=False,
        max_length=4000,
        per_second=30.0,
        per_person_seconds=0.5,
        has_receipts=False,
        takes_replies=True,
        takes_buttons=True,
    )

    async def _ask(
        self,
        path: str,
        line: Line,
        account: Account,
        *,
        method: str = "POST",
        is_about_person: bool = False,
        **parts: Any,
    ) -> Reply:
        headers = {"Authorization": account.values["token"]}
        reply = await line.call(path, method=method, headers=headers, **parts)
        data = reply.data or {}
        if reply.status == 200:
            return reply
        code = str(data.get("code", ""))
        failure = reply.failed(f"{code} {data.get('message', '')}")
        if reply.status < 500:
            by_status = BY_STATUS.get(reply.status, failure.outcome) if is_about_person else failure.outcome
            failure.outcome = ERRORS.get(code, by_status)
        raise failure

    async def send_one(self, message: Outgoing, line: Line, account: Account) -> SendResult:
        """A text with buttons that are links."""
        rows = [[{"type": "link", "text": title[:TITLE], "url": url}] for title, url in _buttons(message)]
        body: dict[str, Any] = {"text": message.text, "notify": True}
        if rows:
            body["attachments"] = [{"type": "inline_keyboard", "payload": {"buttons": rows}}]
        reply = await self._ask(
            "/messages", line, account, is_about_person=True, params={"user_id": message.address}, json=body
        )
        mid = hooks.part(reply.data or {}, "message", "body", "mid")
        if not mid:
            raise reply.failed()
        return accepted(message, mid)

    async def probe(self, line: Line, account: Account) -> SendResult:
        """Who the bot is."""
        reply = await self._ask("/me", line, account, method="GET")
        if not (reply.data or {}).get("user_id"):
            raise reply.failed()
        return SendResult(key="", verdict=Verdict.ACCEPTED, detail="бот отвечает")

    async def subscribe(self, account: Account, url: str) -> SendResult:
        """Tell MAX where to call back."""
        body = {"url": url, "update_types": sorted(EVENTS), "secret": account.hook_secret}
        try:
            await self._ask("/subscriptions", self.lines.to(account), account, json=body)
        except CallFailed as trouble:
            return trouble.result("")
        return SendResult(key="", verdict=Verdict.ACCEPTED)

    async def picture(self, reference: str, account: Account) -> bytes:
        """MAX names the address of a picture itself. Raises FileRefused, FileLater."""
        return await fetch(reference, account=account, base_url=self.base_url, patience=self.file_patience)

    def read_webhook(
        self, *, account: Account, method: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> WebhookReply:
        """The secret comes in a header; an update has no number, so what it says is its name."""
        hooks.must_match(hooks.header(headers, "X-Max-Bot-Api-Secret"), account.hook_secret)
        data = hooks.read_json(body)
        kind = EVENTS.get(hooks.words(data.get("update_type")))
        if kind is None or (hooks.part(data, "message", "sender", "is_bot") and kind is EventKind.INBOUND):
            return WebhookReply()
        return WebhookReply(events=(_event(kind, data),))


def _buttons(message: Outgoing) -> tuple[tuple[str, str], ...]:
    if message.unsubscribe_url:
        return (*message.buttons, ("Не присылать рекламу", message.unsubscribe_url))
    return message.buttons


def _event(kind: EventKind, data: Mapping[str, Any]) -> InboundEvent:
    stamp = hooks.words(data.get("timestamp"))
    if kind is EventKind.INBOUND:
        body = hooks.part(data, "message", "body") or {}
        person, name = hooks.part(data, "message", "sender", "user_id"), hooks.part(body, "mid")
        text, payload = hooks.words(hooks.part(body, "text")), ""
        attachments = _attachments(hooks.part(body, "attachments"))
    elif kind is EventKind.PRESSED:
        person, name = hooks.part(data, "callback", "user", "user_id"), hooks.part(data, "callback", "callback_id")
        text, payload, attachments = "", hooks.words(hooks.part(data, "callback", "payload")), ()
    else:
        person = hooks.part(data, "user", "user_id")
        name = person
        text, payload, attachments = "", hooks.words(data.get("payload")), ()
    if person is None:
        raise ValueError("nobody")
    return InboundEvent(
        event_id=f"{data['update_type']}:{stamp}:{name}",
        kind=kind,
        at=hooks.instant(stamp, per_second=1000),
        address=str(person),
        text=text,
        payload=payload,
        attachments=attachments,
    )


def _attachments(given: object) -> tuple[tuple[str, str], ...]:
    """Pictures and files by their addresses. A card of a contact proves nothing about who sent it."""
    found: list[tuple[str, str]] = []
    for each in given if isinstance(given, list) else []:
        kind = hooks.words(hooks.part(each, "type"))
        if kind == "contact":
            found.append(("contact_unproven", ""))
        elif kind in ("image", "file", "video", "audio"):
            found.append((kind, hooks.words(hooks.part(each, "payload", "url"))))
    return tuple(found)
