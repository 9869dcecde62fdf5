"""The worker in tests: the real loop, run until nothing is left to do; what fails in it fails the test."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from zabota.kernel import jobs
from zabota.kernel.models import FactDelivery, JobLease


@pytest.fixture
def run_jobs(db: None) -> Callable[..., None]:
    """Delivers facts and runs jobs as a worker would, until there is nothing due.

    A handler or job that failed is reported with its reason; `run_jobs(failing=True)` when the failure is meant.
    """

    def run(*, failing: bool = False) -> None:
        jobs.work(once=True)
        if failing:
            return
        deliveries = FactDelivery.objects.exclude(reason="").values_list("handler", "reason")
        failed = [*deliveries, *JobLease.objects.exclude(reason="").values_list("task_path", "reason")]
        assert not failed, "\n".join(f"{who}: {reason}" for who, reason in failed)

    return run
