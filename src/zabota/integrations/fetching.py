"""A file that a provider keeps for us: asked for once, bounded in time and size, from a public address, never redirected.

The address comes from a call of the provider, so it is not believed: it may not lead into our own network (T14).
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from typing import Protocol, runtime_checkable
from urllib.parse import SplitResult, urlsplit

import certifi
import httpx

from zabota.integrations.calls import CallFailed, Patience, trust
from zabota.integrations.pictures import LARGEST
from zabota.messaging.api import Account

TOO_LARGE = f"больше {LARGEST // 1024 // 1024} МБ"
GONE = "в канале её больше нет"
NOT_ALLOWED = "адрес файла не годится"
_HTTPS = 443


class FileRefused(Exception):
    """It will not come, however often it is asked for; `text` says why in words for whoever reads the conversation."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class FileLater(Exception):
    """Not now: the provider is silent or asks to come again."""


@runtime_checkable
class GivesPictures(Protocol):
    """A provider whose pictures can be fetched by what its call named."""

    async def picture(self, reference: str, account: Account) -> bytes:
        """The bytes. Raises FileRefused, FileLater."""
        ...


async def fetch(url: str, *, account: Account, base_url: str, patience: Patience) -> bytes:
    """The bytes behind an address. Raises FileRefused, FileLater."""
    try:
        there = urlsplit(url)
        home = urlsplit((account.values.get("base_url") or base_url).rstrip("/"))
        async with asyncio.timeout(patience.total):
            if (there.scheme, there.netloc) == (home.scheme, home.netloc):
                # The address that the owner entered: also one of a house of its own.
                context = trust(f"{home.scheme}://{home.netloc}", account.values.get("ca_bundle", ""))
                return await _read(url, {}, None, context, patience)
            host = _public_host(there)
            number = await _address_of(host)
            shown = f"[{number}]" if ":" in number else number
            target = there._replace(netloc=shown, fragment="").geturl()
            return await _read(target, {"Host": host}, host, _trust_also(account), patience)
    except (httpx.HTTPError, httpx.StreamError, TimeoutError, OSError):
        raise FileLater from None
    except (CallFailed, httpx.InvalidURL, ValueError):
        raise FileRefused(NOT_ALLOWED) from None


def _public_host(there: SplitResult) -> str:
    try:
        port = there.port
    except ValueError:
        port = -1
    if there.scheme != "https" or not there.hostname or port not in (None, _HTTPS) or there.username is not None:
        raise FileRefused(NOT_ALLOWED)
    return there.hostname


async def _address_of(host: str) -> str:
    """The number to connect to, asked for once: what was looked at is what is called."""
    found = await asyncio.get_running_loop().getaddrinfo(host, _HTTPS, type=socket.SOCK_STREAM)
    numbers = [str(each[4][0]) for each in found]
    if not numbers or not all(ipaddress.ip_address(each.partition("%")[0]).is_global for each in numbers):
        raise FileRefused(NOT_ALLOWED)
    return numbers[0]


def _trust_also(account: Account) -> ssl.SSLContext:
    """The usual authorities, and the one of the account: files may stand under either."""
    context = ssl.create_default_context(cafile=certifi.where())
    if authority := account.values.get("ca_bundle", "").strip():
        context.load_verify_locations(cadata=authority)
    return context


async def _read(
    url: str, headers: dict[str, str], name: str | None, context: ssl.SSLContext, patience: Patience
) -> bytes:
    timeout = httpx.Timeout(patience.total, connect=patience.connect)
    extensions = {"sni_hostname": name} if name else {}
    async with (
        httpx.AsyncClient(verify=context, follow_redirects=False, trust_env=False, timeout=timeout) as client,
        client.stream("GET", url, headers=headers, extensions=extensions) as response,
    ):
        if response.status_code in (403, 404, 410):
            raise FileRefused(GONE)
        if 300 <= response.status_code < 400:
            raise FileRefused(NOT_ALLOWED)
        if response.status_code != 200:
            raise FileLater
        parts: list[bytes] = []
        size = 0
        async for part in response.aiter_bytes():
            size += len(part)
            if size > LARGEST:
                raise FileRefused(TOO_LARGE)
            parts.append(part)
        return b"".join(parts)
