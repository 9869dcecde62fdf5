"""The long steps of a load, run by a worker: check, load, undo. Each reports progress and may be run again."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from django.db import transaction

from zabota.intake.facts import ImportLoaded, ImportUndone
from zabota.intake.models import Batch, RowIssue
from zabota.intake.models import SavedMapping as SavedMappingRow
from zabota.intake.reading.errors import UnreadableFile
from zabota.intake.reading.exports import read_export, recognise_all
from zabota.intake.reading.rejected import REASON_HEADER, is_of_refused, write_rejected
from zabota.intake.reading.results import FileFacts, Reading
from zabota.intake.rules.mapping import SavedMapping, WrongMapping
from zabota.intake.rules.reasons import reason_text
from zabota.intake.services.batches import file_paths, forget_readings, has_written, reading_paths, take_back
from zabota.intake.services.loading import write_load
from zabota.intake.services.people import chunked
from zabota.intake.services.planning import plan_load, summarise
from zabota.intake.services.refusals import keep_refused
from zabota.intake.services.undoing import undo_load
from zabota.kernel import audit, clock, facts
from zabota.kernel.audit import Actor
from zabota.kernel.statistics import refresh_statistics
from zabota.nextstep import api as nextstep
from zabota.patients import api as patients

log = structlog.get_logger(__name__)

#: Issues of rows that are kept for the page; the file of refused rows holds all of them.
KEPT_ISSUES = 50_000
#: Remarks that are kept for the page; the result of the load counts all of them.
KEPT_REMARKS = 5_000
#: Of the figures of a load, those that compare it with what was there before it began.
_DIFFERENCE = ("patients", "visits", "services", "examples")
#: Patients from which on a load tells the database at once how large its tables have become.
LARGE_LOAD = 1_000


def recognise_batch(batch_id: int) -> None:
    """Look at the files and say what they hold; a mapping saved for these headers is taken at once.

    A file that has to be read in a way of its own is known by its headers as they were found without it.
    """
    batch = Batch.objects.select_related("clinic", "branch").get(pk=batch_id)
    if batch.state != Batch.State.UPLOADED or batch.facts.get("files"):
        return
    asked = _asked(batch.mapping)
    saved: SavedMappingRow | None = None
    try:
        found = _recognised(batch, asked)
        signature = batch.facts.get("signature") or headers_signature([table for _, table in found])
        if asked is None or not asked.reading():
            saved = SavedMappingRow.objects.filter(clinic=batch.clinic, signature=signature).first()
            asked = _asked(saved.data) if saved else None
            if asked and asked.reading():
                found = _recognised(batch, asked)
    except UnreadableFile as error:
        _fail(batch, error.text_ru)
        return
    Batch.objects.filter(pk=batch.pk, state=Batch.State.UPLOADED).update(
        facts={
            "files": [{"file": number, **_described(table)} for number, table in found],
            "signature": signature,
            "saved_name": saved.name if saved else "",
            "corrected": is_of_refused(table for _, table in found),
            "asked": asked.reading() if asked else {},
        },
        mapping=saved.data if saved else batch.mapping,
        stage="",
    )


def _asked(data: dict[str, Any] | None) -> SavedMapping | None:
    try:
        return SavedMapping.from_dict(data) if data else None
    except WrongMapping:
        return None


def _recognised(batch: Batch, asked: SavedMapping | None) -> list[tuple[int, FileFacts]]:
    """Each table with the number of its file."""
    today = clock.today(_zone(batch))
    return [
        (number, table)
        for number, path in enumerate(file_paths(batch), start=1)
        for table in recognise_all(path, mapping=asked and asked.of_file(number), today=today)
    ]


def headers_signature(found: Sequence[FileFacts]) -> str:
    """Equal for files with the same headers; the reason that we add to refused rows is no header of the clinic."""
    text = "\n".join(
        "\t".join(column.header for column in each.columns if column.header != REASON_HEADER) for each in found
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _described(found: FileFacts) -> dict[str, Any]:
    """What was recognised, as it is kept with the load; examples of people are cut to what the page shows."""
    return {
        "format": found.format,
        "encoding": found.encoding,
        "delimiter": found.delimiter,
        "sheet": found.sheet,
        "header_row": found.header_row,
        "kind": found.kind,
        "system": found.system,
        "system_name": found.system_name,
        "date_form": found.date_form,
        "money_form": found.money_form,
        "data_rows": found.data_rows,
        "unknown_statuses": list(found.unknown_statuses),
        "titles": [title[:200] for title in found.titles[:3]],
        "remarks": [remark[:300] for remark in found.remarks[:5]],
        "columns": [
            {
                "header": column.header,
                "field": column.field,
                "confidence": column.confidence,
                "fill_share": column.fill_share,
                "examples": [example[:60] for example in column.examples[:3]],
                "needed": column.needed,
            }
            for column in found.columns
        ],
    }


def check_batch(batch_id: int) -> None:
    """Dry run: read everything, compare, keep counts and refusals. Writes nothing about patients."""
    batch = Batch.objects.get(pk=batch_id)
    if batch.state != Batch.State.CHECKING:
        return
    try:
        reading = _read(batch, _ticker(batch))
        plan = plan_load(
            reading, clinic=batch.clinic, system=batch.system, is_complete=batch.is_complete, zone=_zone(batch),
            branch_id=batch.branch_id,
        )  # fmt: skip
    except UnreadableFile as error:
        _fail(batch, error.text_ru)
        return
    _keep_issues(batch, reading)
    keep_refused(batch, reading)
    Batch.objects.filter(pk=batch.pk, state=Batch.State.CHECKING).update(
        state=Batch.State.CHECKED, preview=summarise(plan, reading), stage="", finished_at=clock.now()
    )


def load_batch(batch_id: int, *, wake_undo: Callable[[int], object]) -> None:
    """Load what was checked. After a crash the next attempt goes on where this one stopped.

    When that one can no longer read the files, what the first has written is taken back by whoever `wake_undo` wakes.
    """
    batch = Batch.objects.select_related("clinic", "branch").get(pk=batch_id)
    if batch.state != Batch.State.LOADING:
        return
    tick = _ticker(batch)
    try:
        reading = _read(batch, tick)
    except UnreadableFile as error:
        if has_written(batch):
            take_back(batch.pk, wake_undo=wake_undo, reason=error.text_ru)
        else:
            _fail(batch, error.text_ru)
        return
    plan = plan_load(
        reading, clinic=batch.clinic, system=batch.system, is_complete=batch.is_complete, zone=_zone(batch),
        branch_id=batch.branch_id,
    )  # fmt: skip
    # Told before the writing: it gives the cards and visits of the plan their places, and none is new any more.
    told = summarise(plan, reading)
    if has_written(batch):  # an attempt before this one
        told |= {key: batch.preview[key] for key in _DIFFERENCE if key in batch.preview}
    now = clock.now()
    counts, touched = write_load(plan, batch=batch, now=now, tick=tick)
    _keep_issues(batch, reading)
    # Hundreds of megabytes of a large export; the sweep that follows needs the room for pages of the database.
    del plan, reading
    _follow(batch, touched, tick)
    actor = Actor(user_id=batch.created_by_id) if batch.created_by_id else Actor(kind="import")
    with transaction.atomic():
        Batch.objects.filter(pk=batch.pk, state=Batch.State.LOADING).update(
            state=Batch.State.LOADED,
            result={**told, "written": counts},
            stage="",
            finished_at=clock.now(),
        )
        audit.record("intake.batch.loaded", batch, actor=actor, now=clock.now(), details=counts)
        facts.publish(ImportLoaded(clinic_id=batch.clinic_id, batch_id=batch.pk), now=clock.now())
    forget_readings(batch)


def undo_batch(batch_id: int) -> None:
    """Take a load back."""
    batch = Batch.objects.select_related("clinic").get(pk=batch_id)
    if batch.state != Batch.State.UNDOING:
        return
    tick = _ticker(batch)
    counts, touched = undo_load(batch, now=clock.now(), tick=tick)
    _follow(batch, touched, tick)
    actor = Actor(user_id=batch.created_by_id) if batch.created_by_id else Actor(kind="import")
    with transaction.atomic():
        Batch.objects.filter(pk=batch.pk, state=Batch.State.UNDOING).update(
            state=Batch.State.UNDONE, stage="", finished_at=clock.now(), result={**batch.result, "undone": counts}
        )
        audit.record("intake.batch.undone", batch, actor=actor, now=clock.now(), details=counts)
        facts.publish(ImportUndone(clinic_id=batch.clinic_id, batch_id=batch.pk), now=clock.now())
    forget_readings(batch)


def _read(batch: Batch, tick: Callable[[str, int, int], None]) -> Reading:
    """Raises UnreadableFile, also when the columns of the load can no longer be used."""
    try:
        mapping = SavedMapping.from_dict(batch.mapping) if batch.mapping else None
    except WrongMapping as error:
        raise UnreadableFile("wrong_mapping", error.text_ru) from error
    return read_export(
        file_paths(batch),
        mapping=mapping,
        today=clock.today(_zone(batch)),
        progress=lambda done, total: tick("Читаю файл", done, total),
        keep=reading_paths(batch),
    )


def _zone(batch: Batch) -> str:
    return batch.branch.time_zone if batch.branch else batch.clinic.time_zone


def _follow(batch: Batch, touched: set[int], tick: Callable[[str, int, int], None]) -> None:
    """What must be true after a load: search finds everybody, families and likely pairs are known, nobody lacks a next step."""
    # Before the steps that join whole tables, and after them for the pages that read what they wrote. What a small
    # load changes, the night tells the database early enough.
    is_large = len(touched) >= LARGE_LOAD
    if is_large:
        refresh_statistics()
    steps: list[tuple[str, Callable[[], object]]] = [
        ("Обновляю поиск", lambda: patients.reindex(sorted(touched))),
        ("Ищу семьи", lambda: patients.group_households(clinic=batch.clinic)),
        ("Ищу возможные дубли", lambda: patients.find_duplicates(clinic=batch.clinic)),
        ("Проверяю правило двух «З»", lambda: _sweep(batch, clock.now())),
    ]
    for number, (title, step) in enumerate(steps):
        tick(title, number, len(steps))
        step()
    if is_large:
        refresh_statistics()


def _sweep(batch: Batch, now: datetime) -> None:
    nextstep.sweep_clinic(clinic_id=batch.clinic_id, now=now)


_listener: ContextVar[Callable[[str, int, int], None] | None] = ContextVar("listener", default=None)


@contextmanager
def telling(say: Callable[[str, int, int], None] | None) -> Iterator[None]:
    """Within the block, progress is also told to `say`."""
    token = _listener.set(say)
    try:
        yield
    finally:
        _listener.reset(token)


def write_rejected_rows(batch: Batch, path: Path) -> list[Path]:
    """Write the refused rows of a load as files of the same shape with the reason in the last column; returns them."""
    return write_rejected(_read(batch, lambda *_: None), path)


def _ticker(batch: Batch) -> Callable[[str, int, int], None]:
    """Progress for the page, written at most twice a second."""
    last_at, last_stage = 0.0, ""

    def tick(stage: str, done: int, total: int) -> None:
        say = _listener.get()
        if say is not None:
            say(stage, done, total)
        nonlocal last_at, last_stage
        moment = time.monotonic()
        if stage == last_stage and done < total and moment - last_at < 0.5:
            return
        last_at, last_stage = moment, stage
        Batch.objects.filter(pk=batch.pk).update(stage=stage, done_rows=done, total_rows=total)

    return tick


def _keep_issues(batch: Batch, reading: Reading) -> None:
    rows = [
        RowIssue(
            batch=batch,
            file_index=each.file,
            row=each.row,
            column=each.column[:120],
            code=each.code,
            value=each.value[:200],
            text=each.text[:300],
        )
        for each in reading.rejections[:KEPT_ISSUES]
    ]
    rows += [
        RowIssue(
            batch=batch,
            file_index=file,
            row=row,
            column=(column or "")[:120],
            code=code,
            value=(value or "")[:200],
            text=reason_text(code)[:300],
            is_refusal=False,
        )
        for file, row, column, code, value in reading.remarks.select("file", "row", "column", "code", "value")
        .head(KEPT_REMARKS)
        .iter_rows()
    ]
    with transaction.atomic():
        batch.issues.all().delete()
        for portion in chunked(rows, 1000):
            RowIssue.objects.bulk_create(portion)


def _fail(batch: Batch, text: str) -> None:
    Batch.objects.filter(pk=batch.pk).update(state=Batch.State.FAILED, error=text, stage="", finished_at=clock.now())
