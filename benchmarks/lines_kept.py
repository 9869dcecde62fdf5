#!/usr/bin/env python3
"""Visits kept beside the snapshot against the same visits read from the database, as a question of «Где упало» needs them.

    .venv/bin/python benchmarks/lines_kept.py [--small] [--patients 40000] [--runs 5]

A demo clinic on SQLite; CPU of one process, the least of the runs. kept_to_database: the file as it lies;
touched_to_database: with one patient in two hundred touched since the file was made, read from the database. The rows are
compared each time.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

NOW = dt.datetime(2026, 11, 20, 0, 30, tzinfo=dt.UTC)


def main() -> int:
    """Print the figures; the last line is JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="1 000 patients, ends within a minute")
    parser.add_argument("--patients", type=int, default=40_000, help="how many patients the clinic has")
    parser.add_argument("--runs", type=int, default=5, help="the least of so many is told")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="zabota-lines-") as folder:
        os.environ["DATABASE_URL"] = f"sqlite:///{Path(folder) / 'lines.sqlite3'}"
        os.environ["ZABOTA_DATA"] = folder
        os.environ["ZABOTA_LOG_LEVEL"] = "ERROR"
        os.environ["DJANGO_SETTINGS_MODULE"] = "zabota.config.settings"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        result = measure(1_000 if options.small else options.patients, options.runs)
    print(json.dumps(result, ensure_ascii=False))
    return 0


def measure(patients: int, runs: int) -> dict[str, Any]:
    """Make a clinic, keep its lines, read them each way."""
    from django.db import transaction

    from zabota.analytics.queries.kept_lines import keep_lines, lines_now, path_of
    from zabota.analytics.queries.visit_lines import read_lines
    from zabota.kernel.facts import publish
    from zabota.kernel.scope import every_clinic
    from zabota.ops.demo.load import make_demo_clinic
    from zabota.ops.demo.spec import ClinicSpec
    from zabota.patients.facts import PatientChanged
    from zabota.patients.models import Patient

    clinic = make_demo_clinic(spec=ClinicSpec(as_of=NOW.date(), patients=patients), now=NOW)
    kept_at, asked_at = NOW + dt.timedelta(days=1), NOW + dt.timedelta(days=1, hours=9)
    with every_clinic(reason="benchmark"):
        database, anew = least(runs, lambda: read_lines(clinic.pk))
        keep_lines(clinic.pk, now=kept_at, full=True)
        kept, of_file = least(runs, lambda: lines_now(clinic.pk, now=asked_at))
        ids = list(Patient.objects.order_by("pk").values_list("pk", flat=True))[::200]
        with transaction.atomic():
            facts = [PatientChanged(clinic_id=clinic.pk, patient_id=pk, fields=()) for pk in ids]
            publish(*facts, now=asked_at)
        touched, of_both = least(runs, lambda: lines_now(clinic.pk, now=asked_at))
        if not (anew.equals(of_file) and anew.equals(of_both)):
            sys.exit("the kept lines differ from the database")
        size = path_of(clinic.pk).stat().st_size
    return {
        "name": "lines_kept",
        "ratios": {"kept_to_database": round(kept / database, 4), "touched_to_database": round(touched / database, 4)},
        "figures": {
            "patients": patients,
            "lines": anew.height,
            "database_cpu_seconds": round(database, 3),
            "kept_cpu_seconds": round(kept, 4),
            "touched": len(ids),
            "touched_cpu_seconds": round(touched, 4),
            "file_bytes": size,
        },
    }


def least(runs: int, work: Callable[[], Any]) -> tuple[float, Any]:
    """The least CPU seconds of some runs, and what the last one gave."""
    spent = []
    for _ in range(runs):
        begun = time.process_time()
        found = work()
        spent.append(time.process_time() - begun)
    return min(spent), found


if __name__ == "__main__":
    sys.exit(main())
