"""Background work of intake: thin doors to the steps of a load."""

from __future__ import annotations

from collections.abc import Callable

from django_tasks import task

from zabota.intake.services.batches import give_up
from zabota.intake.services.steps import check_batch, load_batch, recognise_batch, undo_batch
from zabota.kernel.errors import LeaseLost
from zabota.kernel.jobs import is_last_attempt


@task()
def recognise(batch_id: int) -> None:
    """Look at the files of a new load."""
    _step(recognise_batch, batch_id)


@task()
def check(batch_id: int) -> None:
    """Dry run of a load."""
    _step(check_batch, batch_id)


@task()
def load(batch_id: int) -> None:
    """Write a load."""
    _step(load_batch, batch_id)


@task()
def undo(batch_id: int) -> None:
    """Take a load back."""
    _step(undo_batch, batch_id)


def _step(step: Callable[[int], None], batch_id: int) -> None:
    try:
        step(batch_id)
    except LeaseLost:
        raise
    except Exception:
        if is_last_attempt():
            give_up(batch_id, wake_undo=undo.enqueue)
        raise
