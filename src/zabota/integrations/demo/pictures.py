"""Pictures that the demo phone sends: small, really pictures, kept beside its box under names nobody can guess."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from zabota.kernel.errors import BadInput

#: Bytes of one picture, and how many are kept: the oldest goes first.
LARGEST, MOST = 2 * 1024 * 1024, 50
_NAME = re.compile(r"[0-9a-f]{32}\.(?:jpg|png|webp)")
_MEDIA = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}


@dataclass(frozen=True, slots=True)
class Picture:
    """What is shown: the bytes and what they are."""

    body: bytes
    media: str


def keep_picture(body: bytes) -> str:
    """The name under which it is kept. Raises BadInput for what is no small picture: the bytes tell, not their name."""
    if not body:
        raise BadInput("Файл пустой: выберите снимок.")
    if len(body) > LARGEST:
        raise BadInput("Снимок больше 2 МБ. Выберите поменьше.")
    ending = _ending(body)
    if ending is None:
        raise BadInput("Это не снимок: подойдут JPEG, PNG и WebP.")
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{secrets.token_hex(16)}{ending}"
    (folder / name).write_bytes(body)
    kept = sorted(folder.iterdir(), key=lambda path: (path.stat().st_mtime_ns, path.name))
    for path in kept[:-MOST]:
        path.unlink(missing_ok=True)
    return name


def kept_picture(name: str) -> Picture | None:
    """The picture of this name, when it is one of ours and still there."""
    if not _NAME.fullmatch(name):
        return None
    path = _folder() / name
    try:
        return Picture(path.read_bytes(), _MEDIA[path.suffix])
    except FileNotFoundError:
        return None


def _ending(body: bytes) -> str | None:
    if body.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return ".png"
    return ".webp" if body[:4] == b"RIFF" and body[8:12] == b"WEBP" else None


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "demo_mailbox" / "pictures"
