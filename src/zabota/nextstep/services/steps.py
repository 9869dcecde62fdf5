"""Steps of a sweep inside one transaction: each is one set-based statement in the operational database.

The door into the worklist is narrow: nextstep/sql/tasks.sql, raise.sql and write_close.sql write its tables directly, because
a clinic has hundreds of thousands of tasks; what a person does with one task goes through worklist.api.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from zabota.clinic.models import Clinic
from zabota.kernel import audit, clock, facts
from zabota.kernel.audit import SYSTEM
from zabota.nextstep.facts import ExemptionEnded
from zabota.nextstep.models import Exemption, Thresholds
from zabota.nextstep.queries.statements import empty_tables, returned, roomy, run
from zabota.patients.models import Patient

#: A task is due when the desk closes and comes into view when it opens, local time of the clinic.
DUE_TIME, SHOWN_TIME = time(20, 0), time(8, 0)
#: Places of the statements that write the tasks, close them and bring them forward in tasks, write_close and raise.sql.
_TASKS_WRITTEN, _TASKS_CLOSED, _TASKS_RAISED = 6, 1, 1
_EPOCH = date(1970, 1, 1)
_ANALYSED = (
    "service", "visit", "bill", "paid", "line", "kind", "chronic", "cycle", "upcoming", "performer", "booking", "recall", "usual",
    "ask", "plan", "missed", "state",
    "open",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What a sweep did."""

    patients: int = 0
    types_changed: int = 0
    recalls_written: int = 0
    #: Patients that were without a next step.
    found: int = 0
    tasks_created: int = 0
    tasks_closed: int = 0
    tasks_raised: int = 0
    #: Patients without a next step afterwards; always 0. Counted by the sweep of all patients only.
    left_after: int | None = None

    def __add__(self, other: SweepResult) -> SweepResult:
        counted = [each.left_after for each in (self, other) if each.left_after is not None]
        return SweepResult(
            self.patients + other.patients,
            self.types_changed + other.types_changed,
            self.recalls_written + other.recalls_written,
            self.found + other.found,
            self.tasks_created + other.tasks_created,
            self.tasks_closed + other.tasks_closed,
            self.tasks_raised + other.tasks_raised,
            sum(counted) if counted else None,
        )


def hold_clinic(clinic_id: int) -> Thresholds:
    """Wait until nobody else sweeps this clinic, until the end of the transaction.

    Two sweeps at once would each make the tasks that the other is making. Whoever changes rows that a sweep writes and sweeps
    afterwards holds the clinic first: else each of the two would wait for what the other has.
    """
    thresholds, _ = Thresholds.objects.get_or_create(clinic_id=clinic_id)
    return Thresholds.objects.select_for_update().get(pk=thresholds.pk)


def params_of(clinic: Clinic, now: datetime) -> dict[str, Any]:
    """Parameters of the statements."""
    thresholds, _ = Thresholds.objects.get_or_create(clinic=clinic)
    today = clock.today(clinic.time_zone, now)
    ops = connection.ops
    due_shift, due_time = _in_utc(DUE_TIME, today, clinic.time_zone)
    shown_shift, shown_time = _in_utc(SHOWN_TIME, today, clinic.time_zone)
    numbers = (
        "new_days", "treatment_pause_days", "sleeping_days", "lost_days", "not_started_days", "referred_days",
        "missed_days", "task_due_days", "rest_days", "newcomer_value_kopecks",
    )  # fmt: skip
    return {
        "clinic": clinic.pk,
        "at": now,
        "now": ops.adapt_datetimefield_value(now),
        "today": ops.adapt_datefield_value(today),
        "today_n": (today - _EPOCH).days,
        "day": today,
        "zone": clinic.time_zone,
        "any_visit": int(thresholds.any_visit_counts),
        "merged": 0,
        "due_shift": due_shift,
        "due_time": due_time,
        "shown_shift": shown_shift,
        "shown_time": shown_time,
    } | {name: getattr(thresholds, name) for name in numbers}


def ids_param(ids: list[int]) -> object:
    """Ids as the statements take them."""
    return str(ids) if connection.vendor == "sqlite" else ids


def sweep_rows(params: Mapping[str, Any], *, scope: str, many: bool = True, goes_on: bool = False) -> SweepResult:
    """Look at the cards of the scope ("all", "due" or "ids") and write what is not so. The caller holds the clinic.

    With `goes_on` the places of new tasks on the days follow those of the portion before.
    """
    with roomy() if many else nullcontext():
        return _swept(params, scope=scope, goes_on=goes_on)


def changing_ids(params: Mapping[str, Any]) -> tuple[int, list[int]]:
    """How many cards are in use, and whom a sweep of all would change, in the order in which tasks are placed on the days.

    Only working tables are written, so that nobody waits; what changes meanwhile is swept by its own fact.
    """
    with roomy():
        empty_tables()
        patients = _look(params, scope="all")
        run("left_all", params)
        run("close", params)
        run("need", params)
        found = dict.fromkeys(row[0] for row in returned("changing", params))
        empty_tables()
    return patients, list(found)


def due_ids(params: Mapping[str, Any]) -> list[int]:
    """Cards that time alone may have changed, and cards never looked at."""
    return [row[0] for row in returned("due", params)]


def _swept(params: Mapping[str, Any], *, scope: str, goes_on: bool) -> SweepResult:
    empty_tables(but=("sweep_pool",) if goes_on else ())
    named = scope == "ids"
    _end_refusals(params, named=named)
    patients = _look(params, scope=scope)
    voided, written, _ = run("write_recalls", params)
    types_changed, _ = run("types", params)
    if scope != "due":
        of = "ids" if named else "all"
        run(f"gone_{of}", params)
        run(f"left_{of}", params)
    run("close", params)
    closed = run("write_close", params)[_TASKS_CLOSED]
    run("need", params)
    found, raised = _count_needs(), run("raise", params)[_TASKS_RAISED]
    created = run("tasks", params)[_TASKS_WRITTEN]
    if not named:
        # The connection lives on; a million working rows need not.
        empty_tables()
    return SweepResult(
        patients=patients,
        types_changed=types_changed,
        recalls_written=voided + written,
        found=found,
        tasks_created=created,
        tasks_closed=closed,
        tasks_raised=raised,
    )


def _look(params: Mapping[str, Any], *, scope: str) -> int:
    """Read what is known of the cards into the working tables; nothing else is written. Returns how many they are."""
    (patients,) = run(f"scope_{scope}", params)
    _analyse("scope")
    wide = scope == "all" and _is_most(patients)
    run("visits", params, wide=wide)
    run("recalls", params)
    run("facts", params, wide=wide)
    run("state", params)
    run("open", params, wide=wide)
    if scope == "all" and connection.vendor == "postgresql":
        _analyse(*_ANALYSED)
    return patients


def _end_refusals(params: Mapping[str, Any], *, named: bool) -> None:
    """A refusal for a time is over on its day; the trail and whoever asks for the fact hear of it."""
    for pk, patient_id, until_on in returned("exemptions_ids" if named else "exemptions_all", params):
        ended = Exemption(pk=pk, clinic_id=params["clinic"], patient_id=patient_id)
        details = {"until_on": str(until_on)}
        audit.record("nextstep.patient.returned", ended, actor=SYSTEM, now=params["at"], details=details)
        facts.publish(ExemptionEnded(clinic_id=params["clinic"], patient_id=patient_id), now=params["at"])


def _analyse(*names: str) -> None:
    """Tell the database how many rows a working table has: for one patient SQLite would else filter all visits first.

    PostgreSQL knows nothing of a fresh table; SQLite otherwise follows the order that the statements prescribe.
    """
    prefix = "temp." if connection.vendor == "sqlite" else ""
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"ANALYZE {prefix}sweep_{name}")


def _is_most(patients: int) -> bool:
    """Whether the scope holds most cards of the database, so that reading whole tables is the short way."""
    return patients * 2 > Patient.objects.count()


def _count_needs() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM sweep_need WHERE open_task_id IS NULL AND booking_id IS NULL")
        return int(cursor.fetchone()[0])


def _in_utc(local: time, on: date, zone: str) -> tuple[int, str]:
    """The same hour in UTC: how many days it is shifted, and its text."""
    moment = datetime.combine(on, local, ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))
    return (moment.date() - on).days, moment.strftime("%H:%M:%S")
