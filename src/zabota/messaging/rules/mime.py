"""Letters as bytes: everything that is equal in all letters of one template is made once, the rest is put between.

The MIME classes of the standard library take about a millisecond for each letter; a skeleton takes microseconds.
"""

from __future__ import annotations

import binascii
import html as html_module
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.header import Header
from email.utils import formatdate
from functools import lru_cache

_CRLF = "\r\n"
_LINK = re.compile(r"(?<![^ \n])https?://[^ \n]*")
_LINES = re.compile(rb".{1,76}").findall
_NOT_ATOM = re.compile(r"[^A-Za-z0-9.+_-]")


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The parts of a letter that its sender and kind decide."""

    head: bytes
    middle: bytes
    html_head: bytes
    tail: bytes
    domain: str
    unsubscribable: bool
    has_html: bool


def compile_skeleton(
    *,
    sender_address: str,
    sender_name: str = "",
    reply_to: str = "",
    with_html: bool = True,
    unsubscribable: bool = False,
    boundary: str = "=_zabota_7d1f0c",
) -> Skeleton:
    """Make what all letters of one sender and kind share. Raises ValueError for a line break in a header."""
    domain = sender_address.rpartition("@")[2]
    headers = [
        f"From: {_mailbox(sender_name, sender_address)}",
        "MIME-Version: 1.0",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
    ]
    if reply_to:
        headers.append(f"Reply-To: {_one_line(reply_to)}")
    if unsubscribable:
        headers.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    if with_html:
        headers.append(f'Content-Type: multipart/alternative; boundary="{boundary}"')
        middle = _part(boundary, "text/plain")
        html_head = _CRLF + _part(boundary, "text/html")
        tail = f"{_CRLF}--{boundary}--{_CRLF}"
    else:
        headers += ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64"]
        middle, html_head, tail = _CRLF, "", _CRLF
    return Skeleton(
        head=(_CRLF.join(headers) + _CRLF).encode(),
        middle=(_CRLF + middle if with_html else middle).encode(),
        html_head=html_head.encode(),
        tail=tail.encode(),
        domain=domain,
        unsubscribable=unsubscribable,
        has_html=with_html,
    )


def letter(
    skeleton: Skeleton,
    *,
    to: str,
    subject: str,
    text: str,
    key: str,
    html: str = "",
    unsubscribe_url: str = "",
    date: float | None = None,
) -> bytes:
    """One letter with CRLF line ends; no line of it begins with a dot, so that nothing needs to be stuffed.

    The Message-ID is made of the key: a server that drops repeats drops the same letter sent twice.
    Raises ValueError for a line break in an address, a subject or a link.
    """
    lines = (
        f"To: {_address(to)}\r\nSubject: {_encoded(subject)}\r\n"
        f"Date: {_date(date)}\r\nMessage-ID: <{message_id_of(key)}@{skeleton.domain}>\r\n"
    )
    if skeleton.unsubscribable and unsubscribe_url:
        lines += f"List-Unsubscribe: <{_one_line(unsubscribe_url)}>\r\n"
    body = _folded(text)
    if not skeleton.has_html:
        return b"".join((skeleton.head, lines.encode(), skeleton.middle, body, skeleton.tail))
    rich = _folded(html or html_of(text))
    return b"".join((skeleton.head, lines.encode(), skeleton.middle, body, skeleton.html_head, rich, skeleton.tail))


def _folded(text: str) -> bytes:
    """Base64 in lines of 76 signs."""
    lines = _LINES(binascii.b2a_base64(text.encode(), newline=False))
    lines.append(b"")
    return b"\r\n".join(lines)


def html_of(text: str, *, buttons: Sequence[tuple[str, str]] = ()) -> str:
    """A plain text as the simplest letter: paragraphs, links of its own that can be pressed, no picture from elsewhere."""
    escaped = _LINK.sub(r'<a href="\g<0>">\g<0></a>', html_module.escape(text)).replace("\n", " <br> ")
    pressed = "".join(
        f'<p><a href="{html_module.escape(url, quote=True)}">{html_module.escape(title)}</a></p>'
        for title, url in buttons
    )
    return f'<!doctype html><html lang="ru"><body><p>{escaped}</p>{pressed}</body></html>'


def message_id_of(key: str) -> str:
    """The key as the left part of a Message-ID: other letters than mail allows are written as `=` and their number."""
    return _NOT_ATOM.sub(lambda found: f"={ord(found.group()):x}.", _one_line(key))


@lru_cache(maxsize=2048)
def _encoded(subject: str) -> str:
    text = _one_line(subject)
    return (
        text if text.isascii() else Header(text, "utf-8", maxlinelen=74, header_name="Subject").encode(linesep="\r\n")
    )


@lru_cache(maxsize=64)
def _date_of(second: int) -> str:
    return formatdate(second, usegmt=True).replace("GMT", "+0000")


def _date(at: float | None) -> str:
    return formatdate(None, usegmt=True).replace("GMT", "+0000") if at is None else _date_of(int(at))


def _mailbox(name: str, address: str) -> str:
    if not name:
        return _address(address)
    shown = _one_line(name)
    encoded = f'"{shown}"' if shown.isascii() and '"' not in shown else _folded_name(shown)
    return f"{encoded} <{_address(address)}>"


def _folded_name(name: str) -> str:
    return Header(name, "utf-8", maxlinelen=74, header_name="From").encode(linesep=_CRLF)


def _address(address: str) -> str:
    if any(character in address for character in "\r\n<> ,;") or not address.isascii():
        raise ValueError("address")
    return address


def _one_line(text: str) -> str:
    if "\r" in text or "\n" in text:
        raise ValueError("line break in a header")
    return text


def _part(boundary: str, kind: str) -> str:
    return (
        f"--{boundary}{_CRLF}Content-Type: {kind}; charset=utf-8{_CRLF}Content-Transfer-Encoding: base64{_CRLF}{_CRLF}"
    )
