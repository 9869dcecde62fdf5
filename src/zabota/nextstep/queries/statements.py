"""The SQL of the sweep: read from nextstep/sql, spelled for the database in use. Differences of the two stand here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any

from django.db import connection

_EPOCH = "DATE '1970-01-01'"


def _sqlite() -> dict[str, Callable[..., str]]:
    return {
        "DAYNUM": lambda x: f"CAST(julianday({x}) - 2440587.5 AS INTEGER)",
        # Django's own function: SQLite knows no zones.
        "LOCALDAY": lambda x: (
            f"CAST(julianday(django_datetime_cast_date({x}, %(zone)s, 'UTC')) - 2440587.5 AS INTEGER)"
        ),
        "TODATE": lambda n: f"date(({n}) * 86400, 'unixepoch')",
        "DOTTED": lambda n: f"strftime('%%d.%%m.%%Y', ({n}) * 86400, 'unixepoch')",
        # date(x, '+6 months') turns 31 August into 3 March: the last day of the month it should be is the bound.
        "ADDMONTHS": lambda d, m: (
            f"MIN(date({d}, '+' || ({m}) || ' months'), "
            f"date({d}, 'start of month', '+' || (({m}) + 1) || ' months', '-1 day'))"
        ),
        "DUE_AT": lambda n: f"(date((({n}) + %(due_shift)s) * 86400, 'unixepoch') || ' ' || %(due_time)s)",
        "SHOWN_AT": lambda n: f"(date((({n}) + %(shown_shift)s) * 86400, 'unixepoch') || ' ' || %(shown_time)s)",
        "TYPE_OF": lambda x: f"SUBSTR({x}, 1, INSTR({x}, '.') - 1)",
        "GREATER": lambda x: f"MAX({x})",
        "LEAST_OF": lambda x: f"MIN({x})",
        "IN_IDS": lambda x: f"{x} IN (SELECT value FROM json_each(%(ids)s))",  # noqa: S608 -- a name of a column
        "NEW_ID": lambda _: "(printf('%%04x', %(today_n)s) || lower(hex(randomblob(9))))",
    }


def _postgres() -> dict[str, Callable[..., str]]:
    def at(n: str, name: str) -> str:
        return f"((({_EPOCH} + (({n}) + %({name}_shift)s)::int) + %({name}_time)s::time) AT TIME ZONE 'UTC')"

    return {
        "DAYNUM": lambda x: f"(({x})::date - {_EPOCH})",
        "LOCALDAY": lambda x: f"((({x}) AT TIME ZONE %(zone)s)::date - {_EPOCH})",
        "TODATE": lambda n: f"({_EPOCH} + ({n})::int)",
        "DOTTED": lambda n: f"to_char({_EPOCH} + ({n})::int, 'DD.MM.YYYY')",
        "ADDMONTHS": lambda d, m: f"(({d}) + ({m}) * INTERVAL '1 month')::date",
        "DUE_AT": lambda n: at(n, "due"),
        "SHOWN_AT": lambda n: at(n, "shown"),
        "TYPE_OF": lambda x: f"split_part({x}, '.', 1)",
        "GREATER": lambda x: f"GREATEST({x})",
        "LEAST_OF": lambda x: f"LEAST({x})",
        "IN_IDS": lambda x: f"{x} = ANY(%(ids)s)",
        "NEW_ID": lambda _: (
            "(lpad(to_hex(%(today_n)s::int), 4, '0') || substr(replace(gen_random_uuid()::text, '-', ''), 15, 18))"
        ),
    }


#: Words that stand alone. KEYTYPE: in SQLite only INTEGER PRIMARY KEY is the row itself and needs no second tree; BYKEY: a key
#: of several columns likewise. OPEN_TASKS: the index of open tasks alone answers, no row is read.
_WORDS = {
    "sqlite": {
        "KEYTYPE": "INTEGER",
        "BYKEY": "WITHOUT ROWID",
        "MODULO": "%%",
        "OPEN_TASKS": "worklist_task t INDEXED BY task_of_patient",
    },
    "postgresql": {"KEYTYPE": "BIGINT", "BYKEY": "", "MODULO": "%%", "OPEN_TASKS": "worklist_task t"},
}
#: How to reach rows: patient by patient, or each table once in its own order. SQLite follows the order of a CROSS JOIN,
#: which for a whole clinic makes a sixfold difference; PostgreSQL chooses for itself.
_NARROW = {
    "WALK_PAYMENTS": "sweep_scope s CROSS JOIN sweep_visit v CROSS JOIN booking_payment m",
    "WALK_LINES": (
        "sweep_scope s CROSS JOIN booking_appointment a CROSS JOIN booking_appointmentservice l CROSS JOIN sweep_service c"
    ),
    "WALK_UPCOMING": "sweep_scope s CROSS JOIN booking_appointment a",
    "WALK_MISSED": "sweep_scope s CROSS JOIN booking_appointment a",
    "WALK_TASKS": "sweep_scope s CROSS JOIN worklist_task t",
    "OF_LINES": "a.patient_id = s.patient_id",
    "OF_TASKS": "t.patient_id = s.patient_id",
    "IN_CLINIC": "TRUE",
}
_WIDE = {
    "WALK_PAYMENTS": "booking_payment m NOT INDEXED CROSS JOIN sweep_visit v CROSS JOIN sweep_scope s",
    "WALK_LINES": (
        "booking_appointmentservice l NOT INDEXED CROSS JOIN sweep_service c CROSS JOIN booking_appointment a"
    ),
    "WALK_UPCOMING": "booking_appointment a INDEXED BY appt_booked CROSS JOIN sweep_scope s",
    "WALK_MISSED": "booking_appointment a INDEXED BY appt_clinic_day CROSS JOIN sweep_scope s",
    "WALK_TASKS": "worklist_task t",
    "OF_LINES": "a.clinic_id = %(clinic)s",
    # Numbers from the index of open tasks, then rows in the order of their numbers.
    "OF_TASKS": (
        "t.id IN (SELECT o.id FROM worklist_task o INDEXED BY task_stake"
        " WHERE o.clinic_id = %(clinic)s AND o.state = 'open')"
    ),
    "IN_CLINIC": "a.clinic_id = %(clinic)s",
}
#: Conditions that several files share, spelled like their own text.
_SHARED = {
    # A row of the state `o` that is not what was found now, `z`.
    "STATE_DIFFERS": """o.patient_id IS NULL OR o.rule <> z.rule OR o.visits <> z.visits OR o.value_kopecks <> z.value_kopecks
  OR o.last_visit_on IS DISTINCT FROM z.last_on OR o.next_booking_at IS DISTINCT FROM z.booking_at
  OR o.group_id IS DISTINCT FROM z.group_id OR o.expected_interval_days IS DISTINCT FROM z.interval_days
  OR o.sleeping_on IS DISTINCT FROM TODATE(z.sleeping_n)
  OR o.next_transition_on IS DISTINCT FROM TODATE(z.transition_n)""",
    # A task `t` that nobody has touched and that comes forward, or follows a recall that somebody moved.
    "RAISED": """t.version = 0 AND ((n.reason <> 'recall_due' AND DUE_AT(n.due_n) < t.due_at)
  OR (n.reason = 'recall_due' AND t.reason = 'recall_due' AND n.cause_n > %(today_n)s AND t.due_at <> DUE_AT(n.due_n)))""",
    # The last: nobody is looked for where cards in use are as many as their types; SQLite asks that before it begins to look.
    "DUE_IDS": """SELECT s.patient_id FROM nextstep_patientstate s
    WHERE s.clinic_id = %(clinic)s AND s.next_transition_on <= %(today)s
  UNION SELECT e.patient_id FROM nextstep_exemption e
    WHERE e.clinic_id = %(clinic)s AND e.ended_at IS NULL AND e.until_on <= %(today)s
  UNION SELECT q.id FROM (SELECT 1 AS one
      WHERE (SELECT COUNT(*) FROM patients_patient c WHERE c.clinic_id = %(clinic)s)
        - (SELECT COUNT(*) FROM patients_patient c
           WHERE c.clinic_id = %(clinic)s AND (c.merged_into_id IS NOT NULL OR c.erased_at IS NOT NULL))
        + (SELECT COUNT(*) FROM patients_patient c JOIN nextstep_patientstate o ON o.patient_id = c.id
           WHERE c.clinic_id = %(clinic)s AND (c.merged_into_id IS NOT NULL OR c.erased_at IS NOT NULL))
        > (SELECT COUNT(*) FROM nextstep_patientstate o WHERE o.clinic_id = %(clinic)s) LIMIT 1
    ) lacking CROSS JOIN patients_patient q LEFT JOIN nextstep_patientstate s ON s.patient_id = q.id
    WHERE q.clinic_id = %(clinic)s AND s.patient_id IS NULL""",
}
#: Caches of a connection to SQLite: of the database and of the working tables.
_CACHES, _ROOM_KIB = ("main.cache_size", "temp.cache_size"), 200_000
#: Rows of named patients lie everywhere: read from the file as it is in memory, a page costs no call of the system.
_MAPPED_BYTES = 2_147_418_112
_AHEAD = "COALESCE(CASE WHEN ({x}) > %(today_n)s THEN ({x}) END, 9999999)"


@cache
def statements(name: str, vendor: str, *, wide: bool = False) -> tuple[str, ...]:
    """The statements of one file for a database ("sqlite" or "postgresql"); `wide` for most patients of the database."""
    text = files("zabota.nextstep").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    macros = _sqlite() if vendor == "sqlite" else _postgres()
    macros["AHEAD"] = lambda x: _AHEAD.format(x=x)
    text = "\n".join(lines)
    for word, meaning in _SHARED.items():
        text = text.replace(word, meaning)
    spelled = _expand(text, macros)
    walks = _WIDE if wide and vendor == "sqlite" else _NARROW
    for word, meaning in (_WORDS[vendor] | walks).items():
        spelled = spelled.replace(word, meaning)
    return tuple(part.strip() for part in spelled.split(";\n") if part.strip())


@contextmanager
def roomy(*, here_and_there: bool = False) -> Iterator[None]:
    """More memory for pages while much of a database is read: of a million patients the pages would else come and go.

    Pages take it as they are read, so that a small database takes no more than it has. `here_and_there`: not table by table.
    """
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        # Where working tables stand is left alone: statements that were prepared for the former ones would take them for broken.
        wanted = dict.fromkeys(_CACHES, -_ROOM_KIB)
        if here_and_there:
            wanted["main.mmap_size"] = _MAPPED_BYTES
        # A database in memory has no file to map.
        before = {each: row[0] for each in wanted if (row := cursor.execute(f"PRAGMA {each}").fetchone())}
        for each in before:
            cursor.execute(f"PRAGMA {each} = {wanted[each]}")
        try:
            yield
        finally:
            for each, size in before.items():
                cursor.execute(f"PRAGMA {each} = {size}")


def run(name: str, params: Mapping[str, Any], *, wide: bool = False) -> list[int]:
    """Execute a file; returns how many rows each statement changed."""
    changed = []
    with connection.cursor() as cursor:
        for statement in statements(name, connection.vendor, wide=wide):
            cursor.execute(statement, dict(params))
            changed.append(max(cursor.rowcount, 0))
    return changed


def returned(name: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Execute a file of one statement; returns the rows it gives."""
    (statement,) = statements(name, connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(params))
        return list(cursor.fetchall())


def empty_tables(*, but: Sequence[str] = ()) -> None:
    """Make the working tables of this connection, if they are not there, and take every row out of them, `but` of these."""
    found = statements("tables", connection.vendor)
    names = [re.sub(r"^CREATE TEMP TABLE IF NOT EXISTS (\w+) .*", r"\1", each, flags=re.DOTALL) for each in found]
    names = [name for name in names if name not in but]
    sqlite = connection.vendor == "sqlite"
    emptying = [f"DELETE FROM {name}" for name in names] if sqlite else [f"TRUNCATE {', '.join(names)}"]  # noqa: S608
    with connection.cursor() as cursor:
        for statement in (*found, *emptying):
            cursor.execute(statement)


def rows(
    name: str, params: Mapping[str, Any], *, wrapped: str = "{}", branches: Sequence[int] | None = None
) -> list[tuple[Any, ...]]:
    """Rows of a file of one statement; `wrapped` may put a query around it, `branches` narrow OF_BRANCHES of its cards."""
    (statement,) = statements(name, connection.vendor)
    numbers = ", ".join(str(int(each)) for each in branches or ())
    narrow = "TRUE" if branches is None else f"(p.branch_id IS NULL OR p.branch_id IN ({numbers}))"
    statement = statement.replace("OF_BRANCHES", narrow)
    with connection.cursor() as cursor:
        cursor.execute(wrapped.format(statement), dict(params))
        return list(cursor.fetchall())


def _expand(text: str, macros: Mapping[str, Callable[..., str]]) -> str:
    """Replace `NAME(arguments)`, innermost first; arguments are separated by semicolons."""
    for name, spell in macros.items():
        start = text.find(f"{name}(")
        while start >= 0:
            begin = start + len(name) + 1
            end = _closing(text, begin)
            arguments = [part.strip() for part in _expand(text[begin:end], macros).split(";")]
            text = text[:start] + spell(*arguments) + text[end + 1 :]
            start = text.find(f"{name}(", start)
    return text


def _closing(text: str, begin: int) -> int:
    depth = 1
    for position in range(begin, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if not depth:
            return position
    raise ValueError("a macro of the sweep is not closed")
