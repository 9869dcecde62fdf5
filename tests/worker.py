"""The worker in tests: the real loop, run until nothing is left to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from zabota.kernel import jobs


@pytest.fixture
def run_jobs(db: None) -> Callable[[], None]:
    """Delivers facts and runs jobs as a worker would, until there is nothing due."""

    def run() -> None:
        jobs.work(once=True)

    return run
