"""Building the snapshot of a clinic: in full, or from the last one and the patients touched since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from zabota.analytics.queries import snapshot_files as files
from zabota.analytics.queries import snapshot_raw as raw
from zabota.analytics.queries.kept_lines import OVERLAP, STALE, keep_lines
from zabota.analytics.queries.snapshot_touched import EVERYBODY, bearings_of, is_of_this_base, touched_since
from zabota.analytics.rules.intervals import Ints
from zabota.analytics.rules.snapshot import NONE, SCHEMA, UNSEEN, VISIT_PART, recent_months, visit_rows
from zabota.clinic.models import Clinic
from zabota.kernel import clock
from zabota.kernel.scope import every_clinic
from zabota.nextstep.models import Thresholds
from zabota.patients.models import Patient

#: Plans, the one that matters most first.
_PLAN_ORDER: Final = {"in_progress": 0, "agreed": 0, "proposed": 1, "finished": 2, "declined": 3, "abandoned": 4}
#: Columns of visits that are carried over as they are; groups of services follow the catalogue of the day.
_KEPT: Final = {name: dtype for name, dtype in VISIT_PART.items() if not name.endswith("_group_id")}
FULL: Final = "full"
INCREMENTAL: Final = "incremental"


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did."""

    path: Path
    as_of: date
    #: "full" or "incremental".
    way: str
    patients: int
    #: Patients whose visits were read.
    read: int


def build_snapshot(*, clinic_id: int, now: datetime, full: bool = False) -> Built:
    """Make the snapshot of today; from the last one where that is sound, unless `full`. Repeating it replaces it."""
    clinic = Clinic.objects.get(pk=clinic_id)
    as_of = clock.today(clinic.time_zone, now)
    with every_clinic(reason="the snapshot names its clinic itself"):
        bearings = bearings_of(clinic_id)
        keep_lines(clinic_id, now=now, full=full)
        cards = raw.read_cards(clinic_id)
        found = None if full else _continued(clinic_id, cards, as_of, now)
        way = FULL if found is None else INCREMENTAL
        visits, read = found if found is not None else _all_visits(clinic_id, cards, as_of)
        rows = cards.frame.lazy()
        for part in (visits.lazy(), *_standing(clinic, cards, now)):
            rows = rows.join(part, on="patient_id", how="left", maintain_order="left")
        rows = rows.with_columns(pl.col(name).fill_null(value) for name, value in UNSEEN.items())
        rows = _grouped(_terms(rows, clinic_id), raw.read_groups(clinic_id))
        frame = rows.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()).collect()
    said = {"built_at": now.isoformat(), "as_of": as_of.isoformat(), "way": way, "clinic": str(clinic_id)}
    path = files.write(frame, clinic_id=clinic_id, as_of=as_of, said={**said, **bearings})
    files.tidy(clinic_id, today=as_of)
    forget_erased(clinic_id=clinic_id, now=now)
    return Built(path, as_of, way, frame.height, read)


def forget_erased(*, clinic_id: int, now: datetime) -> int:
    """Take erased patients, and cards that were merged into theirs, out of every snapshot that is kept."""
    with every_clinic(reason="the snapshot names its clinic itself"):
        own = Patient.objects.filter(clinic_id=clinic_id, erased_at__isnull=False).values_list("pk", "erased_at")
        into = Patient.objects.filter(clinic_id=clinic_id, merged_into__erased_at__isnull=False)
        found = [*into.values_list("pk", "merged_into__erased_at"), *own]
        erased = {patient: at for patient, at in found if at is not None}
    return files.forget(clinic_id, erased, now=now)


def _all_visits(clinic_id: int, cards: raw.Cards, as_of: date) -> tuple[pl.DataFrame, int]:
    frame = _visits_of(clinic_id, cards, None, as_of)
    return frame, frame.height


def _continued(clinic_id: int, cards: raw.Cards, as_of: date, now: datetime) -> tuple[pl.DataFrame, int] | None:
    """Rows of visits from the last snapshot, anew only for those touched since; None where only a full build is sound."""
    days = [day for day in files.days_kept(clinic_id) if day <= as_of]
    if not days:
        return None
    path = files.path_of(clinic_id, days[-1])
    said = files.said_of(path)
    built_at = datetime.fromisoformat(said["built_at"])
    if not is_of_this_base(said, clinic_id) or not now - STALE <= built_at <= now:
        return None
    touched = touched_since(clinic_id, built_at - OVERLAP)
    if touched is EVERYBODY:
        return None
    before = pl.read_parquet(path, columns=["patient_id", *_KEPT])
    new = np.setdiff1d(cards.frame["patient_id"].to_numpy(), before["patient_id"].to_numpy())
    again = np.union1d(cards.through(_ours(touched, cards)), new)
    kept = before.filter(~pl.col("patient_id").is_in(again) & (pl.col("visits") > 0))
    if (days[-1].year, days[-1].month) != (as_of.year, as_of.month):
        kept = kept.with_columns(recent_months(kept["days"], as_of))
    anew = _visits_of(clinic_id, cards, again, as_of)
    return pl.concat([kept, anew.select(kept.columns)]), len(again)


def _ours(patients: Ints, cards: raw.Cards) -> Ints:
    """Cards of this clinic among those named (a card may be gone)."""
    return np.intersect1d(patients, cards.card)


def _visits_of(clinic_id: int, cards: raw.Cards, patients: Ints | None, as_of: date) -> pl.DataFrame:
    found = raw.read_visits(clinic_id, cards, patients=patients)
    rows = visit_rows(found, as_of)
    first, last = found.appointment[rows.first], found.appointment[rows.last]
    service, price = raw.read_services(np.append(first, last))
    seen = len(first)
    whole = found.kopecks[rows.first]
    frame = rows.frame.with_columns(
        _known("index_service_id", service[:seen]),
        _known("last_service_id", service[seen:]),
        pl.Series("index_price_kopecks", np.where(price[:seen] > 0, price[:seen], whole)),
    )
    return frame.select("patient_id", *(pl.col(name).cast(dtype) for name, dtype in _KEPT.items()))


def _known(name: str, values: Ints) -> pl.Series:
    column = pl.Series(name, values)
    return column.set(column == NONE, None)


def _standing(clinic: Clinic, cards: raw.Cards, now: datetime) -> list[pl.LazyFrame]:
    """What stands now, one row for each patient at most."""
    bookings = _of_kept(raw.read_bookings(clinic.pk, now), cards).sort("patient_id", "at", "id")
    booking = bookings.unique("patient_id", keep="first", maintain_order=True).select(
        "patient_id",
        pl.from_epoch(pl.col("at"), time_unit="s").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        .alias("next_booking_at"),
        _date("on").alias("next_booking_on"),
        _id("doctor").alias("next_booking_doctor_id"),
    )  # fmt: skip
    tasks = _of_kept(raw.read_tasks(clinic.pk), cards).sort("patient_id", "at", "id")
    task = tasks.unique("patient_id", keep="first", maintain_order=True).select(
        "patient_id",
        pl.col("reason").alias("task_reason"),
        pl.from_epoch(pl.col("at"), time_unit="s").dt.replace_time_zone("UTC").dt.convert_time_zone(clinic.time_zone)
        .dt.date().alias("task_due_on"),
    )  # fmt: skip
    plans = _of_kept(raw.read_plans(clinic.pk), cards)
    order = pl.col("state").replace_strict(_PLAN_ORDER, default=len(_PLAN_ORDER), return_dtype=pl.Int8)
    plans = plans.with_columns(order.alias("order")).sort(
        "patient_id", "order", "on", "id", descending=[False, False, True, True]
    )
    plan = plans.unique("patient_id", keep="first", maintain_order=True).select(
        "patient_id",
        pl.col("state").alias("plan_state"),
        _date("on").alias("plan_on"),
        pl.col("kopecks").alias("plan_kopecks"),
    )
    return [booking, task, plan, raw.read_states(clinic.pk).lazy(), raw.read_left(clinic.pk).lazy()]


def _of_kept(frame: pl.DataFrame, cards: raw.Cards) -> pl.LazyFrame:
    kept = pl.Series("patient_id", cards.through(frame["patient_id"].to_numpy()))
    return frame.lazy().with_columns(kept).filter(pl.col("patient_id") != NONE)


def _terms(frame: pl.LazyFrame, clinic_id: int) -> pl.LazyFrame:
    """The days on which time alone makes the patient late, asleep and lost: as the sweep counts them."""
    otherwise = int(Thresholds._meta.get_field("lost_days").default)
    lost_days = raw.read_lost_days(clinic_id, otherwise=otherwise)
    last, interval = pl.col("last_on").to_physical(), pl.col("interval_days")
    alone = pl.col("next_booking_on").is_null() & pl.col("left_reason").is_null() & pl.col("last_on").is_not_null()
    own = interval > 0
    late = pl.when(alone & own).then(last + interval * pl.col("late_percent") // 100 + 1)
    lost = pl.when(alone).then(
        last + pl.when(own).then(interval * pl.col("lost_percent") // 100).otherwise(lost_days) + 1
    )
    return frame.with_columns(
        late.cast(pl.Int32).cast(pl.Date).alias("late_on"),
        lost.cast(pl.Int32).cast(pl.Date).alias("lost_on"),
        _date("type_since"),
        _date("sleeping_on"),
        _date("next_transition_on"),
        _id("group_id"),
        _id("interval_days"),
    )


def _grouped(frame: pl.LazyFrame, groups: pl.DataFrame) -> pl.LazyFrame:
    for name in ("index", "last"):
        named = groups.lazy().select(
            pl.col("service").cast(pl.Int32).alias(f"{name}_service_id"), pl.col("group").alias(f"{name}_group_id")
        )
        frame = frame.join(named, on=f"{name}_service_id", how="left", maintain_order="left")
    return frame


def _date(name: str) -> pl.Expr:
    return _id(name).cast(pl.Int32).cast(pl.Date)


def _id(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != NONE).then(pl.col(name)).alias(name)
