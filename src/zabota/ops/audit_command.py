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
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from zabota.analytics.api import AuditReport, Refusal
    from zabota.intake.api import Reading, SavedMapping


def run(argv: list[str]) -> int:
    """Exit 0; 2 with one clear line on stderr when a file cannot be read, and nothing is written."""
    try:
        options = _options(argv)
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


class _Parser(argparse.ArgumentParser):
    """Says a wrong parameter in one line, as a file that cannot be read."""

    def error(self, message: str) -> NoReturn:
        raise _Refused(f"параметр не понят ({message}). Подсказка: zabota audit --help")


def _options(argv: list[str]) -> argparse.Namespace:
    parser = _Parser(prog="zabota audit", description="Где теряется лояльность: отчёт по выгрузке.", allow_abbrev=False)
    parser.add_argument("files", nargs="*", type=Path, metavar="ФАЙЛ", help="файлы одной выгрузки")
    parser.add_argument("--as-of", metavar="ДЕНЬ", help="день отчёта, ГГГГ-ММ-ДД или ДД.ММ.ГГГГ (последний с визитами)")
    parser.add_argument("--json", metavar="ФАЙЛ", help="записать JSON в файл или, при «-», в стандартный вывод")
    parser.add_argument("--html", metavar="ФАЙЛ", help="записать страницу, которая печатается на A4")
    parser.add_argument("--mapping", type=Path, metavar="ФАЙЛ", help="файл JSON с выбранными столбцами")
    options, unknown = parser.parse_known_intermixed_args(argv)
    if unknown:
        raise _Refused(f"нет параметра {unknown[0]}. Список: zabota audit --help")
    if not options.files:
        raise _Refused("не указан файл выгрузки. Пример: zabota audit визиты.xlsx --html отчёт.html")
    for target in filter(None, (options.json, options.html)):
        if target != "-" and (Path(target).is_dir() or not Path(target).absolute().parent.is_dir()):
            raise _Refused(f"{target} не записать: такой папки нет или это сама папка")
    options.as_of = _day(options.as_of) if options.as_of else None
    return options


def _day(text: str) -> date:
    parts = text.split(".")
    try:
        return date.fromisoformat("-".join(reversed(parts)) if len(parts) == 3 else text)
    except ValueError as error:
        raise _Refused(f"день отчёта «{text}» не читается: запишите его как 2026-11-20 или 20.11.2026") from error


def _audit(files: list[Path], as_of: date | None, mapping: Path | None) -> AuditReport:
    from zabota.analytics.api import NothingToAudit, Rows, audit
    from zabota.intake.api import UnreadableFile, read_export

    for path in files:
        if not path.exists():
            raise _Refused(f"файл {path} не найден")
        if not path.is_file() or not os.access(path, os.R_OK):
            raise _Refused(f"{path} не открыть: это не файл или к нему нет доступа")
    today = _today()
    try:
        reading = read_export(files, mapping=_mapping(mapping), today=max(today, as_of or today))
    except UnreadableFile as error:
        which = f"{error.path.name}: " if error.path and len(files) > 1 else ""
        raise _Refused(which + " ".join(error.text_ru.split())) from error
    except MemoryError as error:
        raise _Refused("файл слишком велик для памяти этого компьютера: разделите выгрузку по годам") from error
    try:
        return audit(
            reading.visits,
            today=today,
            as_of=as_of,
            rows=Rows(**dataclasses.asdict(reading.rows)),
            refusals=_refusals(reading),
            notes=dict(reading.notes),
        )
    except NothingToAudit as error:
        raise _Refused(_why_nothing(reading, as_of)) from error
    except MemoryError as error:
        raise _Refused("файл слишком велик для памяти этого компьютера: разделите выгрузку по годам") from error


def _refusals(reading: Reading) -> list[Refusal]:
    """Refused rows; a row of several files or sheets says which."""
    from zabota.analytics.api import Refusal

    paths = {each.path for each in reading.files}
    names = [
        " · ".join(part for part in (each.path.name if len(paths) > 1 else "", each.sheet) if part)
        if len(reading.files) > 1
        else ""
        for each in reading.files
    ]
    return [Refusal(each.row, each.column, each.code, each.value, names[each.file]) for each in reading.rejections]


def _why_nothing(reading: Reading, as_of: date | None) -> str:
    """What to mend in an export without a completed visit."""
    from collections import Counter

    if all(file.kind != "visits" for file in reading.files):
        return (
            "не нашлось столбца с датой приёма. Выгрузите визиты так, чтобы в строке были дата, пациент и врач, "
            "или укажите столбец в файле --mapping"
        )
    days = reading.visits.filter(reading.visits["status"] == "completed")["day"].drop_nulls()
    if as_of and len(days):
        first: date = min(days.to_list())
        return f"до дня отчёта {as_of:%d.%m.%Y} нет ни одного завершённого визита: первый в выгрузке {first:%d.%m.%Y}"
    if reading.rejections:
        (why, _), *_ = Counter(each.text for each in reading.rejections).most_common(1)
        return f"нет ни одного завершённого визита, не принято строк: {reading.rows.rejected}. Чаще всего: {why}"
    return (
        "нет ни одного завершённого визита: все отменены, пропущены или ещё предстоят. Проверьте столбец с состоянием"
    )


def _today() -> date:
    from zabota.kernel import clock

    return clock.machine_today()


def _mapping(path: Path | None) -> SavedMapping | None:
    if path is None:
        return None
    from zabota.intake.api import SavedMapping, WrongMapping

    try:
        return SavedMapping.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except WrongMapping as error:
        raise _Refused(f"файл столбцов {path}: {error}") from error
    except json.JSONDecodeError as error:
        raise _Refused(f"файл столбцов {path} не JSON: ошибка в строке {error.lineno}, знак {error.colno}") from error
    except (OSError, ValueError) as error:
        raise _Refused(f"файл столбцов {path} не найден или не читается") from error


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
        where = ", ".join(str(path) for path, _ in outputs)
        raise _Refused(f"не удалось записать {where}: нет доступа к папке или кончилось место") from error


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
