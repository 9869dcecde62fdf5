"""Messages as their reader sees them: text with its links, ours made to open wherever the program runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from zabota.integrations.api import Arrived

_PUNCTUATION = ".,;:!?)»"


@dataclass(frozen=True, slots=True)
class Shown:
    """One message; `parts` are (words, address or nothing)."""

    address: str
    subject: str
    parts: tuple[tuple[str, str], ...]
    buttons: tuple[tuple[str, str], ...]
    unsubscribe_url: str
    at: datetime


def shown(message: Arrived) -> Shown:
    """The message with addresses to press."""
    return Shown(
        address=message.address,
        subject=message.subject,
        parts=tuple(parts_of(message.text)),
        buttons=tuple((title, here(url)) for title, url in message.buttons),
        unsubscribe_url=here(message.unsubscribe_url),
        at=message.at,
    )


def parts_of(text: str) -> list[tuple[str, str]]:
    """A text cut at its links: whole addresses, and short ones that begin with our own host."""
    hosts = {urlsplit(each).netloc for each in (settings.PUBLIC_URL, settings.SHORT_URL)}
    own = "|".join(re.escape(host) for host in sorted(hosts) if host)
    parts: list[tuple[str, str]] = []
    end = 0
    for found in re.finditer(rf"https?://[^\s<>\"]+|(?:{own})/[^\s<>\"]+", text):
        link = found[0].rstrip(_PUNCTUATION)
        parts.append((text[end : found.start()], ""))
        parts.append((link, here(link)))
        end = found.start() + len(link)
    parts.append((text[end:], ""))
    return [part for part in parts if part[0]]


def here(url: str) -> str:
    """An address of this program without its host: the demo may run on another port than its messages say."""
    for base in (settings.PUBLIC_URL, settings.SHORT_URL):
        for prefix in (base, urlsplit(base).netloc):
            if prefix and url.startswith(f"{prefix}/"):
                return url[len(prefix) :]
    return url
