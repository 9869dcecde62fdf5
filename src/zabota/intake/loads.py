"""The second front door of intake, for whoever has a database: loads from upload to result or undo.

`intake.api` stays free of Django, so that the offline audit needs neither settings nor tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction

from zabota.clinic.models import Clinic
from zabota.intake import jobs
from zabota.intake.models import Batch
from zabota.intake.models import SavedMapping as SavedMappingRow
from zabota.intake.reading.results import FileFacts
from zabota.intake.rules.mapping import SavedMapping, TableColumns
from zabota.intake.services import batches, steps
from zabota.intake.services.batches import (
    FileTooLarge,
    Upload,
    choose_columns,
    discard,
    file_paths,
    forget_columns,
    has_written,
)
from zabota.intake.services.loading import services_without_group
from zabota.intake.services.refusals import refused_file
from zabota.intake.services.steps import write_rejected_rows
from zabota.kernel.audit import Actor

__all__ = [
    "FileTooLarge",
    "Upload",
    "choose_columns",
    "columns_kept",
    "discard",
    "file_paths",
    "forget_columns",
    "has_written",
    "mapping_of",
    "read_again",
    "receive_files",
    "refused_file",
    "run_step_now",
    "services_without_group",
    "start_step",
    "write_rejected_rows",
]

_JOBS = {"check": jobs.check, "load": jobs.load, "undo": jobs.undo}


def _load_now(batch_id: int) -> None:
    broken: list[int] = []
    steps.load_batch(batch_id, wake_undo=broken.append)
    for each in broken:
        steps.undo_batch(each)


_NOW = {"check": steps.check_batch, "load": _load_now, "undo": steps.undo_batch}


def receive_files(*, clinic: Clinic, uploads: Sequence[Upload], actor: Actor, now: datetime) -> Batch:
    """Keep the files and have them recognised in the background. Raises BadInput; then nothing is kept."""
    with transaction.atomic():
        batch = batches.receive_files(clinic=clinic, uploads=uploads, actor=actor, now=now)
        jobs.recognise.enqueue(batch.pk)
    return batch


def read_again(*, batch: Batch, reading: dict[str, object], actor: Actor, now: datetime) -> None:
    """Have the files recognised anew in the background. Raises BadInput or AlreadyDone."""
    batches.read_again(batch=batch, reading=reading, wake=jobs.recognise.enqueue, actor=actor, now=now)


def start_step(*, batch: Batch, step: str, actor: Actor, now: datetime) -> None:
    """Begin "check", "load" or "undo" in the background. Raises AlreadyDone when it is not its turn."""
    batches.begin(batch=batch, step=step, wake=_JOBS[step].enqueue, actor=actor, now=now)


def run_step_now(
    *, batch: Batch, step: str, actor: Actor, now: datetime, say: Callable[[str, int, int], None] | None = None
) -> Batch:
    """The same in this process, for commands and tests; `say` receives (stage, done, total). Returns the batch anew."""
    batches.begin(batch=batch, step=step, wake=lambda _: None, actor=actor, now=now)
    with steps.telling(say):
        _NOW[step](batch.pk)
    return Batch.objects.get(pk=batch.pk)


def columns_kept(*, clinic: Clinic, files: Sequence[Sequence[FileFacts]]) -> tuple[str, dict[str, object]] | None:
    """Name and columns that somebody saved for files with these headers."""
    signature = steps.headers_signature([table for file in files for table in file])
    kept = SavedMappingRow.objects.filter(clinic=clinic, signature=signature).first()
    return (kept.name, kept.data) if kept else None


def mapping_of(files: Sequence[Sequence[FileFacts]]) -> SavedMapping:
    """The guessed columns of the tables of each file in the form in which they are corrected and saved."""
    tables = [
        TableColumns(
            columns={column.header: column.field or "" for column in table.columns if column.header},
            file=number,
            sheet=table.sheet,
        )
        for number, file in enumerate(files, start=1)
        for table in file
    ]
    system = next((table.system for file in files for table in file if table.system), "")
    if len(tables) == 1:
        return SavedMapping(system=system, columns=tables[0].columns)
    return SavedMapping(system=system, tables=tuple(tables))
