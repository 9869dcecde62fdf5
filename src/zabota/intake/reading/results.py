"""What reading gives: frames of clean columns, an account of every row, and what was recognised in each file."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from zabota.intake.rules.fields import Kind

# One row of any table, as cleaning leaves it and uniting takes it.
LINE: Final[dict[str, Any]] = {
    "row": pl.Int32, "visit_ext_id": pl.String, "patient_ext_id": pl.String, "card_no": pl.String, "snils": pl.String, "surname": pl.String, "name": pl.String,
    "patronymic": pl.String, "born_on": pl.Date, "sex": pl.String, "phones": pl.List(pl.String), "phone_notes": pl.String, "email": pl.String, "address": pl.String, "area": pl.String, "place": pl.String, "day": pl.Date, "seconds": pl.Int32,
    "starts_at": pl.Datetime("us"), "duration_minutes": pl.Int32, "status": pl.String, "cancel_reason": pl.String, "doctor": pl.String, "speciality": pl.String,
    "branch": pl.String, "service": pl.String, "service_code": pl.String, "category": pl.String, "tooth": pl.String, "qty": pl.Float64, "price_kopecks": pl.Int64, "total_kopecks": pl.Int64,
    "discount_kopecks": pl.Int64, "paid_kopecks": pl.Int64, "channel": pl.String, "is_first": pl.Boolean, "created_at": pl.Datetime("us"), "comment": pl.String,
    "no_call": pl.Boolean, "no_sms": pl.Boolean, "consent": pl.String, "consent_on": pl.Date, "consent_source": pl.String, "vip": pl.Boolean,
    "balance_kopecks": pl.Int64, "tags": pl.String, "payment_ext_id": pl.String, "method": pl.String, "refund_of": pl.String, "receipt": pl.String,
    "plan_ext_id": pl.String, "plan_title": pl.String, "plan_total_kopecks": pl.Int64, "stage": pl.String, "reason": pl.String, "reason_field": pl.String,
    "ignored": pl.String,
}  # fmt: skip
VISIT_SCHEMA: Final[dict[str, Any]] = {
    "file": pl.Int16, "row": pl.Int32, "visit": pl.Int32, "person": pl.Int32, "visit_ext_id": pl.String, "patient_ext_id": pl.String,
    "surname": pl.String, "name": pl.String, "patronymic": pl.String, "born_on": pl.Date, "sex": pl.String, "phones": pl.List(pl.String), "phone_notes": pl.String,
    "email": pl.String, "address": pl.String, "area": pl.String, "place": pl.String, "card_no": pl.String, "starts_at": pl.Datetime("us"), "day": pl.Date, "duration_minutes": pl.Int32, "status": pl.String,
    "cancel_reason": pl.String, "doctor": pl.String, "speciality": pl.String, "branch": pl.String, "service": pl.String, "service_code": pl.String,
    "category": pl.String, "tooth": pl.String, "qty": pl.Float64, "price_kopecks": pl.Int64, "total_kopecks": pl.Int64, "discount_kopecks": pl.Int64, "paid_kopecks": pl.Int64, "channel": pl.String,
    "is_first": pl.Boolean, "created_at": pl.Datetime("us"), "comment": pl.String, "no_call": pl.Boolean, "no_sms": pl.Boolean, "consent": pl.String,
    "consent_on": pl.Date, "consent_source": pl.String,
}  # fmt: skip
PATIENT_SCHEMA: Final[dict[str, Any]] = {
    "file": pl.Int16, "row": pl.Int32, "person": pl.Int32, "patient_ext_id": pl.String, "surname": pl.String, "name": pl.String, "patronymic": pl.String,
    "born_on": pl.Date, "sex": pl.String, "phones": pl.List(pl.String), "phone_notes": pl.String, "email": pl.String, "address": pl.String, "area": pl.String, "place": pl.String, "card_no": pl.String, "snils": pl.String, "branch": pl.String,
    "channel": pl.String, "created_at": pl.Datetime("us"), "comment": pl.String, "no_call": pl.Boolean, "no_sms": pl.Boolean, "consent": pl.String,
    "consent_on": pl.Date, "consent_source": pl.String, "vip": pl.Boolean, "balance_kopecks": pl.Int64, "tags": pl.String,
}  # fmt: skip
PAYMENT_SCHEMA: Final[dict[str, Any]] = {
    "file": pl.Int16, "row": pl.Int32, "person": pl.Int32, "payment_ext_id": pl.String, "visit_ext_id": pl.String, "patient_ext_id": pl.String,
    "surname": pl.String, "name": pl.String, "patronymic": pl.String, "born_on": pl.Date, "phones": pl.List(pl.String), "card_no": pl.String,
    "paid_at": pl.Datetime("us"), "day": pl.Date, "amount_kopecks": pl.Int64, "method": pl.String, "refund_of": pl.String, "receipt": pl.String,
    "branch": pl.String, "service": pl.String, "comment": pl.String,
}  # fmt: skip
PLAN_SCHEMA: Final[dict[str, Any]] = {
    "file": pl.Int16, "row": pl.Int32, "person": pl.Int32, "plan_ext_id": pl.String, "patient_ext_id": pl.String, "surname": pl.String, "name": pl.String,
    "patronymic": pl.String, "born_on": pl.Date, "phones": pl.List(pl.String), "card_no": pl.String, "doctor": pl.String, "branch": pl.String,
    "plan_title": pl.String, "service": pl.String, "service_code": pl.String, "qty": pl.Float64, "price_kopecks": pl.Int64, "total_kopecks": pl.Int64,
    "agreed_on": pl.Date, "stage": pl.String, "comment": pl.String,
}  # fmt: skip
SERVICE_SCHEMA: Final[dict[str, Any]] = {
    "file": pl.Int16, "row": pl.Int32, "service_code": pl.String, "service": pl.String, "category": pl.String, "price_kopecks": pl.Int64,
    "duration_minutes": pl.Int32,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """One column of a file: its field, how sure that is, how full it is, a few different values."""

    header: str
    field: str | None
    confidence: float
    fill_share: float
    examples: tuple[str, ...] = ()
    needed: bool = True  # False: known to be of no use, or left out by the person


@dataclass(frozen=True, slots=True)
class RowCounts:
    """read = accepted + rejected + duplicates + ignored."""

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicates: int = 0
    ignored: int = 0

    def __add__(self, other: "RowCounts") -> "RowCounts":
        return RowCounts(
            self.read + other.read,
            self.accepted + other.accepted,
            self.rejected + other.rejected,
            self.duplicates + other.duplicates,
            self.ignored + other.ignored,
        )


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What was recognised about one table of one file before its rows were read."""

    path: Path
    format: str
    sheet: str
    encoding: str
    encoding_confidence: float
    delimiter: str
    header_row: int  # 1-based as seen in the file; 0 when there is no header
    header_rows: int
    first_data_row: int
    kind: Kind | None
    system: str
    system_name: str
    system_score: float
    date_form: str
    date_order: str
    money_form: str
    columns: tuple[ColumnGuess, ...]
    data_rows: int = 0
    unknown_statuses: tuple[str, ...] = ()
    status_words: dict[str, str] = field(default_factory=dict)  # word of the file: our status
    titles: tuple[str, ...] = ()
    preview: tuple[tuple[str, ...], ...] = ()  # the first rows as they stand in the file
    period: tuple[str, str] = ("", "")  # first and last day of visits or payments, ISO
    remarks: tuple[str, ...] = ()
    counts: RowCounts = RowCounts()

    def header_of(self, target: str) -> str:
        """The header of the column that holds a field, or the field itself."""
        return next((column.header for column in self.columns if column.field == target), target)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that cannot be used, or, among `remarks`, a cell that could not be read in a row that was kept."""

    file: int
    row: int
    column: str
    code: str
    value: str
    text: str


@dataclass(slots=True)
class Reading:
    """Everything that was understood. `file` in frames and rejections is an index into `files`."""

    files: list[FileFacts]
    rows: RowCounts
    visits: pl.DataFrame
    patients: pl.DataFrame
    payments: pl.DataFrame
    plans: pl.DataFrame
    services: pl.DataFrame
    people: pl.DataFrame
    rejections: list[Rejection]
    remarks: pl.DataFrame  # file, row, column, code, value: cells left unread in rows that were kept
    duplicates: pl.DataFrame  # file, row, of_file, of_row
    ignored: pl.DataFrame  # file, row, code
    unions: pl.DataFrame  # cards counted as one person: see zabota.patients.rules.matching
    notes: dict[str, int | float]
    refused: dict[int, pl.DataFrame] = field(default_factory=dict)  # raw cells of rejected rows, by file


def empty(schema: dict[str, Any]) -> pl.DataFrame:
    """A frame of the right columns without rows."""
    return pl.DataFrame(schema=schema)


@dataclass(frozen=True, slots=True)
class Table:
    """One cleaned table and what was recognised in it; `refused` are raw cells of its rejected rows."""

    facts: FileFacts
    lines: pl.DataFrame
    remarks: pl.DataFrame
    status_assumed: bool
    cells: pl.LazyFrame
