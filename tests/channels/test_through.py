"""From the outbox through a real adapter to the provider and back: the emulator's ledger against our own journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.test import Client

from tests.channels.contenders import CONTENDERS
from tests.emulator import Emulator, Fault, address_with
from zabota.clinic.models import Clinic
from zabota.integrations.calls import Patience
from zabota.integrations.smsc.transport import SmscTransport
from zabota.kernel import clock
from zabota.kernel.audit import SYSTEM
from zabota.kernel.scope import clinic_scope
from zabota.messaging.api import (
    NewMessage,
    account_view,
    apply_receipts,
    drain,
    enqueue,
    ensure_templates,
    register_transport,
    save_account,
    switch_account,
    transports,
)
from zabota.messaging.models import ChannelAccount, Message

NOW = datetime(2026, 11, 20, 9, 15, tzinfo=UTC)
SMSC = next(each for each in CONTENDERS if each.name == "smsc")

#: Fault: the state in which its message ends.
ENDS = {
    Fault.OK: "delivered",
    Fault.SLOW: "delivered",
    Fault.WRONG_TYPE: "delivered",
    # The answer was lost, and the receipt says what became of the message.
    Fault.ANSWER_LOST: "delivered",
    Fault.TRUNCATED: "delivered",
    Fault.RECEIPT_FIRST: "delivered",
    Fault.RECEIPT_TWICE: "delivered",
    Fault.RECEIPT_BACKWARDS: "delivered",
    Fault.RECEIPT_REPLAYED: "delivered",
    Fault.RECEIPT_LATE: "delivered",
    Fault.RECEIPT_FROM_THE_FUTURE: "delivered",
    Fault.RECEIPT_FROM_THE_PAST: "delivered",
    Fault.RECEIPT_OF_NOBODY: "accepted",
    Fault.RECEIPT_FORGED: "accepted",
    Fault.RECEIPT_FAILED: "failed",
    Fault.BAD_RECIPIENT: "failed",
    Fault.OPERATOR_BLOCKED: "failed",
    Fault.CAPTIVE_PORTAL: "unknown",
}


@pytest.fixture
def account(db: None, emulator: Emulator) -> Iterator[ChannelAccount]:
    before = transports()["smsc"]
    register_transport(SmscTransport(Patience(connect=5.0, total=10.0)))
    clinic = Clinic.objects.create(name="Улыбка", time_zone="Europe/Moscow")
    ensure_templates(clinic=clinic, actor=SYSTEM, now=NOW)
    account = save_account(
        clinic=clinic,
        provider="smsc",
        title="",
        values={**SMSC.values, "base_url": emulator.url},
        actor=SYSTEM,
        now=NOW,
    )
    switch_account(account=account, is_on=True, actor=SYSTEM, now=NOW)
    secrets = dict(emulator.secrets)
    emulator.secrets["smsc"] = account_view(account).hook_secret
    yield account
    emulator.secrets.update(secrets)
    register_transport(before)


def test_the_ledger_of_the_provider_equals_the_journal_whatever_goes_wrong(
    account: ChannelAccount, emulator: Emulator, person: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    rows = {}
    with clinic_scope(account.clinic_id):
        for fault in ENDS:
            wanted = NewMessage(
                template_key="otp",
                idem_key=f"through:{person}:{fault.name}",
                not_before_at=NOW,
                context={"код": "482913"},
                channels=("sms",),
                addresses={"sms": f"+{address_with(fault, person)}"},
            )
            rows[fault] = enqueue(clinic_id=account.clinic_id, message=wanted, now=NOW)
        assert {row.state for row in rows.values()} == {"queued"}

    called = len(emulator.called)
    drain(account_id=account.pk, now=lambda: NOW)
    emulator.settle()
    hook = f"/api/hooks/smsc/{account_view(account).hook_token}"
    for _, call in emulator.called[called:]:
        headers = dict(call.headers)
        Client().post(hook, call.body, content_type=headers.pop("Content-Type"), headers=headers)
    apply_receipts(now=NOW)

    with clinic_scope(account.clinic_id):
        ends = {fault: Message.objects.get(pk=row.pk) for fault, row in rows.items()}
    assert {fault: row.state for fault, row in ends.items()} == ENDS
    taken = Counter(entry.address for entry in emulator.taken_by("smsc"))
    for fault, row in ends.items():
        count = taken[row.address.lstrip("+")]
        assert count <= 1, fault
        if row.state in ("accepted", "delivered"):
            assert count == 1, fault
