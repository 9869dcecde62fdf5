"""One connection to an SMS centre: bind, a window of packets in flight, answers by number, incoming packets stored first.

An incoming packet is answered after it was stored, and with «system error» when it could not be: the centre then comes
again. Silence for longer than the patience ends the connection: half-open lines are not noticed otherwise.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog

from zabota.integrations.calls import CallFailed, Patience
from zabota.integrations.smpp import packets
from zabota.integrations.smpp.answers import ERRORS, SYSTEM_ERROR
from zabota.messaging.api import Blame, InboundEvent, Verdict

log = structlog.get_logger(__name__)

_HOME = (Verdict.LATER, Blame.DOWN)
Store = Callable[[InboundEvent], Awaitable[None]]


class Unsent(Exception):
    """The line was closed before the packet left."""


class Unanswered(Exception):
    """The packet left and no answer came."""


@dataclass(frozen=True, slots=True)
class Centre:
    """Where to and as whom."""

    host: str
    port: int
    system_id: str
    password: str
    #: None: not encrypted.
    context: ssl.SSLContext | None
    #: How the centre writes numbers of messages, see packets.same_id.
    ids: str = "same"


class Bound:
    """A connection. Open it, ask, close it."""

    def __init__(self, centre: Centre, patience: Patience, store: Store) -> None:
        self._centre, self._patience, self._store = centre, patience, store
        self.counter = packets.Counter()
        self._waiting: dict[int, asyncio.Future[tuple[int, int, bytes]]] = {}
        self._closed = True
        self._reading: asyncio.Task[None] | None = None

    @property
    def is_closed(self) -> bool:
        """True when nothing can be asked here any more."""
        return self._closed

    async def open(self) -> None:
        """Connect and bind. Raises CallFailed."""
        centre = self._centre
        try:
            async with asyncio.timeout(self._patience.connect):
                self._reader, self._writer = await asyncio.open_connection(centre.host, centre.port, ssl=centre.context)
        except ssl.SSLCertVerificationError:
            raise CallFailed((Verdict.ACCOUNT, Blame.CERTIFICATE), "сертификат сервера не принят") from None
        except (OSError, TimeoutError):
            raise CallFailed(_HOME, "SMS-центр не отвечает") from None
        self._closed = False
        self._reading = asyncio.get_running_loop().create_task(self._read_all())
        greeting = packets.bind(self.counter, system_id=centre.system_id, password=centre.password)
        try:
            status, command, _ = await self.ask(greeting)
        except (Unsent, Unanswered):
            raise CallFailed(_HOME, "SMS-центр не отвечает") from None
        if command != packets.BIND_TRANSCEIVER_RESP or status != 0:
            await self.close()
            raise CallFailed(
                ERRORS.get(status, (Verdict.ACCOUNT, Blame.OTHER)), f"SMS-центр не принял вход, код {status}"
            )

    async def ask(self, packet: Any) -> tuple[int, int, bytes]:
        """Send a packet and wait for its answer: status, command, body. Raises Unsent or Unanswered."""
        if self._closed:
            raise Unsent
        answer: asyncio.Future[tuple[int, int, bytes]] = asyncio.get_running_loop().create_future()
        self._waiting[packet.sequence] = answer
        self._writer.write(packet.generate())
        try:
            async with asyncio.timeout(self._patience.total):
                return await answer
        except (TimeoutError, ConnectionError):
            self._shut()
            raise Unanswered from None
        finally:
            self._waiting.pop(packet.sequence, None)

    async def listen(self, seconds: float, *, every: float = 15.0) -> None:
        """Take what comes for so long, asking now and then whether the line lives."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while not self._closed and (left := until - loop.time()) > 0:
            await asyncio.sleep(min(left, every))
            if left > every and not self._closed:
                sequence = self.counter.next_sequence()
                self._writer.write(packets.plain(packets.ENQUIRE_LINK, sequence))

    async def close(self) -> None:
        """Unbind politely, wait for the packets in hand, hang up."""
        if not self._closed:
            self._writer.write(packets.plain(packets.UNBIND, self.counter.next_sequence()))
        if self._reading is not None:
            await asyncio.wait({self._reading}, timeout=min(1.0, self._patience.total))
        self._shut()
        if self._reading is not None:
            self._reading.cancel()

    async def _read_all(self) -> None:
        try:
            while True:
                head = await self._reader.readexactly(16)
                length, command, status, sequence = packets.HEADER.unpack(head)
                if not 16 <= length <= packets.LONGEST:
                    return
                body = await self._reader.readexactly(length - 16)
                if command == packets.UNBIND_RESP:
                    return
                await self._take(head + body, command, status, sequence)
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            self._shut()

    async def _take(self, raw: bytes, command: int, status: int, sequence: int) -> None:
        if command == packets.DELIVER_SM:
            self._writer.write(packets.plain(packets.DELIVER_SM_RESP, sequence, await self._keep(raw), b"\0"))
        elif command == packets.ENQUIRE_LINK:
            self._writer.write(packets.plain(packets.ENQUIRE_LINK_RESP, sequence))
        elif command == packets.UNBIND:
            self._writer.write(packets.plain(packets.UNBIND_RESP, sequence))
            self._shut()
        elif command & packets.GENERIC_NACK and (answer := self._waiting.get(sequence)) and not answer.done():
            answer.set_result((status, command, raw[16:]))
        elif not command & packets.GENERIC_NACK:
            self._writer.write(packets.plain(packets.GENERIC_NACK, sequence, 0x03))

    async def _keep(self, raw: bytes) -> int:
        """Store what came in; the status to answer with."""
        try:
            event = packets.read_delivery(raw, ids=self._centre.ids)
        except ValueError:
            return 0  # it will not become readable by coming again
        try:
            if event is not None:
                await self._store(event)
        except Exception:
            log.exception("packet_not_stored")
            return SYSTEM_ERROR
        return 0

    def _shut(self) -> None:
        if self._closed:
            return
        self._closed = True
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionError())
        try:
            self._writer.close()
        except (OSError, RuntimeError):
            pass
