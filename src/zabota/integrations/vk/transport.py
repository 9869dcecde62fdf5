"""Adapter of VK: messages.send of a community, Callback API."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from zabota.integrations import hooks
from zabota.integrations.calls import Line, Reply
from zabota.integrations.sending import WebTransport, accepted
from zabota.integrations.vk.answers import PAUSE, outcome_of
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

VERSION = "5.199"
#: Limits of a keyboard inside a message: rows, letters of a title.
ROWS, TITLE = 6, 40


class VkTransport(WebTransport):
    """VK."""

    base_url = "https://api.vk.com"
    traits = Traits(
        provider="vk",
        title="VK",
        channel=Channel.VK,
        fields=(
            AccountField("token", "Ключ доступа сообщества", is_secret=True),
            AccountField("group_id", "Номер сообщества"),
            AccountField("confirmation", "Строка подтверждения", help_text="Из настроек Callback API сообщества."),
            AccountField("base_url", "Адрес сервера", is_required=False, default="https://api.vk.com"),
        ),
        drops_repeats=True,
        is_foreign=False,
        max_length=4096,
        per_second=20.0,
        per_person_seconds=1.0,
        has_receipts=False,
        takes_replies=True,
        takes_buttons=True,
    )

    async def _ask(self, method: str, line: Line, account: Account, question: dict[str, str]) -> Reply:
        form = {**question, "access_token": account.values["token"], "v": VERSION}
        reply = await line.call(f"/method/{method}", data=form)
        error = (reply.data or {}).get("error")
        if error is None and reply.status == 200:
            return reply
        words = hooks.words(hooks.part(error or {}, "error_msg"))
        failure = reply.failed(words)
        code = hooks.part(error or {}, "error_code")
        if isinstance(code, int) and reply.status < 500:
            failure.outcome = outcome_of(code, words)
            if failure.outcome == (Verdict.LATER, Blame.LIMIT) and code != 9:
                failure.retry_after = failure.retry_after or PAUSE
        raise failure

    async def send_one(self, message: Outgoing, line: Line, account: Account) -> SendResult:
        """`random_id` is our key: VK answers a repeat with the first message."""
        question = {
            "peer_id": message.address,
            "random_id": str(_number(message.key)),
            "message": message.text,
            "dont_parse_links": "1",
        }
        if buttons := _buttons(message):
            rows = [
                [{"action": {"type": "open_link", "link": url, "label": title[:TITLE]}}]
                for title, url in buttons[:ROWS]
            ]
            question["keyboard"] = json.dumps({"inline": True, "buttons": rows}, ensure_ascii=False)
        reply = await self._ask("messages.send", line, account, question)
        number = (reply.data or {}).get("response")
        if not isinstance(number, int):
            raise reply.failed()
        return accepted(message, number)

    async def probe(self, line: Line, account: Account) -> SendResult:
        """What the community's key may do."""
        reply = await self._ask("groups.getTokenPermissions", line, account, {})
        if "response" not in (reply.data or {}):
            raise reply.failed()
        return SendResult(key="", verdict=Verdict.ACCEPTED, detail="сообщество отвечает")

    def read_webhook(
        self, *, account: Account, method: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> WebhookReply:
        """The secret stands in the body itself; the first call asks for the string of confirmation."""
        try:
            data = hooks.read_json(body)
        except ValueError:
            raise SignatureWrong from None
        if hooks.words(data.get("group_id")) != account.values.get("group_id", ""):
            raise SignatureWrong
        if data.get("type") == "confirmation" and "secret" not in data:
            # VK asks before the secret is set; the string opens nothing but the setting of this very address.
            return WebhookReply(body=account.values.get("confirmation", ""))
        hooks.must_match(hooks.words(data.get("secret")), account.hook_secret)
        if data.get("type") == "confirmation":
            return WebhookReply(body=account.values.get("confirmation", ""))
        return WebhookReply(events=_events(data))


def _number(key: str) -> int:
    """Our key as the number that VK takes: positive, 31 bits."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % 2_147_483_646 + 1


def _buttons(message: Outgoing) -> tuple[tuple[str, str], ...]:
    if message.unsubscribe_url:
        return (*message.buttons, ("Не присылать рекламу", message.unsubscribe_url))
    return message.buttons


def _events(data: Mapping[str, Any]) -> tuple[InboundEvent, ...]:
    name = hooks.words(data.get("event_id"))
    if not name:
        raise ValueError("no event_id")
    about = data.get("object") or {}
    kind = data.get("type")
    if kind in ("message_allow", "message_deny"):
        event = InboundEvent(
            event_id=name,
            kind=EventKind.ALLOWED if kind == "message_allow" else EventKind.STOPPED,
            address=hooks.words(hooks.part(about, "user_id")),
            payload=hooks.words(hooks.part(about, "key")),
        )
        return (event,)
    if kind != "message_new":
        return ()
    message = hooks.part(about, "message") or {}
    person, at = hooks.words(message.get("from_id")), hooks.instant(message.get("date"))
    written = InboundEvent(
        event_id=name,
        kind=EventKind.INBOUND,
        at=at,
        address=person,
        text=hooks.words(message.get("text")),
        payload=hooks.words(message.get("payload")),
        attachments=_attachments(message.get("attachments")),
    )
    if token := hooks.words(message.get("ref")):
        # A link with a token leads to a talk: the first message carries it.
        return InboundEvent(
            event_id=f"{name}:ref", kind=EventKind.STARTED, at=at, address=person, payload=token
        ), written
    return (written,)


def _attachments(given: object) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for each in given if isinstance(given, list) else []:
        kind = hooks.words(hooks.part(each, "type"))
        if kind == "photo":
            sizes = hooks.part(each, "photo", "sizes")
            url = hooks.part(sizes[-1], "url") if isinstance(sizes, list) and sizes else ""
            found.append(("image", hooks.words(url)))
        elif kind == "doc":
            found.append(("document", hooks.words(hooks.part(each, "doc", "url"))))
    return tuple(found)
