"""Background work of intake: thin doors to the steps of a load."""

from __future__ import annotations

from django_tasks import task

from zabota.intake.models import Batch
from zabota.intake.services.batches import give_up, take_back
from zabota.intake.services.steps import check_batch, load_batch, recognise_batch, undo_batch
from zabota.kernel.jobs import when_parked


@task()
def recognise(batch_id: int) -> None:
    """Look at the files of a new load."""
    recognise_batch(batch_id)


@task()
def check(batch_id: int) -> None:
    """Dry run of a load."""
    check_batch(batch_id)


@task()
def load(batch_id: int) -> None:
    """Write a load."""
    load_batch(batch_id, wake_undo=undo.enqueue)


@task()
def undo(batch_id: int) -> None:
    """Take a load back."""
    undo_batch(batch_id)


# Whether a step kept failing or its workers kept dying: nobody waits for it any longer.
@when_parked(recognise)
def _recognise_parked(batch_id: int) -> None:
    give_up(batch_id, state=Batch.State.UPLOADED)


@when_parked(check)
def _check_parked(batch_id: int) -> None:
    give_up(batch_id, state=Batch.State.CHECKING)


@when_parked(load)
def _load_parked(batch_id: int) -> None:
    take_back(batch_id, wake_undo=undo.enqueue)


@when_parked(undo)
def _undo_parked(batch_id: int) -> None:
    give_up(batch_id, state=Batch.State.UNDOING)
