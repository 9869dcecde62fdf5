"""All visits of a clinic as the frame that an export would give: one row for each service of an appointment."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl
from django.db.models import F, Sum

from zabota.analytics.queries.kept_lines import lines_now
from zabota.analytics.queries.visit_lines import frame_of, read_lines
from zabota.booking.models import Payment
from zabota.clinic.models import Branch, Doctor, Service
from zabota.patients.models import Patient
from zabota.visits.models import WellbeingCheck

_PEOPLE: Final = {
    "patient": pl.Int64, "merged_into": pl.Int64, "born_on": pl.Date, "sex": pl.String, "channel": pl.String,
    "area": pl.String,
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class ClinicVisits:
    """The visits of a clinic and the card of each person of the frame, by the person's number."""

    frame: pl.DataFrame
    cards: tuple[int, ...]


def visits_frame(clinic_id: int) -> pl.DataFrame:
    """Visits of every state, without those that vanished from a later export. Columns as in intake's frame of visits."""
    return clinic_visits(clinic_id).frame


def clinic_visits(
    clinic_id: int, *, now: datetime | None = None, branches: Sequence[int] | None = None, with_groups: bool = False
) -> ClinicVisits:
    """The same, of some branches only (visits without a branch are everybody's), with the cards of the people.

    At `now` from the lines kept beside the snapshot and whoever was touched since, the same rows; without it all is read from
    the database. `with_groups` adds the group of the service as the column `category`.
    """
    people, cards = _people(clinic_id)
    lines = read_lines(clinic_id) if now is None else lines_now(clinic_id, now=now)
    if branches is not None:
        lines = lines.filter(pl.col("branch_id").is_in(list(branches)) | pl.col("branch_id").is_null())
    frame = _frame_of(clinic_id, people, lines)
    if with_groups:
        groups = Service.objects.filter(clinic_id=clinic_id).values_list("name", "group__name")
        frame = frame.join(frame_of(groups, {"service": pl.String, "category": pl.String}), on="service", how="left")
    return ClinicVisits(frame, cards)


def _frame_of(clinic_id: int, people: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    lines = lines.with_row_index("place")
    lines = lines.join(people, on="patient", how="left")
    for name, table in _names(clinic_id).items():
        lines = lines.join(table, on=f"{name}_id", how="left")
    lines = lines.join(_paid(clinic_id), on="appointment", how="left")
    lines = lines.join(_answers(clinic_id), on="appointment", how="left")
    lines = lines.sort("place")
    first_line = pl.col("appointment").is_first_distinct()
    # An appointment without services keeps its total; a price that nobody entered is what was paid.
    price, whole = (
        pl.when(pl.col("line").is_null()).then(pl.col("total")).otherwise(pl.col(name)) for name in ("price", "whole")
    )
    return lines.select(
        pl.int_range(2, pl.len() + 2, dtype=pl.Int32).alias("row"),
        (pl.col("appointment").rank("dense").cast(pl.Int32) - 1).alias("visit"),
        pl.col("person").cast(pl.Int32),
        pl.col("day").cast(pl.Datetime("us")).alias("starts_at"),
        "day",
        "status",
        "doctor",
        "speciality",
        "branch",
        "service",
        pl.lit(None, dtype=pl.String).alias("service_code"),
        pl.when(price > 0).then(price).alias("price_kopecks"),
        pl.when(whole != 0).then(whole).alias("total_kopecks"),
        pl.when(first_line).then(pl.col("paid")).alias("paid_kopecks"),
        "channel",
        "is_first",
        "born_on",
        "sex",
        "area",
        pl.col("patient").alias("card"),
        "wait_seconds",
        "corridor_seconds",
        "feedback",
    ).with_columns(_in_order_of_time())


def _in_order_of_time() -> pl.Expr:
    """Numbers of visits grow with time, so that the later visit of a day is the last one."""
    return (pl.col("visit") != pl.col("visit").shift(1).fill_null(-1)).cum_sum().cast(pl.Int32).alias("visit")


def _people(clinic_id: int) -> tuple[pl.DataFrame, tuple[int, ...]]:
    """Each card with the person it belongs to: merged cards lead to the one that was kept, whose data count."""
    rows = Patient.objects.filter(clinic_id=clinic_id).values_list(
        "pk", "merged_into_id", "born_on", "sex", "source__name", "area"
    )
    cards = frame_of(rows, _PEOPLE)
    cards = cards.with_columns(
        pl.col("sex", "area").replace("", None), pl.coalesce("merged_into", "patient").alias("kept")
    )
    merged = cards.filter(pl.col("merged_into").is_not_null())
    if merged.height:
        onward = dict(merged.select("patient", "merged_into").iter_rows())
        cards = cards.with_columns(
            pl.col("patient").replace_strict({card: _end(card, onward) for card in onward}, default=pl.col("patient"))
            .cast(pl.Int64).alias("kept")
        )  # fmt: skip
    numbers = cards.select("kept").unique().sort("kept").with_row_index("person")
    known = cards.select(pl.col("patient").alias("kept"), "born_on", "sex", "channel", "area")
    people = cards.select("patient", "kept").join(numbers, on="kept").join(known, on="kept", how="left").drop("kept")
    return people, tuple(numbers["kept"].to_list())


def _end(card: int, onward: dict[int, int]) -> int:
    seen = {card}
    while card in onward and onward[card] not in seen:
        card = onward[card]
        seen.add(card)
    return card


def _names(clinic_id: int) -> dict[str, pl.DataFrame]:
    doctors = Doctor.objects.filter(clinic_id=clinic_id).values_list("pk", "name", "speciality")
    branches = Branch.objects.filter(clinic_id=clinic_id).values_list("pk", "name")
    services = Service.objects.filter(clinic_id=clinic_id).values_list("pk", "name")
    words = pl.String
    return {
        "doctor": frame_of(doctors, {"doctor_id": pl.Int64, "doctor": words, "speciality": words}),
        "branch": frame_of(branches, {"branch_id": pl.Int64, "branch": words}),
        "service": frame_of(services, {"service_id": pl.Int64, "service": words}),
    }


def _paid(clinic_id: int) -> pl.DataFrame:
    """What was paid for appointments whose price nobody entered."""
    unpriced = Payment.objects.filter(clinic_id=clinic_id, appointment__total_kopecks=0)
    rows = unpriced.values("appointment_id").annotate(paid=Sum("amount_kopecks"), key=F("appointment_id"))
    return frame_of(rows.values_list("key", "paid"), {"appointment": pl.Int64, "paid": pl.Int64})


def _answers(clinic_id: int) -> pl.DataFrame:
    """What patients answered after a visit about how they feel; what they wrote unasked is no answer of that visit."""
    asked = WellbeingCheck.objects.filter(clinic_id=clinic_id, said_in=None)
    rows = asked.exclude(answer="").values_list("appointment_id", "answer")
    return frame_of(rows, {"appointment": pl.Int64, "feedback": pl.String})
