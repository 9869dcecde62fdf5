"""The rule of the two З in figures: coverage now, violations by day, types and the flow between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from zabota.nextstep.models import Exemption, PatientState, PatientType, TypeChange, ViolationDay
from zabota.nextstep.queries.statements import rows

#: Types that the day of sleep does not touch: other rules come before it.
_NOT_FALLING_ASLEEP = (PatientType.REFERRED, PatientType.ON_TREATMENT, PatientType.LEFT)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many patients are under the rule and what their next step is."""

    under_rule: int
    booked: int
    #: Not booked, with an open contact task.
    with_task: int
    #: Neither: the violation that the sweep mends.
    without: int

    @property
    def share(self) -> float:
        """Share of patients with a next step; 1 when nobody is under the rule."""
        return 1 - self.without / self.under_rule if self.under_rule else 1.0


@dataclass(frozen=True, slots=True)
class TypeCount:
    """How many patients are of a type, how many came to it and left it in the period."""

    type: PatientType
    patients: int
    came: int
    left: int


@dataclass(frozen=True, slots=True)
class Flow:
    """Patients who went from one type to another in a month."""

    month: date
    before: PatientType
    after: PatientType
    patients: int


def coverage_of(*, clinic_id: int, now: datetime, branches: Sequence[int] | None = None) -> Coverage:
    """Coverage at this instant, counted from the tables themselves. A card without a branch is seen by all branches."""
    params = {"clinic": clinic_id, "now": connection.ops.adapt_datetimefield_value(now)}
    ((under_rule, booked, with_task, without),) = rows("coverage", params, branches=branches)
    return Coverage(int(under_rule), int(booked), int(with_task), int(without))


def uncovered_ids(*, clinic_id: int, now: datetime) -> list[int]:
    """Patients without a next step at this instant: the view nextstep_uncovered at a time of one's choice."""
    params = {"clinic": clinic_id, "now": connection.ops.adapt_datetimefield_value(now)}
    wrapped = "SELECT patient_id FROM ({}) uncovered WHERE clinic_id = %(clinic)s ORDER BY patient_id"
    return [row[0] for row in rows("uncovered", params, wrapped=wrapped)]


def violations_by_day(*, clinic_id: int, since: date, until: date) -> list[ViolationDay]:
    """One row for each day on which there was a sweep, oldest first."""
    return list(ViolationDay.objects.filter(clinic_id=clinic_id, on__gte=since, on__lte=until).order_by("on"))


def patients_by_type(
    *, clinic_id: int, since: date, until: date, branches: Sequence[int] | None = None
) -> list[TypeCount]:
    """Every type that has patients or had a change in the period, in the order of PatientType."""
    states = PatientState.objects.filter(clinic_id=clinic_id)
    changes = TypeChange.objects.filter(clinic_id=clinic_id, on__gte=since, on__lte=until).exclude(before="")
    if branches is not None:
        states, changes = states.filter(_of_branches(branches)), changes.filter(_of_branches(branches))
    now = dict(states.values_list("type").annotate(n=Count("patient_id")))
    came = dict(changes.values_list("after").annotate(n=Count("id")))
    left = dict(changes.values_list("before").annotate(n=Count("id")))
    counts = [TypeCount(kind, now.get(kind, 0), came.get(kind, 0), left.get(kind, 0)) for kind in PatientType]
    return [each for each in counts if each.patients or each.came or each.left]


def type_flow(*, clinic_id: int, since: date, until: date, branches: Sequence[int] | None = None) -> list[Flow]:
    """How many patients went from which type to which, the latest month first; first sights are not a flow."""
    changes = TypeChange.objects.filter(clinic_id=clinic_id, on__gte=since, on__lte=until)
    if branches is not None:
        changes = changes.filter(_of_branches(branches))
    found = (
        changes.exclude(before="")
        .annotate(month=TruncMonth("on"))
        .values_list("month", "before", "after")
        .annotate(n=Count("id"))
        .order_by("-month", "-n")
    )
    return [Flow(month, PatientType(before), PatientType(after), n) for month, before, after, n in found]


def soon_sleeping(
    *, clinic_id: int, today: date, within_days: int, branches: Sequence[int] | None = None, limit: int = 200
) -> list[PatientState]:
    """Patients who fall asleep within so many days unless they book: the dearest first. A card without a branch is seen by all."""
    found = _falling_asleep(clinic_id, today, within_days, branches)
    rows = found.select_related("patient", "group").order_by("-value_kopecks", "sleeping_on", "patient_id")
    return list(rows[:limit])


def soon_sleeping_sums(
    *, clinic_id: int, today: date, within_days: int, branches: Sequence[int] | None = None
) -> tuple[int, int]:
    """How many they are, and what they are worth a year together, kopecks."""
    found = _falling_asleep(clinic_id, today, within_days, branches)
    sums = found.aggregate(patients=Count("patient_id"), kopecks=Sum("value_kopecks"))
    return sums["patients"], sums["kopecks"] or 0


def _falling_asleep(
    clinic_id: int, today: date, within_days: int, branches: Sequence[int] | None
) -> QuerySet[PatientState]:
    until = today + timedelta(days=within_days)
    # Falling asleep is a transition, so that none comes later: its index finds them.
    found = PatientState.objects.filter(
        clinic_id=clinic_id, next_transition_on__lte=until, sleeping_on__gt=today, sleeping_on__lte=until
    ).exclude(type__in=_NOT_FALLING_ASLEEP)
    if branches is not None:
        found = found.filter(_of_branches(branches))
    return found


def exempt_by_reason(*, clinic_id: int, branches: Sequence[int] | None = None) -> dict[str, int]:
    """How many patients are outside the rule, by reason."""
    found = Exemption.objects.filter(
        clinic_id=clinic_id, ended_at=None, patient__merged_into=None, patient__erased_at=None
    )
    if branches is not None:
        found = found.filter(_of_branches(branches))
    return dict(found.values_list("reason").annotate(n=Count("id")).order_by(F("n").desc()))


def _of_branches(branches: Sequence[int]) -> Q:
    return Q(patient__branch_id__in=branches) | Q(patient__branch=None)
