"""`zabota import FILE…`: checks an export, says what it would change, loads it with progress, can take it back."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zabota.clinic.models import Clinic
    from zabota.intake.models import Batch

#: Rows named beside each reason; the file of refused rows holds all of them.
SHOWN_ROWS = 5


def run(argv: list[str]) -> int:
    """Exit 0 done, 1 refused by the check, 2 a file cannot be read or a parameter is wrong."""
    options = _parser().parse_args(argv)
    import django

    django.setup()
    from zabota.kernel.scope import every_clinic

    with every_clinic(reason="a command of the machine's owner"):
        try:
            return _undo(options) if options.undo else _import(options)
        except _Refused as refusal:
            print(f"zabota import: {refusal}", file=sys.stderr)
            return 2


class _Refused(Exception):
    """One line for the terminal."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="zabota import", description="Загрузить выгрузку информационной системы.")
    parser.add_argument("files", nargs="*", type=Path, metavar="ФАЙЛ", help="файлы одной выгрузки")
    parser.add_argument("--mapping", type=Path, help="файл JSON с выбранными столбцами")
    parser.add_argument("--save-mapping", type=Path, help="записать угаданные столбцы в файл JSON и закончить")
    parser.add_argument("--system", default="", help="название системы-источника (угадывается)")
    parser.add_argument("--clinic", default="", help="название клиники (если их несколько или нет ни одной)")
    parser.add_argument("--branch", default="", help="филиал для строк без филиала")
    parser.add_argument("--partial", action="store_true", help="выгрузка неполная: пропавшие строки не отмечать")
    parser.add_argument("--dry-run", action="store_true", help="только проверить")
    parser.add_argument("--rejected", type=Path, help="куда записать отклонённые строки")
    parser.add_argument("--undo", default="", metavar="НОМЕР", help="отменить загрузку с этим номером")
    return parser


def _import(options: argparse.Namespace) -> int:
    from zabota.intake import api as intake
    from zabota.intake import loads
    from zabota.kernel import clock
    from zabota.kernel.audit import Actor

    if not options.files:
        raise _Refused("укажите хотя бы один файл")
    for path in options.files:
        if not path.is_file():
            raise _Refused(f"файл {path} не найден")
    mapping = _mapping(options.mapping)
    clinic = _clinic(options.clinic, create=not options.dry_run)
    actor = Actor(kind="import")
    try:
        files = [intake.recognise_all(path, today=clock.today(clinic.time_zone)) for path in options.files]
    except intake.UnreadableFile as error:
        raise _Refused(error.text_ru) from error
    if options.save_mapping:
        guessed = loads.mapping_of(files).to_dict()
        options.save_mapping.write_text(json.dumps(guessed, ensure_ascii=False, indent=2), encoding="utf-8")
        print(f"Столбцы записаны в {options.save_mapping}.")
        return 0
    kept = loads.columns_kept(clinic=clinic, files=files) if mapping is None else None
    if kept is not None:
        name, mapping = kept
        print(f"Столбцы взяты сохранённые: «{name}».")
    uploads = [loads.Upload(name=path.name, content=path.open("rb")) for path in options.files]
    try:
        batch = loads.receive_files(clinic=clinic, uploads=uploads, actor=actor, now=clock.now())
    finally:
        for upload in uploads:
            upload.content.close()
    loads.choose_columns(
        batch=batch,
        mapping=mapping,
        branch=_branch(clinic, options.branch),
        system=options.system or next((table.system for file in files for table in file if table.system), "file"),
        is_complete=not options.partial,
        remember_as="",
        signature="",
        actor=actor,
        now=clock.now(),
    )
    checked = _run_step(batch, "check")
    _print_preview(checked.preview)
    _print_issues(checked, [path.name for path, tables in zip(options.files, files, strict=True) for _ in tables])
    if options.rejected:
        try:
            written = loads.write_rejected_rows(checked, options.rejected)
        except intake.UnreadableFile as error:
            raise _Refused(error.text_ru) from error
        print("Отклонённые строки: " + (", ".join(str(path) for path in written) or "нет ни одной") + ".")
    if options.dry_run:
        loads.discard(batch=checked, actor=actor, now=clock.now())
        return 0
    loaded = _run_step(checked, "load")
    counts = loaded.result["written"]
    print(
        f"Готово. Новых карт {counts['patients_created']}, новых визитов {counts['visits_created']}, "
        f"изменено {counts.get('visits_changed', 0)}, исчезло {counts.get('visits_vanished', 0)}."
    )
    print(f"Отменить: zabota import --undo {loaded.pk}")
    return 0


def _undo(options: argparse.Namespace) -> int:
    from zabota.intake.models import Batch

    batch = Batch.objects.filter(pk=int(options.undo)).first() if options.undo.isdigit() else None
    if batch is None:
        raise _Refused(f"загрузки с номером {options.undo} нет")
    undone = _run_step(batch, "undo")
    counts = undone.result["undone"]
    print(
        f"Отменено: убрано карт {counts['patients_removed']}, визитов {counts['visits_removed']}, "
        f"возвращено прежних значений {counts['restored']}."
    )
    if counts.get("visits_kept"):
        print(f"Оставлено визитов {counts['visits_kept']}: их отметили, перенесли или о них ответили.")
    if counts["patients_kept"]:
        print(f"Оставлено карт {counts['patients_kept']}: с ними уже работали.")
    return 0


def _run_step(batch: Batch, step: str) -> Batch:
    """Run a step here and now, with progress in the terminal."""
    from zabota.intake import loads
    from zabota.kernel import clock
    from zabota.kernel.audit import Actor
    from zabota.kernel.errors import AlreadyDone

    try:
        done = loads.run_step_now(batch=batch, step=step, actor=Actor(kind="import"), now=clock.now(), say=_progress)
    except AlreadyDone as trouble:
        raise _Refused(trouble.text) from trouble
    if sys.stderr.isatty():
        print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)
    if done.state == done.State.FAILED or (step == "load" and done.state != done.State.LOADED):
        raise _Refused(done.error)
    return done


def _progress(stage: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{stage}: {done} из {total}".ljust(60), end="", file=sys.stderr, flush=True)


def _print_preview(preview: dict[str, Any]) -> None:
    rows, people, visits, services = preview["rows"], preview["patients"], preview["visits"], preview["services"]
    print(
        f"Строк {rows['read']}: принято {rows['accepted']}, отклонено {rows['rejected']}, "
        f"повторов {rows['duplicates']}, пропущено {rows['ignored']}."
    )
    print(f"Пациентов {people['total']}: новых {people['new']}, уже есть {people['known']}.")
    if people["shared_numbers"]:
        shown = ", ".join(preview["examples"]["shared_numbers"])
        print(
            f"Номеров, под которыми стоят разные люди: {people['shared_numbers']} (например, {shown}). У каждого своя карта."
        )
    print(
        f"Записей {visits['total']}: новых {visits['new']}, изменится {visits['changed']}, "
        f"без изменений {visits['same']}, исчезло {visits['vanished']}."
    )
    if services["new"] or services["changed"]:
        print(f"Услуг: новых {services['new']}, изменится {services['changed']} (цен {services['repriced']}).")


def _print_issues(batch: Batch, tables: list[str]) -> None:
    """Each reason with how often it is met and the first rows it is met in; `tables` are the files of the tables."""
    for word, reasons, is_refusal in (
        ("отклонено", batch.preview["refusals"], True),
        ("не разобрано ячеек", batch.preview["remarks"], False),
    ):
        for reason in reasons:
            issues = batch.issues.filter(is_refusal=is_refusal, code=reason["code"]).order_by("file_index", "row")
            rows = [
                (f"{tables[issue.file_index]}, " if len(set(tables)) > 1 else "") + f"строка {issue.row}"
                for issue in issues[:SHOWN_ROWS]
            ]
            more = f" и ещё {reason['count'] - len(rows)}" if reason["count"] > len(rows) else ""
            print(f"  {word} {reason['count']}: {reason['text']} ({'; '.join(rows)}{more})")


def _clinic(name: str, *, create: bool) -> Clinic:
    from zabota.clinic.models import Clinic
    from zabota.kernel import clock
    from zabota.kernel.audit import Actor
    from zabota.ops.founding import found_clinic

    found = list(Clinic.objects.filter(name=name) if name else Clinic.objects.all()[:2])
    if len(found) == 1:
        return found[0]
    if found:
        raise _Refused("клиник несколько: укажите --clinic НАЗВАНИЕ")
    if not create:
        raise _Refused("клиники ещё нет: загрузите без --dry-run с --clinic НАЗВАНИЕ или начните с zabota run")
    return found_clinic(name or "Моя клиника", actor=Actor(kind="import"), now=clock.now())


def _branch(clinic: Clinic, name: str) -> Any:
    from zabota.clinic.models import Branch

    if not name:
        return None
    branch = Branch.objects.filter(clinic=clinic, name=name).first()
    if branch is None:
        raise _Refused(f"филиала «{name}» нет")
    return branch


def _mapping(path: Path | None) -> dict[str, Any] | None:
    from zabota.intake.api import SavedMapping, WrongMapping

    if path is None:
        return None
    try:
        return SavedMapping.from_dict(json.loads(path.read_text(encoding="utf-8"))).to_dict()
    except WrongMapping as error:
        raise _Refused(f"файл столбцов {path} не читается: {error.text_ru}") from error
    except (OSError, ValueError) as error:
        raise _Refused(f"файл столбцов {path} не читается") from error
