"""The life of a load: files received, columns chosen, checked, loaded, undone; each step is one function."""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
import shutil
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import transaction

from zabota.booking.models import Appointment, Payment
from zabota.care.models import Plan
from zabota.clinic.models import Branch, Clinic
from zabota.intake.models import Batch, BatchFile, SavedMapping
from zabota.intake.rules import mapping as rules
from zabota.intake.services.refusals import refused_file
from zabota.kernel import audit
from zabota.kernel.audit import Actor
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.patients.models import Consent, Contact, Patient, PatientExternalId

#: Largest file that is accepted, bytes; the reader refuses larger ones too.
MAX_FILE_BYTES = 300 * 1024 * 1024
_KNOWN_SUFFIXES = {".csv", ".txt", ".tsv", ".xlsx", ".xls", ".xlsb", ".ods", ".dbf", ".html", ".htm"}


#: Why a load is taken back when the program is to blame.
STOPPED = "Загрузка остановилась из-за ошибки программы, файл на месте."


class FileTooLarge(BadInput):
    """A file above the limit."""

    code = "file_too_large"
    text = "Файл больше 300 МБ. Разделите выгрузку по годам и загрузите все части вместе."


@dataclasses.dataclass(frozen=True)
class Upload:
    """A file as it came: its name for people and its content."""

    name: str
    content: IO[bytes]


def receive_files(*, clinic: Clinic, uploads: Sequence[Upload], actor: Actor, now: datetime) -> Batch:
    """Keep the files under our own names and open a load. Raises BadInput; then nothing is kept."""
    if not uploads:
        raise BadInput("Выберите хотя бы один файл.")
    stored: list[tuple[Upload, str, int, str]] = []
    try:
        for upload in uploads:
            stored.append((upload, *_keep(upload)))
        with transaction.atomic():
            batch = Batch.objects.create(clinic=clinic, created_by_id=actor.user_id, created_at=now)
            BatchFile.objects.bulk_create(
                [
                    BatchFile(batch=batch, name=upload.name[:255], stored=name, size_bytes=size, sha256=digest)
                    for upload, name, size, digest in stored
                ]
            )
            audit.record("intake.files.received", batch, actor=actor, now=now, details={"files": len(stored)})
    except Exception:
        for _, name, _, _ in stored:
            (settings.UPLOADS_DIR / name).unlink(missing_ok=True)
        raise
    return batch


def _keep(upload: Upload) -> tuple[str, int, str]:
    suffix = Path(upload.name).suffix.lower()
    if suffix not in _KNOWN_SUFFIXES:
        suffix = ".bin"  # the reader judges by content, not by name
    folder: Path = settings.UPLOADS_DIR
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = secrets.token_hex(16) + suffix
    digest, size = hashlib.sha256(), 0
    path = folder / name
    with path.open("wb") as target:
        while chunk := upload.content.read(1024 * 1024):
            size += len(chunk)
            if size > MAX_FILE_BYTES:
                target.close()
                path.unlink()
                raise FileTooLarge
            digest.update(chunk)
            target.write(chunk)
    path.chmod(0o600)
    return name, size, digest.hexdigest()


def file_paths(batch: Batch) -> list[Path]:
    """Where the files of a load lie, in their order."""
    return [settings.UPLOADS_DIR / file.stored for file in batch.files.order_by("id")]


def reading_paths(batch: Batch) -> list[Path]:
    """Folders in which what was read of the files is kept between the check and the load, in the order of the files."""
    return [path.with_suffix(".read") for path in file_paths(batch)]


def forget_readings(batch: Batch) -> None:
    """What was read of the files is wanted no more: it is in the tables, or the load is given up."""
    for folder in reading_paths(batch):
        # And what a worker that was killed has left beside it.
        for each in folder.parent.glob(f"{folder.name}*"):
            shutil.rmtree(each, ignore_errors=True)


def choose_columns(
    *,
    batch: Batch,
    mapping: dict[str, object] | None,
    branch: Branch | None,
    system: str,
    is_complete: bool,
    remember_as: str,
    signature: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Fix the mapping of a load; with `remember_as` keep it for the next file with the same headers.

    Raises BadInput when it is not a mapping of ours.
    """
    if mapping is not None:
        try:
            rules.SavedMapping.from_dict(mapping)
        except rules.WrongMapping as error:
            raise BadInput(error.text_ru) from error
    with transaction.atomic():
        changed = Batch.objects.filter(
            pk=batch.pk, state__in=[Batch.State.UPLOADED, Batch.State.MAPPED, Batch.State.CHECKED, Batch.State.FAILED]
        ).update(
            mapping=mapping,
            branch=branch,
            system=(system or "file")[:40],
            is_complete=is_complete,
            state=Batch.State.MAPPED,
            error="",
            preview={},
        )
        if not changed:
            raise AlreadyDone("Загрузка уже идёт или завершена: столбцы изменить нельзя.")
        if remember_as and mapping is not None:
            SavedMapping.objects.update_or_create(
                clinic=batch.clinic,
                signature=signature,
                defaults={
                    "name": remember_as[:120],
                    "preset": (system or "")[:40],
                    "data": mapping,
                    "saved_by_id": actor.user_id,
                    "saved_at": now,
                },
            )
        audit.record("intake.columns.chosen", batch, actor=actor, now=now)


def read_again(
    *, batch: Batch, reading: dict[str, object], wake: Callable[[int], object], actor: Actor, now: datetime
) -> None:
    """Have the files recognised anew as a person says they are to be read; what was chosen of the columns is forgotten.

    Raises BadInput when that is no way to read, AlreadyDone when it is too late.
    """
    try:
        mapping = rules.SavedMapping.from_dict({"version": rules.VERSION, **reading})
    except rules.WrongMapping as error:
        raise BadInput(error.text_ru) from error
    if has_written(batch):
        raise AlreadyDone("Часть этой загрузки уже записана. Отмените её целиком.")
    with transaction.atomic():
        changed = Batch.objects.filter(
            pk=batch.pk, state__in=[Batch.State.UPLOADED, Batch.State.MAPPED, Batch.State.CHECKED, Batch.State.FAILED]
        ).update(
            mapping=mapping.to_dict(),
            facts={name: batch.facts[name] for name in ("signature",) if name in batch.facts} | {"asked": reading},
            state=Batch.State.UPLOADED,
            preview={},
            error="",
            stage="",
        )
        if not changed:
            raise AlreadyDone("Загрузка уже идёт или завершена: прочитать файл иначе нельзя.")
        wake(batch.pk)
        audit.record("intake.files.reread", batch, actor=actor, now=now)


def forget_columns(*, clinic: Clinic, mapping_id: int, actor: Actor, now: datetime) -> None:
    """Columns kept for files with certain headers are kept no more; loads that used them stay. Raises AlreadyDone."""
    with transaction.atomic():
        kept = SavedMapping.objects.select_for_update().filter(clinic=clinic, pk=mapping_id).first()
        if kept is None:
            raise AlreadyDone("Эти столбцы уже убраны.")
        audit.record("intake.columns.forgotten", kept, actor=actor, now=now)
        kept.delete()


#: step: (states from which it may begin, state while it runs)
_STEPS: dict[str, tuple[list[str], str]] = {
    "check": ([Batch.State.MAPPED, Batch.State.CHECKED, Batch.State.FAILED], Batch.State.CHECKING),
    "load": ([Batch.State.CHECKED], Batch.State.LOADING),
    # What failed may have written before it did; undoing it twice changes nothing.
    "undo": ([Batch.State.LOADED, Batch.State.FAILED], Batch.State.UNDOING),
}


def begin(*, batch: Batch, step: str, wake: Callable[[int], object], actor: Actor, now: datetime) -> None:
    """Move a load into a working state and wake a worker in one transaction. Raises AlreadyDone when it is not its turn.

    `step` is "check", "load" or "undo"; `wake` puts the job in the queue.
    """
    allowed, state = _STEPS[step]
    with transaction.atomic():
        changed = Batch.objects.filter(pk=batch.pk, state__in=allowed).update(
            state=state, stage="Ждёт очереди", done_rows=0, total_rows=0, error="", started_at=now, finished_at=None
        )
        if not changed:
            raise AlreadyDone("Этот шаг уже выполняется или выполнен.")
        wake(batch.pk)
        audit.record(f"intake.batch.{step}", batch, actor=actor, now=now)


def take_back(batch_id: int, *, wake_undo: Callable[[int], object], reason: str = STOPPED) -> None:
    """A load cannot be finished: it is taken back whole, so that nothing stays half-loaded."""
    with transaction.atomic():
        loading = Batch.objects.filter(pk=batch_id, state=Batch.State.LOADING).update(
            state=Batch.State.UNDOING, error=f"{reason} Загрузка отменена целиком, данные прежние."
        )
        if loading:
            wake_undo(batch_id)


def has_written(batch: Batch) -> bool:
    """Whether anything of this load stands in the tables."""
    made = (Patient, PatientExternalId, Contact, Consent, Appointment, Payment, Plan)
    return any(model._default_manager.filter(import_batch_id=batch.pk).exists() for model in made) or (
        batch.changes.exists()
    )


def give_up(batch_id: int, *, state: Batch.State) -> None:
    """The last attempt of the step that works in this state failed."""
    Batch.objects.filter(pk=batch_id, state=state).update(
        state=Batch.State.FAILED,
        error="Шаг не удался из-за ошибки программы. Подробности на странице «Система».",
        stage="",
    )


def discard(*, batch: Batch, actor: Actor, now: datetime) -> None:
    """Give up a load that wrote nothing; its files are removed. Raises AlreadyDone when it did write."""
    if has_written(batch):
        raise AlreadyDone("Часть этой загрузки уже записана. Отмените её целиком.")
    with transaction.atomic():
        changed = Batch.objects.filter(
            pk=batch.pk, state__in=[Batch.State.UPLOADED, Batch.State.MAPPED, Batch.State.CHECKED, Batch.State.FAILED]
        ).update(state=Batch.State.UNDONE, finished_at=now)
        if not changed:
            raise AlreadyDone("Загрузка уже выполнена. Её можно отменить целиком.")
        audit.record("intake.batch.discarded", batch, actor=actor, now=now)
    refused = refused_file(batch)
    remove_files([*file_paths(batch), *([refused[0]] if refused else [])])
    forget_readings(batch)


def remove_files(paths: Iterable[Path]) -> None:
    """Delete uploaded files that nobody needs any more."""
    for path in paths:
        path.unlink(missing_ok=True)
