"""Adapter of Telegram's Bot API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from zabota.integrations import hooks
from zabota.integrations.calls import CallFailed, Line, Reply
from zabota.integrations.fetching import GONE, TOO_LARGE, FileLater, FileRefused, fetch
from zabota.integrations.pictures import LARGEST
from zabota.integrations.sending import WebTransport, accepted
from zabota.integrations.telegram.answers import ERRORS, REFUSALS
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

#: What we ask Telegram to call us for.
UPDATES = ("message", "callback_query", "my_chat_member")
#: The way to a file as Telegram names it.
_WAY = re.compile(r"[\w.-]+(?:/[\w.-]+)*", re.ASCII)


class TelegramTransport(WebTransport):
    """Telegram."""

    base_url = "https://api.telegram.org"
    traits = Traits(
        provider="telegram",
        title="Telegram",
        channel=Channel.TELEGRAM,
        fields=(
            AccountField("token", "Токен бота", is_secret=True, help_text="Выдаёт @BotFather."),
            AccountField("bot_name", "Имя бота", help_text="То, что стоит в ссылке t.me/… после косой черты."),
            AccountField("base_url", "Адрес сервера", is_required=False, default="https://api.telegram.org"),
        ),
        drops_repeats=False,
        is_foreign=True,
        max_length=4096,
        per_second=30.0,
        per_person_seconds=1.0,
        has_receipts=False,
        takes_replies=True,
        takes_buttons=True,
    )

    async def _ask(self, method: str, line: Line, account: Account, question: dict[str, Any]) -> Reply:
        reply = await line.call(f"/bot{account.values['token']}/{method}", json=question)
        data = reply.data or {}
        if data.get("ok") is True and reply.status == 200:
            return reply
        said = hooks.words(data.get("description")).lower()
        wait = hooks.part(data, "parameters", "retry_after")
        failure = reply.failed(said, float(wait) if isinstance(wait, int | float) else None)
        code = data.get("error_code")
        if isinstance(code, int) and code < 500 and data.get("ok") is False:
            by_code = ERRORS.get(code, failure.outcome)
            failure.outcome = next((outcome for part, outcome in REFUSALS if part in said), by_code)
        raise failure

    async def send_one(self, message: Outgoing, line: Line, account: Account) -> SendResult:
        """Plain text, so that no sign of a name is taken for mark-up; buttons are links."""
        rows = [[{"text": title, "url": url}] for title, url in _buttons(message)]
        question: dict[str, Any] = {
            "chat_id": message.address,
            "text": message.text,
            "link_preview_options": {"is_disabled": True},
        }
        if rows:
            question["reply_markup"] = {"inline_keyboard": rows}
        reply = await self._ask("sendMessage", line, account, question)
        number = hooks.part(reply.data or {}, "result", "message_id")
        if number is None:
            raise reply.failed()
        return accepted(message, f"{message.address}:{number}")

    async def probe(self, line: Line, account: Account) -> SendResult:
        """Who the bot is."""
        await self._ask("getMe", line, account, {})
        return SendResult(key="", verdict=Verdict.ACCEPTED, detail="бот отвечает")

    async def subscribe(self, account: Account, url: str) -> SendResult:
        """Tell Telegram where to call back."""
        question = {"url": url, "secret_token": account.hook_secret, "allowed_updates": list(UPDATES)}
        try:
            await self._ask("setWebhook", self.lines.to(account), account, question)
        except CallFailed as trouble:
            return trouble.result("")
        return SendResult(key="", verdict=Verdict.ACCEPTED)

    async def picture(self, reference: str, account: Account) -> bytes:
        """Telegram is asked where the file lies; the way to it is good for an hour. Raises FileRefused, FileLater."""
        try:
            reply = await self._ask("getFile", self.lines.to(account), account, {"file_id": reference})
        except CallFailed as trouble:
            if trouble.outcome[0] is Verdict.REFUSED:
                raise FileRefused(TOO_LARGE if "too big" in trouble.detail else GONE) from None
            raise FileLater from None
        data = reply.data or {}
        way, size = hooks.words(hooks.part(data, "result", "file_path")), hooks.part(data, "result", "file_size")
        if isinstance(size, int) and size > LARGEST:
            raise FileRefused(TOO_LARGE)
        if not _WAY.fullmatch(way) or ".." in way:
            raise FileRefused(GONE)
        base = (account.values.get("base_url") or self.base_url).rstrip("/")
        url = f"{base}/file/bot{account.values['token']}/{way}"
        return await fetch(url, account=account, base_url=self.base_url, patience=self.file_patience)

    def read_webhook(
        self, *, account: Account, method: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> WebhookReply:
        """The secret comes in a header; an update has its number."""
        hooks.must_match(hooks.header(headers, "X-Telegram-Bot-Api-Secret-Token"), account.hook_secret)
        data = hooks.read_json(body)
        number = data.get("update_id")
        if not isinstance(number, int):
            raise ValueError("no update_id")
        event = _event(str(number), data)
        return WebhookReply(events=(event,) if event else ())


def _buttons(message: Outgoing) -> tuple[tuple[str, str], ...]:
    if message.unsubscribe_url:
        return (*message.buttons, ("Не присылать рекламу", message.unsubscribe_url))
    return message.buttons


def _event(number: str, data: Mapping[str, Any]) -> InboundEvent | None:
    """Only private talks: what is said in a group is not said to the clinic."""
    if callback := data.get("callback_query"):
        person = hooks.part(callback, "from", "id")
        return InboundEvent(
            event_id=number,
            kind=EventKind.PRESSED,
            address=hooks.words(person),
            payload=hooks.words(hooks.part(callback, "data")),
        )
    if member := data.get("my_chat_member"):
        if hooks.part(member, "chat", "type") != "private":
            return None
        state = hooks.part(member, "new_chat_member", "status")
        kind = {"kicked": EventKind.STOPPED, "member": EventKind.ALLOWED}.get(hooks.words(state))
        if kind is None:
            return None
        return InboundEvent(
            event_id=number,
            kind=kind,
            at=hooks.instant(hooks.part(member, "date")),
            address=hooks.words(hooks.part(member, "chat", "id")),
        )
    message = data.get("message")
    if not isinstance(message, dict) or hooks.part(message, "chat", "type") != "private":
        return None
    text = hooks.words(message.get("text") or message.get("caption"))
    command, _, payload = text.partition(" ")
    is_start = command == "/start"
    return InboundEvent(
        event_id=number,
        kind=EventKind.STARTED if is_start else EventKind.INBOUND,
        at=hooks.instant(message.get("date")),
        address=hooks.words(hooks.part(message, "chat", "id")),
        text="" if is_start else text,
        payload=payload.strip() if is_start else "",
        attachments=_attachments(message),
    )


def _attachments(message: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Files by their ids; a contact counts only when it is the sender's own."""
    found: list[tuple[str, str]] = []
    photos = message.get("photo")
    if isinstance(photos, list) and photos:
        found.append(("image", hooks.words(hooks.part(photos[-1], "file_id"))))
    for kind in ("document", "voice", "video"):
        if part := hooks.part(message, kind, "file_id"):
            found.append((kind, str(part)))
    if contact := message.get("contact"):
        owner = hooks.part(contact, "user_id")
        is_own = owner is not None and owner == hooks.part(message, "from", "id")
        found.append(
            ("contact", hooks.words(hooks.part(contact, "phone_number"))) if is_own else ("contact_unproven", "")
        )
    return tuple(found)
