"""`zabota demo`: make the demo clinic in the database, or write it as an export with its truth beside it."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from zabota.kernel import clock
from zabota.ops.demo.spec import CAUSES, ClinicSpec


def run(argv: list[str]) -> int:
    """Do what the arguments ask; 0 when done, 2 when they cannot be followed."""
    asked = _parser().parse_args(argv)
    causes = tuple(c for c in asked.causes.split(",") if c)
    try:
        spec = ClinicSpec(
            as_of=asked.as_of or clock.machine_today(),
            seed=asked.seed,
            patients=asked.patients,
            months=asked.months,
            causes=causes,
        )
    except ValueError as wrong:
        print(f"zabota demo: {wrong}", file=sys.stderr)
        return 2
    if asked.export is not None:
        return _export(spec, asked.export, asked.dirt)
    return _load(spec, fresh=asked.fresh)


def _load(spec: ClinicSpec, *, fresh: bool) -> int:
    from zabota.ops import run_command

    # The key of the installation must exist before the logins get their password from it.
    run_command.prepare_folder()
    import django

    django.setup()
    from django.core.management import call_command
    from django.db.utils import OperationalError, ProgrammingError

    from zabota.clinic.models import Clinic
    from zabota.ops.demo.load import demo_logins, make_demo_clinic
    from zabota.ops.demo.opening import open_demo_clinic

    try:
        real = Clinic.objects.filter(is_demo=False).exists()
        taken = real or Clinic.objects.exists()
    except (OperationalError, ProgrammingError):
        print("zabota demo: база не готова, сначала выполните zabota manage migrate", file=sys.stderr)
        return 2
    if real or (taken and not fresh):
        hint = "" if real else "; чтобы создать её заново, добавьте --fresh"
        print(
            f"zabota demo: в базе уже есть клиника, демонстрационная создаётся только в пустой{hint}", file=sys.stderr
        )
        return 2
    if taken:
        call_command("flush", interactive=False, verbosity=0)
    clinic = make_demo_clinic(spec=spec, progress=print)
    open_demo_clinic(clinic, progress=print)
    for who, login, password in demo_logins():
        print(f"{who}: {login}, пароль {password}")
    return 0


def _export(spec: ClinicSpec, path: Path, dirt: float) -> int:
    from zabota.ops.demo.export import export, truth_path
    from zabota.ops.demo.generate import generate

    if path.suffix.lower() not in (".csv", ".xlsx"):
        print("zabota demo: файл выгрузки должен кончаться на .csv или .xlsx", file=sys.stderr)
        return 2
    if not path.parent.is_dir():
        print(f"zabota demo: нет папки {path.parent}", file=sys.stderr)
        return 2
    told = export(generate(spec), path, dirt=dirt)
    rows = told["rows"]
    print(f"Выгрузка: {path}, строк {rows['read']}, завершённых визитов {rows['accepted']}.")
    print(f"Что в ней правда: {truth_path(path)}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="zabota demo", description="Демонстрационная клиника с известной правдой.")
    parser.add_argument("--seed", type=int, default=7, help="зерно: одно и то же даёт одну и ту же клинику")
    parser.add_argument("--patients", type=int, default=4000, help="сколько пациентов")
    parser.add_argument("--months", type=int, default=30, help="сколько месяцев визитов")
    parser.add_argument(
        "--as-of", type=date.fromisoformat, default=None, help="последний день, ГГГГ-ММ-ДД; по умолчанию сегодня"
    )
    parser.add_argument("--causes", default="doctor,price,channel", help="причины падения: " + ", ".join(CAUSES))
    parser.add_argument(
        "--export", type=Path, default=None, metavar="FILE", help="записать выгрузку .csv или .xlsx, базы не трогать"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="стереть прежнюю демонстрационную клинику и создать заново"
    )
    parser.add_argument("--dirt", type=float, default=1.0, help="сколько грязи в выгрузке: 0 чистая, 1 как в жизни")
    return parser
