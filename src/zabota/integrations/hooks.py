"""Reading of what providers call back with: comparison of signatures in constant time, JSON, forms, instants."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from zabota.messaging.api import SignatureWrong


def must_match(given: str, expected: str) -> None:
    """Compare in constant time. Raises SignatureWrong; an account without a secret lets nobody in."""
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise SignatureWrong


def header(headers: Mapping[str, str], name: str) -> str:
    """A header whatever its letters' case."""
    for key, value in headers.items():
        if key.lower() == name.lower():
            return value
    return ""


def hmac_sha256(secret: str, body: bytes) -> str:
    """The signature of raw bytes, in hex."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def read_json(body: bytes) -> dict[str, Any]:
    """A JSON object. Raises ValueError for anything else."""
    try:
        data = json.loads(body)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(data, dict):
        raise ValueError("not an object")
    return data


def read_form(body: bytes) -> dict[str, str]:
    """Fields of a form. Raises ValueError when a field comes twice: it is then unclear what was signed."""
    pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=500)
    form = dict(pairs)
    if len(form) != len(pairs):
        raise ValueError("a field comes twice")
    return form


def part(data: Mapping[str, Any], *path: str) -> Any:
    """A value deep inside, or None where the way breaks off."""
    value: Any = data
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def words(value: object) -> str:
    """A value as text; nothing for what is not there."""
    return "" if value is None else str(value)


def instant(value: object, *, per_second: int = 1) -> datetime | None:
    """An instant from a count of seconds (or milliseconds) since 1970; None for nonsense."""
    try:
        return datetime.fromtimestamp(float(str(value)) / per_second, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def digest(*parts: object) -> str:
    """A short stable name for an event that the provider gave none."""
    return hashlib.sha256("\x00".join(str(each) for each in parts).encode()).hexdigest()[:32]
