"""What must outlive a restore of the database, in the folder of data: what left, who wants no advertising.

No name, phone or address stands there: keyed hashes and random ids of cards, one line each.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction

log = structlog.get_logger(__name__)

#: A message older than this is repeated by no restore.
KEPT_DAYS = 60
_SAID = "wishes.jsonl"


def folder() -> Path | None:
    """Where it lies; None keeps nothing (tests that are not about it)."""
    return Path(settings.OUTBOX_DIR) if settings.OUTBOX_DIR else None


def note_sent(keys: Iterable[str], *, now: datetime) -> None:
    """These left, or may have left."""
    lines = "".join(f"{digest_of(key)}\n" for key in keys)
    if lines:
        append(f"sent-{now:%Y%m%d}", lines)


def sent_before() -> set[str]:
    """Digests of everything that left within the kept days."""
    here = folder()
    found: set[str] = set()
    for path in sorted(here.glob("sent-*")) if here is not None and here.is_dir() else ():
        found.update(path.read_text(encoding="ascii", errors="replace").split())
    return found


def digest_of(key: str) -> str:
    """A key as it is noted."""
    return hashlib.sha256(key.encode()).hexdigest()[:24]


def note_wish(**said: Any) -> None:
    """Keep what a person decided, once the transaction that says so is over."""
    transaction.on_commit(lambda: append(_SAID, json.dumps(said, ensure_ascii=False, default=str) + "\n"))


def wishes() -> list[dict[str, Any]]:
    """Everything that was decided, in order; a line that was cut by a power failure is left out."""
    here = folder()
    path = here / _SAID if here is not None else None
    if path is None or not path.is_file():
        return []
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if isinstance(told, dict):
            found.append(told)
    return found


def forget_sent(*, today: date) -> int:
    """Remove days that are over. Returns how many."""
    here, gone = folder(), 0
    oldest = f"sent-{today - timedelta(days=KEPT_DAYS):%Y%m%d}"
    for path in here.glob("sent-*") if here is not None and here.is_dir() else ():
        if path.name < oldest:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def append(name: str, text: str) -> None:
    """Add to a file of the folder; several processes may at once. A folder that refuses is told, nothing stops."""
    here = folder()
    if here is None:
        return
    try:
        here.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (here / name).open("a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(text)
    except OSError as error:
        log.error("outbox_journal_refused", error=type(error).__qualname__)
