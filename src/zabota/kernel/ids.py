"""Ids that people see: unguessable, short, safe in an address."""

from __future__ import annotations

import secrets


def new_public_id() -> str:
    """22 characters, 128 bits of randomness, URL-safe."""
    return secrets.token_urlsafe(16)
