"""`zabota audit FILE…`: the audit of patient experience from an export; needs no server, no database, no account."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zabota.analytics.api import AuditReport
    from zabota.intake.api import SavedMapping


def run(argv: list[str]) -> int:
    """Exit 0; 2 with one clear line on stderr when a file cannot be read, and nothing is written."""
    options = _parser().parse_args(argv)
    try:
        report = _audit(options.files, options.as_of, options.mapping)
        outputs: list[tuple[Path, str]] = []
        text = json.dumps(report.to_json(), ensure_ascii=False, indent=2) + "\n"
        if options.json and options.json != "-":
            outputs.append((Path(options.json), text))
        if options.html:
            from zabota.analytics.api import render_html

            source = ", ".join(path.name for path in options.files)
            outputs.append((Path(options.html), render_html(report, source=source, made_on=_today())))
        _write(outputs)
    except _Refused as refusal:
        print(f"zabota audit: {refusal}", file=sys.stderr)
        return 2
    if options.json == "-":
        sys.stdout.write(text)
    else:
        _summary(report, [path for path, _ in outputs])
    return 0


class _Refused(Exception):
    """One line for the terminal."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="zabota audit", description="Где теряется лояльность: отчёт по выгрузке.")
    parser.add_argument("files", nargs="+", type=Path, metavar="ФАЙЛ", help="файлы одной выгрузки")
    parser.add_argument("--as-of", type=date.fromisoformat, help="день отчёта, ГГГГ-ММ-ДД (последний день с визитами)")
    parser.add_argument("--json", metavar="ФАЙЛ", help="записать JSON в файл или, при «-», в стандартный вывод")
    parser.add_argument("--html", metavar="ФАЙЛ", help="записать страницу, которая печатается на A4")
    parser.add_argument("--mapping", type=Path, metavar="ФАЙЛ", help="файл JSON с выбранными столбцами")
    return parser


def _audit(files: list[Path], as_of: date | None, mapping: Path | None) -> AuditReport:
    from zabota.analytics.api import NothingToAudit, Refusal, Rows, audit
    from zabota.intake.api import UnreadableFile, read_export

    for path in files:
        if not path.is_file():
            raise _Refused(f"файл {path} не найден")
    today = _today()
    try:
        reading = read_export(files, mapping=_mapping(mapping), today=max(today, as_of or today))
        return audit(
            reading.visits,
            today=today,
            as_of=as_of,
            rows=Rows(**dataclasses.asdict(reading.rows)),
            refusals=[Refusal(each.row, each.column, each.code, each.value) for each in reading.rejections],
            notes=dict(reading.notes),
        )
    except UnreadableFile as error:
        raise _Refused(" ".join(error.text_ru.split())) from error
    except NothingToAudit as error:
        raise _Refused("в файле нет ни одного завершённого визита: проверьте столбцы с датой и состоянием") from error
    except MemoryError as error:
        raise _Refused("файл слишком велик для памяти этого компьютера: разделите выгрузку по годам") from error


def _today() -> date:
    from zabota.kernel import clock

    return clock.machine_today()


def _mapping(path: Path | None) -> SavedMapping | None:
    if path is None:
        return None
    from zabota.intake.api import SavedMapping, WrongMapping

    try:
        return SavedMapping.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, WrongMapping) as error:
        raise _Refused(f"файл столбцов {path} не читается: {error}") from error


def _write(outputs: list[tuple[Path, str]]) -> None:
    """All files or none: each is written beside its place and moved there at the end."""
    ready: list[tuple[str, Path]] = []
    try:
        for path, text in outputs:
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".zabota-")
            ready.append((name, path))
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
        for name, path in ready:
            Path(name).chmod(0o644)
            Path(name).replace(path)
    except OSError as error:
        for name, _ in ready:
            Path(name).unlink(missing_ok=True)
        raise _Refused(f"не удалось записать {error.filename or ''}: {error.strerror}") from error


def _summary(report: AuditReport, written: list[Path]) -> None:
    print(report.headline)
    print(report.lead)
    for warning in report.warnings:
        print(f"  Внимание: {warning.text}")
    for cause in report.causes:
        print(f"  {cause.title}")
        print(f"    {cause.text}")
    print(f"Без следующего шага: {report.next_step.without} из {report.next_step.known}.")
    for path in written:
        print(f"Записано: {path}")
