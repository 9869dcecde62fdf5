"""Where the messages of the demo clinic arrive: one file per account, a line a message, the oldest thrown away."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

#: A file that grew to this many bytes is laid aside; the one laid aside before is thrown away.
LARGEST = 2_000_000


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message as the person sees it."""

    key: str
    address: str
    text: str
    subject: str
    buttons: tuple[tuple[str, str], ...]
    unsubscribe_url: str
    at: datetime


def put(account_id: int, arrived: Arrived) -> None:
    """Add a message. A short line is appended whole, whoever else writes at the same moment."""
    path = _path(account_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({**asdict(arrived), "at": arrived.at.isoformat()}, ensure_ascii=False) + "\n"
    if path.exists() and path.stat().st_size > LARGEST:
        path.replace(path.with_suffix(".old"))
    with path.open("ab") as file:
        file.write(line.encode())


def arrived(account_id: int, *, limit: int = 200) -> list[Arrived]:
    """The latest messages, the newest first; one key arrives once, however often it was offered."""
    found: dict[str, Arrived] = {}
    for path in (_path(account_id).with_suffix(".old"), _path(account_id)):
        if not path.exists():
            continue
        for line in path.read_bytes().splitlines():
            try:
                message = _read(json.loads(line))
            except (ValueError, KeyError, TypeError):
                continue  # a line cut off by a full disk
            found.setdefault(message.key, message)
    return sorted(found.values(), key=lambda each: each.at, reverse=True)[:limit]


def _read(data: Mapping[str, object]) -> Arrived:
    buttons = data["buttons"]
    pairs = buttons if isinstance(buttons, list) else []
    return Arrived(
        key=str(data["key"]),
        address=str(data["address"]),
        text=str(data["text"]),
        subject=str(data["subject"]),
        buttons=tuple((str(title), str(url)) for title, url in pairs),
        unsubscribe_url=str(data["unsubscribe_url"]),
        at=datetime.fromisoformat(str(data["at"])).astimezone(UTC),
    )


def _path(account_id: int) -> Path:
    return Path(settings.DATA_DIR) / "demo_mailbox" / f"{int(account_id)}.jsonl"
