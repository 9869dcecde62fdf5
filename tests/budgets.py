"""Budgets of queries: a page costs the same number of queries at one row and at three."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


def _queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        response = client.get(url)
    assert response.status_code == 200, f"{url}: {response.status_code}"
    return sum(
        1 for query in caught if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "PRAGMA"))
    )


@pytest.fixture
def page_budget() -> Callable[..., None]:
    """`page_budget(client, url, queries=9, add_row=make_one)`: literal budget, kept at one row and at three.

    `add_row` makes one row of the list; call the fixture before any row exists.
    """

    def check(client: Client, url: str, *, queries: int, add_row: Callable[[], object]) -> None:
        add_row()
        client.get(url)  # what is remembered for the life of the process is not counted
        one = _queries(client, url)
        add_row()
        add_row()
        three = _queries(client, url)
        assert (one, three) == (queries, queries), (
            f"{url}: {one} queries at one row, {three} at three; budget {queries}"
        )

    return check
