"""Which appointments and payments an export holds, and how they differ from what the clinic has."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import polars as pl
from django.db.models import BooleanField, F, FloatField, Func
from django.db.models.functions import Cast

from zabota.booking.models import Appointment, AppointmentService
from zabota.intake.services.catalogue import Catalogue, key_of, read_catalogue
from zabota.intake.services.people import chunked

#: Prefix of ids that we derive for exports that number nothing: equal rows get equal ids.
DERIVED = "~"
#: Visits that are made of an export at a time.
_PORTION = 50_000
#: More of one service than a line can hold is a slip: its total stands, its number is one.
MOST_OF_A_SERVICE = 1_000_000


@dataclasses.dataclass(slots=True)
class Line:
    """A service of a visit."""

    service: str
    service_code: str
    quantity: float
    price_kopecks: int
    #: What the whole line cost; None: its price times its quantity.
    total_kopecks: int | None


@dataclasses.dataclass(slots=True)
class Visit:
    """One appointment of an export."""

    ext_id: str
    card_key: str
    starts_at: datetime
    day: date
    #: None: the export does not tell.
    duration_minutes: int | None
    status: str
    doctor: str
    speciality: str
    branch: str
    is_first: bool | None
    comment: str
    cancel_reason: str
    total_kopecks: int
    #: None: the export does not tell.
    paid_kopecks: int | None
    lines: list[Line]
    #: The export says what it cost, be it nothing.
    is_priced: bool = True
    #: When the export says that it was booked.
    booked_at: datetime | None = None
    appointment_id: int | None = None
    #: Former values of the fields that this export changes.
    before: dict[str, Any] = dataclasses.field(default_factory=dict)


def visits_of(frame: pl.DataFrame, *, zones: dict[str, str], default_zone: str) -> list[Visit]:
    """Appointments of a keyed frame, services of one visit together. Times are in the zone of their branch."""
    if not frame.height:
        return []
    columns: dict[str, Any] = {
        "visit_ext_id": pl.String, "duration_minutes": pl.Int64, "doctor": pl.String, "speciality": pl.String,
        "service": pl.String, "service_code": pl.String, "qty": pl.Float64, "price_kopecks": pl.Int64,
        "total_kopecks": pl.Int64, "paid_kopecks": pl.Int64, "is_first": pl.Boolean, "comment": pl.String, "cancel_reason": pl.String,
        "created_at": pl.Datetime("us"),
    }  # fmt: skip
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in columns.items() if name not in frame.columns]
    needed = ["visit", "row", "card_key", "starts_at", "status", "branch", *columns]
    frame = frame.with_columns(missing).select(needed)
    # `zones` are by folded name, as branches are found
    known = {name: ZoneInfo(zones[key_of(name)]) for name in frame["branch"].unique() if key_of(name or "") in zones}
    visits: list[Visit] = []
    same: dict[Any, Any] = {}
    # In portions: sorted and grouped at once, a large export would lie there three times while its visits are made.
    for first in range(0, cast("int", frame["visit"].max()) + 1, _PORTION):
        part = frame.filter(pl.col("visit").is_between(first, first + _PORTION - 1))
        visits += _made(_grouped(part), known=known, usual=ZoneInfo(default_zone), same=same)
    return _once(visits)


def _grouped(frame: pl.DataFrame) -> pl.DataFrame:
    """A row a visit, in the order of visits, its services as lists."""
    return (
        frame.sort("visit", "row", maintain_order=True)
        .group_by("visit", maintain_order=True)
        .agg(
            pl.col("card_key").first(),
            pl.col("visit_ext_id").drop_nulls().first(),
            pl.col("starts_at").first(),
            pl.col("status").first(),
            *[
                pl.col(name).drop_nulls().first()
                for name in (
                    "duration_minutes",
                    "doctor",
                    "speciality",
                    "branch",
                    "is_first",
                    "comment",
                    "cancel_reason",
                    "created_at",
                )
            ],
            pl.col("service"),
            pl.col("service_code"),
            pl.col("qty"),
            pl.col("price_kopecks"),
            # A row without a price in a visit that has prices cost what was paid; without any, payments tell of the visit.
            pl.when(pl.col("total_kopecks").is_not_null().any())
            .then(pl.coalesce("total_kopecks", "paid_kopecks").fill_null(0))
            .otherwise(0)
            .alias("worth"),
            pl.col("total_kopecks").is_not_null().any().alias("is_priced"),
            pl.when(pl.col("paid_kopecks").is_not_null().any()).then(pl.col("paid_kopecks").sum()),
        )
    )


def _made(grouped: pl.DataFrame, *, known: dict[str, ZoneInfo], usual: ZoneInfo, same: dict[Any, Any]) -> list[Visit]:
    """`same` keeps one object for each doctor, branch, service and day instead of one per row: a third of the memory."""
    visits = []
    numbers: dict[float, float] = {}

    def one(value: Any) -> Any:
        return same.setdefault(value, value)

    for row in grouped.iter_rows(named=True):
        local: datetime = row["starts_at"]
        zone = known.get(row["branch"] or "", usual)
        booked: datetime | None = row["created_at"]
        lines: list[Line] = []
        total = nameless = 0
        for name, code, qty, price, worth in zip(
            row["service"], row["service_code"], row["qty"], row["price_kopecks"], row["worth"], strict=True
        ):
            total += worth
            if not name:
                nameless += worth
                continue
            quantity = round(qty, 2) if qty and 0 < qty < MOST_OF_A_SERVICE else 1.0
            quantity = quantity or 1.0
            each = price or round(worth / quantity)
            lines.append(
                Line(
                    service=one(name),
                    service_code=one(code or ""),
                    quantity=numbers.setdefault(quantity, quantity),
                    price_kopecks=one(each),
                    total_kopecks=None if quantity == 1 and each == worth else one(worth),
                )
            )
        if nameless and lines:
            # The lines of a visit make its total: what names no service is counted with the first one.
            first = lines[0]
            first.total_kopecks = nameless + line_total(first)
        visits.append(
            Visit(
                ext_id=(row["visit_ext_id"] or _derived(row))[:80],
                card_key=one(row["card_key"]),
                starts_at=local.replace(tzinfo=zone).astimezone(ZoneInfo("UTC")),
                day=one(local.date()),
                duration_minutes=min(max(int(row["duration_minutes"]), 1), 24 * 60)
                if row["duration_minutes"]
                else None,
                status=one(row["status"]),
                doctor=one(row["doctor"] or ""),
                speciality=one(row["speciality"] or ""),
                branch=one(row["branch"] or ""),
                is_first=row["is_first"],
                comment=(row["comment"] or "")[:500],
                cancel_reason=(row["cancel_reason"] or "")[:200],
                total_kopecks=one(total),
                paid_kopecks=one(row["paid_kopecks"]),
                lines=lines,
                is_priced=row["is_priced"],
                booked_at=booked.replace(tzinfo=zone).astimezone(ZoneInfo("UTC")) if booked else None,
            )
        )
    return visits


def line_total(line: Line) -> int:
    """What a whole line cost."""
    return round(line.price_kopecks * line.quantity) if line.total_kopecks is None else line.total_kopecks


def _derived(row: dict[str, Any]) -> str:
    """An id made of what does not change when the visit is kept, missed or paid."""
    text = "|".join([row["card_key"], row["starts_at"].isoformat(), row["doctor"] or ""])
    return DERIVED + hashlib.sha256(text.encode()).hexdigest()[:32]


def _once(visits: list[Visit]) -> list[Visit]:
    """One appointment per id: the last row of an export is its latest word."""
    latest: dict[str, Visit] = {}
    for visit in visits:
        latest[visit.ext_id] = visit
    return list(latest.values())


#: The unique indexes of ids leave out rows without one, and SQLite takes such an index only for a query that repeats its
#: condition word for word, without a parameter: otherwise each portion would walk all rows of the clinic.
HAS_ID = Func(F("ext_id"), template="NOT (%(expressions)s = '')", output_field=BooleanField())


#: Columns of an appointment that a later export may change.
COMPARED = (
    "id", "system", "ext_id", "starts_at", "status", "total_kopecks", "duration_minutes", "vanished_at", "booked_at", "doctor_id",
    "branch_id", "cancel_reason", "told_at", "confirmed_at", "arrived_at", "ended_at", "cancelled_at",
)  # fmt: skip


def match_visits(visits: list[Visit], *, clinic_id: int, system: str) -> None:
    """Fill `appointment_id` and `before` from the database. Former lines are read when they are replaced."""
    by_ext = {visit.ext_id: visit for visit in visits}
    names = Names(read_catalogue(clinic_id))
    for ids in chunked(list(by_ext), 500):
        rows = Appointment.objects.filter(HAS_ID, clinic_id=clinic_id, system=system, ext_id__in=ids).values(*COMPARED)
        found = [(by_ext[known["ext_id"]], known) for known in map(dict[str, Any], rows)]
        lines = lines_of([known["id"] for _, known in found])
        for visit, known in found:
            compare(visit, known, names=names, lines=lines.get(known["id"], []), system=system)


def compare(visit: Visit, known: dict[str, Any], *, names: Names, lines: list[KnownLine], system: str) -> None:
    """The visit is this appointment: note its id and the former values of what the export changes of it.

    `known` holds the columns COMPARED, `lines` its services.
    """
    visit.appointment_id = known["id"]
    for field, value in _fresh(visit, known, names, system).items():
        if known[field] != value:
            former = known[field]
            visit.before[field] = former.isoformat() if isinstance(former, datetime) else former
    if visit.lines and names.differ(visit, lines):
        visit.before["lines"] = None


def _fresh(visit: Visit, known: dict[str, Any], names: Names, system: str) -> dict[str, Any]:
    """What the columns of a known appointment are to be. What the export does not tell stays."""
    told = {
        "system": system,
        "ext_id": visit.ext_id,
        "starts_at": visit.starts_at,
        "status": visit.status,
        "total_kopecks": visit.total_kopecks if visit.is_priced else known["total_kopecks"],
        "duration_minutes": visit.duration_minutes or known["duration_minutes"],
        "vanished_at": None,
        # When it was booked is filled in; what is known of it stays.
        "booked_at": known["booked_at"] or visit.booked_at,
        "doctor_id": names.doctor(visit.doctor) if visit.doctor else known["doctor_id"],
        "branch_id": names.branch(visit.branch) if visit.branch else known["branch_id"],
        # Why it was cancelled is not true of another state.
        "cancel_reason": visit.cancel_reason or (known["cancel_reason"] if visit.status == known["status"] else ""),
        "told_at": None,
    }
    return told | {field: known[field] for field in _decided_here(visit, known)}


def _decided_here(visit: Visit, known: dict[str, Any]) -> set[str]:
    """Columns in which an export that still tells of a visit to come is behind what people did here.

    Cancelled, moved or confirmed by its link or at the desk: the export does not know it yet. An export that tells of
    another time than it did, or of a visit that is over, knows more.
    """
    if visit.status not in (Appointment.Status.PLANNED, Appointment.Status.CONFIRMED):
        return set()
    moved = known["told_at"] is not None and visit.starts_at == known["told_at"]
    if not moved and visit.starts_at != known["starts_at"]:
        return set()
    kept = {"starts_at", "duration_minutes", "doctor_id", "branch_id", "told_at"} if moved else set()
    marks = {
        Appointment.Status.CONFIRMED: "confirmed_at",
        Appointment.Status.ARRIVED: "arrived_at",
        Appointment.Status.COMPLETED: "ended_at",
        Appointment.Status.CANCELLED_PATIENT: "cancelled_at",
        Appointment.Status.CANCELLED_CLINIC: "cancelled_at",
    }
    mark = marks.get(known["status"])
    if (mark is not None and known[mark] is not None) or (moved and visit.status == known["status"]):
        kept |= {"status", "cancel_reason"}
    return kept


class Names:
    """Ids of names of an export, each name folded once; 0 for what the clinic does not have yet."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._of = {"doctor": catalogue.doctor, "branch": catalogue.branch, "service": catalogue.service}
        self._known: dict[tuple[str, str], int] = {}

    def doctor(self, name: str) -> int:
        return self._id("doctor", name)

    def branch(self, name: str) -> int:
        return self._id("branch", name)

    def differ(self, visit: Visit, known: list[KnownLine]) -> bool:
        """The visit has other services than are known, or, when it tells prices, at another price."""
        told = [(self._id("service", each.service), each) for each in visit.lines if key_of(each.service)]
        if not visit.is_priced:
            return sorted(pk for pk, _ in told) != sorted(each[0] for each in known)
        return sorted((pk, *money_of(each)) for pk, each in told) != sorted(known)

    def _id(self, kind: str, name: str) -> int:
        place = (kind, name)
        if place not in self._known:
            self._known[place] = self._of[kind](name) or 0
        return self._known[place]


#: Service, quantity, price, total of the line.
KnownLine = tuple[int, float, int, int]


def money_of(line: Line) -> tuple[float, int, int]:
    """Quantity, price and total of a line."""
    return line.quantity, line.price_kopecks, line_total(line)


def lines_of(appointment_ids: list[int]) -> dict[int, list[KnownLine]]:
    """Lines of appointments as they are kept."""
    found: dict[int, list[KnownLine]] = {}
    for ids in chunked(appointment_ids, 500):
        # Decimals would cost more than the query.
        rows = AppointmentService.objects.filter(appointment_id__in=ids).annotate(number=Cast("quantity", FloatField()))
        columns = ("appointment_id", "service_id", "number", "price_kopecks", "total_kopecks")
        for pk, service_id, number, price, total in rows.order_by("id").values_list(*columns):
            whole = round(price * number) if total is None else total
            found.setdefault(pk, []).append((service_id, number, price, whole))
    return found
