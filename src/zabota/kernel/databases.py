"""Answers for how the two databases are opened: SQLite tuned for one clinic, PostgreSQL for a network."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

#: WAL lets readers go on while one writes; IMMEDIATE takes the write lock at once, so that a
#: read-then-write transaction cannot fail half-way with "database is locked".
_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA mmap_size=134217728;"
    "PRAGMA cache_size=-20000;PRAGMA foreign_keys=ON;"
)


def database_from_url(url: str) -> dict[str, Any]:
    """Django's settings for `sqlite:///path`, `sqlite:///:memory:` or `postgres://user:pw@host:port/name?host=/socket`.

    Raises ValueError for any other scheme.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        name = unquote(url.removeprefix("sqlite:///")) or ":memory:"
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": name,
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": _SQLITE_PRAGMAS},
        }
    if parts.scheme in {"postgres", "postgresql"}:
        query = dict(parse_qsl(parts.query))
        host = query.pop("host", "") or (parts.hostname or "")
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")) or "postgres",
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": host,
            "PORT": str(parts.port or query.pop("port", "")),
            "CONN_MAX_AGE": 60,
            "OPTIONS": query,
        }
    raise ValueError(f"DATABASE_URL: unknown scheme {parts.scheme!r}; use sqlite:/// or postgres://")
