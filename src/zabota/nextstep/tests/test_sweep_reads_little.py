"""A sweep of one patient reads no large table from end to end, whatever the database was told of its size."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection, transaction

from zabota.clinic.models import Clinic
from zabota.kernel.scope import every_clinic
from zabota.nextstep.queries.statements import empty_tables, statements
from zabota.nextstep.services.steps import ids_param, params_of
from zabota.nextstep.services.sweep import sweep_clinic
from zabota.nextstep.tests.random_clinic import make_clinic

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
LARGE = (
    "patients_patient", "patients_contact", "booking_appointment", "booking_appointmentservice", "booking_payment",
    "care_plan", "worklist_task", "worklist_taskevent", "nextstep_patientstate", "nextstep_recall",
    "nextstep_swepttask", "nextstep_typechange",
)  # fmt: skip
STEPS = (
    "exemptions_ids", "scope_ids", "visits", "recalls", "facts", "state", "open", "write_recalls", "types", "gone_ids",
    "left_ids", "close", "write_close", "need", "raise", "tasks",
)  # fmt: skip


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads the program that SQLite makes of a statement")
def test_sweep_of_one_patient_walks_through_no_large_table_after_the_tables_were_counted() -> None:
    with every_clinic(reason="test"), transaction.atomic():
        world = make_clinic(1, now=NOW)
        sweep_clinic(clinic_id=world.clinic.pk, now=NOW)
        _say_that_tables_are_large()
        params = params_of(Clinic.objects.get(pk=world.clinic.pk), NOW) | {"ids": ids_param([world.patients[0].pk])}
        empty_tables()
        walked = [
            f"{step}: {statement.splitlines()[0]}"
            for step in STEPS
            for statement in statements(step, "sqlite")
            if _walks(statement, params)
        ]
        transaction.set_rollback(True)
    assert walked == []


def _say_that_tables_are_large() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SELECT DISTINCT tbl FROM main.sqlite_stat1")
        assert {"worklist_task", "booking_appointment"} <= {row[0] for row in cursor.fetchall()}
        cursor.execute("UPDATE main.sqlite_stat1 SET stat = '500000' || SUBSTR(stat, INSTR(stat || ' ', ' '))")
        cursor.execute("ANALYZE sqlite_schema")


def _walks(statement: str, params: dict[str, object]) -> bool:
    """Whether the program goes to the beginning of a large table or of one of its indexes."""
    with connection.cursor() as cursor:
        marks = ", ".join(["%s"] * len(LARGE))
        cursor.execute(f"SELECT rootpage FROM sqlite_master WHERE tbl_name IN ({marks})", LARGE)
        roots = {row[0] for row in cursor.fetchall()}
        cursor.execute(f"EXPLAIN {statement}", params)
        program = [row[1:5] for row in cursor.fetchall()]
    large: dict[int, bool] = {}
    for code, cursor_no, root, place in program:
        if code.startswith("Open"):
            large[cursor_no] = code == "OpenRead" and place == 0 and root in roots
        elif code == "Rewind" and large.get(cursor_no):
            return True
    return False
