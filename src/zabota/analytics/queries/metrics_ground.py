"""What the metrics are counted over, read from the operational database in columns."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from zabota.analytics.queries.kept_lines import lines_now
from zabota.analytics.queries.visit_lines import frame_of
from zabota.analytics.rules.columns import UNTOLD, Coded, Visits
from zabota.analytics.rules.intervals import Ints
from zabota.analytics.rules.metrics_ground import NONE, PLAN_STATES, STATES, Ground, Plans, Rule, Slots
from zabota.booking.models import Appointment, Payment
from zabota.care.models import Plan
from zabota.clinic.models import Service, ServiceGroup
from zabota.nextstep.models import Exemption, Thresholds
from zabota.patients.models import Contact, Patient
from zabota.worklist.models import Task

_COMPLETED: Final = STATES.index("completed")


class NothingSeen(Exception):
    """The clinic has no completed visit yet."""


@dataclasses.dataclass(frozen=True)
class Tables:
    """All that the metrics need, as tables; absent numbers are null, days are dates."""

    #: patient, day, status, branch, doctor, group, booked, kopecks, online, talk: appointments in the order of patient and day.
    slots: pl.DataFrame
    #: id, source: every card; those merged into another have its source.
    cards: pl.DataFrame
    #: patient, branch of the card, doctor, state, proposed, agreed, ended.
    plans: pl.DataFrame
    #: patient, branch of the visit or else of the card, day, amount below zero.
    refunds: pl.DataFrame
    #: patient, branch, covered: cards under the rule of the two З.
    rule: pl.DataFrame


def read_tables(clinic_id: int, *, time_zone: str, now: datetime) -> Tables:
    """Everything of one clinic as it is at this moment."""
    found = frame_of(
        Patient.objects.filter(clinic_id=clinic_id).order_by("pk").values_list("pk", "source_id", "merged_into_id"),
        {"id": pl.Int64, "source": pl.Int64, "into": pl.Int64},
    )
    cards = _numbers(found["id"])
    kept = _kept(cards, _numbers(found["into"]))

    def through(frame: pl.DataFrame) -> pl.DataFrame:
        """Cards that were kept, in place of those merged into them."""
        patient = _numbers(frame["patient"])
        return frame.with_columns(
            pl.Series("patient", kept[np.searchsorted(cards, patient)] if len(patient) else patient)
        )

    return Tables(
        slots=through(_slots(clinic_id, time_zone, now)).sort("patient", "day", "id").drop("id"),
        cards=found.select("id", pl.Series("source", found["source"].gather(np.searchsorted(cards, kept)))),
        plans=through(_plans(clinic_id)),
        refunds=through(_refunds(clinic_id)),
        rule=_rule(clinic_id, now),
    )


def ground_from(tables: Tables, *, clinic_id: int, branches: Sequence[int] | None = None) -> Ground:
    """The ground of all, or of some branches and what has no branch. Raises NothingSeen without completed visits."""
    parts = [tables.slots, tables.rule, tables.plans, tables.refunds]
    if branches is not None:
        mine = pl.col("branch").is_null() | pl.col("branch").is_in(list(branches))
        parts = [each.filter(mine) for each in parts]
    slots, rule, made_plans, refunds = parts
    column = {name: _numbers(slots[name]) for name in slots.columns}
    done = column["status"] == _COMPLETED
    if not done.any():
        raise NothingSeen
    patient, person = np.unique(column["patient"][done], return_inverse=True)
    cards, source = _numbers(tables.cards["id"]), _numbers(tables.cards["source"])
    plans = {name: _numbers(made_plans[name]) for name in made_plans.columns}
    prevention = ServiceGroup.objects.filter(clinic_id=clinic_id, is_prevention=True)
    thresholds = Thresholds.objects.filter(clinic_id=clinic_id).first() or Thresholds()
    return Ground(
        patient=patient,
        channel=source[np.searchsorted(cards, patient)],
        visits=_visits(person.astype(np.int64), {name: each[done] for name, each in column.items()}, len(patient)),
        slots=Slots(
            column["patient"], column["day"], column["status"], column["branch"], column["doctor"], column["group"],
            column["booked"], column["online"].astype(bool), column["talk"].astype(bool),
        ),
        plans=Plans(
            plans["patient"], plans["doctor"], plans["state"], plans["proposed"], plans["agreed"], plans["ended"]
        ),
        refunds=(
            _numbers(refunds["patient"]), _numbers(refunds["day"]), -_numbers(refunds["amount"])
        ),
        rule=Rule(_numbers(rule["patient"]), rule["covered"].to_numpy().astype(bool)),
        card=cards,
        card_channel=source,
        sleeping_days=thresholds.sleeping_days,
        recall={pk: days for pk, days in prevention.values_list("pk", "recall_interval_days") if days},
    )  # fmt: skip


def _visits(person: Ints, of: dict[str, Ints], people: int) -> Visits:
    """Completed appointments as visits of one line each; ids stand as words, so that no code of labels is needed twice."""
    nothing = Coded(np.full(people, NONE, np.int32), ())
    kopecks = np.maximum(of["kopecks"], 0)
    return Visits(
        person=person,
        day=of["day"],
        visit=np.arange(len(person), dtype=np.int64),
        revenue=kopecks,
        price=kopecks,
        words={name: _coded(of[name]) for name in ("branch", "doctor", "group")},
        wait=np.full(len(person), UNTOLD, np.int64),
        corridor=np.full(len(person), UNTOLD, np.int64),
        birth_year=np.zeros(people, np.int64),
        channel=nothing,
        sex=nothing,
        people=people,
    )


def _coded(ids: Ints) -> Coded:
    values, codes = np.unique(ids, return_inverse=True)
    unknown = int(len(values) > 0 and values[0] == NONE)
    return Coded((codes - unknown).astype(np.int32), tuple(str(each) for each in values[unknown:]))


def _slots(clinic_id: int, time_zone: str, now: datetime) -> pl.DataFrame:
    """Appointments with the group of the dearest service, and what they cost: what was paid where nobody entered a price."""
    lines = lines_now(clinic_id, now=now)
    groups = frame_of(
        Service.objects.filter(clinic_id=clinic_id).values_list("pk", "group_id"),
        {"service_id": pl.Int64, "group": pl.Int64},
    )
    dearest = lines.filter(pl.col("line").is_not_null()).sort("appointment", "price", "line")
    dearest = dearest.unique("appointment", keep="last").join(groups, on="service_id", how="left")
    unpriced = Payment.objects.filter(clinic_id=clinic_id, appointment__total_kopecks=0, amount_kopecks__gt=0)
    paid = frame_of(
        unpriced.values_list("appointment_id", "amount_kopecks"), {"appointment": pl.Int64, "paid": pl.Int64}
    )
    found = lines.unique("appointment").join(dearest.select("appointment", "group"), on="appointment", how="left")
    found = found.join(paid.group_by("appointment").agg(pl.col("paid").sum()), on="appointment", how="left")
    talks = Service.objects.filter(Q(group__is_consultation=True) | Q(need__by_video=True), clinic_id=clinic_id)
    is_talk = pl.col("service_id").is_in(_ids(talks.values_list("pk")).tolist()).fill_null(value=False)
    found = found.join(lines.group_by("appointment").agg(is_talk.all().alias("talk")), on="appointment", how="left")
    booked = pl.from_epoch(pl.col("starts") - pl.col("wait_seconds"), time_unit="s").dt.replace_time_zone("UTC")
    return found.select(
        pl.col("appointment").alias("id"), "patient", "day",
        pl.col("status").replace_strict(list(STATES), list(range(len(STATES))), default=NONE, return_dtype=pl.Int64),
        pl.col("branch_id").alias("branch"), pl.col("doctor_id").alias("doctor"), "group",
        booked.dt.convert_time_zone(time_zone).dt.date().alias("booked"),
        pl.when(pl.col("total") > 0).then("total").otherwise(pl.col("paid").fill_null(0)).alias("kopecks"),
        pl.col("kind").eq(Appointment.Kind.ONLINE).alias("online"), "talk",
    )  # fmt: skip


def _refunds(clinic_id: int) -> pl.DataFrame:
    rows = Payment.objects.filter(clinic_id=clinic_id, amount_kopecks__lt=0)
    return frame_of(
        rows.values_list(
            "patient_id", Coalesce("appointment__branch_id", "patient__branch_id"), "paid_on", "amount_kopecks"
        ),
        {"patient": pl.Int64, "branch": pl.Int64, "day": pl.Date, "amount": pl.Int64},
    )


def _plans(clinic_id: int) -> pl.DataFrame:
    rows = Plan.objects.filter(clinic_id=clinic_id).values_list(
        "patient_id", "patient__branch_id", "doctor_id", "state", "proposed_on", "agreed_on", "ended_on"
    )
    found = frame_of(
        rows,
        {
            "patient": pl.Int64, "branch": pl.Int64, "doctor": pl.Int64, "state": pl.String, "proposed": pl.Date,
            "agreed": pl.Date, "ended": pl.Date,
        },
    )  # fmt: skip
    states = pl.col("state").replace_strict(list(PLAN_STATES), list(range(len(PLAN_STATES))), return_dtype=pl.Int64)
    return found.with_columns(states)


def _kept(cards: Ints, into: Ints) -> Ints:
    """The card into which each was merged in the end."""
    kept = cards.copy()
    for _ in range(len(cards)):
        following = into[np.searchsorted(cards, kept)] if len(cards) else kept
        onward = following != NONE
        if not onward.any():
            break
        kept = np.where(onward, following, kept)
    return kept


def _rule(clinic_id: int, now: datetime) -> pl.DataFrame:
    """As nextstep counts coverage: cards in use that were seen or can be reached and did not leave with a reason.

    Each condition is read once for the whole clinic: asked card by card they cost a hundred times more.
    """
    of_clinic = {"clinic_id": clinic_id}
    found = frame_of(
        Patient.objects.cards().filter(**of_clinic).order_by("pk").values_list("pk", "branch_id"),
        {"patient": pl.Int64, "branch": pl.Int64},
    )
    patient = _numbers(found["patient"])
    completed = Appointment.objects.filter(status=Appointment.Status.COMPLETED, **of_clinic)
    contacts = Contact.objects.filter(patient__clinic_id=clinic_id).exclude(reach__in=("wrong", "invalid"))
    under = np.isin(patient, _ids(completed.values_list("patient_id").distinct()))
    under |= np.isin(patient, _ids(contacts.values_list("patient_id").distinct()))
    under &= ~np.isin(patient, _ids(Exemption.objects.filter(ended_at=None, **of_clinic).values_list("patient_id")))
    covered = np.isin(patient, _ids(Appointment.objects.upcoming(now).filter(**of_clinic).values_list("patient_id")))
    covered |= np.isin(patient, _ids(Task.objects.open().filter(**of_clinic).values_list("patient_id")))
    return found.with_columns(pl.Series("covered", covered)).filter(pl.Series(under))


def _ids(rows: QuerySet[Any, Any]) -> Ints:
    return _numbers(frame_of(rows, {"id": pl.Int64})["id"])


def _numbers(column: pl.Series) -> npt.NDArray[np.int64]:
    """Whole numbers, days since 1970 for dates; −1 where absent."""
    if column.dtype == pl.Date:
        column = column.to_physical()
    return column.cast(pl.Int64).fill_null(NONE).to_numpy()
