"""The bytes of one mail server as answers, counted out to whoever waits for so many of them.

A protocol instead of a stream: thousands of letters a second are four answers each, and most come in one piece.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from typing import cast

#: Longest line of an answer and most lines of one answer: a server that says more is none.
LONGEST_LINE, MOST_LINES = 4096, 100
#: Answers that nobody asked for: more than this is noise.
MOST_UNASKED = 1000

#: Code and text.
Answer = tuple[int, str]


class Wire(asyncio.Protocol):
    """One connection. Raises OSError when the server went away, ValueError for noise, TimeoutError for silence."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._lines: list[str] = []
        self._answers: deque[Answer] = deque()
        self._wanted = 0
        self._waiter: asyncio.Future[None] | None = None
        self._trouble: Exception | None = None
        self._until = float("inf")
        self._watch: asyncio.TimerHandle | None = None

    def be_patient(self, seconds: float) -> None:
        """From now on an answer must come within so many seconds, however often the server is asked."""
        self._until = self._loop.time() + seconds
        if self._watch is None:
            self._watch = self._loop.call_at(self._until, self._look_at_the_clock)

    def write(self, data: bytes) -> None:
        """Say something. Raises OSError when nobody is there any more: then nothing of it has left."""
        if self._trouble is not None:
            raise self._trouble
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError
        self._transport.write(data)

    async def answer(self) -> Answer:
        """The next answer."""
        await self.have(1)
        return self.take()

    async def have(self, count: int) -> None:
        """Wait until so many answers are there to be taken."""
        if len(self._answers) >= count:
            return
        if self._trouble is not None:
            raise self._trouble
        self._wanted = count
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def take(self) -> Answer:
        """The next of the answers that are there."""
        return self._answers.popleft()

    async def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        """Speak TLS from here on. What was said in clear behind the consent to it was said by somebody else."""
        if self._rest or self._lines or self._answers:
            raise ValueError("an answer before the encryption")
        if self._transport is None:
            raise ConnectionResetError
        self._transport = await self._loop.start_tls(self._transport, self, context, server_hostname=host)

    def close(self) -> None:
        """Hang up."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        if self._transport is not None:
            self._transport.close()

    # What the loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not asked for by its class: the transports of other loops only behave like it.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        lines = (self._rest + data if self._rest else data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            if len(line) > LONGEST_LINE or not line[:3].isdigit() or len(self._lines) >= MOST_LINES:
                self._fail(ValueError("no answer of a mail server"))
                return
            text = line[4:].decode("utf-8", "replace").rstrip("\r")
            if line[3:4] == b"-":
                self._lines.append(text)
            elif self._lines:
                self._answers.append((int(line[:3]), "\n".join([*self._lines, text])))
                self._lines = []
            else:
                self._answers.append((int(line[:3]), text))
        if len(self._rest) > LONGEST_LINE or len(self._answers) > MOST_UNASKED:
            self._fail(ValueError("an answer without end"))
        elif self._waiter is not None and len(self._answers) >= self._wanted and not self._waiter.done():
            self._waiter.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc if isinstance(exc, OSError) else ConnectionResetError())
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _fail(self, trouble: Exception) -> None:
        if self._trouble is None:
            self._trouble = trouble
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(self._trouble)

    def _look_at_the_clock(self) -> None:
        """One timer for the whole connection: starting one for each letter costs more than the letter."""
        self._watch = None
        if self._waiter is None or self._until > self._loop.time():
            self._watch = self._loop.call_at(max(self._until, self._loop.time() + 1), self._look_at_the_clock)
            return
        self._fail(TimeoutError())
