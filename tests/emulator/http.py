"""A small HTTP/1.1 server over bare sockets, so that an answer can also hang, break off or never come."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Request:
    """What came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        return json.loads(self.body or b"{}")

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass
class Answer:
    """What goes out; `breaks_after` cuts the connection after so many bytes of the body, `is_lost` before any."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    is_lost: bool = False
    hangs: bool = False
    is_endless: bool = False
    after: Callable[[], Awaitable[None]] | None = None


def says(data: Any, status: int = 200, **headers: str) -> Answer:
    """A JSON answer."""
    return Answer(status, json.dumps(data, ensure_ascii=False).encode(), headers=headers)


Handler = Callable[[Request], Awaitable[Answer]]


async def listen(handler: Handler, *, host: str, port: int, context: ssl.SSLContext | None) -> asyncio.Server:
    """Serve until closed."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read(reader)) is not None:
                answer = await handler(request)
                if not await _write(answer, writer):
                    return
                if answer.after:
                    await answer.after()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(talk, host, port, ssl=context, limit=4 * 1024 * 1024, backlog=512)


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    return Request(method, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), headers, body)


async def _write(answer: Answer, writer: asyncio.StreamWriter) -> bool:
    """Send the answer, or do what it says instead. True when the connection goes on."""
    if answer.seconds:
        await asyncio.sleep(answer.seconds)
    if answer.hangs:
        await asyncio.sleep(3600)
    if answer.is_lost:
        raw = writer.get_extra_info("socket")
        if raw is not None and writer.get_extra_info("sslcontext") is None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return False
    lines = [f"HTTP/1.1 {answer.status} X", f"Content-Type: {answer.content_type}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in answer.headers.items()]
    if answer.is_endless:
        writer.write(("\r\n".join([*lines, "Connection: close", "", ""])).encode())
        for _ in range(64):
            writer.write(b" " * 65_536)
            await writer.drain()
        return False
    lines += [f"Content-Length: {len(answer.body)}", "", ""]
    writer.write("\r\n".join(lines).encode() + answer.body)
    await writer.drain()
    return True


async def post(url: str, *, body: bytes, headers: dict[str, str]) -> int:
    """Call back: the status of the answer, 0 when there was none."""
    parts = urlsplit(url)
    try:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        lines = [f"POST {target} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body)}", "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()
        first = (await reader.readline()).split(b" ")
        writer.close()
        return int(first[1]) if len(first) > 1 else 0
    except OSError:
        return 0
