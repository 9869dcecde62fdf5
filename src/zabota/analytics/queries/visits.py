"""All visits of a clinic as the frame that an export would give: one row for each service of an appointment."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, Final

import polars as pl
from django.db.models import F, Func, IntegerField, Q, QuerySet, Sum

from zabota.booking.models import Appointment, Payment
from zabota.clinic.models import Branch, Doctor, Service
from zabota.patients.models import Patient
from zabota.visits.models import WellbeingCheck

#: Rows taken from the database at a time.
CHUNK: Final = 20_000
_LINES: Final = {
    "appointment": pl.Int64, "patient": pl.Int64, "day": pl.Date, "status": pl.String,
    "doctor_id": pl.Int64, "branch_id": pl.Int64, "is_first": pl.Boolean, "total": pl.Int64, "line": pl.Int64,
    "service_id": pl.Int64, "price": pl.Int64, "whole": pl.Int64, "wait_seconds": pl.Int64, "corridor_seconds": pl.Int64,
}  # fmt: skip
_PEOPLE: Final = {
    "patient": pl.Int64, "merged_into": pl.Int64, "born_on": pl.Date, "sex": pl.String, "channel": pl.String,
    "area": pl.String,
}  # fmt: skip


class _Seconds(Func):
    """Whole seconds between two instants: one number, where turning rows into datetimes would cost most."""

    output_field = IntegerField()
    sqlite = "(unixepoch({1}) - unixepoch({0}))"
    postgresql = "(EXTRACT(EPOCH FROM ({1} - {0}))::bigint)"

    @property
    def convert_value(self) -> Any:
        """Both databases give a whole number: nothing is left to convert, row by row."""
        return self._convert_value_noop  # type: ignore[attr-defined]

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """SQLite keeps instants as text in UTC."""
        return self._filled(compiler, self.sqlite)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Instants are numbers there."""
        return self._filled(compiler, self.postgresql)

    def _filled(self, compiler: Any, text: str) -> Any:
        parts = [compiler.compile(each) for each in self.source_expressions]
        return text.format(*(sql for sql, _ in parts)), [value for _, values in parts for value in values]


class _Corridor(_Seconds):
    """From coming, or from the time of the visit for who came early, to being received: as `booking` counts it."""

    sqlite = "(unixepoch({2}) - MAX(unixepoch({0}), unixepoch({1})))"
    postgresql = "(CASE WHEN {0} IS NOT NULL THEN EXTRACT(EPOCH FROM ({2} - GREATEST({0}, {1})))::bigint END)"


class _Whole(_Seconds):
    """What a whole line cost: as told, else its price times its quantity. The same text in both databases."""

    sqlite = postgresql = "COALESCE({0}, CAST(ROUND({1} * {2}) AS BIGINT))"


@dataclasses.dataclass(frozen=True)
class ClinicVisits:
    """The visits of a clinic and the card of each person of the frame, by the person's number."""

    frame: pl.DataFrame
    cards: tuple[int, ...]


def visits_frame(clinic_id: int) -> pl.DataFrame:
    """Visits of every state, without those that vanished from a later export. Columns as in intake's frame of visits."""
    return clinic_visits(clinic_id).frame


def clinic_visits(clinic_id: int, *, branches: Sequence[int] | None = None, with_groups: bool = False) -> ClinicVisits:
    """The same, of some branches only (visits without a branch are everybody's), with the cards of the people.

    `with_groups` adds the group of the service as the column `category`.
    """
    people, cards = _people(clinic_id)
    frame = _frame_of(clinic_id, people, branches)
    if with_groups:
        groups = Service.objects.filter(clinic_id=clinic_id).values_list("name", "group__name")
        frame = frame.join(_frame(groups, {"service": pl.String, "category": pl.String}), on="service", how="left")
    return ClinicVisits(frame, cards)


def _frame_of(clinic_id: int, people: pl.DataFrame, branches: Sequence[int] | None) -> pl.DataFrame:
    lines = _lines(clinic_id, branches).with_row_index("place")
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


def _lines(clinic_id: int, branches: Sequence[int] | None) -> pl.DataFrame:
    visits = Appointment.objects.filter(clinic_id=clinic_id, vanished_at=None)
    if branches is not None:
        visits = visits.filter(Q(branch_id__in=branches) | Q(branch=None))
    rows = visits.values_list(
        "pk", "patient_id", "day", "status", "doctor_id", "branch_id", "is_first", "total_kopecks",
        "lines__pk", "lines__service_id", "lines__price_kopecks",
        _Whole("lines__total_kopecks", "lines__price_kopecks", "lines__quantity"), _Seconds("booked_at", "starts_at"),
        _Corridor("arrived_at", "starts_at", "begun_at"),
    )  # fmt: skip
    # The database sorts by the instant: reading hundreds of thousands of instants only to sort them would cost most.
    return _frame(rows.order_by("starts_at", "pk", "lines__pk"), _LINES)


def _people(clinic_id: int) -> tuple[pl.DataFrame, tuple[int, ...]]:
    """Each card with the person it belongs to: merged cards lead to the one that was kept, whose data count."""
    rows = Patient.objects.filter(clinic_id=clinic_id).values_list(
        "pk", "merged_into_id", "born_on", "sex", "source__name", "area"
    )
    cards = _frame(rows, _PEOPLE)
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
        "doctor": _frame(doctors, {"doctor_id": pl.Int64, "doctor": words, "speciality": words}),
        "branch": _frame(branches, {"branch_id": pl.Int64, "branch": words}),
        "service": _frame(services, {"service_id": pl.Int64, "service": words}),
    }


def _paid(clinic_id: int) -> pl.DataFrame:
    """What was paid for appointments whose price nobody entered."""
    unpriced = Payment.objects.filter(clinic_id=clinic_id, appointment__total_kopecks=0)
    rows = unpriced.values("appointment_id").annotate(paid=Sum("amount_kopecks"), key=F("appointment_id"))
    return _frame(rows.values_list("key", "paid"), {"appointment": pl.Int64, "paid": pl.Int64})


def _answers(clinic_id: int) -> pl.DataFrame:
    """What patients answered after a visit about how they feel; what they wrote unasked is no answer of that visit."""
    asked = WellbeingCheck.objects.filter(clinic_id=clinic_id, said_in=None)
    rows = asked.exclude(answer="").values_list("appointment_id", "answer")
    return _frame(rows, {"appointment": pl.Int64, "feedback": pl.String})


def _frame(rows: QuerySet[Any, Any], schema: dict[str, Any]) -> pl.DataFrame:
    """Rows of a query in chunks; never all of them as Python objects at once."""
    parts = [pl.DataFrame(chunk, schema=schema, orient="row") for chunk in _chunks(rows)]
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema)


def _chunks(rows: QuerySet[Any, Any]) -> Iterable[list[Any]]:
    stream = rows.iterator(chunk_size=CHUNK)
    while chunk := list(islice(stream, CHUNK)):
        yield chunk
