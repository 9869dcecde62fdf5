"""Adapter of SMS Aero. One gateway only, https only: a failed certificate is a failed sending."""

from __future__ import annotations

import json
from collections.abc import Mapping

from zabota.integrations import hooks
from zabota.integrations.calls import Line, Reply
from zabota.integrations.sending import WebTransport, accepted, digits, kopecks
from zabota.integrations.smsaero.answers import REFUSALS, STATES
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


class SmsAeroTransport(WebTransport):
    """SMS Aero."""

    base_url = "https://gate.smsaero.ru"
    traits = Traits(
        provider="smsaero",
        title="SMS Aero",
        channel=Channel.SMS,
        fields=(
            AccountField("email", "E-mail учётной записи"),
            AccountField("api_key", "Ключ API", is_secret=True),
            AccountField("sign", "Подпись", default="SMS Aero", help_text="Имя отправителя из кабинета."),
            AccountField("base_url", "Адрес сервера", is_required=False, default="https://gate.smsaero.ru"),
        ),
        drops_repeats=False,
        is_foreign=False,
        max_length=640,
        per_second=20.0,
    )

    async def _ask(self, path: str, line: Line, account: Account, question: dict[str, object]) -> dict[str, object]:
        reply = await line.call(path, json=question, auth=(account.values["email"], account.values["api_key"]))
        return _checked(reply)

    async def send_one(self, message: Outgoing, line: Line, account: Account) -> SendResult:
        """The answer brings the provider's number; our key has no place there."""
        question: dict[str, object] = {
            "number": digits(message.address),
            "text": message.text,
            "sign": message.sender or account.values.get("sign") or "SMS Aero",
        }
        data = await self._ask("/v2/sms/send", line, account, question)
        return accepted(message, data["id"], kopecks(data.get("cost")))

    async def probe(self, line: Line, account: Account) -> SendResult:
        """The balance."""
        data = await self._ask("/v2/balance", line, account, {})
        balance = kopecks(data.get("balance")) or 0
        if balance <= 0:
            return SendResult(key="", verdict=Verdict.ACCOUNT, blame=Blame.NO_MONEY, detail="на счёте нет денег")
        return SendResult(key="", verdict=Verdict.ACCEPTED, detail=f"на счёте {balance // 100} ₽")

    async def ask(self, key: str, provider_id: str, line: Line, account: Account) -> InboundEvent | None:
        """The status by the provider's number."""
        if not provider_id:
            return None
        return _event(await self._ask("/v2/sms/status", line, account, {"id": int(provider_id)}), key)

    def read_webhook(
        self, *, account: Account, method: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> WebhookReply:
        """SMS Aero signs nothing: the secret stands in the address that was given to it."""
        hooks.must_match(query.get("secret", ""), account.hook_secret)
        data = hooks.read_json(body) if body.lstrip()[:1] == b"{" else dict(hooks.read_form(body))
        event = _event(data, "")
        return WebhookReply(events=(event,) if event else ())


def _checked(reply: Reply) -> dict[str, object]:
    """The data of a good answer. Its absence in an answer that claims success leaves the fate unknown."""
    answer = reply.data or {}
    data = answer.get("data")
    if reply.status == 200 and answer.get("success") is True and isinstance(data, dict):
        return data
    said = json.dumps([answer.get("message"), data], ensure_ascii=False)
    failure = reply.failed(str(answer.get("message", "")))
    if reply.status < 500 and reply.status not in (401, 403, 429) and answer.get("success") is False:
        failure.outcome = next(
            (outcome for part, outcome in REFUSALS if part in said.lower()), (Verdict.REFUSED, Blame.OTHER)
        )
        if reply.status == 402:
            failure.outcome = (Verdict.ACCOUNT, Blame.NO_MONEY)
    raise failure


def _event(data: Mapping[str, object], key: str) -> InboundEvent | None:
    number, state = str(data.get("id", "")), str(data.get("status", ""))
    if not number or not state.isdecimal() or int(state) not in STATES:
        return None
    kind, blame = STATES[int(state)]
    if kind is EventKind.FAILED and "block" in str(data.get("extendStatus", "")).lower():
        blame = Blame.OPERATOR_BLOCKED
    return InboundEvent(
        event_id=f"{number}:{state}",
        kind=kind,
        at=hooks.instant(data.get("dateAnswer")) if data.get("dateAnswer") else None,
        key=key,
        provider_id=number,
        blame=blame,
    )
