"""What the metrics are counted over, read from the operational database in columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
from django.db.models import Q, QuerySet

from zabota.analytics.queries.visits import _frame
from zabota.analytics.rules.columns import Coded, Visits
from zabota.analytics.rules.intervals import Ints
from zabota.analytics.rules.metrics_ground import NONE, PLAN_STATES, STATES, Ground, Plans, Rule, Slots
from zabota.booking.models import Appointment, AppointmentService, Payment
from zabota.care.models import Plan
from zabota.nextstep.models import Exemption, Thresholds
from zabota.patients.models import Contact, Patient
from zabota.worklist.models import Task

_COMPLETED: Final = STATES.index("completed")
_SLOTS: Final = {
    "id": pl.Int64, "patient": pl.Int64, "day": pl.Date, "status": pl.String, "branch": pl.Int64, "doctor": pl.Int64,
    "total": pl.Int64, "booked": pl.Datetime("us", "UTC"),
}  # fmt: skip


class NothingSeen(Exception):
    """The clinic has no completed visit yet."""


def metrics_ground(clinic_id: int, *, time_zone: str, now: datetime, branches: Sequence[int] | None = None) -> Ground:
    """Everything of one clinic, or of some branches and what has no branch. Raises NothingSeen without completed visits."""
    cards, channels, kept = _cards(clinic_id)
    slots = _slots(clinic_id, time_zone, branches)
    slots = slots.with_columns(pl.Series("patient", _through(slots["patient"].to_numpy(), cards, kept)))
    slots = slots.join(_groups(clinic_id), on="id", how="left").join(_paid(clinic_id), on="id", how="left")
    slots = slots.sort("patient", "day", "id")
    columns = {
        name: _numbers(slots[name]) for name in ("patient", "day", "status", "branch", "doctor", "group", "booked")
    }
    done = columns["status"] == _COMPLETED
    if not done.any():
        raise NothingSeen
    patient, person = np.unique(columns["patient"][done], return_inverse=True)
    revenue = slots.select(
        pl.when(pl.col("total") > 0).then("total").otherwise(pl.col("paid").fill_null(0)).alias("r")
    )["r"]
    visits = _visits(person.astype(np.int64), {name: column[done] for name, column in columns.items()},
                     _numbers(revenue)[done], len(patient))  # fmt: skip
    plans = _plans(clinic_id, cards, kept)
    thresholds = Thresholds.objects.filter(clinic_id=clinic_id).first() or Thresholds()
    return Ground(
        patient=patient,
        channel=channels[np.searchsorted(cards, patient)],
        visits=visits,
        slots=Slots(
            columns["patient"], columns["day"], columns["status"], columns["branch"], columns["doctor"],
            columns["group"], columns["booked"],
        ),
        plans=plans,
        refunds=_refunds(clinic_id, cards, kept),
        rule=_rule(clinic_id, now, branches),
        card=cards,
        card_channel=channels,
        sleeping_days=thresholds.sleeping_days,
    )  # fmt: skip


def _visits(person: Ints, of: dict[str, Ints], revenue: Ints, people: int) -> Visits:
    """Completed appointments as visits of one line each; ids stand as words, so that no code of labels is needed twice."""
    nothing = Coded(np.full(people, NONE, np.int32), ())
    return Visits(
        person=person,
        day=of["day"],
        visit=np.arange(len(person), dtype=np.int64),
        revenue=revenue,
        price=revenue,
        words={name: _coded(of[name]) for name in ("branch", "doctor", "group")},
        birth_year=np.zeros(people, np.int64),
        channel=nothing,
        sex=nothing,
        people=people,
    )


def _coded(ids: Ints) -> Coded:
    values, codes = np.unique(ids, return_inverse=True)
    unknown = int(len(values) > 0 and values[0] == NONE)
    return Coded((codes - unknown).astype(np.int32), tuple(str(each) for each in values[unknown:]))


def _slots(clinic_id: int, time_zone: str, branches: Sequence[int] | None) -> pl.DataFrame:
    slots = Appointment.objects.filter(clinic_id=clinic_id, vanished_at=None)
    if branches is not None:
        slots = slots.filter(Q(branch_id__in=branches) | Q(branch=None))
    rows = slots.values_list(
        "pk", "patient_id", "day", "status", "branch_id", "doctor_id", "total_kopecks", "booked_at"
    )
    found = _frame(rows, _SLOTS)
    return found.with_columns(
        pl.col("status").replace_strict(list(STATES), list(range(len(STATES))), default=NONE, return_dtype=pl.Int64),
        pl.col("booked").dt.convert_time_zone(time_zone).dt.date(),
    )


def _groups(clinic_id: int) -> pl.DataFrame:
    """Of each appointment the group of its dearest service: what the person came for."""
    lines = AppointmentService.objects.filter(appointment__clinic_id=clinic_id, appointment__vanished_at=None)
    rows = lines.values_list("appointment_id", "pk", "price_kopecks", "service__group_id")
    found = _frame(rows, {"id": pl.Int64, "line": pl.Int64, "price": pl.Int64, "group": pl.Int64})
    return found.sort("id", "price", "line").unique("id", keep="last").select("id", "group")


def _paid(clinic_id: int) -> pl.DataFrame:
    """What was paid for appointments whose price nobody entered."""
    unpriced = Payment.objects.filter(clinic_id=clinic_id, appointment__total_kopecks=0, amount_kopecks__gt=0)
    rows = unpriced.values_list("appointment_id", "amount_kopecks")
    found = _frame(rows, {"id": pl.Int64, "paid": pl.Int64})
    return found.group_by("id").agg(pl.col("paid").sum())


def _refunds(clinic_id: int, cards: Ints, kept: Ints) -> tuple[Ints, Ints, Ints]:
    rows = Payment.objects.filter(clinic_id=clinic_id, amount_kopecks__lt=0).values_list(
        "patient_id", "paid_on", "amount_kopecks"
    )
    found = _frame(rows, {"patient": pl.Int64, "day": pl.Date, "amount": pl.Int64})
    patient = _through(found["patient"].to_numpy(), cards, kept)
    return patient, _numbers(found["day"]), -_numbers(found["amount"])


def _plans(clinic_id: int, cards: Ints, kept: Ints) -> Plans:
    rows = Plan.objects.filter(clinic_id=clinic_id).values_list(
        "patient_id", "doctor_id", "state", "proposed_on", "agreed_on", "ended_on"
    )
    found = _frame(
        rows,
        {"patient": pl.Int64, "doctor": pl.Int64, "state": pl.String, "proposed": pl.Date, "agreed": pl.Date, "ended": pl.Date},
    )  # fmt: skip
    state = found["state"].replace_strict(list(PLAN_STATES), list(range(len(PLAN_STATES))), return_dtype=pl.Int64)
    return Plans(
        _through(found["patient"].to_numpy(), cards, kept), _numbers(found["doctor"]), _numbers(state),
        _numbers(found["proposed"]), _numbers(found["agreed"]), _numbers(found["ended"]),
    )  # fmt: skip


def _cards(clinic_id: int) -> tuple[Ints, Ints, Ints]:
    """Numbers of all cards in order, the source of each, and the card into which each was merged in the end."""
    rows = Patient.objects.filter(clinic_id=clinic_id).order_by("pk").values_list("pk", "source_id", "merged_into_id")
    found = _frame(rows, {"id": pl.Int64, "source": pl.Int64, "into": pl.Int64})
    cards, into = _numbers(found["id"]), _numbers(found["into"])
    kept = cards.copy()
    onward = into != NONE
    while onward.any():
        kept[onward] = into[np.searchsorted(cards, kept[onward])]
        following = into[np.searchsorted(cards, kept)] != NONE
        onward = onward & following
    return cards, _numbers(found["source"])[np.searchsorted(cards, kept)], kept


def _through(patient: npt.NDArray[Any], cards: Ints, kept: Ints) -> Ints:
    """Cards that were kept, in place of those merged into them."""
    return kept[np.searchsorted(cards, patient)] if len(patient) else patient.astype(np.int64)


def _rule(clinic_id: int, now: datetime, branches: Sequence[int] | None) -> Rule:
    """As nextstep counts coverage: cards in use that were seen or can be reached and did not leave with a reason.

    Each condition is read once for the whole clinic: asked card by card they cost a hundred times more.
    """
    of_clinic = {"clinic_id": clinic_id}
    cards = Patient.objects.cards().filter(**of_clinic)
    if branches is not None:
        cards = cards.seen_in(list(branches))
    slots = Appointment.objects.filter(**of_clinic)
    seen = _ids(slots.filter(status=Appointment.Status.COMPLETED).values_list("patient_id").distinct())
    reachable = _ids(
        Contact.objects.filter(patient__clinic_id=clinic_id).exclude(reach__in=("wrong", "invalid"))
        .values_list("patient_id").distinct()
    )  # fmt: skip
    left = _ids(Exemption.objects.filter(ended_at=None, **of_clinic).values_list("patient_id"))
    booked = _ids(Appointment.objects.upcoming(now).filter(**of_clinic).values_list("patient_id"))
    tasks = _ids(Task.objects.open().filter(**of_clinic).values_list("patient_id"))
    patient = np.sort(_ids(cards.values_list("pk")))
    under = (np.isin(patient, seen) | np.isin(patient, reachable)) & ~np.isin(patient, left)
    patient = patient[under]
    return Rule(patient, np.isin(patient, booked) | np.isin(patient, tasks))


def _ids(rows: QuerySet[Any, Any]) -> Ints:
    return _numbers(_frame(rows, {"id": pl.Int64})["id"])


def _numbers(column: pl.Series) -> Ints:
    """Whole numbers, days since 1970 for dates; −1 where absent."""
    if column.dtype == pl.Date:
        column = column.to_physical()
    return column.cast(pl.Int64).fill_null(NONE).to_numpy()
