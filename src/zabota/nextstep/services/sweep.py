"""The sweep: types, recalls and the rule of the two З for all patients of a clinic, or for those named.

Each step is one set-based statement in the operational database; the steps of a sweep are one transaction. The door
into the worklist is narrow: nextstep/sql/tasks.sql, raise.sql and close.sql write its tables directly, because a
clinic has hundreds of thousands of tasks; what a person does with one task goes through worklist.api.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import F

from zabota.clinic.models import Clinic
from zabota.kernel import audit, clock, facts
from zabota.kernel.audit import SYSTEM, Actor
from zabota.kernel.scope import every_clinic
from zabota.nextstep.facts import ClinicSwept
from zabota.nextstep.models import Thresholds, ViolationDay
from zabota.nextstep.queries.coverage import coverage_of
from zabota.nextstep.queries.statements import empty_tables, roomy, run
from zabota.patients.models import Patient

#: A task is due when the desk closes and comes into view when it opens, local time of the clinic.
DUE_TIME, SHOWN_TIME = time(20, 0), time(8, 0)
#: More ids than this in one statement are cut into portions.
PORTION = 20_000
#: With more patients than this a sweep takes more memory for pages.
MANY = 500
#: Place of the statement of nextstep/sql/tasks.sql that writes the tasks.
_TASKS_WRITTEN = 4
#: The same of nextstep/sql/close.sql, where it closes them.
_TASKS_CLOSED = 4
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


def sweep_clinic(*, clinic_id: int, now: datetime, actor: Actor = SYSTEM, due_only: bool = False) -> SweepResult:
    """Look at every patient of a clinic; with `due_only` at those whom time alone may have changed since.

    Repeating it changes nothing. Afterwards the view nextstep_uncovered holds nobody of this clinic.
    """
    clinic = Clinic.objects.get(pk=clinic_id)
    with transaction.atomic(), every_clinic(reason="the sweep names its clinic itself"):
        params = _params(clinic, now)
        result = _steps(params, scope="due" if due_only else "all")
        if not due_only:
            result = _count_day(clinic, result, params, now=now)
            audit.record("nextstep.sweep", clinic, actor=actor, now=now, clinic_id=clinic_id, details=_details(result))
            facts.publish(
                ClinicSwept(
                    clinic_id=clinic_id,
                    on=params["day"],
                    found=result.found,
                    tasks_created=result.tasks_created,
                    tasks_closed=result.tasks_closed,
                    types_changed=result.types_changed,
                ),
                now=now,
            )
        else:
            _add_to_day(clinic, result, params, actor=actor, now=now)
    return result


def sweep_patients(
    *, patient_ids: Iterable[int], now: datetime, actor: Actor = SYSTEM, merged: bool = False
) -> SweepResult:
    """The same for the patients named, of whatever clinics: what a fact about a patient calls.

    With `merged` two cards have just become one: a task that ends by what the other card brought ends by the merge.
    """
    ids = sorted(set(patient_ids))
    if not ids:
        return SweepResult()
    total = SweepResult()
    with every_clinic(reason="the sweep finds the clinics of its patients"):
        by_clinic: dict[int, list[int]] = {}
        for begin in range(0, len(ids), PORTION):
            found = Patient.objects.filter(pk__in=ids[begin : begin + PORTION]).values_list("clinic_id", "pk")
            for clinic_id, patient_id in found:
                by_clinic.setdefault(clinic_id, []).append(patient_id)
        for clinic in Clinic.objects.filter(pk__in=by_clinic).order_by("pk"):
            mine = by_clinic[clinic.pk]
            for begin in range(0, len(mine), PORTION):
                with transaction.atomic():
                    portion = mine[begin : begin + PORTION]
                    params = _params(clinic, now) | {"ids": _ids(portion), "merged": int(merged)}
                    result = _steps(params, scope="ids", many=len(portion) > MANY)
                    _add_to_day(clinic, result, params, actor=actor, now=now)
                total += result
    return total


def sweep_all(*, now: datetime, actor: Actor = SYSTEM) -> SweepResult:
    """Every clinic, one after another."""
    total = SweepResult()
    for clinic_id in Clinic.objects.order_by("pk").values_list("pk", flat=True):
        total += sweep_clinic(clinic_id=clinic_id, now=now, actor=actor)
    return total


def _steps(params: Mapping[str, Any], *, scope: str, many: bool = True) -> SweepResult:
    with roomy() if many else nullcontext():
        return _stepped(params, scope=scope)


def _stepped(params: Mapping[str, Any], *, scope: str) -> SweepResult:
    empty_tables()
    named = scope == "ids"
    run("exemptions_ids" if named else "exemptions_all", params)
    (patients,) = run(f"scope_{scope}", params)
    _analyse("scope")
    wide = scope == "all" and _is_most(patients)
    run("visits", params, wide=wide)
    recalls = run("recalls", params)
    run("facts", params, wide=wide)
    run("state", params)
    run("open", params, wide=wide)
    if scope == "all" and connection.vendor == "postgresql":
        _analyse(*_ANALYSED)
    types_changed, _ = run("types", params)
    if scope != "due":
        run("gone_ids" if named else "gone_all", params)
    closed = run("close", params)
    run("need", params)
    found, raised = _count_needs(), run("raise", params)[0]
    created = run("tasks", params)
    if not named:
        # The connection lives on; a million working rows need not.
        empty_tables()
    return SweepResult(
        patients=patients,
        types_changed=types_changed,
        recalls_written=recalls[0] + recalls[1],
        found=found,
        tasks_created=created[_TASKS_WRITTEN],
        tasks_closed=closed[_TASKS_CLOSED],
        tasks_raised=raised,
    )


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


def _params(clinic: Clinic, now: datetime) -> dict[str, Any]:
    thresholds, _ = Thresholds.objects.get_or_create(clinic=clinic)
    # Two sweeps of one clinic follow one another: each would make the tasks that the other is making.
    Thresholds.objects.select_for_update().get(pk=thresholds.pk)
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
        "now": ops.adapt_datetimefield_value(now),
        "today": ops.adapt_datefield_value(today),
        "today_n": (today - _EPOCH).days,
        "day": today,
        "any_visit": int(thresholds.any_visit_counts),
        "merged": 0,
        "due_shift": due_shift,
        "due_time": due_time,
        "shown_shift": shown_shift,
        "shown_time": shown_time,
    } | {name: getattr(thresholds, name) for name in numbers}


def _in_utc(local: time, on: date, zone: str) -> tuple[int, str]:
    """The same hour in UTC: how many days it is shifted, and its text."""
    moment = datetime.combine(on, local, ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))
    return (moment.date() - on).days, moment.strftime("%H:%M:%S")


def _ids(ids: list[int]) -> object:
    return str(ids) if connection.vendor == "sqlite" else ids


def _details(result: SweepResult) -> dict[str, Any]:
    return {name: getattr(result, name) for name in SweepResult.__slots__}


def _count_day(clinic: Clinic, result: SweepResult, params: Mapping[str, Any], *, now: datetime) -> SweepResult:
    counts = coverage_of(clinic_id=clinic.pk, now=now)
    day, _ = ViolationDay.objects.get_or_create(clinic=clinic, on=params["day"], defaults={"swept_at": now})
    ViolationDay.objects.filter(pk=day.pk).update(
        under_rule=counts.under_rule,
        booked=counts.booked,
        with_task=counts.with_task,
        left_after=counts.without,
        found=F("found") + result.found,
        tasks_created=F("tasks_created") + result.tasks_created,
        tasks_closed=F("tasks_closed") + result.tasks_closed,
        swept_at=now,
    )
    return result + SweepResult(left_after=counts.without)


def _add_to_day(clinic: Clinic, result: SweepResult, params: Mapping[str, Any], *, actor: Actor, now: datetime) -> None:
    """A sweep of some patients adds what it found to the day and leaves its trace when it changed anything."""
    if not (result.found or result.tasks_created or result.tasks_closed or result.tasks_raised):
        return
    audit.record("nextstep.sweep.patients", clinic, actor=actor, now=now, clinic_id=clinic.pk, details=_details(result))
    changed = ViolationDay.objects.filter(clinic=clinic, on=params["day"]).update(
        found=F("found") + result.found,
        tasks_created=F("tasks_created") + result.tasks_created,
        tasks_closed=F("tasks_closed") + result.tasks_closed,
    )
    if not changed:
        _begin_day(clinic, result, params, now=now)


def _begin_day(clinic: Clinic, result: SweepResult, params: Mapping[str, Any], *, now: datetime) -> None:
    """A day that begins with a sweep of some patients carries the counts of the latest full sweep on, and says so.

    Counting a million cards for the first booking after midnight would take longer than sweeping it.
    """
    last = ViolationDay.objects.filter(clinic=clinic, on__lt=params["day"]).order_by("-on").first()
    if last is None:
        _count_day(clinic, result, params, now=now)
        return
    ViolationDay.objects.create(
        clinic=clinic,
        on=params["day"],
        under_rule=last.under_rule,
        booked=last.booked,
        with_task=last.with_task,
        left_after=last.left_after,
        found=result.found,
        tasks_created=result.tasks_created,
        tasks_closed=result.tasks_closed,
        swept_at=last.swept_at,
    )
