"""The demo clinic's visits in the database: appointments with their services, payments, plans with their stages."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
import polars as pl

from zabota.booking.models import Appointment, AppointmentService, Payment
from zabota.care.models import Plan, PlanStage
from zabota.ops.demo import bulk
from zabota.ops.demo.catalogue import GROUPS, SERVICES, TIME_ZONE
from zabota.ops.demo.generate import Clinic
from zabota.ops.demo.load_clinic import Frame
from zabota.ops.demo.money import ABANDONED, FINISHED, METHODS, NOT_STARTED, PLAN_STATES, REFUND
from zabota.ops.demo.schedule import BOOKED, CANCELLED_BY_CLINIC, CANCELLED_BY_PATIENT, COMPLETED, STATUSES
from zabota.ops.demo.spec import Ints

SLICE: Final = 500_000
STATUS_NAMES: Final = {
    "completed": Appointment.Status.COMPLETED,
    "no_show": Appointment.Status.NO_SHOW,
    "cancelled_by_patient": Appointment.Status.CANCELLED_PATIENT,
    "cancelled_by_clinic": Appointment.Status.CANCELLED_CLINIC,
    "moved": Appointment.Status.MOVED,
    "booked": Appointment.Status.PLANNED,
}
METHOD_NAMES: Final = {"card": Payment.Method.CARD, "cash": Payment.Method.CASH, "insurer": Payment.Method.INSURANCE}
PLAN_NAMES: Final = {
    "not_started": Plan.State.PROPOSED,
    "agreed": Plan.State.AGREED,
    "in_progress": Plan.State.IN_PROGRESS,
    "finished": Plan.State.FINISHED,
    "abandoned": Plan.State.ABANDONED,
}
WHY_PATIENT: Final = ("заболел", "не отпустили с работы", "передумал", "уехал", "не указана")
WHY_CLINIC: Final = ("врач заболел", "сломалось оборудование")
#: Bookings of the next days are mostly confirmed already.
CONFIRMED_DAYS: Final = 3


def load_visits(clinic: Clinic, frame: Frame, patients: Ints, *, now: dt.datetime) -> None:
    """Write everything that happened and is booked. What the as-of day holds after `now` is still only booked."""
    visits = _told(clinic, frame, patients, now)
    ids = np.zeros(len(visits), dtype=np.int64)
    for begin in range(0, len(visits), SLICE):
        part = visits[begin : begin + SLICE]
        ids[begin : begin + len(part)] = bulk.insert(
            Appointment, part.drop("service_id", "price_kopecks", "whole"), now=now
        )
        lines = part.select(
            pl.Series("appointment_id", ids[begin : begin + len(part)]),
            "service_id",
            "price_kopecks",
            pl.col("whole").alias("total_kopecks"),
        )
        bulk.insert(AppointmentService, lines, now=now)
    done = (visits["status"] == str(Appointment.Status.COMPLETED)).to_numpy()
    _payments(clinic, frame, visits["patient_id"].to_numpy(), ids, done, now)
    _plans(clinic, frame, patients, done, now)


def _told(clinic: Clinic, frame: Frame, patients: Ints, now: dt.datetime) -> pl.DataFrame:
    spec, visits = clinic.spec, clinic.visits
    rng = spec.stream("booking")
    size = len(visits)
    words = pl.Series([str(STATUS_NAMES[name]) for name in STATUSES])
    local = pl.lit(spec.start).cast(pl.Datetime("ms")) + pl.duration(days="day") + pl.duration(minutes="start_minutes")
    instant = local.dt.replace_time_zone(TIME_ZONE).dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    status = visits["status"].to_numpy().astype(np.int64)
    why = np.where(
        status == CANCELLED_BY_CLINIC,
        len(WHY_PATIENT) + rng.integers(0, len(WHY_CLINIC), size),
        rng.integers(0, len(WHY_PATIENT), size),
    )
    cancelled = pl.Series(np.isin(status, (CANCELLED_BY_CLINIC, CANCELLED_BY_PATIENT)))
    first = _first_visits(clinic)
    told = visits.select(
        pl.lit(frame.clinic.pk).alias("clinic_id"),
        pl.Series("patient_id", patients[visits["card"].to_numpy()]),
        _keys([row.pk for row in frame.branches], visits["branch"]).alias("branch_id"),
        _keys([row.pk for row in frame.doctors], visits["doctor"]).alias("doctor_id"),
        _keys([row.pk for row in frame.services], visits["service"]).alias("service_id"),
        instant.alias("starts_at"),
        (pl.lit(spec.start) + pl.duration(days="day")).alias("day"),
        pl.col("minutes").alias("duration_minutes"),
        words.gather(status).alias("status"),
        pl.when(pl.Series(status == COMPLETED)).then("total_kopecks").otherwise(0).alias("total_kopecks"),
        pl.col("price_kopecks"),
        pl.Series("is_first", first),
        pl.when(cancelled).then(pl.Series([*WHY_PATIENT, *WHY_CLINIC]).gather(why)).otherwise(pl.lit("")).alias("cancel_reason"),
        pl.lit("demo").alias("system"),
        pl.col("ahead").cast(pl.Int64),
    )  # fmt: skip
    at = now.astimezone(dt.UTC).replace(tzinfo=None)
    to_come = pl.col("starts_at") > at
    near = (pl.col("day") - pl.lit(spec.as_of)).dt.total_days() <= CONFIRMED_DAYS
    booked = pl.when(near & (pl.col("ahead") > 3)).then(pl.lit("confirmed")).otherwise(pl.lit("planned"))
    kept = pl.col("status").is_in([str(Appointment.Status.COMPLETED), str(Appointment.Status.NO_SHOW)])
    ahead = (pl.Series(status == BOOKED)) | (to_come & kept)
    return told.with_columns(
        pl.when(ahead).then(booked).otherwise("status").alias("status"),
        pl.when(ahead).then(0).otherwise("total_kopecks").alias("total_kopecks"),
        pl.when(~ahead & pl.Series(status == COMPLETED)).then("total_kopecks").alias("whole"),
        # A booking is always made before the present: on one of the last days, in the desk's hours.
        pl.when(ahead)
        .then(pl.lit(at) - pl.duration(days=pl.col("ahead") - 1, hours=1, minutes=7 * pl.col("ahead")))
        .otherwise(pl.col("starts_at") - pl.duration(days="ahead"))
        .alias("booked_at"),
    ).drop("ahead")  # fmt: skip


def _keys(ids: list[int], codes: pl.Series) -> pl.Series:
    return pl.Series(np.array(ids)[codes.to_numpy()])


def _first_visits(clinic: Clinic) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether an appointment is the person's first one ever; those who came before the exported days have none."""
    person = clinic.visits["person"].to_numpy()
    _, rows = np.unique(person, return_index=True)
    first = np.zeros(len(person), dtype=np.bool_)
    first[rows] = clinic.people["arrival"].to_numpy()[person[rows]] >= 0
    return first


def _payments(
    clinic: Clinic,
    frame: Frame,
    patient: Ints,
    appointment: Ints,
    done: np.ndarray[tuple[int], np.dtype[np.bool_]],
    now: dt.datetime,
) -> None:
    rows = clinic.payments.filter(pl.Series(done[clinic.payments["visit"].to_numpy()]))
    visit = rows["visit"].to_numpy()
    names = pl.Series([str(METHOD_NAMES[name]) for name in METHODS])
    paid = rows.select(
        pl.lit(frame.clinic.pk).alias("clinic_id"),
        pl.Series("patient_id", patient[visit]),
        pl.Series("appointment_id", appointment[visit]),
        (pl.lit(clinic.spec.start) + pl.duration(days="day")).alias("paid_on"),
        pl.when(pl.col("kind") == REFUND).then(-pl.col("kopecks")).otherwise("kopecks").alias("amount_kopecks"),
        names.gather(rows["method"].cast(pl.Int64)).alias("method"),
        pl.lit("demo").alias("system"),
    )
    bulk.insert(Payment, paid, now=now)


def _plans(
    clinic: Clinic,
    frame: Frame,
    patients: Ints,
    done: np.ndarray[tuple[int], np.dtype[np.bool_]],
    now: dt.datetime,
) -> None:
    plans, stages = clinic.plans, clinic.stages
    start = pl.lit(clinic.spec.start)
    state = plans["state"].to_numpy()
    words = pl.Series([str(PLAN_NAMES[name]) for name in PLAN_STATES])
    agreed = start + pl.duration(days="agreed_day")
    ended = pl.Series(np.isin(state, (FINISHED, ABANDONED)))
    # The main card of a person has the person's own row number.
    rows = plans.select(
        pl.lit(frame.clinic.pk).alias("clinic_id"),
        pl.Series("patient_id", patients[plans["person"].to_numpy()]),
        _keys([row.pk for row in frame.doctors], plans["doctor"]).alias("doctor_id"),
        pl.format("{}: курс", pl.Series(GROUPS).gather(plans["kind"].cast(pl.Int64))).alias("title"),
        words.gather(plans["state"].cast(pl.Int64)).alias("state"),
        pl.col("total").alias("total_kopecks"),
        agreed.alias("proposed_on"),
        pl.when(pl.Series(state != NOT_STARTED)).then(agreed).otherwise(None).alias("agreed_on"),
        pl.when(ended).then(start + pl.duration(days="last_day")).otherwise(None).alias("ended_on"),
        pl.lit("demo").alias("system"),
    )
    ids = bulk.insert(Plan, rows, now=now)
    day = clinic.visits["day"].to_numpy()
    visit = stages["visit"].to_numpy()
    made = (visit >= 0) & done[np.maximum(visit, 0)]
    service = stages["service"].cast(pl.Int64)
    detail = stages.with_columns(pl.Series("on", day[np.maximum(visit, 0)])).select(
        pl.Series("plan_id", ids[stages["plan"].to_numpy()]),
        pl.col("number").alias("position"),
        pl.Series([one.name for one in SERVICES]).gather(service).alias("title"),
        _keys([row.pk for row in frame.services], service).alias("service_id"),
        pl.col("kopecks").alias("price_kopecks"),
        pl.when(pl.Series(made)).then(start + pl.duration(days="on")).otherwise(None).alias("done_on"),
    )
    bulk.insert(PlanStage, detail, now=now)
