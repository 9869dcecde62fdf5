"""One call to a provider over HTTP: bounded in time and size, never repeated, never redirected, never downgraded.

What a trouble means follows from one question: can the provider have taken the message? Nothing left the house: LATER.
Bytes left and no understandable answer came: UNKNOWN. The answer speaks of the account: ACCOUNT.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import certifi
import httpx

from zabota.integrations.kept import Kept
from zabota.messaging.api import Account, Blame, SendResult, Verdict

#: What became of a message and why.
Outcome = tuple[Verdict, Blame]

#: Answers longer than this are nobody's answer to one message.
LONGEST_ANSWER = 1024 * 1024

# Both write addresses into the log, and addresses of some providers hold the token: no such line is made at all.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait for a connection and for the whole call."""

    connect: float = 5.0
    total: float = 15.0


class CallFailed(Exception):
    """The call brought no answer that speaks of the message itself."""

    def __init__(self, outcome: Outcome, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail
        self.retry_after = retry_after

    def result(self, key: str, provider_id: str = "") -> SendResult:
        """The same as an answer for one key."""
        verdict, blame = self.outcome
        return SendResult(
            key=key,
            verdict=verdict,
            blame=blame,
            provider_id=provider_id,
            detail=self.detail,
            retry_after=self.retry_after,
        )


#: What a status says when the provider's own words say nothing.
BY_STATUS: Mapping[int, Outcome] = {
    401: (Verdict.ACCOUNT, Blame.KEY),
    402: (Verdict.ACCOUNT, Blame.NO_MONEY),
    403: (Verdict.ACCOUNT, Blame.KEY),
    404: (Verdict.ACCOUNT, Blame.OTHER),
    405: (Verdict.ACCOUNT, Blame.OTHER),
    408: (Verdict.LATER, Blame.DOWN),
    413: (Verdict.REFUSED, Blame.TOO_LONG),
    429: (Verdict.LATER, Blame.LIMIT),
    503: (Verdict.LATER, Blame.DOWN),
}


def outcome_of_status(status: int) -> Outcome:
    """Of a status alone: 5xx may have been taken, 3xx and a proxy's page were not."""
    if status in BY_STATUS:
        return BY_STATUS[status]
    if status >= 500:
        return Verdict.UNKNOWN, Blame.DOWN
    if status >= 400:
        return Verdict.REFUSED, Blame.OTHER
    if status >= 300:
        return Verdict.LATER, Blame.DOWN
    return Verdict.UNKNOWN, Blame.OTHER


@dataclass(frozen=True, slots=True)
class Reply:
    """What the provider answered. `data` is None when it was no JSON object."""

    status: int
    data: dict[str, Any] | None
    retry_after: float | None = None

    def failed(self, detail: str = "", retry_after: float | None = None) -> CallFailed:
        """The trouble that the status alone tells."""
        words = f"{self.status} {detail}".strip() if self.data is not None else f"{self.status}, ответ не разобран"
        return CallFailed(outcome_of_status(self.status), safe_words(words), retry_after or self.retry_after)


def _base(account: Account, otherwise: str) -> str:
    return (account.values.get("base_url") or otherwise).rstrip("/")


class Lines:
    """Connections to one provider, kept for the running loop until they are released."""

    def __init__(self, base_url: str, patience: Patience) -> None:
        self._base_url, self._patience = base_url, patience
        self._kept: Kept[Line] = Kept()

    def to(self, account: Account) -> Line:
        """The line of this account. Raises CallFailed for an address or a certificate that cannot be used."""
        name = (account.id, _base(account, self._base_url), account.values.get("ca_bundle", ""))
        lines = self._kept.here()
        if name not in lines:
            lines[name] = Line(account, base_url=self._base_url, patience=self._patience)
        return lines[name]

    async def release(self) -> None:
        """Close the lines of the running loop."""
        for line in self._kept.take_all():
            await line.close()


class Line:
    """Connections to one provider for one account."""

    def __init__(self, account: Account, *, base_url: str, patience: Patience) -> None:
        self.base_url = _base(account, base_url)
        self._patience = patience
        self._client = httpx.AsyncClient(
            verify=trust(self.base_url, account.values.get("ca_bundle", "")),
            follow_redirects=False,
            trust_env=False,
            timeout=httpx.Timeout(patience.total, connect=patience.connect),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),
        )

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()

    async def call(self, path: str, *, method: str = "POST", **parts: Any) -> Reply:
        """Ask once. Raises CallFailed when no answer came, or one that is no answer."""
        try:
            async with (
                asyncio.timeout(self._patience.total),
                self._client.stream(method, f"{self.base_url}{path}", **parts) as response,
            ):
                body = await _read(response)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if _is_certificate(error):
                raise CallFailed((Verdict.ACCOUNT, Blame.CERTIFICATE), "сертификат сервера не принят") from None
            raise CallFailed((Verdict.LATER, Blame.DOWN), "нет соединения с сервером") from None
        except (httpx.UnsupportedProtocol, httpx.InvalidURL, ValueError):
            raise CallFailed((Verdict.ACCOUNT, Blame.OTHER), "адрес сервера не годится") from None
        except (httpx.TransportError, httpx.StreamError, TimeoutError, ssl.SSLError, OSError):
            raise CallFailed((Verdict.UNKNOWN, Blame.DOWN), "ответ не пришёл") from None
        reply = Reply(response.status_code, _json(body), _retry_after(response.headers))
        if reply.data is None or 300 <= reply.status < 400:
            raise reply.failed()
        return reply


async def _read(response: httpx.Response) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > LONGEST_ANSWER:
            raise httpx.StreamError("too long")
        parts.append(part)
    return b"".join(parts)


def _json(body: bytes) -> dict[str, Any] | None:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _retry_after(headers: httpx.Headers) -> float | None:
    """Seconds, also when the provider names a date; its own clock is then taken, not ours."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return min(float(value), 86_400.0)
    try:
        until, now = parsedate_to_datetime(value), parsedate_to_datetime(headers.get("date", ""))
        return min(max((until - now).total_seconds(), 0.0), 86_400.0)
    except (TypeError, ValueError):
        return None


def _is_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def trust(base_url: str, authority: str) -> ssl.SSLContext:
    """The certificates to believe for this address. Raises CallFailed for an address without encryption."""
    parts = urlsplit(base_url)
    is_here = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_here):
        raise CallFailed((Verdict.ACCOUNT, Blame.OTHER), "адрес сервера должен начинаться с https://")
    return trust_in(authority)


def trust_in(authority: str) -> ssl.SSLContext:
    """A context that believes the usual authorities, or only the one that the account names."""
    try:
        return _context(authority.strip())
    except (ssl.SSLError, ValueError):
        raise CallFailed((Verdict.ACCOUNT, Blame.CERTIFICATE), "корневой сертификат не читается") from None


@lru_cache(maxsize=32)
def _context(authority: str) -> ssl.SSLContext:
    if authority:
        return ssl.create_default_context(cadata=authority)
    return ssl.create_default_context(cafile=certifi.where())


_LONG_NUMBER = re.compile(r"\+?\d[\d\s()-]{4,}\d")
_MAIL = re.compile(r"\S+@\S+")
_SECRET = re.compile(r"[\w:.-]{24,}")


def safe_words(text: object) -> str:
    """A provider's words for the journal: one short line without phones, addresses and keys."""
    line = " ".join(str(text).split())
    for pattern in (_MAIL, _LONG_NUMBER, _SECRET):
        line = pattern.sub("…", line)
    return line[:200]
