"""What visits cost and how they were paid, and the treatment plans they belong to."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from zabota.ops.demo.catalogue import INSURED_CHANNEL, SERVICES, price_table
from zabota.ops.demo.people import FATES
from zabota.ops.demo.schedule import BOOKED, COMPLETED, Appointments
from zabota.ops.demo.spec import AHEAD_DAYS, ClinicSpec, Ints

CARD, CASH, INSURER = range(3)
METHODS: Final = ("card", "cash", "insurer")
PAYMENT, REFUND = range(2)
INSTALMENT_FROM: Final = 1_000_000  # kopecks
PLAN_STATES: Final = ("not_started", "agreed", "in_progress", "finished", "abandoned")
NOT_STARTED, AGREED, IN_PROGRESS, FINISHED, ABANDONED = range(5)


def totals(spec: ClinicSpec, channel: Ints, rows: Appointments) -> tuple[Ints, Ints]:
    """Price by the list of the day and what is to be paid after the person's discount, in kopecks."""
    rng = spec.stream("discounts")
    table = price_table(spec, spec.last + AHEAD_DAYS + 95)
    price = table[rows.service, rows.day]
    percent = rng.choice([0, 5, 10], len(channel), p=[0.9, 0.06, 0.04])
    return price, price * (100 - percent[rows.person]) // 100


def payments(spec: ClinicSpec, channel: Ints, rows: Appointments, total: Ints) -> pl.DataFrame:
    """Payments and refunds by completed visits; never more than the total of the visit."""
    rng = spec.stream("payments")
    done = np.flatnonzero(rows.status == COMPLETED)
    size = len(done)
    insured = (channel[rows.person[done]] == INSURED_CHANNEL) & (rng.random(size) < 0.8)
    method = np.where(insured, INSURER, np.where(rng.random(size) < 0.78, CARD, CASH))
    u = rng.random(size)
    due = total[done]
    halves = (u < 0.10) & (due >= INSTALMENT_FROM) & ~insured
    unpaid = (u >= 0.99) & ~insured
    refunded = (u >= 0.984) & (u < 0.99) & ~insured
    first = np.where(halves, due // 2, due)
    keep = ~unpaid & (due > 0)
    rest_day = rows.day[done] + rng.integers(14, 45, size)
    rest = halves & (rest_day <= spec.last)
    back_day = np.minimum(rows.day[done] + rng.integers(0, 9, size), spec.last)
    parts = [
        (keep, rows.day[done], first, PAYMENT),
        (rest, rest_day, due - first, PAYMENT),
        (refunded, back_day, due, REFUND),
    ]
    frames = [
        pl.DataFrame(
            {
                "visit": done[mask].astype(np.int32),
                "day": day[mask].astype(np.int32),
                "kopecks": amount[mask],
                "method": method[mask].astype(np.int8),
                "kind": np.full(int(mask.sum()), kind, dtype=np.int8),
            }
        )
        for mask, day, amount, kind in parts
    ]
    return pl.concat(frames).sort("day", "visit", "kind")


def plans(spec: ClinicSpec, rows: Appointments, total: Ints, fate: Ints) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Treatment plans of courses of several visits, and their stages; a stage done names its visit."""
    rng = spec.stream("plans")
    frame = pl.DataFrame(
        {
            "visit": np.arange(len(rows), dtype=np.int32),
            "person": rows.person.astype(np.int32),
            "episode": rows.episode,
            "position": rows.position.astype(np.int8),
            "planned": rows.planned.astype(np.int8),
            "day": rows.day.astype(np.int32),
            "doctor": rows.doctor.astype(np.int8),
            "kind": rows.kind.astype(np.int8),
            "service": rows.service.astype(np.int8),
            "consultation": rows.consultation,
            "status": rows.status.astype(np.int8),
            "total": total,
        }
    ).filter(pl.col("episode") >= 0)
    courses = (
        frame.group_by("episode")
        .agg(
            pl.col("person", "doctor", "kind", "planned", "consultation").first(),
            agreed_day=pl.col("day").min(),
            begins=pl.col("position").min(),
            last_day=pl.col("day").filter(pl.col("status") == COMPLETED).max(),
            kept=(pl.col("status") == COMPLETED).sum(),
            booked=(pl.col("status") == BOOKED).any(),
        )
        .with_columns(stages=pl.col("planned") - pl.col("consultation").cast(pl.Int8))
        .with_columns(done=pl.col("kept").cast(pl.Int32) - pl.col("consultation").cast(pl.Int32))
        # A plan is written at a first visit inside the exported days, for a course of several visits.
        .filter(pl.col("begins") == 0, pl.col("kept") > 0, pl.col("stages") >= 1)
        .filter((pl.col("stages") >= 3) | pl.col("consultation"))
        .sort("agreed_day", "episode")
        .with_row_index("plan")
    )
    recent = (spec.last - pl.col("last_day") <= 40) & (pl.Series(fate)[courses["person"]] == FATES.index(""))
    courses = courses.with_columns(
        pl.when(pl.col("done") >= pl.col("stages")).then(FINISHED)
        .when((pl.col("done") == 0) & (pl.col("booked") | (spec.last - pl.col("last_day") <= 10))).then(AGREED)
        .when(pl.col("done") == 0).then(NOT_STARTED)
        .when(pl.col("booked") | recent).then(IN_PROGRESS)
        .otherwise(ABANDONED).cast(pl.Int8).alias("state")
    )  # fmt: skip
    made = (
        frame.join(courses.select("plan", "episode"), on="episode")
        .filter(~(pl.col("consultation") & (pl.col("position") == 0)), pl.col("status") == COMPLETED)
        .sort("plan", "day")
        .with_columns(number=pl.int_range(pl.len()).over("plan") + 1)
        .select("plan", "number", "service", pl.col("visit"), kopecks="total")
    )
    missing = courses.select(
        "plan", "kind", "agreed_day", first=pl.col("done") + 1, last=pl.col("stages").cast(pl.Int32)
    )
    ahead = (
        missing.filter(pl.col("first") <= pl.col("last"))
        .with_columns(number=pl.int_ranges("first", pl.col("last") + 1))
        .explode("number")
    )
    service = _later_services(rng, ahead["kind"].to_numpy().astype(np.int64))
    table = price_table(spec, spec.last + AHEAD_DAYS + 95)
    todo = ahead.select(
        "plan",
        "number",
        service=pl.Series(service.astype(np.int8)),
        visit=pl.lit(-1, dtype=pl.Int32),
        kopecks=pl.Series(table[service, ahead["agreed_day"].to_numpy()]),
    )
    stages = pl.concat([made, todo.select(made.columns)]).sort("plan", "number")
    whole = stages.group_by("plan").agg(pl.col("kopecks").sum().alias("total"))
    return courses.drop("begins", "planned").join(whole, on="plan").sort("plan"), stages


def _later_services(rng: np.random.Generator, kind: Ints) -> Ints:
    service = np.zeros(len(kind), dtype=np.int64)
    for number in np.unique(kind):
        fitting = [i for i, s in enumerate(SERVICES) if s.kind == number and not s.consultation and not s.children]
        weights = np.array([SERVICES[i].later for i in fitting])
        rows = np.flatnonzero(kind == number)
        service[rows] = rng.choice(fitting, len(rows), p=weights / weights.sum())
    return service
