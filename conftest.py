"""Fixtures of every test, an app's own beside it and those that cross apps: the cast, the worker, the budget of queries, the tables."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.conf import settings

pytest_plugins = ("tests.prepared", "tests.cast", "tests.budgets", "tests.worker")

#: Tests share one folder of data and throw their databases away: only those about a restore keep marks outside.
settings.OUTBOX_DIR = ""

#: What a test asks for when it looks into a database.
_WITH_DATABASE = frozenset({"db", "transactional_db", "live_server", "installation", "empty_database"})


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what crosses apps; on PostgreSQL run only what looks into a database: the rest would say the same again.

    So would the long walks over all doors that ask who may open them (`one_database`); those over bad addresses and strangers'
    links are made on both.
    """
    # Long files first, or one worker would be left alone with the last of them (`--no-loadscope-reorder` keeps this order).
    items.sort(key=lambda item: not item.path.is_relative_to(Path(__file__).parent / "tests"))
    if not os.environ.get("ZABOTA_TEST_DATABASE_URL", "").startswith("postgres"):
        return
    kept, left = [], []
    for item in items:
        asked = _WITH_DATABASE.intersection(getattr(item, "fixturenames", ()))
        looks = asked or item.get_closest_marker("django_db")
        (kept if looks and not item.get_closest_marker("one_database") else left).append(item)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept
