"""A migrated SQLite database kept between runs: writing it costs half a minute of CPU, copying it nothing.

Only what migrations make is kept, under a key of all they are made from: a changed migration or model gives another key.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "prepared"
#: What tables and views are made from, and the versions of those who make them.
_SOURCES = ("*/migrations/*.py", "*/models.py", "*/models/**/*.py", "*/sql/*.sql", "*/rules/rights.py", "kernel/*.py")


def prepared_path() -> Path:
    """Where the database of this state of the code stands, or is to stand."""
    digest = hashlib.sha256((ROOT / "requirements" / "dev.txt").read_bytes())
    for pattern in _SOURCES:
        for path in sorted((ROOT / "src" / "zabota").glob(pattern)):
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return FOLDER / f"{digest.hexdigest()[:24]}.sqlite3"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, django_db_use_migrations: bool) -> Iterator[None]:
    """Put the kept tables into the database of the tests; Django then migrates what is missing, which is nothing."""
    path = prepared_path()
    if connection.vendor != "sqlite" or not django_db_use_migrations or not path.exists():
        yield
        return
    # A database in memory lives as long as somebody holds it.
    held = sqlite3.connect(connection.creation._get_test_db_name(), uri=True)
    with sqlite3.connect(path) as kept:
        kept.backup(held)
    kept.close()
    yield
    held.close()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker, django_db_use_migrations: bool) -> None:
    """Keep the tables when they had to be made."""
    path = prepared_path()
    if connection.vendor != "sqlite" or not django_db_use_migrations or path.exists():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    mine = path.with_suffix(f".{os.getpid()}")
    with django_db_blocker.unblock():
        connection.ensure_connection()
        with sqlite3.connect(mine) as kept:
            connection.connection.backup(kept)
        kept.close()
    for old in FOLDER.glob("*.sqlite3"):
        old.unlink(missing_ok=True)
    mine.replace(path)
