"""The emulator itself: finds the provider by the address, applies the fault, writes the ledger, calls back."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from tests.emulator.faces import CallBack, Face, Taken
from tests.emulator.faults import STOPS, Fault, fault_of
from tests.emulator.http import Answer, Request, listen, post, says
from tests.emulator.messengers import Max, Telegram, Viber, Vk, WhatsApp
from tests.emulator.sms import Exolve, SmsAero, Smsc, SmsRu

FACES: tuple[Face, ...] = (Smsc(), SmsAero(), Exolve(), SmsRu(), Max(), Telegram(), Vk(), WhatsApp(), Viber())
BY_NAME: dict[str, Face] = {each.name: each for each in FACES}

#: A refusal that the provider puts into words, by fault.
_REFUSALS = {
    Fault.BAD_RECIPIENT: "recipient",
    Fault.KEY: "key",
    Fault.NO_MONEY: "money",
    Fault.BLOCKED: "blocked",
    Fault.OPERATOR_BLOCKED: "operator",
    Fault.ERROR_IN_200: "error_in_200",
}
_PAGE = b"<html><head><title>Wi-Fi</title></head><body>Please log in</body></html>"
_DAY = 86_400.0


@dataclass(frozen=True)
class Entry:
    """A message that the emulator took: what a provider would have charged for."""

    provider: str
    address: str
    text: str
    key: str
    number: str
    at: float
    #: All fields of the call that brought it.
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Hook:
    """Where one account wants to be called and with which secret."""

    url: str
    secret: str


class Emulator:
    """All providers behind one port. `seconds` is how long a slow answer takes."""

    def __init__(
        self,
        *,
        port: int = 0,
        seconds: float = 0.3,
        context: ssl.SSLContext | None = None,
        ledger: Path | None = None,
    ) -> None:
        self.ledger: list[Entry] = []
        #: What was called back, by provider: also when no hook is set, so that a test may carry it over by hand.
        self.called: list[tuple[str, CallBack]] = []
        self.answers: list[int] = []
        self.hooks: dict[str, Hook] = {}
        #: What signs the calls of a provider whose address to call is not set.
        self.secrets: dict[str, str] = {}
        self.states: dict[str, str] = {}
        self.requests = 0
        self._port, self._seconds, self._context, self._file = port, seconds, context, ledger
        self._numbers = itertools.count(1_000_001)
        self._repeats: dict[tuple[str, str], str] = {}
        self._ready = threading.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    # -- life ----------------------------------------------------------------------------------------------------
    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the emulator did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await listen(self._handle, host="127.0.0.1", port=self._port, context=self._context)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    @property
    def url(self) -> str:
        """Address of the emulator: the `base_url` of an account."""
        scheme = "https" if self._context else "http"
        return f"{scheme}://localhost:{self._port}" if self._context else f"{scheme}://127.0.0.1:{self._port}"

    def hook(self, provider: str, url: str, secret: str) -> None:
        """Call this address back about messages of this provider."""
        self.hooks[provider] = Hook(url, secret)

    def taken_by(self, provider: str) -> list[Entry]:
        """The ledger of one provider."""
        return [each for each in self.ledger if each.provider == provider]

    def settle(self, seconds: float = 3.0) -> None:
        """Wait until all calls back were made."""
        until = time.monotonic() + seconds
        while self._tasks and time.monotonic() < until:
            time.sleep(0.01)

    # -- answers -------------------------------------------------------------------------------------------------
    async def _handle(self, request: Request) -> Answer:
        self.requests += 1
        if request.path == "/__ledger":
            return says([each.__dict__ for each in self.ledger])
        for face in FACES:
            try:
                messages = face.reads(request)
                if messages is None and (other := face.other(request, self.states)) is None:
                    continue
            except (KeyError, ValueError, TypeError):
                return says({"error": "malformed"}, 400)
            if face.is_revoked(request):
                return face.refuses("key", Taken("", ""))
            return await self._send(face, messages) if messages is not None else other
        return says({"error": "no such method"}, 404)

    async def _send(self, face: Face, messages: list[Taken]) -> Answer:
        fault = next((fault for each in messages if (fault := fault_of(each.address)) is not Fault.OK), Fault.OK)
        if (before := self._before(fault)) is not None:
            return before
        if (kind := _REFUSALS.get(fault)) is not None:
            return face.refuses(kind if kind in face.knows else "recipient", messages[0])
        if fault in (Fault.LIMIT, Fault.LIMIT_WITH_WAIT):
            return self._limit(face, messages[0], fault)
        for each in messages:
            self._take(face, each)
        calls = list(self._calls(face, messages, fault))
        if fault is Fault.RECEIPT_FIRST:
            for call in calls:
                await self._call(face.name, call)
            calls = []
        answer = self._after(fault, face.takes(messages))
        if calls:
            task = asyncio.get_running_loop().create_task(self._call_all(face.name, calls))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return answer

    def _before(self, fault: Fault) -> Answer | None:
        """Troubles in which nothing is taken."""
        statuses = {Fault.ERROR_500: 500, Fault.ERROR_502: 502, Fault.ERROR_503: 503, Fault.ERROR_504: 504}
        if fault in statuses:
            return Answer(statuses[fault], b"<h1>error</h1>", "text/html")
        if fault is Fault.CAPTIVE_PORTAL:
            return Answer(200, _PAGE, "text/html")
        if fault is Fault.REDIRECT:
            return Answer(302, _PAGE, "text/html", {"Location": "http://127.0.0.1:9/login"})
        return None

    def _limit(self, face: Face, message: Taken, fault: Fault) -> Answer:
        if "limit" in face.knows and fault is Fault.LIMIT:
            return face.refuses("limit", message)
        wait = {"Retry_After": "7"} if fault is Fault.LIMIT_WITH_WAIT else {}
        return Answer(429, b'{"message": "too many requests"}', headers=wait)

    def _after(self, fault: Fault, answer: Answer) -> Answer:
        """Troubles in which the message is taken and the answer suffers."""
        if fault is Fault.SLOW:
            answer.seconds = self._seconds
        elif fault is Fault.HANG:
            answer.hangs = True
        elif fault is Fault.ANSWER_LOST:
            answer.is_lost = True
        elif fault is Fault.TRUNCATED:
            answer.body = answer.body[: len(answer.body) // 2]
        elif fault is Fault.WRONG_TYPE:
            answer.content_type = "text/html; charset=windows-1251"
        elif fault is Fault.ENDLESS:
            answer.is_endless = True
        return answer

    def _take(self, face: Face, message: Taken) -> None:
        """One line in the ledger. VK alone answers a repeated key with its first message."""
        if face.name == "vk" and (known := self._repeats.get(("vk", message.key))):
            message.number = known
            return
        message.number = message.number or str(next(self._numbers))
        self._repeats[face.name, message.key] = message.number
        self.states[message.number] = "delivered"
        entry = Entry(face.name, message.address, message.text, message.key, message.number, time.time(), message.raw)
        self.ledger.append(entry)
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry.__dict__, ensure_ascii=False) + "\n")

    # -- calls back ----------------------------------------------------------------------------------------------
    def _calls(self, face: Face, messages: list[Taken], fault: Fault) -> Iterator[CallBack]:
        hook = self.hooks.get(face.name)
        secret = hook.secret if hook else self.secrets.get(face.name, "hook-secret")
        now = time.time()
        for each in messages:
            if fault in STOPS:
                yield from _some(face.writes(each, STOPS[fault], now, secret))
                continue
            if fault is Fault.SHUT_OUT:
                yield from _some(face.shuts(each, now, secret))
                continue
            skew = {
                Fault.RECEIPT_LATE: 2 * _DAY,
                Fault.RECEIPT_FROM_THE_FUTURE: 600.0,
                Fault.RECEIPT_FROM_THE_PAST: -600.0,
            }
            at = now + skew.get(fault, 0.0)
            last = "failed" if fault is Fault.RECEIPT_FAILED else "delivered"
            if fault is Fault.RECEIPT_OF_NOBODY:
                each = Taken(each.address, each.text, "nobody", "999999999")
            if fault is Fault.RECEIPT_FORGED:
                yield from _some(face.receipt(each, last, at, "somebody else"))
                continue
            sent, done = face.receipt(each, "sent", at, secret), face.receipt(each, last, at + 1, secret)
            order = [done, sent] if fault in (Fault.RECEIPT_BACKWARDS, Fault.RECEIPT_FIRST) else [sent, done]
            if fault in (Fault.RECEIPT_TWICE, Fault.RECEIPT_REPLAYED):
                order.append(done)
            for call in order:
                yield from _some(call)

    async def _call_all(self, provider: str, calls: list[CallBack]) -> None:
        for call in calls:
            await self._call(provider, call)

    async def _call(self, provider: str, call: CallBack) -> None:
        self.called.append((provider, call))
        if (hook := self.hooks.get(provider)) is None:
            return
        join = "&" if "?" in hook.url else "?"
        url = hook.url + (f"{join}{urlencode(call.query)}" if call.query and "secret=" not in hook.url else "")
        with contextlib.suppress(Exception):
            self.answers.append(await post(url, body=call.body, headers=call.headers))


def _some(call: Any) -> Iterator[CallBack]:
    if call is not None:
        yield call
