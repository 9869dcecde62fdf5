"""Files that providers keep: a picture by its name, and the trouble that a name brings."""

from __future__ import annotations

import struct

from tests.emulator.http import Answer, says


def png(width: int = 3, height: int = 2) -> bytes:
    """The beginning of a picture of this size."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII5x4x", 13, b"IHDR", width, height)


PICTURE = png()
_TROUBLES = {
    "large.png": Answer(200, png() + bytes(10 * 1024 * 1024), "image/png"),
    "bomb.png": Answer(200, png(60_000, 60_000), "image/png"),
    "wrong.png": Answer(200, b"<svg onload=alert(1)></svg>", "image/png"),
    "empty.png": Answer(200, b"", "image/png"),
    "slow.png": Answer(200, PICTURE, "image/png", hangs=True),
    "broken.png": Answer(500, b"oops", "text/plain"),
    "moved.png": Answer(302, b"", "text/html", {"Location": "http://127.0.0.1:9/secret"}),
}


def file_of(name: str) -> Answer:
    """What is given for this name; «gone.png» is not there."""
    if name == "gone.png":
        return says({"message": "not found"}, 404)
    return _TROUBLES.get(name, Answer(200, PICTURE, "image/png"))
