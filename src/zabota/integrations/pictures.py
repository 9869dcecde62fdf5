"""Pictures that people send: really pictures, of a bounded size, kept under names nobody can guess, as long as the words."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from zabota.integrations.picture_size import size_of
from zabota.kernel.errors import BadInput

#: Bytes of one picture, and pixels: a small file may unfold into a page that no machine shows.
LARGEST, MOST_PIXELS = 10 * 1024 * 1024, 60_000_000
#: A demo clinic is shown, not run: small pictures, and few of them; the oldest goes first.
DEMO_LARGEST, DEMO_MOST = 2 * 1024 * 1024, 50
_NAME = re.compile(r"[0-9a-f]{32}\.(?:jpg|png|webp)")
_MEDIA = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}


@dataclass(frozen=True, slots=True)
class Picture:
    """What is shown: the bytes and what they are."""

    body: bytes
    media: str


def keep_picture(body: bytes, *, clinic_id: int, at: datetime, is_demo: bool = False) -> str:
    """The name under which it is kept. Raises BadInput for what is no such picture: the bytes tell, not their name.

    The file is as old as the words it came with, and goes with them.
    """
    largest = DEMO_LARGEST if is_demo else LARGEST
    if not body:
        raise BadInput("Файл пустой: выберите снимок.")
    if len(body) > largest:
        raise BadInput(f"Снимок больше {largest // 1024 // 1024} МБ. Выберите поменьше.")
    ending, size = _ending(body), size_of(body)
    if ending is None or size is None or not all(size):
        raise BadInput("Это не снимок: подойдут JPEG, PNG и WebP.")
    if size[0] * size[1] > MOST_PIXELS:
        raise BadInput("В снимке слишком много точек. Выберите поменьше.")
    folder = _folder(clinic_id)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{secrets.token_hex(16)}{ending}"
    path.write_bytes(body)
    os.utime(path, (at.timestamp(), at.timestamp()))
    if is_demo:
        kept = sorted(folder.iterdir(), key=lambda each: (each.stat().st_mtime_ns, each.name))
        for old in kept[:-DEMO_MOST]:
            old.unlink(missing_ok=True)
    return path.name


def kept_picture(name: str, *, clinic_id: int) -> Picture | None:
    """The picture of this name, when it is one of the clinic's and still there."""
    if not _NAME.fullmatch(name):
        return None
    path = _folder(clinic_id) / name
    try:
        return Picture(path.read_bytes(), _MEDIA[path.suffix])
    except FileNotFoundError:
        return None


def drop_picture(name: str, *, clinic_id: int) -> None:
    """Keep it no longer."""
    if _NAME.fullmatch(name):
        (_folder(clinic_id) / name).unlink(missing_ok=True)


def drop_older(before: datetime) -> int:
    """Remove what came before this moment, of every clinic. Returns how many."""
    gone = 0
    for path in _all():
        if path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _ending(body: bytes) -> str | None:
    if body.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return ".png"
    return ".webp" if body[:4] == b"RIFF" and body[8:12] == b"WEBP" else None


def _root() -> Path:
    return Path(settings.DATA_DIR) / "pictures"


def _folder(clinic_id: int) -> Path:
    return _root() / str(int(clinic_id))


def _all() -> Iterator[Path]:
    root = _root()
    for folder in root.iterdir() if root.is_dir() else ():
        yield from (path for path in folder.iterdir() if _NAME.fullmatch(path.name))
