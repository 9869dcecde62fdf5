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
from zabota.messaging.api import Blame, Verdict

_OK = (Verdict.ACCEPTED, Blame.NONE)
_HOME = (Verdict.LATER, Blame.DOWN)
_NOBODY_KNOWS = (Verdict.UNKNOWN, Blame.DOWN)
#: Longest line of an answer and most lines of one answer: a server that says more is none.
LONGEST_LINE, MOST_LINES = 4096, 100


@dataclass(frozen=True, slots=True)
class Letter:
    """What goes over the wire."""

    key: str
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


_Answer = tuple[int, str]


class Session:
    """A connection. Open it, send, close it."""

    def __init__(self, server: Server, patience: Patience) -> None:
        self._server, self._patience = server, patience
        self._extensions: dict[str, str] = {}
        #: True while the connection stands between letters, ready for the next.
        self.is_good = False

    async def open(self) -> None:
        """Connect, encrypt, log in. Raises CallFailed; nothing has left then."""
        server = self._server
        try:
            async with asyncio.timeout(self._patience.connect):
                self._reader, self._writer = await asyncio.open_connection(
                    server.host,
                    server.port,
                    ssl=server.context if server.security == "tls" else None,
                    limit=65_536,
                )
            async with asyncio.timeout(self._patience.total):
                await self._greet()
            self.is_good = True
        except ssl.SSLCertVerificationError:
            raise CallFailed((Verdict.ACCOUNT, Blame.CERTIFICATE), "сертификат сервера не принят") from None
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            raise CallFailed(_HOME, "почтовый сервер не отвечает") from None

    async def _greet(self) -> None:
        server = self._server
        await self._expect(await self._read(), 220)
        await self._hello()
        if server.security == "starttls":
            if "STARTTLS" not in self._extensions:
                raise CallFailed((Verdict.ACCOUNT, Blame.CERTIFICATE), "сервер не предлагает шифрование")
            await self._expect(await self._say("STARTTLS"), 220)
            await self._writer.start_tls(server.context, server_hostname=server.host)
            await self._hello()
        if server.login:
            await self._log_in()

    async def _hello(self) -> None:
        _, text = await self._expect(await self._say(f"EHLO {self._server.name}"), 250)
        lines = [line.split(" ", 1) for line in text.splitlines()[1:]]
        self._extensions = {line[0].upper(): line[1] if len(line) > 1 else "" for line in lines if line}

    async def _log_in(self) -> None:
        server = self._server
        ways = self._extensions.get("AUTH", "").upper().split()
        if "LOGIN" in ways and "PLAIN" not in ways:
            await self._say("AUTH LOGIN")
            await self._say(_b64(server.login))
            answer = await self._say(_b64(server.password))
        else:
            answer = await self._say("AUTH PLAIN " + _b64(f"\0{server.login}\0{server.password}"))
        if answer[0] != 235:
            outcome = (Verdict.ACCOUNT, Blame.KEY) if answer[0] >= 500 else _HOME
            raise CallFailed(outcome, safe_words(f"{answer[0]} вход не принят"))

    async def _expect(self, answer: _Answer, code: int) -> _Answer:
        if answer[0] != code:
            outcome = _HOME if answer[0] < 500 else (Verdict.ACCOUNT, Blame.OTHER)
            raise CallFailed(outcome, safe_words(f"{answer[0]} {answer[1]}"))
        return answer

    async def _say(self, line: str) -> _Answer:
        self._writer.write(f"{line}\r\n".encode())
        return await self._read()

    async def _read(self) -> _Answer:
        """One answer of one or more lines. Raises IncompleteReadError when the server went away, ValueError for noise."""
        lines: list[str] = []
        while len(lines) < MOST_LINES:
            raw = await self._reader.readuntil(b"\n")
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            if len(line) > LONGEST_LINE or not line[:3].isdecimal():
                raise ValueError("no answer of a mail server")
            lines.append(line[4:])
            if line[3:4] != "-":
                return int(line[:3]), "\n".join(lines)
        raise ValueError("an answer without end")

    def _envelope(self, letter: Letter, *, is_after_failure: bool) -> bytes:
        reset = "RSET\r\n" if is_after_failure else ""
        return f"{reset}MAIL FROM:<{letter.sender}>\r\nRCPT TO:<{letter.recipient}>\r\nDATA\r\n".encode()

    async def send(self, letters: Sequence[Letter]) -> dict[str, Fate]:
        """Send all. Never raises for what the server does: what is not known is said to be so."""
        fates: dict[str, Fate] = {}
        flying = ""
        self.is_good = False
        try:
            if "PIPELINING" not in self._extensions:
                for letter in letters:
                    flying = ""
                    async with asyncio.timeout(self._patience.total):
                        for_body = await self._step_by_step(letter, fates)
                        if for_body:
                            flying = letter.key
                            self._writer.write(letter.body + b".\r\n")
                            fates[letter.key] = _after_body(await self._read())
                self.is_good = True
                return fates
            failed = False
            for at, letter in enumerate(letters):
                async with asyncio.timeout(self._patience.total):
                    if at == 0:
                        self._writer.write(self._envelope(letter, is_after_failure=False))
                    if failed:
                        await self._read()
                    fate, takes_body = _after_envelope(await self._read(), await self._read(), await self._read())
                    following = letters[at + 1] if at + 1 < len(letters) else None
                    failed = fate is not None
                    after = self._envelope(following, is_after_failure=failed) if following else b""
                    if fate is not None:
                        fates[letter.key] = fate
                        # A server that opens the letter in spite of a refused recipient gets an empty one.
                        self._writer.write((b".\r\n" if takes_body else b"") + after)
                        if takes_body:
                            await self._read()
                        if fate.outcome[0] is Verdict.ACCOUNT:
                            break
                        continue
                    flying = letter.key
                    self._writer.write(letter.body + b".\r\n" + after)
                    fates[letter.key] = _after_body(await self._read())
                    flying = ""
            self.is_good = not failed
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            if flying and flying not in fates:
                fates[flying] = Fate(_NOBODY_KNOWS, "соединение оборвалось после письма")
        return fates

    async def _step_by_step(self, letter: Letter, fates: dict[str, Fate]) -> bool:
        """The envelope, one command at a time. True when the server waits for the letter."""
        mail = await self._say(f"MAIL FROM:<{letter.sender}>")
        rcpt = await self._say(f"RCPT TO:<{letter.recipient}>") if mail[0] == 250 else mail
        data = await self._say("DATA") if rcpt[0] in (250, 251) else rcpt
        fate, _ = _after_envelope(mail, rcpt, data)
        if fate is not None:
            fates[letter.key] = fate
            await self._say("RSET")
        return fate is None

    async def close(self) -> None:
        """Say good-bye and do not wait for it."""
        try:
            self._writer.write(b"QUIT\r\n")
            self._writer.close()
        except (OSError, RuntimeError, AttributeError):
            pass


def _after_envelope(mail: _Answer, rcpt: _Answer, data: _Answer) -> tuple[Fate | None, bool]:
    """Whether the letter is refused already, and whether the server waits for one."""
    takes_body = data[0] == 354
    if mail[0] != 250:
        return Fate(answers.of_sender(mail[0]), _said(mail)), takes_body
    if rcpt[0] not in (250, 251):
        return Fate(answers.of_recipient(*rcpt), _said(rcpt)), takes_body
    if not takes_body:
        return Fate(answers.of_letter(*data), _said(data)), False
    return None, True


def _after_body(answer: _Answer) -> Fate:
    if answer[0] == 250:
        return Fate(_OK, "")
    return Fate(answers.of_letter(*answer), _said(answer))


def _said(answer: _Answer) -> str:
    return safe_words(f"{answer[0]} {answer[1]}")


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
