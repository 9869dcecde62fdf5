"""SPF, DKIM, DMARC of the sender's domain: asked of a real DNS server of this machine, answered in plain words."""

from __future__ import annotations

import base64
import socketserver
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from zabota.integrations.smtp.domain import BAD, GOOD, UNKNOWN, WARN, examine
from zabota.messaging.api import Account


def rsa_key(bits: int) -> str:
    """A public key of any length: what its number is made of does not matter to who only measures it."""
    key = rsa.RSAPublicNumbers(65537, (1 << (bits - 1)) + 12_345).public_key()
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


STRONG, WEAK = rsa_key(2048), rsa_key(768)
ED = base64.b64encode(
    ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
).decode()


class Server(socketserver.UDPServer):
    """Answers from a table; what is not in it does not exist; a name that begins with «silent» gets no answer."""

    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.table: dict[tuple[str, str], list[str]] = {}


class Handler(socketserver.BaseRequestHandler):
    server: Server

    def handle(self) -> None:
        data, channel = self.request
        query = dns.message.from_wire(data)
        name, kind = str(query.question[0].name).rstrip("."), dns.rdatatype.to_text(query.question[0].rdtype)
        if "silent" in name:
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        rows = self.server.table.get((name, kind), [])
        if rows:
            answer.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", kind, *rows))
        elif not any(known == name for known, _ in self.server.table):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        channel.sendto(answer.to_wire(), self.client_address)


@pytest.fixture
def world(settings) -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        settings.DNS_SERVERS = [f"127.0.0.1:{server.server_address[1]}"]
        yield server
        server.shutdown()


def texts(*records: str) -> list[str]:
    """TXT records as a zone file writes them: a long one in parts."""
    return [" ".join(f'"{each[i : i + 200]}"' for i in range(0, len(each), 200)) for each in records]


def lines(**values: str) -> dict[str, tuple[str, str]]:
    account = Account(id=1, values={"sender": "hello@ulybka.test", **values})
    return {each.name: (each.tone, each.words) for each in examine(account)}


def test_a_domain_that_is_in_order_is_told_so(world) -> None:
    world.table = {
        ("ulybka.test", "TXT"): texts("google-site=1", "v=spf1 include:post.test -all"),
        ("post.test", "TXT"): texts("v=spf1 ip4:10.0.0.1 -all"),
        ("ulybka.test", "MX"): ["10 mx.post.test."],
        ("_dmarc.ulybka.test", "TXT"): texts("v=DMARC1; p=Reject; rua=mailto:a@ulybka.test"),
        ("post._domainkey.ulybka.test", "TXT"): texts(f"v=DKIM1; k=rsa; p={STRONG}"),
    }
    told = lines(dkim_selector="post")
    assert {tone for tone, _ in told.values()} == {GOOD} and len(told) == 4


def test_an_empty_domain_is_told_what_to_add(world) -> None:
    told = lines()
    assert told["SPF"][0] == told["DMARC"][0] == told["Возвраты и ответы"][0] == BAD
    assert "v=spf1" in told["SPF"][1] and "v=DMARC1" in told["DMARC"][1] and "MX" in told["Возвраты и ответы"][1]
    assert told["DKIM"][0] == WARN and "селектор" in told["DKIM"][1]
    assert lines(dkim_selector="post")["DKIM"][0] == BAD


@pytest.mark.parametrize(
    ("records", "tone", "word"),
    [
        (["v=spf1 +all"], BAD, "кому угодно"),
        (["v=spf1 -all", "v=spf1 mx -all"], BAD, "несколько"),
        (["v=spf1 ip4:10.0.0.1"], WARN, "«-all»"),
        (["v=spf1 ?all"], WARN, "«-all»"),
        (["v=spf1 " + " ".join(f"a:h{i}.test" for i in range(11)) + " -all"], BAD, "десяти"),
        (["v=spf1 include:ulybka.test -all"], BAD, "десяти"),
        (["v=spf1 a mx ~all"], GOOD, "есть"),
        (["v=spf10 -all"], BAD, "нет записи"),
    ],
)
def test_what_is_wrong_with_spf_is_named(world, records, tone, word) -> None:
    world.table = {("ulybka.test", "TXT"): texts(*records)}
    assert lines()["SPF"][0] == tone and word in lines()["SPF"][1]


@pytest.mark.parametrize(
    ("record", "tone", "word"),
    [
        ("v=DKIM1; p=", BAD, "отозван"),
        ("v=DKIM1; p=!!!", BAD, "ошибкой"),
        (f"v=DKIM1; p={STRONG[:80]}", BAD, "ошибкой"),
        (f"v=DKIM1; p={WEAK}", BAD, "короче"),
        (f"v=DKIM1; k=ed25519; p={ED}", GOOD, "опубликован"),
        ("v=DKIM1; k=ed25519; p=AAAA", BAD, "ошибкой"),
        ("что-то другое", BAD, "нет"),
    ],
    # Keys are made anew in each process, and names of tests must not differ between two that share the work.
    ids=["withdrawn", "no base64", "cut off", "weak", "ed25519", "ed25519 too short", "no key"],
)
def test_what_is_wrong_with_the_key_is_named(world, record, tone, word) -> None:
    world.table = {("post._domainkey.ulybka.test", "TXT"): texts(record.encode("ascii", "ignore").decode() or "x")}
    told = lines(dkim_selector="post")["DKIM"]
    assert told[0] == tone and word in told[1]


def test_a_usual_selector_is_found_by_itself(world) -> None:
    world.table = {("mail._domainkey.ulybka.test", "TXT"): texts(f"p={STRONG}")}
    assert lines()["DKIM"][0] == GOOD


@pytest.mark.parametrize(
    ("record", "tone"),
    [("v=DMARC1; p=none", WARN), ("v=DMARC1", BAD), ("v=DMARC1; p=soon", BAD), ("v=DMARC1; p=quarantine", GOOD)],
)
def test_what_dmarc_asks_for_is_read(world, record, tone) -> None:
    world.table = {("_dmarc.ulybka.test", "TXT"): texts(record)}
    assert lines()["DMARC"][0] == tone


def test_dmarc_of_the_parent_counts_for_a_part(world) -> None:
    world.table = {("_dmarc.ulybka.test", "TXT"): texts("v=DMARC1; p=reject; sp=none")}
    assert lines(sender="a@news.ulybka.test")["DMARC"][0] == WARN


def test_silence_of_dns_is_no_verdict(world, monkeypatch) -> None:
    monkeypatch.setattr("zabota.integrations.smtp.domain._SECONDS", 0.1)
    told = lines(sender="a@silent.test", dkim_selector="x")
    assert {tone for tone, _ in told.values()} == {UNKNOWN}


@pytest.mark.parametrize("sender", ["", "desk", "@ulybka.test", "a@localhost", "a@" + "я" * 80 + ".test"])
def test_an_address_that_is_none_is_told(world, sender) -> None:
    assert lines(sender=sender)["Адрес отправителя"][0] == BAD
