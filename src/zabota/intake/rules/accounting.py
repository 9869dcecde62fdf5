"""Which rows are one visit, which repeat another row, and what each row of a file counts as."""

from datetime import date
from typing import Final

import polars as pl

IGNORED_STATUSES: Final = {
    "no_show": "no_show",
    "moved": "moved",
    "cancelled_patient": "cancelled",
    "cancelled_clinic": "cancelled",
}
VISIT_KEYS: Final = ("visit_ext_id", "person", "day", "seconds", "doctor", "status")


def index_visits(rows: pl.DataFrame) -> pl.Series:
    """Dense index of visits for rows with `VISIT_KEYS`; the order of rows plays no part.

    Rows are one visit when they share the system's number on one person and day, or one person, doctor and time.
    Without a time the system's number tells two visits of a day apart.
    """
    time = pl.when(pl.col("seconds").fill_null(0) > 0).then(pl.col("seconds")).fill_null(-1)
    numbered = pl.col("visit_ext_id").is_not_null()
    own = pl.when(numbered & (time < 0)).then(pl.col("visit_ext_id")).otherwise(pl.lit(""))
    keys = rows.select(
        pl.col("person").fill_null(-1), "day", time.alias("time"), pl.col("doctor").fill_null(""), "status", own.alias("own"),
        pl.col("visit_ext_id").alias("number"),
    )  # fmt: skip
    slot_columns = ["person", "day", "time", "doctor", "status", "own"]
    slots = keys.select(slot_columns).unique().sort(slot_columns).with_row_index("slot")
    keys = keys.join(slots, on=slot_columns, how="left", nulls_equal=True, maintain_order="left")
    # lines of one number are one visit even when they name two doctors
    first = (
        pl.when(pl.col("number").is_not_null())
        .then(pl.col("slot").min().over("number", "person", "day", "status"))
        .otherwise(pl.col("slot"))
    )
    keys = keys.select("slot", first.alias("first")).select(pl.col("first").min().over("slot"))
    return keys["first"].rank("dense").cast(pl.Int32).alias("visit") - 1


def repeats_of_visits(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows (`_i`, `visit`, `service`, `service_code`, `tooth`, `status`) that say again what the row `_of` has said."""
    service = [pl.col(name).fill_null("") for name in ("service", "service_code", "tooth")]
    first = pl.col("_i").min().over("visit", *service, "status")
    return rows.select("_i", first.alias("_of")).filter(pl.col("_i") != pl.col("_of"))


def repeats_of_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of lists (patients, payments, plans) that are equal in every column but their place."""
    columns = [name for name in rows.columns if name != "_i"]
    return rows.select("_i", pl.col("_i").min().over(columns).alias("_of")).filter(pl.col("_i") != pl.col("_of"))


def outcomes(rows: pl.DataFrame, today: date) -> pl.DataFrame:
    """`outcome` (accepted, rejected, duplicate, ignored, other) and why; `other` is understood and no completed visit.

    `rows`: `kind`, `ignored`, `reason`, `status`, `day`, `repeats`.
    """
    status = pl.col("status")
    why = (
        pl.when(pl.col("kind") != "visits").then(None)
        .when(status == "completed").then(None)
        .when(status.is_in(list(IGNORED_STATUSES))).then(status.replace(IGNORED_STATUSES))
        .when(pl.col("day") < today).then(pl.lit("not_closed"))
        .otherwise(pl.lit("to_come"))
    )  # fmt: skip
    outcome = (
        pl.when(pl.col("ignored").is_not_null()).then(pl.lit("ignored"))
        .when(pl.col("reason").is_not_null()).then(pl.lit("rejected"))
        .when(pl.col("repeats")).then(pl.lit("duplicate"))
        .when(why.is_not_null()).then(pl.lit("other"))
        .otherwise(pl.lit("accepted"))
    )  # fmt: skip
    return rows.select(outcome.alias("outcome"), pl.coalesce("ignored", why).alias("ignored"))
