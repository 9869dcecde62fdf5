"""What the planner knows: after the tables were counted, it takes the short way."""

import pytest
from django.db import connection

from zabota.kernel import clock
from zabota.kernel.models import WorkerSeen
from zabota.kernel.statistics import refresh_statistics

pytestmark = pytest.mark.django_db


def _rows_known(table: str) -> int:
    """How many rows the planner believes to be there; 0 when it was never told."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT COUNT(*) FROM main.sqlite_master WHERE name = 'sqlite_stat1'")
            if not cursor.fetchone()[0]:
                return 0
            cursor.execute("SELECT stat FROM main.sqlite_stat1 WHERE tbl = %s", [table])
            found = cursor.fetchone()
            return int(found[0].split()[0]) if found else 0
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [table])
        return max(int(cursor.fetchone()[0]), 0)


def test_the_planner_is_told_how_many_rows_a_table_has() -> None:
    now = clock.now()
    WorkerSeen.objects.bulk_create(WorkerSeen(worker=f"worker-{n}", started_at=now, seen_at=now) for n in range(300))

    refresh_statistics()

    assert _rows_known(WorkerSeen._meta.db_table) == 300
