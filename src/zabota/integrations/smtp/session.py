"""One connection to a mail server that keeps commands of the next letter flying behind the body of the one before.

With PIPELINING (RFC 2920) a letter costs one round trip. What flies when the connection breaks decides what is known:
a letter whose body was written and not answered is UNKNOWN, all others never left.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

from zabota.integrations.calls import CallFailed, Outcome, Patience, safe_words
from zabota.integrations.smtp import answers
from zabota.integrations.smtp.wire import Answer, Wire
from zabota.messaging.api import Blame, Verdict

_OK = (Verdict.ACCEPTED, Blame.NONE)
_HOME = (Verdict.LATER, Blame.DOWN)
_NOBODY_KNOWS = (Verdict.UNKNOWN, Blame.DOWN)


@dataclass(frozen=True, slots=True)
class Letter:
    """What goes over the wire."""

    key: str
    #: The key as it stands in the letter.
    number: str
    sender: str
    recipient: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one letter."""

    outcome: Outcome
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """Where to and as whom. `security` is tls, starttls or none; none only within this machine."""

    host: str
    port: int
    security: str
    context: ssl.SSLContext
    name: str = "zabota"
    login: str = ""
    password: str = ""


_TAKEN = Fate(_OK)
#: What is said of a letter whose body was written and not answered.
_IN_DOUBT = Fate(_NOBODY_KNOWS, "соединение оборвалось после письма")


class Session:
    """A connection. Open it, send, close it."""

    def __init__(self, server: Server, patience: Patience) -> None:
        self._server, self._patience = server, patience
        self._extensions: dict[str, str] = {}
        self._wire: Wire | None = None
        #: True while the connection stands between letters, ready for the next.
        self.is_good = False

    async def open(self) -> None:
        """Connect, encrypt, log in. Raises CallFailed; nothing has left then."""
        server = self._server
        try:
            async with asyncio.timeout(self._patience.connect):
                _, wire = await asyncio.get_running_loop().create_connection(
                    Wire, server.host, server.port, ssl=server.context if server.security == "tls" else None
                )
            self._wire = wire
            async with asyncio.timeout(self._patience.total):
                await self._greet(wire)
            self.is_good = True
        except ssl.SSLCertVerificationError:
            raise CallFailed((Verdict.ACCOUNT, Blame.CERTIFICATE), "сертификат сервера не принят") from None
        except (OSError, TimeoutError, ValueError):
            raise CallFailed(_HOME, "почтовый сервер не отвечает") from None

    async def _greet(self, wire: Wire) -> None:
        server = self._server
        _expect(await wire.answer(), 220)
        await self._hello(wire)
        if server.security == "starttls":
            if "STARTTLS" not in self._extensions:
                raise CallFailed((Verdict.ACCOUNT, Blame.CERTIFICATE), "сервер не предлагает шифрование")
            _expect(await _say(wire, "STARTTLS"), 220)
            await wire.encrypt(server.context, server.host)
            await self._hello(wire)
        if server.login:
            await self._log_in(wire)

    async def _hello(self, wire: Wire) -> None:
        _, text = _expect(await _say(wire, f"EHLO {self._server.name}"), 250)
        lines = [line.split(" ", 1) for line in text.splitlines()[1:]]
        self._extensions = {line[0].upper(): line[1] if len(line) > 1 else "" for line in lines if line}

    async def _log_in(self, wire: Wire) -> None:
        server = self._server
        ways = self._extensions.get("AUTH", "").upper().split()
        if "LOGIN" in ways and "PLAIN" not in ways:
            await _say(wire, "AUTH LOGIN")
            await _say(wire, _b64(server.login))
            answer = await _say(wire, _b64(server.password))
        else:
            answer = await _say(wire, "AUTH PLAIN " + _b64(f"\0{server.login}\0{server.password}"))
        if answer[0] != 235:
            outcome = (Verdict.ACCOUNT, Blame.KEY) if answer[0] >= 500 else _HOME
            raise CallFailed(outcome, safe_words(f"{answer[0]} вход не принят"))

    async def send(self, letters: Sequence[Letter]) -> dict[str, Fate]:
        """Send all. Never raises for what the server does: what is not known is said to be so."""
        fates: dict[str, Fate] = {}
        self.is_good = False
        if self._wire is None:
            return fates
        try:
            if "PIPELINING" in self._extensions:
                self.is_good = await self._in_flight(self._wire, letters, fates)
            else:
                for letter in letters:
                    await self._step_by_step(self._wire, letter, fates)
                self.is_good = True
        except (OSError, TimeoutError, ValueError):
            pass
        return fates

    async def _in_flight(self, wire: Wire, letters: Sequence[Letter], fates: dict[str, Fate]) -> bool:
        """The envelope of the next letter flies behind the body of this one. True when the last one was taken."""
        failed = False
        for at, letter in enumerate(letters):
            wire.be_patient(self._patience.total)
            if at == 0:
                wire.write(_envelope(letter, is_after_failure=False))
            await wire.have(4 if failed else 3)
            if failed:
                wire.take()
            fate, takes_body = _after_envelope(wire.take(), wire.take(), wire.take())
            failed = fate is not None
            after = _envelope(letters[at + 1], is_after_failure=failed) if at + 1 < len(letters) else b""
            if fate is None:
                await self._body(wire, letter, fates, after)
                continue
            fates[letter.key] = fate
            # A server that opens the letter in spite of a refused recipient gets an empty one.
            wire.write((b".\r\n" if takes_body else b"") + after)
            if takes_body:
                await wire.answer()
            if fate.outcome[0] is Verdict.ACCOUNT:
                break
        return not failed

    async def _step_by_step(self, wire: Wire, letter: Letter, fates: dict[str, Fate]) -> None:
        """The envelope, one command at a time."""
        wire.be_patient(self._patience.total)
        mail = await _say(wire, f"MAIL FROM:<{letter.sender}>")
        rcpt = await _say(wire, f"RCPT TO:<{letter.recipient}>") if mail[0] == 250 else mail
        data = await _say(wire, "DATA") if rcpt[0] in (250, 251) else rcpt
        fate, _ = _after_envelope(mail, rcpt, data)
        if fate is None:
            await self._body(wire, letter, fates, b"")
        else:
            fates[letter.key] = fate
            await _say(wire, "RSET")

    async def _body(self, wire: Wire, letter: Letter, fates: dict[str, Fate], after: bytes) -> None:
        wire.write(b"".join((letter.body, b".\r\n", after)))
        # Until the answer is there nobody knows; what could not even be written stays at home.
        fates[letter.key] = _IN_DOUBT
        fates[letter.key] = _after_body(await wire.answer())

    async def close(self) -> None:
        """Say good-bye and do not wait for it."""
        if self._wire is None:
            return
        try:
            self._wire.write(b"QUIT\r\n")
        except (OSError, TimeoutError, ValueError):
            pass
        self._wire.close()


def _envelope(letter: Letter, *, is_after_failure: bool) -> bytes:
    reset = "RSET\r\n" if is_after_failure else ""
    return f"{reset}MAIL FROM:<{letter.sender}>\r\nRCPT TO:<{letter.recipient}>\r\nDATA\r\n".encode()


async def _say(wire: Wire, line: str) -> Answer:
    wire.write(f"{line}\r\n".encode())
    return await wire.answer()


def _expect(answer: Answer, code: int) -> Answer:
    if answer[0] != code:
        outcome = _HOME if answer[0] < 500 else (Verdict.ACCOUNT, Blame.OTHER)
        raise CallFailed(outcome, safe_words(f"{answer[0]} {answer[1]}"))
    return answer


def _after_envelope(mail: Answer, rcpt: Answer, data: Answer) -> tuple[Fate | None, bool]:
    """Whether the letter is refused already, and whether the server waits for one."""
    takes_body = data[0] == 354
    if mail[0] != 250:
        return Fate(answers.of_sender(mail[0]), _said(mail)), takes_body
    if rcpt[0] not in (250, 251):
        return Fate(answers.of_recipient(*rcpt), _said(rcpt)), takes_body
    if not takes_body:
        return Fate(answers.of_letter(*data), _said(data)), False
    return None, True


def _after_body(answer: Answer) -> Fate:
    if answer[0] == 250:
        return _TAKEN
    return Fate(answers.of_letter(*answer), _said(answer))


def _said(answer: Answer) -> str:
    return safe_words(f"{answer[0]} {answer[1]}")


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
