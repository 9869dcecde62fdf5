"""The program `zabota`: one word for each thing it does. `zabota --help` lists them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module

#: word: (module with run(argv) -> int, what it does)
COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("zabota.ops.run_command", "подготовить базу и запустить веб-сервер и исполнителя заданий"),
    "worker": ("zabota.ops.worker_command", "запустить ещё одного исполнителя заданий"),
    "audit": ("zabota.ops.audit_command", "отчёт по выгрузке: где теряется лояльность; без сервера и базы"),
    "import": ("zabota.ops.import_command", "загрузить выгрузку информационной системы"),
    "demo": ("zabota.ops.demo_command", "создать демонстрационную клинику или её выгрузку"),
    "sweep": ("zabota.ops.sweep_command", "проверить правило двух «З» у всех пациентов"),
    "staff": ("zabota.ops.staff_command", "завести сотрудника или сменить пароль"),
    "doctor": ("zabota.ops.doctor_command", "проверить установку: база, задания, отложенное"),
    "manage": ("zabota.ops.manage_command", "команды Django (migrate, makemigrations, shell …)"),
}


def main(argv: list[str] | None = None) -> int:
    """Entry point. Returns the exit code: 0 done, 1 failed, 2 wrong input."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        _help()
        return 0
    word, rest = arguments[0], arguments[1:]
    if word not in COMMANDS:
        print(f"zabota: нет команды «{word}». Список команд: zabota --help", file=sys.stderr)
        return 2
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zabota.config.settings")
    command: Callable[[list[str]], int] = import_module(COMMANDS[word][0]).run
    try:
        return command(rest)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0


def _help() -> None:
    width = max(map(len, COMMANDS))
    print("zabota КОМАНДА [параметры]\n")
    for word, (_, says) in COMMANDS.items():
        print(f"  {word:<{width}}  {says}")
    print("\nПодробнее: zabota КОМАНДА --help")


if __name__ == "__main__":
    sys.exit(main())
