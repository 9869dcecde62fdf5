"""Adapter of SMS.ru: a call takes a hundred phones; two messages to one phone go in separate calls.

Calls back are described at https://sms.ru/?panel=apps&subpanel=cb: SHA-256 of api_id and all data put together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from zabota.integrations import hooks
from zabota.integrations.calls import CallFailed, Line, Lines, Patience, Reply
from zabota.integrations.sending import FORM, accepted, digits, form_of, is_too_long, kopecks
from zabota.integrations.smsru.answers import ERRORS, STATES
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

#: Phones in one call.
WIDEST = 100


class SmsRuTransport:
    """SMS.ru."""

    base_url = "https://sms.ru"
    traits = Traits(
        provider="smsru",
        title="SMS.ru",
        channel=Channel.SMS,
        fields=(
            AccountField("api_id", "api_id", is_secret=True),
            AccountField("sender", "Имя отправителя", is_required=False, help_text="Как согласовано с SMS.ru."),
            AccountField("base_url", "Адрес сервера", is_required=False, default="https://sms.ru"),
        ),
        drops_repeats=False,
        is_foreign=False,
        max_length=800,
        per_second=100.0,
    )

    def __init__(self, patience: Patience | None = None) -> None:
        self.lines = Lines(self.base_url, patience or Patience())

    async def release(self) -> None:
        """Close what is kept open for the running loop."""
        await self.lines.release()

    async def send(self, batch: Sequence[Outgoing], account: Account) -> Sequence[SendResult]:
        """Offer the batch by hundreds. A call that failed tells the same of all its phones."""
        found: dict[str, SendResult] = {}
        stop: CallFailed | None = None
        try:
            line = self.lines.to(account)
            for each in batch:
                if is_too_long(each, self.traits):
                    found[each.key] = SendResult(key=each.key, verdict=Verdict.REFUSED, blame=Blame.TOO_LONG)
            for some in _calls([each for each in batch if each.key not in found]):
                if stop is not None:
                    found |= {each.key: stop.result(each.key) for each in some}
                    continue
                try:
                    found |= await self._send_some(some, line, account)
                except CallFailed as trouble:
                    found |= {each.key: trouble.result(each.key) for each in some}
                    stop = trouble
                    if trouble.outcome[0] is not Verdict.ACCOUNT:
                        stop = CallFailed((Verdict.LATER, Blame.DOWN), trouble.detail, trouble.retry_after)
        except CallFailed as trouble:
            found |= {each.key: trouble.result(each.key) for each in batch}
        return [found[each.key] for each in batch]

    async def _send_some(self, some: Sequence[Outgoing], line: Line, account: Account) -> dict[str, SendResult]:
        form = {"api_id": account.values["api_id"], "json": "1"}
        if sender := some[0].sender or account.values.get("sender"):
            form["from"] = sender
        form |= {f"to[{digits(each.address)}]": each.text for each in some}
        data = _checked(await line.call("/sms/send", content=form_of(form), headers=FORM))
        answers = data.get("sms")
        answers = answers if isinstance(answers, dict) else {}
        return {each.key: _one(each, answers.get(digits(each.address))) for each in some}

    async def check(self, account: Account) -> SendResult:
        """The balance."""
        try:
            line = self.lines.to(account)
            form = {"api_id": account.values["api_id"], "json": "1"}
            balance = kopecks(_checked(await line.call("/my/balance", data=form)).get("balance")) or 0
        except CallFailed as trouble:
            return trouble.result("")
        if balance <= 0:
            return SendResult(key="", verdict=Verdict.ACCOUNT, blame=Blame.NO_MONEY, detail="на счёте нет денег")
        return SendResult(key="", verdict=Verdict.ACCEPTED, detail=f"на счёте {balance // 100} ₽")

    async def look_up(self, keys: Sequence[tuple[str, str]], account: Account) -> Sequence[InboundEvent]:
        """States by the provider's numbers, a hundred at a time."""
        ours = {provider_id: key for key, provider_id in keys if provider_id}
        numbers = sorted(ours)
        events: list[InboundEvent] = []
        try:
            line = self.lines.to(account)
            for start in range(0, len(numbers), WIDEST):
                form = {
                    "api_id": account.values["api_id"],
                    "json": "1",
                    "sms_id": ",".join(numbers[start : start + WIDEST]),
                }
                answers = _checked(await line.call("/sms/status", data=form)).get("sms")
                for number, answer in (answers if isinstance(answers, dict) else {}).items():
                    event = _event(number, hooks.part(answer, "status_code"), key=ours.get(number, ""))
                    if event:
                        events.append(event)
        except CallFailed:
            pass
        return events

    def read_webhook(
        self, *, account: Account, method: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> WebhookReply:
        """Records data[0]…, signed by a hash over the key of the account and all of them; the answer is «100»."""
        try:
            form = hooks.read_form(body)
        except ValueError:
            raise SignatureWrong from None
        records = [value for name, value in form.items() if name.startswith("data[")]
        expected = hashlib.sha256((account.values["api_id"] + "".join(records)).encode()).hexdigest()
        hooks.must_match(form.get("hash", ""), expected)
        events = [event for record in records if (event := _record(record)) is not None]
        return WebhookReply(events=tuple(events), body="100")


def _calls(batch: Sequence[Outgoing]) -> list[list[Outgoing]]:
    """Split so that a phone stands once in a call, and that a call has one sender."""
    calls: list[tuple[str, dict[str, Outgoing]]] = []
    for each in batch:
        phone = digits(each.address)
        place = next(
            (call for sender, call in calls if sender == each.sender and phone not in call and len(call) < WIDEST),
            None,
        )
        if place is None:
            place = {}
            calls.append((each.sender, place))
        place[phone] = each
    return [list(call.values()) for _, call in calls]


def _checked(reply: Reply) -> dict[str, object]:
    data = reply.data or {}
    code = data.get("status_code")
    if reply.status == 200 and code == 100:
        return data
    failure = reply.failed(str(data.get("status_text", "")))
    if isinstance(code, int) and code in ERRORS:
        failure.outcome = ERRORS[code]
    raise failure


def _one(message: Outgoing, answer: object) -> SendResult:
    """What the call said of one phone; silence about it leaves its fate unknown."""
    if not isinstance(answer, dict):
        return SendResult(key=message.key, verdict=Verdict.UNKNOWN, blame=Blame.OTHER, detail="номера нет в ответе")
    code = answer.get("status_code")
    if code == 100:
        return accepted(message, answer.get("sms_id", ""), kopecks(answer.get("cost")))
    verdict, blame = ERRORS.get(code if isinstance(code, int) else 0, (Verdict.REFUSED, Blame.OTHER))
    return SendResult(key=message.key, verdict=verdict, blame=blame, detail=f"код {code}")


def _event(number: str, code: object, *, key: str = "", at: object = None) -> InboundEvent | None:
    if not str(code).isdecimal() or int(str(code)) not in STATES:
        return None
    kind, blame = STATES[int(str(code))]
    return InboundEvent(
        event_id=f"{number}:{code}",
        kind=kind,
        at=hooks.instant(at) if at else None,
        key=key,
        provider_id=number,
        blame=blame,
    )


def _record(record: str) -> InboundEvent | None:
    lines = record.split("\n")
    if lines[0] != "sms_status" or len(lines) < 3:
        return None
    return _event(lines[1], lines[2].strip(), at=lines[3] if len(lines) > 3 else None)
