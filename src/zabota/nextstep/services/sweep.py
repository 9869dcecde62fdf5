"""The sweep: types, recalls and the rule of the two З for all patients of a clinic, or for those named.

A small clinic is swept in one transaction, one statement a step. A larger one is first read while others go on writing, which
tells whom the sweep would change; these are then swept anew by portions, each with its own transaction and the same
statements, so that the desk never waits longer than for one of them. A sweep that was killed left whole portions behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from datetime import datetime

from django.db import transaction

from zabota.clinic.models import Clinic
from zabota.kernel import audit, facts
from zabota.kernel.audit import SYSTEM, Actor
from zabota.kernel.jobs import assure_lease, give_way
from zabota.kernel.scope import every_clinic
from zabota.nextstep.facts import ClinicSwept
from zabota.nextstep.queries.coverage import Coverage, coverage_of, uncovered_ids
from zabota.nextstep.queries.statements import roomy
from zabota.nextstep.services.days import add_to_day, count_day, details_of
from zabota.nextstep.services.steps import (
    SweepResult,
    changing_ids,
    due_ids,
    hold_clinic,
    ids_param,
    params_of,
    sweep_rows,
)
from zabota.patients.models import Patient

#: Patients of one transaction: on SQLite everybody else who writes waits for it.
PORTION = 2_000
#: Ids of one query.
_ASKED_AT_ONCE = 20_000
#: With more patients than this a sweep takes more memory for pages.
MANY = 500
#: How often a sweep of all looks for those whom somebody left without a next step while it went on.
_LOOKS = 3


def sweep_clinic(
    *,
    clinic_id: int,
    now: datetime,
    actor: Actor = SYSTEM,
    due_only: bool = False,
    portion: int = PORTION,
    nobody_waits: bool = False,
) -> SweepResult:
    """Look at every patient of a clinic; with `due_only` at those whom time alone may have changed since.

    Repeating it changes nothing. Afterwards the view nextstep_uncovered holds nobody of this clinic. A clinic of more than
    `portion` cards is swept by portions, unless `nobody_waits`: one transaction for all is quicker when all is to be written.
    """
    clinic = Clinic.objects.get(pk=clinic_id)
    with every_clinic(reason="the sweep names its clinic itself"):
        if nobody_waits or not Patient.objects.filter(clinic=clinic).order_by()[portion : portion + 1].exists():
            return _at_once(clinic, now=now, actor=actor, due_only=due_only)
        if due_only:
            ids = due_ids(params_of(clinic, now))
            return _by_portions(clinic, ids, now=now, actor=actor, portion=portion)
        return _while_others_write(clinic, now=now, actor=actor, portion=portion)


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
        for begin in range(0, len(ids), _ASKED_AT_ONCE):
            found = Patient.objects.filter(pk__in=ids[begin : begin + _ASKED_AT_ONCE]).values_list("clinic_id", "pk")
            for clinic_id, patient_id in found:
                by_clinic.setdefault(clinic_id, []).append(patient_id)
        for clinic in Clinic.objects.filter(pk__in=by_clinic).order_by("pk"):
            total += _by_portions(clinic, by_clinic[clinic.pk], now=now, actor=actor, merged=merged)
    return total


def sweep_all(*, now: datetime, actor: Actor = SYSTEM) -> SweepResult:
    """Every clinic, one after another."""
    total = SweepResult()
    for clinic_id in Clinic.objects.order_by("pk").values_list("pk", flat=True):
        total += sweep_clinic(clinic_id=clinic_id, now=now, actor=actor)
    return total


def _at_once(clinic: Clinic, *, now: datetime, actor: Actor, due_only: bool) -> SweepResult:
    """All in one transaction."""
    with transaction.atomic():
        assure_lease()
        hold_clinic(clinic.pk)
        params = params_of(clinic, now)
        result = sweep_rows(params, scope="due" if due_only else "all")
        if due_only:
            add_to_day(clinic, result, params, actor=actor, now=now)
            return result
        result = count_day(clinic, result, params, now=now)
        _tell(clinic, result, now=now, actor=actor)
    return result


def _while_others_write(clinic: Clinic, *, now: datetime, actor: Actor, portion: int) -> SweepResult:
    """Read all, then sweep by portions whom that would change, then count."""
    patients, ids = changing_ids(params_of(clinic, now))
    result = _by_portions(clinic, ids, now=now, actor=actor, portion=portion, is_part=True)
    counts = _covered(clinic, now=now)
    for _ in range(_LOOKS):
        if not counts.without:
            break
        left = uncovered_ids(clinic_id=clinic.pk, now=now)
        result += _by_portions(clinic, left, now=now, actor=actor, portion=portion, is_part=True)
        counts = _covered(clinic, now=now)
    result += SweepResult(patients=patients - result.patients, left_after=counts.without)
    with transaction.atomic():
        assure_lease()
        # What the portions did stands in the day already.
        count_day(clinic, SweepResult(), params_of(clinic, now), now=now, counts=counts)
        _tell(clinic, result, now=now, actor=actor)
    return result


def _covered(clinic: Clinic, *, now: datetime) -> Coverage:
    return coverage_of(clinic_id=clinic.pk, now=now)


def _by_portions(
    clinic: Clinic,
    ids: list[int],
    *,
    now: datetime,
    actor: Actor,
    portion: int = PORTION,
    merged: bool = False,
    is_part: bool = False,
) -> SweepResult:
    """Sweep these cards in their order, each portion in a transaction of its own."""
    total = SweepResult()
    with roomy(here_and_there=True) if len(ids) > MANY else nullcontext():
        for begin in range(0, len(ids), portion):
            if begin:
                give_way()
            with transaction.atomic():
                assure_lease()
                hold_clinic(clinic.pk)
                params = params_of(clinic, now) | {
                    "ids": ids_param(ids[begin : begin + portion]),
                    "merged": int(merged),
                }
                result = sweep_rows(params, scope="ids", many=False, goes_on=begin > 0)
                add_to_day(clinic, result, params, actor=actor, now=now, is_part=is_part)
            total += result
    return total


def _tell(clinic: Clinic, result: SweepResult, *, now: datetime, actor: Actor) -> None:
    """The row in the trail and the fact of a sweep of all."""
    audit.record("nextstep.sweep", clinic, actor=actor, now=now, clinic_id=clinic.pk, details=details_of(result))
    facts.publish(
        ClinicSwept(
            clinic_id=clinic.pk,
            on=params_of(clinic, now)["day"],
            found=result.found,
            tasks_created=result.tasks_created,
            tasks_closed=result.tasks_closed,
            types_changed=result.types_changed,
        ),
        now=now,
    )
