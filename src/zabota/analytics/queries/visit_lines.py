"""Lines of visits out of the database, one for each service of an appointment: numbers of rows, no names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

import polars as pl
from django.db.models import Func, IntegerField, QuerySet

from zabota.analytics.rules.intervals import Ints
from zabota.booking.models import Appointment

#: Rows taken from the database at a time, and patients named to it at a time.
CHUNK: Final = 20_000
PORTION: Final = 500
LINES: Final = {
    "appointment": pl.Int64, "patient": pl.Int64, "starts": pl.Int64, "day": pl.Date, "status": pl.String,
    "doctor_id": pl.Int64, "branch_id": pl.Int64, "is_first": pl.Boolean, "total": pl.Int64, "line": pl.Int64,
    "service_id": pl.Int64, "price": pl.Int64, "whole": pl.Int64, "wait_seconds": pl.Int64, "corridor_seconds": pl.Int64,
    "kind": pl.String,
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


class _Moment(_Seconds):
    """Seconds since 1970."""

    sqlite = "unixepoch({0})"
    postgresql = "(FLOOR(EXTRACT(EPOCH FROM {0}))::bigint)"


class _Corridor(_Seconds):
    """From coming, or from the time of the visit for who came early, to being received: as `booking` counts it."""

    sqlite = "(unixepoch({2}) - MAX(unixepoch({0}), unixepoch({1})))"
    postgresql = "(CASE WHEN {0} IS NOT NULL THEN EXTRACT(EPOCH FROM ({2} - GREATEST({0}, {1})))::bigint END)"


class _Whole(_Seconds):
    """What a whole line cost: as told, else its price times its quantity. The same text in both databases."""

    sqlite = postgresql = "COALESCE({0}, CAST(ROUND({1} * {2}) AS BIGINT))"


def read_lines(clinic_id: int, *, patients: Ints | None = None) -> pl.DataFrame:
    """Visits of every state, without those that vanished from a later export, in the order of time; of some cards, or all."""
    visits = Appointment.objects.filter(clinic_id=clinic_id, vanished_at=None)
    parts = [visits] if patients is None else [visits.filter(patient_id__in=some) for some in _portions(patients)]
    return in_order(
        pl.concat(
            [pl.DataFrame(schema=LINES)]
            + [
                frame_of(
                    part.order_by().values_list(
                        "pk", "patient_id", _Moment("starts_at"), "day", "status", "doctor_id", "branch_id", "is_first",
                        "total_kopecks", "lines__pk", "lines__service_id", "lines__price_kopecks",
                        _Whole("lines__total_kopecks", "lines__price_kopecks", "lines__quantity"),
                        _Seconds("booked_at", "starts_at"), _Corridor("arrived_at", "starts_at", "begun_at"),
                        "kind",
                    ),
                    LINES,
                )
                for part in parts
            ]
        )
    )  # fmt: skip


def in_order(lines: pl.DataFrame) -> pl.DataFrame:
    """By the moment, the number of the appointment and that of the line."""
    return lines.sort("starts", "appointment", "line")


def frame_of(rows: QuerySet[Any, Any], schema: dict[str, Any]) -> pl.DataFrame:
    """Rows of a query in chunks; never all of them as Python objects at once."""
    parts = [pl.DataFrame(chunk, schema=schema, orient="row") for chunk in _chunks(rows)]
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema)


def _chunks(rows: QuerySet[Any, Any]) -> Iterable[list[Any]]:
    stream = rows.iterator(chunk_size=CHUNK)
    while chunk := list(islice(stream, CHUNK)):
        yield chunk


def _portions(patients: Ints) -> Iterator[list[int]]:
    for start in range(0, len(patients), PORTION):
        yield patients[start : start + PORTION].tolist()
