"""E-mail against a real mail server: what arrives, what is refused, what nobody knows, and certificates."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import trustme

from tests.channels.mail_server import mail_server
from zabota.integrations.calls import Patience
from zabota.integrations.smtp.returns import number_of, read_return, return_path
from zabota.integrations.smtp.transport import SmtpTransport
from zabota.messaging.api import Account, Blame, EventKind, Outgoing, SendResult, Verdict
from zabota.messaging.services.loops import new_loop

V, B = Verdict, Blame
CALM = Patience(connect=5.0, total=15.0)


def _account(port: int, **changed: str) -> Account:
    values = {
        "host": "localhost",
        "port": str(port),
        "security": "none",
        "sender": "clinic@ulybka.test",
        "sender_name": "Клиника «Улыбка»",
        "bounce_domain": "back.ulybka.test",
    }
    return Account(id=1, values={**values, **changed}, hook_token="t", hook_secret="s3cret")


def _letter(name: str, n: int = 0, **more: object) -> Outgoing:
    more.setdefault("subject", "Ждём вас завтра в 10:00")
    return Outgoing(key=f"visit:{n}:{name}", address=f"{name}@patient.test", text="Здравствуйте.\n.\nТочка", **more)  # type: ignore[arg-type]


def _send(account: Account, *letters: Outgoing, patience: Patience = CALM) -> list[SendResult]:
    # The loop of the worker, not that of the standard library: its connections are others.
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return list(runner.run(SmtpTransport(patience).send(letters, account)))


@pytest.fixture(params=[True, False], ids=["pipelining", "step by step"])
def server(request: pytest.FixtureRequest) -> Iterator[tuple[object, int]]:
    with mail_server(pipelining=request.param) as running:
        yield running


def test_a_letter_arrives_whole_and_says_how_to_unsubscribe_in_one_click(server) -> None:
    post, port = server
    message = _letter(
        "mila", unsubscribe_url="https://ulybka.test/p/u/abc", buttons=(("Приду", "https://ulybka.test/p/v/1"),)
    )
    (result,) = _send(_account(port), message)
    assert (result.verdict, result.provider_id) == (V.ACCEPTED, number_of(message.key))
    ((sender, recipient, letter),) = post.letters
    assert recipient == "mila@patient.test"
    assert sender == return_path(number_of(message.key), domain="back.ulybka.test", secret="s3cret")
    assert letter["List-Unsubscribe"] == "<https://ulybka.test/p/u/abc>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["Subject"] == "Ждём вас завтра в 10:00"
    assert "Улыбка" in str(letter["From"])
    text = letter.get_body(("plain",)).get_content()
    assert "Здравствуйте." in text and "\n.\n" in text
    assert "https://ulybka.test/p/v/1" in text
    assert "https://ulybka.test/p/v/1" in letter.get_body(("html",)).get_content()


def test_a_letter_of_a_sensitive_branch_shows_only_the_neutral_name(server) -> None:
    """L21: the name and the address, and no way to answer that would betray the other one."""
    post, port = server
    quiet = _letter("mila", sender="hello@med.test", sender_name="Медцентр")
    results = _send(_account(port, reply_to="desk@ulybka.test"), quiet, _letter("petr", 1))
    assert {each.verdict for each in results} == {V.ACCEPTED}
    letters = {recipient: letter for _, recipient, letter in post.letters}
    hidden = letters["mila@patient.test"]
    assert "Медцентр" in str(hidden["From"]) and "hello@med.test" in str(hidden["From"])
    assert hidden["Reply-To"] is None and "lybka" not in str(hidden["Message-ID"])
    assert "Улыбка" in str(letters["petr@patient.test"]["From"])


def test_each_letter_of_a_batch_has_its_own_fate_whatever_its_neighbours_meet(server) -> None:
    post, port = server
    names = ["a", "nobody", "b", "full", "grey", "c", "spam", "busy", "big", "d", "storage", "e"]
    results = _send(_account(port, connections="1"), *(_letter(name, n) for n, name in enumerate(names)))
    fates = {name: (each.verdict, each.blame) for name, each in zip(names, results, strict=True)}
    assert {fates[name] for name in "abcde"} == {(V.ACCEPTED, B.NONE)}
    assert fates["nobody"] == (V.REFUSED, B.BAD_ADDRESS)
    assert fates["full"] == (V.REFUSED, B.LIMIT)
    assert fates["grey"] == (V.LATER, B.LIMIT)
    assert fates["busy"] == (V.LATER, B.LIMIT)
    assert fates["spam"] == (V.REFUSED, B.CONTENT)
    assert fates["big"] == (V.REFUSED, B.TOO_LONG)
    assert fates["storage"] == (V.LATER, B.LIMIT)
    assert [recipient.split("@")[0] for _, recipient, _ in post.letters] == list("abcde")


def test_a_connection_that_breaks_after_a_letter_leaves_that_one_unknown_and_the_rest_at_home(server) -> None:
    post, port = server
    names = ["a", "lost", "b", "c"]
    results = _send(_account(port, connections="1"), *(_letter(name, n) for n, name in enumerate(names)))
    assert [each.verdict for each in results] == [V.ACCEPTED, V.UNKNOWN, V.LATER, V.LATER]
    assert results[1].provider_id, "what comes back about it is still recognised"
    assert len(post.letters) == 2


def test_a_server_that_falls_silent_after_a_letter_costs_no_more_than_the_patience(server) -> None:
    _, port = server
    results = _send(_account(port), _letter("hang"), _letter("b", 1), patience=Patience(connect=2.0, total=0.4))
    assert [each.verdict for each in results] == [V.UNKNOWN, V.LATER]


def test_hundreds_of_letters_go_over_a_few_connections(server) -> None:
    post, port = server
    results = _send(_account(port), *(_letter(f"p{n}", n) for n in range(300)))
    assert {each.verdict for each in results} == {V.ACCEPTED}
    assert len(post.letters) == 300
    assert post.connections <= 8


@pytest.mark.parametrize(
    "address",
    [
        "no at",
        "a@b\r\nRCPT TO:<evil@x.test>",
        "a@b> <c@d",
        "a b@c.test",
        "имя@patient.test",
        "@x.test",
        "a@",
        "a@b@c d",
    ],
)
def test_an_address_that_would_be_a_command_never_reaches_the_server(server, address) -> None:
    post, port = server
    message = Outgoing(key="k", address=address, text="т", subject="с")
    (result,) = _send(_account(port), message)
    assert (result.verdict, result.blame) == (V.REFUSED, B.BAD_ADDRESS)
    assert post.letters == []


def test_a_line_break_in_a_subject_makes_no_header(server) -> None:
    post, port = server
    (result,) = _send(_account(port), _letter("mila", subject="Визит\r\nBcc: evil@x.test"))
    assert result.verdict is V.ACCEPTED
    assert post.letters[0][2]["Bcc"] is None


def test_a_domain_in_cyrillic_is_reached(server) -> None:
    post, port = server
    (result,) = _send(_account(port), Outgoing(key="k", address="mila@почта.рф", text="т", subject="с"))
    assert result.verdict is V.ACCEPTED
    assert post.letters[0][1] == "mila@xn--80a1acny.xn--p1ai"


def test_nobody_at_the_address_means_that_nothing_left() -> None:
    (result,) = _send(_account(9), _letter("mila"))
    assert (result.verdict, result.blame) == (V.LATER, B.DOWN)


def test_without_encryption_letters_leave_only_within_this_machine() -> None:
    (result,) = _send(_account(25, host="mail.provider.test"), _letter("mila"))
    assert (result.verdict, result.blame) == (V.ACCOUNT, B.OTHER)


def test_a_wrong_password_is_the_accounts_fault_not_the_letters() -> None:
    with mail_server(asks_login=True) as (post, port):
        (wrong,) = _send(_account(port, login="clinic", password="bad"), _letter("mila"))
        (right,) = _send(_account(port, login="clinic", password="good"), _letter("mila"))
        assert asyncio.run(SmtpTransport(CALM).check(_account(port, login="clinic", password="bad"))).blame is B.KEY
    assert (wrong.verdict, wrong.blame) == (V.ACCOUNT, B.KEY)
    assert right.verdict is V.ACCEPTED
    assert len(post.letters) == 1


def _context(authority: trustme.CA, host: str, **more: object) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host, **more).configure_cert(context)  # type: ignore[arg-type]
    return context


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_is_believed_only_when_everything_about_it_is_right(security) -> None:
    ours, others = trustme.CA(), trustme.CA()
    pem = ours.cert_pem.bytes().decode()
    yesterday = datetime.now().astimezone() - timedelta(days=1)
    contexts = {
        "right": _context(ours, "localhost"),
        "unknown authority": _context(others, "localhost"),
        "other host": _context(ours, "mail.other.test"),
        "expired": _context(ours, "localhost", not_before=yesterday - timedelta(days=9), not_after=yesterday),
    }
    found = {}
    for name, context in contexts.items():
        with mail_server(**{security: context}) as (_, port):
            (result,) = _send(_account(port, security=security, ca_bundle=pem), _letter("mila"))
            found[name] = (result.verdict, result.blame)
    assert found.pop("right") == (V.ACCEPTED, B.NONE)
    assert set(found.values()) == {(V.ACCOUNT, B.CERTIFICATE)}


@pytest.mark.parametrize("noise", [b"250 PIPELINING\r\n", b"25", b"250-one\r\n"], ids=["answer", "line", "lines"])
def test_words_slipped_in_before_the_encryption_end_the_connection(noise) -> None:
    heard = bytearray()

    def serve(listening: socket.socket) -> None:
        with listening.accept()[0] as peer:
            for answer in (b"220 hello\r\n", b"250-here\r\n250 STARTTLS\r\n", b"220 go\r\n" + noise):
                peer.sendall(answer)
                heard.extend(peer.recv(1000))
            while more := peer.recv(1000):
                heard.extend(more)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        account = _account(listening.getsockname()[1], host="127.0.0.1", security="starttls", login="l", password="p")
        (result,) = _send(account, _letter("mila"), patience=Patience(connect=2.0, total=2.0))
        thread.join(5)
    assert result.verdict is V.LATER
    assert b"AUTH" not in heard and b"MAIL" not in heard


def test_a_server_that_offers_no_encryption_gets_no_password() -> None:
    with mail_server() as (_, port):
        (result,) = _send(_account(port, security="starttls", login="c", password="p"), _letter("mila"))
    assert (result.verdict, result.blame) == (V.ACCOUNT, B.CERTIFICATE)


# -- letters that come back ---------------------------------------------------------------------------------------
NUMBER = number_of("visit:1")
PATH = return_path(NUMBER, domain="back.ulybka.test", secret="s3cret")


def _report(to: str, status: str = "5.1.1", action: str = "failed") -> bytes:
    return f"""From: MAILER-DAEMON@mx.test
To: {to}
Date: Mon, 16 Nov 2026 10:00:00 +0000
Subject: Undelivered
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: text/plain

I am sorry.
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.test
Arrival-Date: Mon, 16 Nov 2026 09:59:00 +0000

Final-Recipient: rfc822; mila@patient.test
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such user
--x
Content-Type: text/rfc822-headers

Subject: hello
--x--
""".replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    "status, blame", [("5.1.1", B.BAD_ADDRESS), ("5.2.2", B.LIMIT), ("5.7.1", B.CONTENT), ("5.0.0", B.OTHER)]
)
def test_a_report_of_failure_finds_its_letter_and_says_why(status, blame) -> None:
    event = read_return(_report(PATH, status), secret="s3cret")
    assert event is not None
    assert (event.kind, event.provider_id, event.blame) == (EventKind.FAILED, NUMBER, blame)


def test_a_delay_an_automatic_reply_and_other_mail_say_nothing() -> None:
    assert read_return(_report(PATH, "4.4.1", "delayed"), secret="s3cret") is None
    reply = f"From: mila@patient.test\r\nTo: {PATH}\r\nAuto-Submitted: auto-replied\r\n\r\nЯ в отпуске".encode()
    assert read_return(reply, secret="s3cret") is None
    assert read_return(b"\x00\xff not a letter", secret="s3cret") is None
    assert read_return(b"", secret="s3cret") is None


def test_a_forged_report_fails_nobody() -> None:
    forged = return_path(NUMBER, domain="back.ulybka.test", secret="guess")
    assert read_return(_report(forged), secret="s3cret") is None
    assert read_return(_report(PATH), secret="") is None


def test_a_complaint_is_told_as_one() -> None:
    complaint = f"""From: fbl@mail.test
To: {PATH}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="x"

--x
Content-Type: text/plain

abuse
--x
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: test/1.0
Version: 1
--x--
""".replace("\n", "\r\n").encode()
    event = read_return(complaint, secret="s3cret")
    assert event is not None
    assert (event.kind, event.provider_id) == (EventKind.COMPLAINT, NUMBER)
