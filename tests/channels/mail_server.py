"""A real mail server (aiosmtpd) that refuses, defers, breaks off and hangs by the recipient's name."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

#: Recipient's name: what the server answers to RCPT.
RCPT = {
    "nobody": "550 5.1.1 no such user",
    "full": "552 5.2.2 mailbox full",
    "grey": "451 4.7.1 come back later",
    "busy": "450 4.2.0 busy",
}
#: Recipient's name: what it answers to the letter.
DATA = {"spam": "554 5.7.1 looks like spam", "big": "552 5.3.4 too big", "storage": "452 4.3.1 no room"}


@dataclass
class Post:
    """What the server took."""

    pipelining: bool
    letters: list[tuple[str, str, EmailMessage]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    connections: int = 0

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return [*responses[:-1], *(["250-PIPELINING"] if self.pipelining else []), responses[-1]]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        name = address.split("@")[0]
        if name in RCPT:
            return RCPT[name]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        name = envelope.rcpt_tos[0].split("@")[0]
        if name == "hang":
            await asyncio.sleep(30)
        if name in DATA:
            return DATA[name]
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.letters.append((str(envelope.mail_from), envelope.rcpt_tos[0], message))  # type: ignore[arg-type]
        self.raw.append(envelope.content)
        if name == "lost":
            server.transport.abort()
            return "250 never seen"
        return "250 OK queued as 1"


def _authenticator(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.password == b"good", handled=False)


@contextmanager
def mail_server(
    *,
    pipelining: bool = True,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    asks_login: bool = False,
) -> Iterator[tuple[Post, int]]:
    """The server and its port."""
    post = Post(pipelining)
    options: dict[str, Any] = {"enable_SMTPUTF8": False, "require_starttls": starttls is not None}
    if starttls is not None:
        options["tls_context"] = starttls
    if asks_login:
        options |= {"authenticator": _authenticator, "auth_required": True, "auth_require_tls": False}
    ready, ports = threading.Event(), []

    async def serve() -> None:
        nonlocal stop
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        running = await loop.create_server(lambda: SMTP(post, loop=loop, **options), "127.0.0.1", 0, ssl=tls)
        ports.extend([loop, running.sockets[0].getsockname()[1]])
        ready.set()
        await stop.wait()
        running.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    stop: asyncio.Event
    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    loop, port = ports
    try:
        yield post, port
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)
