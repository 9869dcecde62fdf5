"""The database view of the rule of the two З: made anew after each migration of the tables it looks at.

SQLite refuses to rebuild a table while a view names it, so the view cannot be left to one migration: it steps aside
before migrations begin and comes back when they are done.
"""

from __future__ import annotations

from typing import Any

from django.db import connections

from zabota.nextstep.queries.statements import statements

VIEW = "nextstep_uncovered"


def drop_view(using: str = "default", **_: Any) -> None:
    """Take the view away."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"DROP VIEW IF EXISTS {VIEW}")


def make_view(using: str = "default", **_: Any) -> None:
    """Make the view anew, unless the tables are not there (a database migrated halfway)."""
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        if not {"nextstep_exemption", "worklist_task", "booking_appointment", "patients_contact"} <= tables:
            return
        (statement,) = statements("uncovered", connection.vendor)
        cursor.execute(f"DROP VIEW IF EXISTS {VIEW}")
        cursor.execute(f"CREATE VIEW {VIEW} AS {statement.replace('%(now)s', 'CURRENT_TIMESTAMP')}")
