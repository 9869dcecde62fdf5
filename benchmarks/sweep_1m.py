#!/usr/bin/env python3
"""Nightly sweep of 1M patients with 10M visits on SQLite: against its bare classification and a loop over the ORM.

    .venv/bin/python benchmarks/sweep_1m.py [--small] [--patients 150000] [--explain]

Ratios are of CPU seconds in one process and one run; wall clock depends on whoever else uses the machine. Goals at 1M:
audit ≤ 1.1 (the sweep with its trail, fact and figures of the day to the same statements without them), orm_loop ≥ 100,
incremental ≤ 0.1: the touched and due patients of an ordinary day with everything they write, to a night. As many come as
come on a day of this clinic (`visits_a_day`), as many book; the middle one of three days. Beside it: incremental_reread, 42,282 patients in a million on a
day already swept, which is how the goal was measured when it was set; incremental_heavy, a day with one patient in a
hundred touched, about twice the ordinary, to a full sweep that finds another such day untouched; incremental_again, the
heavy day once more when nothing is left to write. night_to_bare tells what writing, closing and making tasks add to the
classification alone. Small clinics pay the fixed cost of a sweep relatively more, so that incremental is larger there.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NOW = dt.datetime(2026, 11, 20, 0, 30, tzinfo=dt.UTC)
LOOPED = 2_000
#: Columns of an appointment that say nothing here.
REST = """cancel_reason, comment, system, ext_id, kind, origin, revision, buffer_before_minutes, buffer_after_minutes,
  in_conflict"""
REST_VALUES = "'', '', '', '', 'in_person', 'desk', 0, 0, 0, FALSE"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="20 000 patients, ends within a minute")
    parser.add_argument("--patients", type=int, default=1_000_000, help="how many patients the clinic has")
    parser.add_argument("--explain", action="store_true", help="print the plan of each statement of the classification")
    options = parser.parse_args()
    patients = 20_000 if options.small else options.patients
    with tempfile.TemporaryDirectory(prefix="zabota-sweep-") as folder:
        os.environ["DATABASE_URL"] = f"sqlite:///{Path(folder) / 'sweep.sqlite3'}"
        os.environ["ZABOTA_DATA"] = folder
        os.environ["ZABOTA_LOG_LEVEL"] = "ERROR"
        os.environ["DJANGO_SETTINGS_MODULE"] = "zabota.config.settings"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        result = measure(patients, explain=options.explain)
    print(json.dumps(result, ensure_ascii=False))
    return 0


def measure(patients: int, *, explain: bool) -> dict[str, Any]:
    """Load, sweep, compare."""
    from zabota.booking.models import Appointment
    from zabota.kernel.scope import every_clinic
    from zabota.kernel.statistics import refresh_statistics
    from zabota.nextstep.api import sweep_clinic, sweep_patients
    from zabota.nextstep.queries.statements import empty_tables

    spent: dict[str, float] = {}
    with every_clinic(reason="benchmark"):
        with timed("load", spent):
            clinic_id = load(patients)
        with timed("first", spent):
            first = sweep_clinic(clinic_id=clinic_id, now=NOW)
        # As every night: the planner knows then how large the tables are.
        with timed("counting", spent):
            refresh_statistics()
        if explain:
            print_plans(clinic_id)
        year = (NOW.date() - dt.timedelta(days=365), NOW.date())
        visits_a_day = Appointment.objects.visits().filter(day__range=year).count() // 365
        night = NOW + dt.timedelta(days=3)
        with timed("bare", spent):
            bare(clinic_id, night)
        # As after every sweep: what follows is not to clear away a million working rows of this one.
        empty_tables()
        # Half of the touched come, half book: three ordinary days in a row, of other patients each, then a heavy one.
        every, days = max(2, patients // visits_a_day), []
        for number in range(3):
            today = night - dt.timedelta(days=2 - number)
            ordinary = touch(clinic_id, today, every=every, first=number * 20 % (every // 2))
            with timed("touched", spent):
                sweep_patients(patient_ids=ordinary, now=today)
            with timed("due", spent):
                due = sweep_clinic(clinic_id=clinic_id, now=today, due_only=True)
            days.append(spent["touched"] + spent["due"])
        with timed("night", spent):
            full = sweep_clinic(clinic_id=clinic_id, now=night)
        with timed("no_audit", spent):
            without_audit(clinic_id, night)
        with timed("night_again", spent):
            sweep_clinic(clinic_id=clinic_id, now=night)
        read_again = some_patients(clinic_id, patients * 42_282 // 1_000_000)
        with timed("reread", spent):
            sweep_patients(patient_ids=read_again, now=night)
        next_night = night + dt.timedelta(days=1)
        touched = touch(clinic_id, next_night, every=200, first=7)
        with timed("heavy_touched", spent):
            sweep_patients(patient_ids=touched, now=next_night)
        with timed("heavy_due", spent):
            heavy_due = sweep_clinic(clinic_id=clinic_id, now=next_night, due_only=True)
        # The same patients once more, when nothing is left to write: what reading alone costs.
        with timed("heavy_again", spent):
            sweep_patients(patient_ids=touched, now=next_night)
        # The day after it, of other patients, is left to the sweep of all.
        last_night = next_night + dt.timedelta(days=1)
        touch(clinic_id, last_night, every=200, first=57)
        with timed("full", spent):
            whole = sweep_clinic(clinic_id=clinic_id, now=last_night)
        looped = min(LOOPED, patients // 20)
        with timed("loop", spent):
            orm_loop(clinic_id, looped, last_night)
    heavy = spent["heavy_touched"] + spent["heavy_due"]
    loop = spent["loop"] * patients / looped
    ratios = {
        "night_to_bare": spent["night"] / spent["bare"],
        "audit": spent["night_again"] / spent["no_audit"],
        "orm_loop": loop / spent["night"],
        "orm_loop_to_first": loop / spent["first"],
        "incremental": statistics.median(days) / spent["night"],
        "incremental_reread": spent["reread"] / spent["night"],
        "incremental_heavy": heavy / spent["full"],
        "incremental_again": spent["heavy_again"] / spent["night"],
    }
    figures = {
        "patients": patients,
        "visits": patients * 10,
        "days_cpu_seconds": [round(seconds, 2) for seconds in days],
        **{f"{name}_cpu_seconds": round(seconds, 2) for name, seconds in spent.items()},
        "orm_loop_cpu_seconds_extrapolated": round(loop),
        "looped_patients": looped,
        "visits_a_day": visits_a_day,
        "touched": len(ordinary),
        "due": due.patients,
        "reread": len(read_again),
        "heavy_touched": len(touched),
        "heavy_due": heavy_due.patients,
        "full_changed": whole.types_changed,
        "first_tasks": first.tasks_created,
        "night_found": full.found,
        "left_after": full.left_after,
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    return {"name": "sweep_1m", "ratios": {name: round(value, 3) for name, value in ratios.items()}, "figures": figures}


@contextmanager
def timed(name: str, spent: dict[str, float]) -> Iterator[None]:
    """CPU seconds of the block."""
    wall, begun = time.monotonic(), time.process_time()
    yield
    spent[name] = time.process_time() - begun
    print(f"{name:<14}{spent[name]:>9.2f} s CPU {time.monotonic() - wall:>9.2f} s wall", file=sys.stderr, flush=True)


def params_of(clinic_id: int, now: dt.datetime) -> dict[str, Any]:
    """Parameters of the statements, as the sweep makes them."""
    from zabota.clinic.models import Clinic
    from zabota.nextstep.services.steps import params_of as params_now

    return params_now(Clinic.objects.get(pk=clinic_id), now)


def bare(clinic_id: int, now: dt.datetime) -> None:
    """The classification and nothing else: no row outside the working tables is written."""
    from django.db import transaction

    from zabota.nextstep.queries.statements import empty_tables, run

    with transaction.atomic():
        params = params_of(clinic_id, now)
        empty_tables()
        run("scope_all", params)
        for name in ("visits", "recalls", "facts", "state"):
            run(name, params, wide=True)


def without_audit(clinic_id: int, now: dt.datetime) -> None:
    """The same sweep of a night that changes nothing, without its row in the trail, its fact and the figures of the day."""
    from zabota.nextstep.services.steps import changing_ids

    _, changing = changing_ids(params_of(clinic_id, now))
    assert not changing


def print_plans(clinic_id: int) -> None:
    """EXPLAIN QUERY PLAN of every statement of a night."""
    from django.db import connection, transaction

    from zabota.nextstep.queries.statements import empty_tables, statements

    params = params_of(clinic_id, NOW)
    with transaction.atomic(), connection.cursor() as cursor:
        empty_tables()
        for name in (
            "scope_all",
            "visits",
            "recalls",
            "facts",
            "state",
            "open",
            "types",
            "gone_all",
            "close",
            "need",
            "raise",
            "tasks",
            "coverage",
        ):
            for statement in statements(name, "sqlite", wide=True):
                print(f"-- {name}: {statement.splitlines()[0][:90]}", file=sys.stderr)
                cursor.execute(f"EXPLAIN QUERY PLAN {statement}", params)
                for row in cursor.fetchall():
                    print(f"     {row[3]}", file=sys.stderr)


def touch(clinic_id: int, now: dt.datetime, *, every: int, first: int = 0) -> list[int]:
    """Two patients in `every`, others for another `first`: one comes today, one books."""
    from django.db import connection

    day, half = now.date().isoformat(), every // 2
    with connection.cursor() as cursor:
        for offset, status, days in ((first, "completed", -1), (first + half, "planned", 14)):
            cursor.execute(
                f"""
                INSERT INTO booking_appointment (clinic_id, public_id, patient_id, branch_id, doctor_id, starts_at, day,
                  duration_minutes, status, total_kopecks, {REST})
                SELECT clinic_id, 'touched' || %s || '-' || %s || '-' || id, id, branch_id, NULL,
                  date(%s, %s || ' days') || ' 09:00:00', date(%s, %s || ' days'), 30, %s, 300000, {REST_VALUES}
                FROM patients_patient WHERE clinic_id = %s AND id %% %s = %s
                """,
                [day, offset, day, days, day, days, status, clinic_id, every, offset],
            )
        cursor.execute(
            "SELECT id FROM patients_patient WHERE clinic_id = %s AND id %% %s IN (%s, %s)",
            [clinic_id, every, first, first + half],
        )
        return [row[0] for row in cursor.fetchall()]


def some_patients(clinic_id: int, count: int) -> list[int]:
    """So many patients, evenly out of the whole clinic."""
    from zabota.patients.models import Patient

    everybody = list(Patient.objects.filter(clinic_id=clinic_id).order_by("pk").values_list("pk", flat=True))
    return [everybody[place * len(everybody) // count] for place in range(count)]


def orm_loop(clinic_id: int, count: int, now: dt.datetime) -> None:
    """What the sweep replaces: patients one by one through the ORM, the catalogue read once, the same rules.

    Even so the loop does less: it writes no recalls, closes nothing and opens nothing.
    """
    from django.db import transaction

    from zabota.nextstep.models import PatientState
    from zabota.nextstep.queries.patient_facts import Catalogue, FactsReader, thresholds_of
    from zabota.nextstep.rules.steps import next_step
    from zabota.nextstep.rules.types import classify
    from zabota.patients.models import Patient
    from zabota.worklist.models import Task

    today = (now + dt.timedelta(hours=3)).date()
    thresholds, any_visit = thresholds_of(clinic_id)
    catalogue = Catalogue(clinic_id)
    with transaction.atomic():
        for card in Patient.objects.filter(clinic_id=clinic_id).order_by("pk")[:count]:
            reader = FactsReader(catalogue, [card.pk], now=now, today=today)
            facts = reader.facts(card, thresholds, any_visit)
            verdict = classify(facts, thresholds, today)
            step = next_step(facts, verdict, thresholds, today)
            if step is not None and not Task.objects.open().filter(patient_id=card.pk).exists():
                raise AssertionError("the sweep left somebody without a next step")
            PatientState.objects.filter(patient_id=card.pk).update(
                type=verdict.type, rule=verdict.rule, next_transition_on=verdict.next_transition_on
            )


def load(patients: int) -> int:
    """A clinic by SQL: ten visits a patient, one line a visit, contacts, plans, bookings; nothing is swept yet."""
    from django.db import connection, transaction

    from zabota.clinic.models import Branch, Clinic, Member, Service, ServiceGroup, User

    clinic = Clinic.objects.create(name="Замер", time_zone="Europe/Moscow")
    branches = [Branch.objects.create(clinic=clinic, name=name) for name in ("Центр", "Юг")]
    for number in range(4):
        user = User.objects.create(email=f"m{number}@test.test")
        Member.objects.create(user=user, clinic=clinic, role="administrator", daily_capacity=60)
    groups = [
        ServiceGroup.objects.create(
            clinic=clinic, name=f"Группа {n}", recall_interval_days=days, is_consultation=n == 0, is_prevention=n == 1
        )
        for n, days in enumerate((None, 180, 365, 90, None, 180))
    ]
    for number in range(30):
        Service.objects.create(
            clinic=clinic, name=f"Услуга {number}", name_key=f"услуга {number}", group=groups[number % 6]
        )
    first_service = Service.objects.filter(clinic=clinic).order_by("pk").values_list("pk", flat=True)[0]
    today = NOW.date().isoformat()
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {patients})"
    # A cheap even mixture of a number: the same clinic every time.
    mixed = "((i * 2654435761 + {salt} * 40503) %% 4294967296 / 65536)"
    with connection.cursor() as cursor:
        # Loading is not what is measured: no journal, a large cache, indexes built once at the end.
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1500000", "temp_store = MEMORY"):
            cursor.execute(f"PRAGMA {pragma}")
        indexes = aside(cursor)
    with transaction.atomic(), connection.cursor() as cursor:
        run: Callable[[str, list[Any]], Any] = cursor.execute
        run(
            f"""
            INSERT INTO patients_patient (id, clinic_id, public_id, surname, name, patronymic, name_key, sex, card_no,
              branch_id, time_zone, registered_on, alert, address, area, created_at, updated_at)
            {numbers} SELECT i, %s, 'p' || i, 'Пациент', '', '', 'пациент ' || i, '', '', %s + i %% 2, '',
              date(%s, '-' || (3000 + i %% 500) || ' days'), '', '', '', %s, %s FROM n
            """,
            [clinic.pk, branches[0].pk, today, today, today],
        )
        run(
            f"""
            INSERT INTO patients_contact (patient_id, clinic_id, kind, value, extension, comment, reach, is_preferred)
            {numbers} SELECT i, %s, 'phone', '+79' || (100000000 + i), '', '', 'unknown', 0 FROM n
            """,
            [clinic.pk],
        )
        # Visits of one patient lie 20…400 days apart and end at a day of their own; written in the order of time, so
        # that a patient's rows are scattered over the table as in life.
        run("CREATE TEMP TABLE seen (i INTEGER, k INTEGER, days INTEGER)", [])
        run(
            f"""
            INSERT INTO seen {numbers}, k(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM k WHERE k < 9)
            SELECT i, k, {mixed.format(salt=1)} %% 900 + k * (20 + {mixed.format(salt=2)} %% 280) FROM n, k
            """,
            [],
        )
        run(
            f"""
            INSERT INTO booking_appointment (id, clinic_id, public_id, patient_id, branch_id, starts_at, day,
              duration_minutes, status, total_kopecks, {REST})
            SELECT ROW_NUMBER() OVER (ORDER BY days DESC, i), %s, 'v' || i || '-' || k, i, %s + i %% 2,
              date(%s, '-' || days || ' days') || ' 0' || (6 + k %% 4) || ':00:00', date(%s, '-' || days || ' days'), 30,
              'completed', 100000 + (i * 37 + k * 1009) %% 900000, {REST_VALUES}
            FROM seen ORDER BY days DESC, i
            """,
            [clinic.pk, branches[0].pk, today, today],
        )
        run(
            """
            INSERT INTO booking_appointmentservice (appointment_id, service_id, quantity, price_kopecks)
            SELECT id, %s + (patient_id * 7 + id %% 3) %% 30, 1, total_kopecks FROM booking_appointment
            """,
            [first_service],
        )
        # A tenth is booked, a twentieth cancelled lately, four tenths have a plan.
        for salt, share, status, days in (
            (3, 10, "planned", 5),
            (4, 20, "cancelled_patient", -6),
            (5, 40, "no_show", -9),
        ):
            run(
                f"""
                INSERT INTO booking_appointment (clinic_id, public_id, patient_id, branch_id, starts_at, day,
                  duration_minutes, status, total_kopecks, {REST})
                {numbers} SELECT %s, %s || i, i, %s, date(%s, %s || ' days', '+' || (i %% 30) || ' days') || ' 09:00:00',
                  date(%s, %s || ' days', '+' || (i %% 30) || ' days'), 30, %s, 0, {REST_VALUES}
                FROM n WHERE {mixed.format(salt=salt)} %% %s = 0
                """,
                [clinic.pk, status, branches[0].pk, today, days, today, days, status, share],
            )
        run(
            f"""
            INSERT INTO care_plan (clinic_id, public_id, patient_id, title, state, total_kopecks, proposed_on, agreed_on,
              system, ext_id)
            {numbers} SELECT %s, 'plan' || i, i, 'План', CASE i %% 5 WHEN 0 THEN 'in_progress' WHEN 1 THEN 'proposed'
                WHEN 2 THEN 'declined' ELSE 'finished' END, 5000000,
              date(%s, '-' || ({mixed.format(salt=6)} %% 700) || ' days'),
              date(%s, '-' || ({mixed.format(salt=6)} %% 700) || ' days'), '', ''
            FROM n WHERE {mixed.format(salt=7)} %% 10 < 4
            """,
            [clinic.pk, today, today],
        )
        run("DROP TABLE seen", [])
        for index in indexes:
            run(index, [])
        run("ANALYZE", [])
    # The sweep itself runs with the settings of the product.
    connection.close()
    return clinic.pk


def aside(cursor: Any) -> list[str]:
    """Take the indexes of the large tables away; gives the statements that bring them back."""
    tables = ("booking_appointment", "booking_appointmentservice", "patients_patient", "patients_contact", "care_plan")
    marks = ", ".join(["%s"] * len(tables))
    cursor.execute(
        f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({marks})",
        list(tables),
    )
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f'DROP INDEX "{name}"')
    return [sql for _, sql in found]


if __name__ == "__main__":
    sys.exit(main())
