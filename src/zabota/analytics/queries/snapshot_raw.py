"""What a snapshot is made of, read from the operational database in columns: SQL that both databases understand."""
# ruff: noqa: S608 -- texts are put together of words of this module alone

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from datetime import datetime
from itertools import chain
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
from django.db import connection, transaction

from zabota.analytics.rules.intervals import Ints
from zabota.analytics.rules.snapshot import CARD_PART, NONE, RawVisits

#: Rows taken from the database at a time, ids given to it at a time.
CHUNK: Final = 100_000
PORTION: Final = 20_000
_UPCOMING: Final = "status IN ('planned', 'confirmed', 'arrived') AND starts_at > %s AND vanished_at IS NULL"
_SEX: Final = "CASE sex WHEN 'f' THEN 1 WHEN 'm' THEN 2 ELSE -1 END"


@dataclasses.dataclass(frozen=True)
class Cards:
    """Cards in use with what is known of them, and where the visits of every card belong."""

    frame: pl.DataFrame
    #: All cards of the clinic in order, and the card into which each was merged in the end.
    card: Ints
    kept: Ints

    def through(self, patient: npt.NDArray[Any]) -> Ints:
        """Cards that were kept, in place of those merged into them; −1 for a card made after the cards were read."""
        if not len(patient) or not len(self.card):
            return np.full(len(patient), NONE, np.int64)
        place = np.minimum(np.searchsorted(self.card, patient), len(self.card) - 1)
        return np.where(self.card[place] == patient, self.kept[place], NONE)


def read_cards(clinic_id: int) -> Cards:
    """Every card in use of a clinic."""
    found = _read(
        f"""SELECT id, COALESCE(merged_into_id, -1), CASE WHEN erased_at IS NULL THEN 0 ELSE 1 END,
          COALESCE(branch_id, -1), COALESCE(source_id, -1), COALESCE({_year("born_on")}, -1), {_SEX},
          COALESCE({_day("registered_on")}, -1)
        FROM patients_patient WHERE clinic_id = %s ORDER BY id""",
        [clinic_id], width=8,
    )  # fmt: skip
    card, into, erased = found[:, 0], found[:, 1], found[:, 2]
    kept = card.copy()
    onward = into != NONE
    while onward.any():
        kept[onward] = into[np.searchsorted(card, kept[onward])]
        onward &= into[np.searchsorted(card, kept)] != NONE
    used = found[(into == NONE) & (erased == 0)]
    names = ("patient_id", "branch_id", "channel_id", "birth_year", "sex", "registered_on")
    columns = (used[:, 0], *(used[:, number] for number in range(3, 8)))
    frame = pl.DataFrame({name: _column(values, CARD_PART[name]) for name, values in zip(names, columns, strict=True)})
    return Cards(frame, card, kept)


def read_visits(clinic_id: int, cards: Cards, *, patients: Ints | None = None) -> RawVisits:
    """Completed appointments that are still known to the clinic's system; of some cards (as kept), or of all."""
    select = f"""SELECT a.id, a.patient_id, {_day("a.day")}, a.total_kopecks, COALESCE(a.doctor_id, -1),
        COALESCE(a.branch_id, -1)
      FROM booking_appointment a
      WHERE a.clinic_id = %s AND a.status = 'completed' AND a.vanished_at IS NULL"""
    paid = """SELECT a.id, SUM(m.amount_kopecks) FROM booking_appointment a JOIN booking_payment m ON m.appointment_id = a.id
      WHERE a.clinic_id = %s AND a.status = 'completed' AND a.total_kopecks = 0 AND m.amount_kopecks > 0"""
    of = None if patients is None else cards.card[np.isin(cards.kept, patients)]
    found = _of_patients(select, clinic_id, of, width=6)
    money = _of_patients(paid, clinic_id, of, width=2, grouped=" GROUP BY a.id")
    number, patient, day, kopecks, doctor, branch = (np.ascontiguousarray(found[:, column]) for column in range(6))
    if len(money):
        money = money[np.argsort(money[:, 0])]
        place = np.minimum(np.searchsorted(money[:, 0], number), len(money) - 1)
        kopecks = np.where((kopecks == 0) & (money[place, 0] == number), money[place, 1], kopecks)
    kept = cards.through(patient)
    known = kept != NONE
    columns = (kept, day, number, kopecks, doctor, branch)
    return RawVisits(*(columns if known.all() else (each[known] for each in columns)))


def read_services(appointments: Ints) -> tuple[Ints, Ints]:
    """Of each appointment the service and its price: of several the dearest, then the one entered last."""
    wanted = np.unique(appointments)
    sql = f"""SELECT appointment_id, price_kopecks, id, service_id
      FROM booking_appointmentservice WHERE {_in("appointment_id")}"""
    parts = [_read(sql, [_ids(part)], width=4) for part in _portions(wanted)]
    lines = np.concatenate(parts) if parts else np.zeros((0, 4), np.int64)
    lines = lines[np.lexsort((lines[:, 2], lines[:, 1], lines[:, 0]))]
    last = np.append(lines[1:, 0] != lines[:-1, 0], True) if len(lines) else np.zeros(0, bool)
    lines = lines[last]
    if not len(lines):
        nothing = np.full(len(appointments), NONE, np.int64)
        return nothing, nothing
    place = np.minimum(np.searchsorted(lines[:, 0], appointments), len(lines) - 1)
    known = lines[place, 0] == appointments
    return np.where(known, lines[place, 3], NONE), np.where(known, lines[place, 1], NONE)


def read_groups(clinic_id: int) -> pl.DataFrame:
    """The group of each service."""
    sql = "SELECT id, group_id FROM clinic_service WHERE clinic_id = %s AND group_id IS NOT NULL"
    return _frame(sql, [clinic_id], ("service", "group"))


def read_states(clinic_id: int) -> pl.DataFrame:
    """Types with the terms of the patient's group; −1 where absent, days since 1970."""
    return _frame(
        f"""SELECT s.patient_id, s.type, s.rule, {_day("s.since_on")}, COALESCE(s.group_id, -1),
          COALESCE(s.expected_interval_days, -1), COALESCE({_day("s.sleeping_on")}, -1),
          COALESCE({_day("s.next_transition_on")}, -1), s.value_kopecks,
          COALESCE(CAST(ROUND(g.late_factor * 100) AS INTEGER), 0), COALESCE(CAST(ROUND(g.lost_factor * 100) AS INTEGER), 0)
        FROM nextstep_patientstate s LEFT JOIN clinic_servicegroup g ON g.id = s.group_id WHERE s.clinic_id = %s""",
        [clinic_id],
        ("patient_id", "type", "rule", "type_since", "group_id", "interval_days", "sleeping_on", "next_transition_on",
         "value_kopecks", "late_percent", "lost_percent"),
    )  # fmt: skip


def read_lost_days(clinic_id: int, *, otherwise: int) -> int:
    """Silence after which somebody without an interval of their own is lost."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT lost_days FROM nextstep_thresholds WHERE clinic_id = %s", [clinic_id])
        row = cursor.fetchone()
    return int(row[0]) if row else otherwise


def read_left(clinic_id: int) -> pl.DataFrame:
    """Who is outside the rule of the two З."""
    sql = "SELECT patient_id, reason FROM nextstep_exemption WHERE clinic_id = %s AND ended_at IS NULL"
    return _frame(sql, [clinic_id], ("patient_id", "left_reason")).unique("patient_id", keep="first")


def read_bookings(clinic_id: int, now: datetime) -> pl.DataFrame:
    """Bookings to come: seconds since 1970, day, number and doctor."""
    return _frame(
        f"""SELECT patient_id, {_seconds("starts_at")}, {_day("day")}, id, COALESCE(doctor_id, -1)
        FROM booking_appointment WHERE clinic_id = %s AND {_UPCOMING}""",
        [clinic_id, connection.ops.adapt_datetimefield_value(now)],
        ("patient_id", "at", "on", "id", "doctor"),
    )


def read_tasks(clinic_id: int) -> pl.DataFrame:
    """Open tasks: reason, seconds since 1970 of the moment they are due, number."""
    sql = f"SELECT patient_id, reason, {_seconds('due_at')}, id FROM worklist_task WHERE clinic_id = %s AND state = 'open'"
    return _frame(sql, [clinic_id], ("patient_id", "reason", "at", "id"))


def read_plans(clinic_id: int) -> pl.DataFrame:
    """Plans of every state."""
    sql = f"SELECT patient_id, state, {_day('proposed_on')}, total_kopecks, id FROM care_plan WHERE clinic_id = %s"
    return _frame(sql, [clinic_id], ("patient_id", "state", "on", "kopecks", "id"))


def _day(column: str) -> str:
    if connection.vendor == "sqlite":
        return f"CAST(julianday({column}) - 2440587.5 AS INTEGER)"
    return f"({column} - DATE '1970-01-01')"


def _year(column: str) -> str:
    if connection.vendor == "sqlite":
        return f"CAST(strftime('%%Y', {column}) AS INTEGER)"
    return f"CAST(EXTRACT(YEAR FROM {column}) AS INTEGER)"


def _seconds(column: str) -> str:
    if connection.vendor == "sqlite":
        return f"CAST(strftime('%%s', {column}) AS INTEGER)"
    return f"CAST(FLOOR(EXTRACT(EPOCH FROM {column})) AS BIGINT)"


def _in(column: str) -> str:
    if connection.vendor == "sqlite":
        return f"{column} IN (SELECT value FROM json_each(%s))"
    return f"{column} = ANY(%s)"


def _ids(ids: Ints) -> object:
    return str(ids.tolist()) if connection.vendor == "sqlite" else ids.tolist()


def _portions(ids: Ints) -> Iterator[Ints]:
    return (ids[begin : begin + PORTION] for begin in range(0, len(ids), PORTION))


def _of_patients(sql: str, clinic_id: int, patients: Ints | None, *, width: int, grouped: str = "") -> Ints:
    if patients is None:
        return _read(sql + grouped, [clinic_id], width=width)
    narrowed = f"{sql} AND {_in('a.patient_id')}{grouped}"
    parts = [_read(narrowed, [clinic_id, _ids(part)], width=width) for part in _portions(patients)]
    return np.concatenate(parts) if parts else np.zeros((0, width), np.int64)


def _chunks(sql: str, params: Sequence[Any]) -> Iterator[list[tuple[Any, ...]]]:
    """Rows in chunks; a million rows never stand in memory as Python objects.

    PostgreSQL hands rows out one by one only within a transaction; in SQLite one would keep all writers waiting.
    """
    within = transaction.atomic() if connection.vendor == "postgresql" else nullcontext()
    with within, connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(CHUNK):
            yield rows


def _read(sql: str, params: Sequence[Any], *, width: int) -> Ints:
    """Rows of whole numbers."""
    parts = [
        np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * width).reshape(-1, width)
        for rows in _chunks(sql, params)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, width), np.int64)


def _frame(sql: str, params: Sequence[Any], names: Sequence[str]) -> pl.DataFrame:
    """Rows of words and whole numbers."""
    words = {"type", "rule", "reason", "left_reason", "state"}
    schema = {name: pl.String if name in words else pl.Int64 for name in names}
    parts = [
        pl.DataFrame([pl.Series(name, values, dtype=schema[name]) for name, values in zip(names, zip(*rows, strict=True), strict=True)])
        for rows in _chunks(sql, params)
    ]  # fmt: skip
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema)


def _column(values: Ints, dtype: Any) -> pl.Series:
    found = pl.Series(values)
    found = found.set(found == NONE, None)
    return found.cast(pl.Int32).cast(pl.Date) if dtype == pl.Date else found.cast(dtype)
