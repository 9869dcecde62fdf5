"""What providers do not bring themselves is fetched: states by question, returned letters from a folder, the demo box."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.channels.contenders import CALM, CONTENDERS, ask
from tests.channels.test_smtp import _report
from tests.emulator import Emulator
from zabota.clinic.models import Clinic
from zabota.integrations.collecting import collect
from zabota.integrations.demo.transport import DemoTransport
from zabota.integrations.smtp import mailbox
from zabota.integrations.smtp.returns import number_of, return_path
from zabota.kernel.audit import SYSTEM
from zabota.kernel.scope import every_clinic
from zabota.messaging.api import Account, Channel, EventKind, Outgoing, Verdict, account_view, save_account
from zabota.messaging.models import ChannelAccount, Receipt

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", ["smsc", "smsaero", "smsru"])
def test_the_fate_of_a_message_is_asked_where_the_provider_can_say(name, emulator: Emulator) -> None:
    contender = next(each for each in CONTENDERS if each.name == name)
    account = contender.account(emulator.url)
    transport = contender.make(patience=CALM)
    (sent,) = ask(transport, transport.send([Outgoing(key=f"ask-{name}", address="79165550123", text="т")], account))
    emulator.settle()
    (event,) = ask(transport, transport.look_up([(sent.key, sent.provider_id)], account))
    assert (event.kind, event.key, event.provider_id) == (EventKind.DELIVERED, sent.key, sent.provider_id)


def test_a_message_that_the_provider_does_not_know_says_nothing(emulator: Emulator) -> None:
    for contender in CONTENDERS:
        transport = contender.make(patience=CALM)
        account = contender.account(emulator.url)
        assert list(ask(transport, transport.look_up([("nobody", ""), ("k", "")], account))) == []


@pytest.fixture
def letters(db: None, tmp_path: Path) -> ChannelAccount:
    for name in ("new", "cur", "tmp"):
        (tmp_path / "box" / name).mkdir(parents=True)
    clinic = Clinic.objects.create(name="Улыбка", time_zone="Europe/Moscow")
    values = {
        "host": "localhost",
        "port": "25",
        "security": "none",
        "sender": "c@u.test",
        "maildir": str(tmp_path / "box"),
    }
    return save_account(clinic=clinic, provider="smtp", title="", values=values, actor=SYSTEM, now=NOW)


def _returned(account: ChannelAccount) -> None:
    path = return_path(number_of("visit:1"), domain="b.test", secret=account_view(account).hook_secret)
    folder = Path(account.values["maildir"]) / "new"
    (folder / "1.report").write_bytes(_report(path))
    (folder / "2.other").write_bytes(b"From: mila@patient.test\r\nSubject: hello\r\n\r\nhi")


def test_a_returned_letter_is_taken_from_its_folder_once(letters: ChannelAccount) -> None:
    _returned(letters)
    assert collect(account=letters, now=NOW) == 1
    assert collect(account=letters, now=NOW) == 0
    with every_clinic(reason="test"):
        receipt = Receipt.objects.get()
    assert (receipt.kind, receipt.provider_id, receipt.blame) == ("failed", number_of("visit:1"), "bad_address")
    box = Path(letters.values["maildir"])
    assert len(list((box / "cur").iterdir())) == 2, "nothing is thrown away"


def test_returns_are_found_however_many_letters_were_read_before(letters: ChannelAccount, monkeypatch) -> None:
    """And an unreadable letter among them is put aside like the others."""
    monkeypatch.setattr(mailbox, "MOST", 2)
    box = Path(letters.values["maildir"])
    for number in range(3):
        (box / "cur" / f"0{number}.old:2,S").write_bytes(b"From: a@b.test\r\n\r\nold")
    (box / "new" / "0.broken").write_bytes(b'To: <"\r\n\r\nhi')
    _returned(letters)
    assert collect(account=letters, now=NOW) == 1
    assert (box / "cur" / "0.broken:2,S").exists()


def test_a_mailbox_that_is_not_there_hurts_nothing(letters: ChannelAccount, tmp_path: Path) -> None:
    letters.values = {**letters.values, "maildir": str(tmp_path / "nowhere")}
    assert collect(account=letters, now=NOW) == 0
    assert not (tmp_path / "nowhere").exists()


def test_the_demo_phone_takes_everything_and_says_that_it_arrived(settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    transport, account = DemoTransport("demo_phone", "Телефон", Channel.SMS), Account(id=5)
    batch = [Outgoing(key=f"k{n}", address="+79160000004", text="Ждём вас") for n in range(3)]
    results = ask(transport, transport.send(batch, account))
    assert {each.verdict for each in results} == {Verdict.ACCEPTED}
    events = ask(transport, transport.look_up([("k1", "demo:k1"), ("other", "")], account))
    assert [(each.key, each.kind) for each in events] == [("k1", EventKind.DELIVERED)]
