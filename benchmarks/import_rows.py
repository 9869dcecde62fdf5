"""Claim: an export of 300,000 rows is read, matched and loaded in under ten minutes and under 1 GB.

Runs `zabota import` on an export of the demo clinic in a process of its own, on SQLite, and compares it in the same run with
the naive way: one `get_or_create` per row through the ORM, timed on a part and scaled. `--small` uses 15,000 rows.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ZABOTA = Path(sys.executable).parent / "zabota"
NAIVE_ROWS = 1500


def main() -> None:
    """Print the figures; the last line is JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", action="store_true")
    small = parser.parse_args().small
    patients = 2_000 if small else 43_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export = folder / "visits.csv"
        subprocess.run(
            [ZABOTA, "demo", "--patients", str(patients), "--export", str(export)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        rows = json.loads((folder / "visits.truth.json").read_text(encoding="utf-8"))["rows"]["read"]
        env = {**os.environ, "ZABOTA_DATA": str(folder), "DATABASE_URL": f"sqlite:///{folder / 'b.sqlite3'}"}
        subprocess.run([ZABOTA, "manage", "migrate", "-v0"], check=True, env=env)
        # The naive way begins with the same empty tables.
        shutil.copy(folder / "b.sqlite3", folder / "n.sqlite3")
        first = _timed([str(ZABOTA), "import", str(export), "--clinic", "Замер"], env)
        again = _timed([str(ZABOTA), "import", str(export), "--clinic", "Замер"], env)
        naive = float(
            subprocess.run(
                [sys.executable, "-c", NAIVE, str(export)],
                check=True, env={**env, "DATABASE_URL": f"sqlite:///{folder / 'n.sqlite3'}"}, capture_output=True, text=True,
            ).stdout
        )  # fmt: skip
    naive_all = naive / NAIVE_ROWS * rows
    figures = {
        "rows": rows,
        "wall_s": round(first["wall"], 1),
        "cpu_s": round(first["cpu"], 1),
        "rows_per_s": round(rows / first["wall"]),
        "peak_mib": round(first["peak_mib"]),
        "again_wall_s": round(again["wall"], 1),
        "naive_wall_s_scaled": round(naive_all, 1),
        "load_average": round(os.getloadavg()[0], 2),
    }
    ratios = {
        "naive_over_ours_wall": round(naive_all / first["wall"], 2),
        "time_of_limit_600s": round(first["wall"] / 600, 3),
        "memory_of_limit_1GiB": round(first["peak_mib"] / 1024, 3),
    }
    for key, value in {**figures, **ratios}.items():
        print(f"{key:>24}  {value}")
    print(json.dumps({"name": "import_rows", "ratios": ratios, "figures": figures}))


def _timed(command: list[str], env: dict[str, str]) -> dict[str, float]:
    """Wall and CPU seconds and the peak memory of the heaviest process of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    child = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    peak = 0.0
    while child.poll() is None:
        peak = max(peak, _memory(child.pid))
        time.sleep(0.2)
    if child.returncode:
        sys.exit(f"{command[1]} ended with {child.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": time.monotonic() - started, "cpu": cpu, "peak_mib": peak}


def _memory(pid: int) -> float:
    """Resident memory of a process and its children now, MiB."""
    import psutil

    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(each.memory_info().rss for each in family) / 2**20
    except psutil.Error:
        return 0.0


#: The way one would write it first: a row at a time, each with its look-ups, on the same tables.
NAIVE = f"""
import csv, datetime as dt, os, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "zabota.config.settings"
import django
django.setup()
from zabota.booking.models import Appointment
from zabota.clinic.models import Clinic, Doctor, Service
from zabota.kernel.names import fold
from zabota.kernel.scope import every_clinic
from zabota.patients.models import Contact, Patient
clinic = Clinic.objects.create(name="naive")
with open(sys.argv[1], encoding="cp1251", newline="") as file:
    rows = [row for row in csv.reader(file, delimiter=";") if len(row) > 12 and row[0].isdigit()][:{NAIVE_ROWS}]
started = time.monotonic()
with every_clinic(reason="benchmark"):
    for row in rows:
        surname, _, rest = row[2].partition(" ")
        patient, _ = Patient.objects.get_or_create(
            clinic=clinic, card_no=row[1], defaults=dict(surname=surname, name=rest, name_key=fold(row[2]))
        )
        Contact.objects.get_or_create(patient=patient, clinic=clinic, kind="phone", value=row[5][:60])
        doctor, _ = Doctor.objects.get_or_create(clinic=clinic, name_key=fold(row[10]), defaults=dict(name=row[10]))
        service, _ = Service.objects.get_or_create(clinic=clinic, name_key=fold(row[12]), defaults=dict(name=row[12]))
        try:
            at = dt.datetime.strptime(row[7], "%d.%m.%Y %H:%M").replace(tzinfo=dt.UTC)
        except ValueError:
            continue
        visit, _ = Appointment.objects.get_or_create(
            clinic=clinic, system="file", ext_id=row[0],
            defaults=dict(patient=patient, doctor=doctor, starts_at=at, day=at.date(), status="completed"),
        )
        visit.lines.get_or_create(service=service)
print(time.monotonic() - started)
"""

if __name__ == "__main__":
    main()
