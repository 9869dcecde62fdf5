"""When the door of an online visit is open, and the pass that the clinic's own video server checks."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

OPENS_BEFORE = dt.timedelta(minutes=15)
CLOSES_AFTER = dt.timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Server:
    """The clinic's own Jitsi: address, id of the application, secret that both know."""

    url: str
    app_id: str
    secret: str

    @property
    def host(self) -> str:
        """Name of the server without scheme and path."""
        return self.url.split("//", 1)[-1].split("/", 1)[0]


def opens_at(starts_at: dt.datetime) -> dt.datetime:
    """From then on a person may come in."""
    return starts_at - OPENS_BEFORE


def closes_at(ends_at: dt.datetime) -> dt.datetime:
    """Until then a person who lost the connection may come back."""
    return ends_at + CLOSES_AFTER


def room_of(secret: str, visit_id: int, revision: int) -> str:
    """A name of the room that nobody can guess, the same for both sides of one visit."""
    digest = hmac.new(secret.encode(), f"room:{visit_id}:{revision}".encode(), hashlib.sha256).hexdigest()
    return f"visit-{digest[:24]}"


def address_of(
    server: Server,
    *,
    room: str,
    name: str,
    is_doctor: bool,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
) -> str:
    """Address with a pass for this room and this time alone; recording is off for everybody."""
    pass_ = signed(
        {
            "aud": server.app_id,
            "iss": server.app_id,
            "sub": server.host,
            "room": room,
            "nbf": int(opens_at(starts_at).timestamp()),
            "exp": int(closes_at(ends_at).timestamp()),
            "context": {
                "user": {"name": name, "moderator": "true" if is_doctor else "false"},
                "features": {"recording": False, "livestreaming": False, "transcription": False},
            },
        },
        server.secret,
    )
    return f"{server.url.rstrip('/')}/{room}?jwt={pass_}"


def signed(claims: dict[str, Any], secret: str) -> str:
    """A JSON Web Token with HMAC SHA-256 (RFC 7515, 7519): three parts of base64url."""
    head = _part({"alg": "HS256", "typ": "JWT"})
    body = _part(claims)
    seal = hmac.new(secret.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{_text(seal)}"


def read_pass(text: str, secret: str) -> dict[str, Any] | None:
    """What a pass of ours says, when its seal is right; its times are for the reader to judge."""
    head, _, rest = text.partition(".")
    body, _, seal = rest.partition(".")
    right = _text(hmac.new(secret.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest())
    if not hmac.compare_digest(seal.encode(), right.encode()):
        return None
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return said


def _part(value: dict[str, Any]) -> str:
    return _text(json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
