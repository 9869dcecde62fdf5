"""Adapter of SMSC.ru. The provider drops no repeats, but a message carries our own number, so its fate can be asked.

Calls back are described at https://smsc.ru/api/http/miscellaneous/callback/: SHA-1 of id:phone:status:secret.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from zabota.integrations import hooks
from zabota.integrations.calls import Line, Reply
from zabota.integrations.sending import WebTransport, accepted, digits, kopecks
from zabota.integrations.smsc.answers import ERRORS, STATES
from zabota.messaging.api import (
    Account,
    AccountField,
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


class SmscTransport(WebTransport):
    """SMSC.ru."""

    base_url = "https://smsc.ru"
    traits = Traits(
        provider="smsc",
        title="SMSC.ru",
        channel=Channel.SMS,
        fields=(
            AccountField("login", "Логин"),
            AccountField("password", "Пароль для API", is_secret=True),
            AccountField("sender", "Имя отправителя", is_required=False, help_text="Как договорено с SMSC.ru."),
            AccountField("base_url", "Адрес сервера", is_required=False, default="https://smsc.ru"),
        ),
        drops_repeats=False,
        is_foreign=False,
        max_length=1000,
        per_second=20.0,
        takes_replies=True,
    )

    def provider_id_of(self, message: Outgoing) -> str:
        """Our number and the phone: SMSC.ru answers questions only for the pair."""
        return f"{_number(message.key)}:{digits(message.address)}"

    def _login(self, account: Account) -> dict[str, str]:
        return {"login": account.values["login"], "psw": account.values["password"]}

    async def send_one(self, message: Outgoing, line: Line, account: Account) -> SendResult:
        """POST with the password in the body, never in the address."""
        reply = await line.call(
            "/rest/send/",
            json={
                **self._login(account),
                "phones": digits(message.address),
                "mes": message.text,
                "sender": message.sender or account.values.get("sender", ""),
                "id": str(_number(message.key)),
                "fmt": 3,
                "cost": 3,
                "charset": "utf-8",
            },
        )
        data = self._checked(reply)
        if "id" not in data:
            raise reply.failed()
        return accepted(message, self.provider_id_of(message), kopecks(data.get("cost")))

    def _checked(self, reply: Reply) -> dict[str, object]:
        data = reply.data or {}
        code = data.get("error_code")
        if isinstance(code, int) and code in ERRORS and reply.status < 500:
            failure = reply.failed(str(data.get("error", "")))
            failure.outcome = ERRORS[code]
            if failure.outcome[0] is Verdict.LATER and failure.retry_after is None:
                failure.retry_after = 60.0
            raise failure
        if reply.status != 200 or "error" in data:
            raise reply.failed(str(data.get("error", "")))
        return data

    async def probe(self, line: Line, account: Account) -> SendResult:
        """The balance: below zero the account sends nothing."""
        reply = await line.call("/rest/balance/", json={**self._login(account), "fmt": 3})
        data = self._checked(reply)
        balance = kopecks(data.get("balance"))
        if balance is None:
            raise reply.failed()
        if balance <= 0:
            failure = reply.failed("на счёте нет денег")
            failure.outcome = ERRORS[3]
            raise failure
        return SendResult(key="", verdict=Verdict.ACCEPTED, detail=f"на счёте {balance // 100} ₽")

    async def ask(self, key: str, provider_id: str, line: Line, account: Account) -> InboundEvent | None:
        """The status by number and phone."""
        number, _, phone = provider_id.partition(":")
        reply = await line.call("/rest/status/", json={**self._login(account), "id": number, "phone": phone, "fmt": 3})
        return _event(self._checked(reply), provider_id, key)

    def read_webhook(
        self, *, account: Account, method: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> WebhookReply:
        """A form signed by a hash over its fields and the secret of the account."""
        form = _signed(body, account.hook_secret)
        if "mes" in form:
            event = InboundEvent(
                event_id=f"in:{form.get('sms_id') or hooks.digest(body)}",
                kind=EventKind.INBOUND,
                address=digits(form.get("phone", "")),
                text=form["mes"],
            )
            return WebhookReply(events=(event,))
        event_or_none = _event(form, f"{form['id']}:{digits(form['phone'])}", "")
        return WebhookReply(events=(event_or_none,) if event_or_none else ())


def _number(key: str) -> int:
    """Our key as the number that the provider takes: positive, 31 bits."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % 2_147_483_646 + 1


def _event(data: Mapping[str, object], provider_id: str, key: str) -> InboundEvent | None:
    try:
        state = int(str(data.get("status")))
    except ValueError:
        return None
    if state not in STATES:
        return None
    kind, blame = STATES[state]
    at = hooks.instant(data.get("ts") or data.get("last_timestamp"))
    return InboundEvent(
        event_id=f"{provider_id}:{state}", kind=kind, at=at, key=key, provider_id=provider_id, blame=blame
    )


def _signed(body: bytes, secret: str) -> dict[str, str]:
    """The fields, when the hash over them is right."""
    try:
        form = hooks.read_form(body)
        signed = ("phone", "mes", "to") if "mes" in form else ("id", "phone", "status")
        text = ":".join([*(form[name] for name in signed), secret])
    except (KeyError, ValueError):
        raise SignatureWrong from None
    if not secret:
        raise SignatureWrong
    hooks.must_match(form.get("sha1", ""), hashlib.sha1(text.encode()).hexdigest())  # noqa: S324 -- their scheme
    return form
