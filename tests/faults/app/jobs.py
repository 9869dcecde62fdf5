"""Jobs of the fault tests."""

from __future__ import annotations

import time

from django.db import transaction
from django_tasks import task

from tests.faults.app.models import Mark
from zabota.kernel import jobs


@jobs.whole
@task()
def mark_whole(number: int) -> None:
    """Leaves its mark in the transaction of its own completion."""
    Mark.objects.create(word=f"whole-{number}")
    time.sleep(0.01)


@task()
def mark_in_steps(number: int) -> None:
    """A long job that stands a second run: each step looks whether it was done."""
    for step in range(3):
        with transaction.atomic():
            jobs.assure_lease()
            word = f"steps-{number}-{step}"
            if not Mark.objects.filter(word=word).exists():
                Mark.objects.create(word=word)
        time.sleep(0.01)


@task()
def think_then_mark(word: str, seconds: float) -> None:
    """Says that it began, thinks without holding anything, then leaves a mark if the job is still its own."""
    Mark.objects.create(word=f"{word}-began")
    time.sleep(seconds)
    with transaction.atomic():
        jobs.assure_lease()
        Mark.objects.create(word=word)


@task()
def fail() -> None:
    """Fails each time."""
    raise RuntimeError("так не получится")


@jobs.schedule("test.tick", cron="* * * * * */2", says="каждые две секунды")
@jobs.whole
@task()
def tick() -> None:
    """Leaves a mark for each due time."""
    Mark.objects.create(word="tick")
