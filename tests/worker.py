"""The worker in tests: the real loop, run until nothing is left to do; what fails in it fails the test."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from zabota.kernel import jobs
from zabota.kernel.models import FactDelivery, JobLease

#: Seconds after which a worker that always finds more to do fails its test instead of holding up all others.
LIMIT = 120


@pytest.fixture
def run_jobs(db: None) -> Callable[..., None]:
    """Delivers facts and runs jobs as a worker would, until there is nothing due.

    A handler or job that failed is reported with its reason; `run_jobs(failing=True)` when the failure is meant.
    """

    def run(*, failing: bool = False) -> None:
        stop = threading.Event()
        alarm = threading.Timer(LIMIT, stop.set)
        alarm.daemon = True
        alarm.start()
        try:
            jobs.work(once=True, stop=stop)
        finally:
            alarm.cancel()
        assert not stop.is_set(), "there is always more to do"
        if failing:
            return
        deliveries = FactDelivery.objects.exclude(reason="").values_list("handler", "reason")
        failed = [*deliveries, *JobLease.objects.exclude(reason="").values_list("task_path", "reason")]
        assert not failed, "\n".join(f"{who}: {reason}" for who, reason in failed)

    return run
