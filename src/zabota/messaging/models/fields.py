"""Values that must not be read from a stolen copy of the database: encrypted with a key made of the installation's secret."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

from zabota.kernel.errors import Trouble


class SecretLost(Trouble):
    """The stored value was encrypted with another secret key than those the installation has now."""

    code = "secret_lost"
    text = "Не удалось прочитать ключи канала: секретный ключ установки сменился. Введите ключи канала заново."


def _box() -> MultiFernet:
    # Old keys of the installation still open what they closed; what is written anew takes the first one.
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(secret: str | bytes) -> bytes:
    raw = secret.encode() if isinstance(secret, str) else secret
    return base64.urlsafe_b64encode(hashlib.sha256(b"zabota.messaging.secret:" + raw).digest())


def seal(values: dict[str, str]) -> str:
    """Values as one encrypted text."""
    return _box().encrypt(json.dumps(values, ensure_ascii=False, sort_keys=True).encode()).decode()


def unseal(text: str) -> dict[str, str]:
    """What was sealed. Raises SecretLost when no key of the installation opens it."""
    if not text:
        return {}
    try:
        opened: dict[str, str] = json.loads(_box().decrypt(text.encode()))
    except InvalidToken:
        raise SecretLost from None
    return opened


class Lost(dict[str, str]):
    """What no key of the installation opens. Empty to its reader; written back, it stays as it was."""

    def __init__(self, sealed: str) -> None:
        super().__init__()
        self.sealed = sealed


class SealedField(models.TextField[dict[str, str], dict[str, str]]):
    """A dictionary of texts that lies encrypted in its column."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> dict[str, str]:
        """Opened when read; what cannot be opened must not take the page with it on which it is entered anew."""
        try:
            return unseal(value or "")
        except SecretLost:
            return Lost(value or "")

    def get_prep_value(self, value: Any) -> Any:
        """Sealed when written."""
        if isinstance(value, Lost):
            return value.sealed
        return value if isinstance(value, str) else seal(dict(value or {}))

    def to_python(self, value: Any) -> dict[str, str]:
        """A dictionary stays one."""
        return value if isinstance(value, dict) else unseal(str(value or ""))
