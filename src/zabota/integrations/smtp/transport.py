"""Adapter of e-mail: letters of a batch over a few connections, each keeping the next envelope in flight."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache

from zabota.integrations import hooks
from zabota.integrations.calls import CallFailed, Patience, trust_in
from zabota.integrations.kept import Kept
from zabota.integrations.smtp.returns import number_of, read_return, return_path
from zabota.integrations.smtp.session import Fate, Letter, Server, Session
from zabota.messaging.api import (
    Account,
    AccountField,
    Blame,
    Channel,
    InboundEvent,
    Outgoing,
    SendResult,
    Skeleton,
    Traits,
    Verdict,
    WebhookReply,
    compile_skeleton,
    html_of,
    letter,
)

#: Letters that make one more connection worth its greeting.
PER_CONNECTION = 20
_ADDRESS = re.compile(r"[^\s<>@,;:\"\\()\[\]\x00-\x20\x7f]{1,64}@[^\s<>@,;:\"\\()\x00-\x20\x7f]{1,190}")
_HERE = ("127.0.0.1", "::1", "localhost")


class SmtpTransport:
    """E-mail."""

    traits = Traits(
        provider="smtp",
        title="Электронная почта",
        channel=Channel.EMAIL,
        fields=(
            AccountField("host", "Почтовый сервер"),
            AccountField("port", "Порт", default="587"),
            AccountField(
                "security",
                "Шифрование",
                default="starttls",
                help_text="starttls, tls или none; none — только для сервера на этой же машине.",
            ),
            AccountField("login", "Логин", is_required=False),
            AccountField("password", "Пароль", is_secret=True, is_required=False),
            AccountField("sender", "Адрес отправителя"),
            AccountField("sender_name", "Имя отправителя", is_required=False),
            AccountField("reply_to", "Адрес для ответов", is_required=False),
            AccountField(
                "bounce_domain",
                "Домен для возвратов",
                is_required=False,
                help_text="Письма вернутся на b+…@этот-домен. Пусто — на адрес отправителя, без разбора.",
            ),
            AccountField(
                "dkim_selector",
                "Селектор DKIM",
                is_required=False,
                help_text="Имя ключа на почтовом сервере: по нему проверяется подпись домена.",
            ),
            AccountField("connections", "Соединений сразу", is_required=False, default="8"),
            AccountField(
                "ca_bundle",
                "Корневой сертификат",
                is_required=False,
                help_text="Текст PEM, если у сервера свой удостоверяющий центр.",
            ),
            AccountField("imap_host", "Ящик возвратов: сервер IMAP", is_required=False),
            AccountField("imap_login", "Ящик возвратов: логин", is_required=False),
            AccountField("imap_password", "Ящик возвратов: пароль", is_secret=True, is_required=False),
            AccountField("maildir", "Ящик возвратов: папка Maildir", is_required=False),
        ),
        drops_repeats=False,
        is_foreign=False,
        max_length=0,
        per_second=20_000.0,
        takes_buttons=True,
        # What failed comes back; of what arrived nobody tells.
        confirms_delivery=False,
    )

    def __init__(self, patience: Patience | None = None) -> None:
        self.patience = patience or Patience()
        self._kept: Kept[list[Session]] = Kept()

    async def send(self, batch: Sequence[Outgoing], account: Account) -> Sequence[SendResult]:
        """Send over as many connections as the batch is worth."""
        results: dict[str, SendResult] = {}
        letters: list[Letter] = []
        for message in batch:
            try:
                letters.append(written(message, account))
            except ValueError as trouble:
                blame = Blame.BAD_ADDRESS if str(trouble) == "address" else Blame.CONTENT
                results[message.key] = SendResult(key=message.key, verdict=Verdict.REFUSED, blame=blame)
        if letters:
            results |= await self._send_all(letters, account)
        return [results[message.key] for message in batch]

    async def _send_all(self, letters: list[Letter], account: Account) -> dict[str, SendResult]:
        try:
            server = _server(account)
        except CallFailed as trouble:
            return {each.key: trouble.result(each.key) for each in letters}
        most = _whole(account.values.get("connections", ""), 8)
        width = max(1, min(most, -(-len(letters) // PER_CONNECTION)))
        shares = [letters[start::width] for start in range(width)]
        idle = self._kept.here().setdefault(server, [])
        found = await asyncio.gather(*(self._send_share(share, server, idle) for share in shares))
        return {key: result for share in found for key, result in share.items()}

    async def _send_share(self, share: list[Letter], server: Server, idle: list[Session]) -> dict[str, SendResult]:
        fates: dict[str, Fate] = {}
        if idle:
            fates = await self._offer(share, idle.pop(), idle)
        if not fates:
            # None kept, or the server hung up meanwhile: nothing has left.
            session = Session(server, self.patience)
            try:
                await session.open()
            except CallFailed as trouble:
                await session.close()
                return {each.key: trouble.result(each.key) for each in share}
            fates = await self._offer(share, session, idle)
        rest = _rest(fates)
        return {each.key: _result(each, fates.get(each.key, rest)) for each in share}

    async def _offer(self, share: list[Letter], session: Session, idle: list[Session]) -> dict[str, Fate]:
        fates = await session.send(share)
        if session.is_good:
            idle.append(session)
        else:
            await session.close()
        return fates

    async def release(self) -> None:
        """Close what is kept open for the running loop."""
        for idle in self._kept.take_all():
            for session in idle:
                await session.close()

    async def check(self, account: Account) -> SendResult:
        """Connect and log in, nothing more."""
        try:
            session = Session(_server(account), self.patience)
            try:
                await session.open()
            finally:
                await session.close()
        except CallFailed as trouble:
            return trouble.result("")
        return SendResult(key="", verdict=Verdict.ACCEPTED, detail="сервер принял вход")

    async def look_up(self, keys: Sequence[tuple[str, str]], account: Account) -> Sequence[InboundEvent]:
        """A mail server is not asked: what failed comes back by itself."""
        return []

    def read_webhook(
        self, *, account: Account, method: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> WebhookReply:
        """A returned letter as the mail server of the clinic pipes it here, with the secret in a header."""
        hooks.must_match(hooks.header(headers, "X-Zabota-Secret"), account.hook_secret)
        event = read_return(body, secret=account.hook_secret)
        return WebhookReply(events=(event,) if event else ())


def written(message: Outgoing, account: Account) -> Letter:
    """The letter and its envelope. Raises ValueError("address") or ValueError for a line break in a header."""
    values = account.values
    recipient = _recipient(message.address)
    number = number_of(message.key)
    sender = message.sender or values["sender"]
    domain = values.get("bounce_domain", "")
    text = message.text
    if message.buttons:
        text = "\n".join([text, "", *(f"{title}: {url}" for title, url in message.buttons)])
    has_html = bool(message.html or message.buttons)
    skeleton = _skeleton(
        sender,
        message.sender_name or values.get("sender_name", ""),
        # Answers to a neutral address must not betray the other one.
        "" if message.sender else values.get("reply_to", ""),
        has_html,
        bool(message.unsubscribe_url),
    )
    body = letter(
        skeleton,
        to=recipient,
        subject=" ".join(message.subject.split()),
        text=text,
        key=number,
        html=(message.html or html_of(message.text, buttons=message.buttons)) if has_html else "",
        unsubscribe_url=message.unsubscribe_url,
        date=float(int(time.time())),
    )
    path = return_path(number, domain=domain, secret=account.hook_secret) if domain else sender
    return Letter(key=message.key, number=number, sender=path, recipient=recipient, body=body)


@lru_cache(maxsize=64)
def _skeleton(sender: str, name: str, reply_to: str, has_html: bool, is_unsubscribable: bool) -> Skeleton:
    return compile_skeleton(
        sender_address=sender,
        sender_name=name,
        reply_to=reply_to,
        with_html=has_html,
        unsubscribable=is_unsubscribable,
    )


def _recipient(address: str) -> str:
    """An address that can stand in a command; a national domain is put into Latin letters."""
    if not _ADDRESS.fullmatch(address):
        raise ValueError("address")
    local, _, domain = address.rpartition("@")
    try:
        return f"{local.encode('ascii').decode()}@{_domain(domain)}"
    except UnicodeError:
        raise ValueError("address") from None


@lru_cache(maxsize=4096)
def _domain(name: str) -> str:
    return name.encode("idna").decode()


def _server(account: Account) -> Server:
    values = account.values
    host, security = values["host"].strip(), values.get("security", "starttls") or "starttls"
    if security not in ("starttls", "tls", "none") or (security == "none" and host not in _HERE):
        raise CallFailed((Verdict.ACCOUNT, Blame.OTHER), "без шифрования письма уходят только внутри этой машины")
    return Server(
        host=host,
        port=_whole(values.get("port", ""), 587),
        security=security,
        context=trust_in(values.get("ca_bundle", "")),
        name=values["sender"].rpartition("@")[2] or "localhost",
        login=values.get("login", ""),
        password=values.get("password", ""),
    )


def _whole(text: str, otherwise: int) -> int:
    return int(text) if text.strip().isdecimal() and 0 < int(text) < 65_536 else otherwise


def _rest(fates: dict[str, Fate]) -> Fate:
    """What is said of letters that were not offered: the account failed, or the connection did."""
    for fate in fates.values():
        if fate.outcome[0] is Verdict.ACCOUNT:
            return fate
    return Fate((Verdict.LATER, Blame.DOWN), "соединение закрылось раньше")


def _result(each: Letter, fate: Fate) -> SendResult:
    verdict, blame = fate.outcome
    has_left = verdict in (Verdict.ACCEPTED, Verdict.UNKNOWN)
    return SendResult(
        key=each.key,
        verdict=verdict,
        blame=blame,
        provider_id=each.number if has_left else "",
        detail=fate.detail,
    )
