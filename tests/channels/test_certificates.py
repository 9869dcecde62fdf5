"""A certificate is believed only when everything about it is right, and an authority of one account only there."""

from __future__ import annotations

import ssl
from datetime import datetime, timedelta

import pytest
import trustme

from tests.channels.contenders import CALM, CONTENDERS, Contender, ask
from tests.emulator import Emulator
from zabota.messaging.api import Blame, Outgoing, Verdict

MAX = next(each for each in CONTENDERS if each.name == "max")


def _context(authority: trustme.CA, host: str, **more: object) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host, **more).configure_cert(context)  # type: ignore[arg-type]
    return context


def _send(contender: Contender, url: str, **values: str) -> tuple[Verdict, Blame]:
    transport = contender.make(patience=CALM)
    message = Outgoing(key="k", address="79160000123", text="Ждём вас")
    (result,) = ask(transport, transport.send([message], contender.account(url, **values)))
    return result.verdict, result.blame


def test_the_authority_of_an_account_is_believed_for_it_alone() -> None:
    authority = trustme.CA()
    pem = authority.cert_pem.bytes().decode()
    with Emulator(context=_context(authority, "localhost")) as emulator:
        assert _send(MAX, emulator.url, ca_bundle=pem) == (Verdict.ACCEPTED, Blame.NONE)
        assert _send(MAX, emulator.url) == (Verdict.ACCOUNT, Blame.CERTIFICATE)
        assert len(emulator.ledger) == 1


@pytest.mark.parametrize("trouble", ["unknown authority", "other host", "expired"])
def test_a_wrong_certificate_stops_the_channel_before_a_byte_of_the_message(trouble) -> None:
    ours, others = trustme.CA(), trustme.CA()
    yesterday = datetime.now().astimezone() - timedelta(days=1)
    context = {
        "unknown authority": lambda: _context(others, "localhost"),
        "other host": lambda: _context(ours, "other.test"),
        "expired": lambda: _context(ours, "localhost", not_before=yesterday - timedelta(9), not_after=yesterday),
    }[trouble]()
    with Emulator(context=context) as emulator:
        found = _send(MAX, emulator.url, ca_bundle=ours.cert_pem.bytes().decode())
        assert found == (Verdict.ACCOUNT, Blame.CERTIFICATE)
        assert emulator.requests == 0


def test_an_authority_that_cannot_be_read_is_told_as_a_mistake_of_the_settings() -> None:
    assert _send(MAX, "https://localhost:9", ca_bundle="not a certificate") == (Verdict.ACCOUNT, Blame.CERTIFICATE)
