"""The dirt of real exports: cells spelled badly and rows that should not be there, each counted.

Every completed visit keeps one row that can be read, so a reader that knows its work finds the whole truth.
What must be refused are extra rows: somebody's visit typed a second time and wrongly, trials, surcharges.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np
import polars as pl

from zabota.ops.demo.spec import Bools, ClinicSpec
from zabota.ops.demo.table import COMPLETED_ROW, DUPLICATE_ROW, HEADERS, REJECTED_ROW

DUPLICATED: Final = 0.012
REJECTS: Final = {
    "no_date": 0.0025,
    "impossible_date": 0.0010,
    "before_birth": 0.0010,
    "future_completed": 0.0012,
    "test_patient": 0.0015,
    "no_person": 0.0006,
}
TEST_NAMES: Final = ("Тест Тестович", "Тестов Тест Тестович", "ТЕСТ", "Тестовый Пациент", "тест тест")
LATIN: Final = {"А": "A", "В": "B", "Е": "E", "К": "K", "М": "M", "О": "O", "Р": "P", "С": "C", "Т": "T", "Х": "X"}
COMMENTS: Final = (
    'Сказал: "перезвоните сами"; после 18:00',
    "Опоздал на 20 минут.\nПринят, просил чек на почту",
    "=СУММ(A1:A3)",
    "=1+1",
    "+7 перезвонить жене",
    "@мама, звонить ей",
    "-",
    "Жалоба на ожидание;\nпередано главному врачу",
    "«Всё понравилось»",
    "доплата 300р наличными",
)


class Dirt:
    """Spoils slices of the table one after another; `counts` and `rows` say what was done in all."""

    def __init__(self, spec: ClinicSpec, level: float) -> None:
        self.spec, self.level = spec, level
        self.rng = spec.stream("dirt")
        self.counts: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.duplicates = 0

    def spoil(self, text: pl.DataFrame, typed: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The same rows with bad cells, duplicated rows and rows to refuse; text and typed rows stay side by side."""
        text = text.with_columns(
            typed.select("outcome", "reason", "birth_on"), order=pl.int_range(pl.len()).cast(pl.Float64)
        )
        text = self._cells(text)
        extra = [self._duplicates(text), *(self._rejects(text, reason, share) for reason, share in REJECTS.items())]
        whole = pl.concat([text, *extra]).sort("order", maintain_order=True)
        return whole.select(*HEADERS), whole.select("outcome", "reason")

    def _chance(self, size: int, share: float) -> Bools:
        return self.rng.random(size) < share * self.level

    def _cells(self, text: pl.DataFrame) -> pl.DataFrame:
        size = len(text)
        chance = {name: pl.Series(self._chance(size, share)) for name, share in _CELLS.items()}
        noted = text["note"] == ""
        comment = pl.Series(COMMENTS)[self.rng.integers(0, len(COMMENTS), size)]
        has_yo = text["person"].str.contains("ё|Ё")
        identified = (text["birth"] != "") & text["person"].str.contains(r"^\S+ \S+ \S+$")
        cells = {
            "capital_name": chance["capital_name"],
            "latin_letter": chance["latin_letter"]
            & ~chance["capital_name"]
            & text["person"].str.slice(0, 1).is_in(list(LATIN)),
            "e_for_yo": chance["e_for_yo"] & has_yo,
            "spaces_in_name": chance["spaces_in_name"],
            "missing_card": chance["missing_card"] & identified,
            "missing_source": chance["missing_source"] & (text["source"] != ""),
            "source_spelled": chance["source_spelled"] & (text["source"] != ""),
            "doctor_spelled": chance["doctor_spelled"],
            "service_spelled": chance["service_spelled"],
            "status_spelled": chance["status_spelled"],
            "money_with_word": chance["money_with_word"],
            "money_with_point": chance["money_with_point"] & ~chance["money_with_word"],
            "comment": chance["comment"] & noted,
        }
        # A row without a card can only be found by name and birth date: its name stays as it is.
        spoiled = cells["capital_name"] | cells["latin_letter"] | cells["e_for_yo"]
        cells["missing_card"] = cells["missing_card"] & ~spoiled
        self.counts.update({name: int(mask.sum()) for name, mask in cells.items()})
        first = pl.col("person").str.slice(0, 1)
        money = [
            pl.when(cells["money_with_word"]).then(pl.col(name) + "\u00a0руб.")
            .when(cells["money_with_point"]).then(pl.col(name).str.replace_all("\u00a0", "").str.replace(",", "."))
            .otherwise(name).alias(name)
            for name in ("price", "total", "paid")
        ]  # fmt: skip
        person = pl.col("person")
        person = (
            pl.when(cells["e_for_yo"])
            .then(person.str.replace_all("ё", "е").str.replace_all("Ё", "Е"))
            .otherwise(person)
        )
        person = pl.when(cells["latin_letter"]).then(first.replace(LATIN) + person.str.slice(1)).otherwise(person)
        person = pl.when(cells["capital_name"]).then(person.str.to_uppercase()).otherwise(person)
        person = pl.when(cells["spaces_in_name"]).then(person.str.replace(" ", "  ") + " ").otherwise(person)
        status = pl.col("status").replace(
            {
                "Завершён": "Завершен",
                "Не пришёл": "Неявка",
                "Отменён пациентом": "Отмена пациентом",
                "Запланирован": "Подтверждён",
            }
        )
        return text.with_columns(
            *money,
            person.alias("person"),
            pl.when(cells["missing_card"]).then(pl.lit("")).otherwise("card_no").alias("card_no"),
            pl.when(cells["missing_source"]).then(pl.lit(""))
            .when(cells["source_spelled"]).then(pl.col("source").str.to_lowercase() + " ")
            .otherwise("source").alias("source"),
            pl.when(cells["doctor_spelled"]).then(pl.col("doctor").str.replace(r"\. ", ".")).otherwise("doctor").alias("doctor"),
            pl.when(cells["service_spelled"]).then(pl.col("service").str.replace(" ", "\u00a0") + " ").otherwise("service").alias("service"),
            pl.when(cells["status_spelled"]).then(status).otherwise("status").alias("status"),
            pl.when(cells["comment"]).then(comment).otherwise("note").alias("note"),
        )  # fmt: skip

    def _duplicates(self, text: pl.DataFrame) -> pl.DataFrame:
        """Whole rows repeated, some right below, some far down."""
        rows = np.flatnonzero(self._chance(len(text), DUPLICATED))
        self.duplicates += len(rows)
        near = self.rng.random(len(rows)) < 0.6
        order = np.where(near, rows + 0.5, np.minimum(rows + 40.5, len(text) - 0.5))
        return text[rows].with_columns(outcome=pl.lit(DUPLICATE_ROW), reason=pl.lit("repeated"), order=pl.Series(order))

    def _rejects(self, text: pl.DataFrame, reason: str, share: float) -> pl.DataFrame:
        fit = (text["outcome"] == COMPLETED_ROW) & (text["birth"] != "")
        rows = np.flatnonzero(self._chance(len(text), share) & fit.to_numpy())
        size = len(rows)
        self.rejected[reason] += size
        picked = text[rows].with_columns(
            code=pl.col("code") + "9",
            outcome=pl.lit(REJECTED_ROW),
            reason=pl.lit(reason),
            order=pl.Series(rows + 0.7),
        )
        picked = picked.with_columns(pl.Series("days", self.rng.integers(1, 400, size)))
        match reason:
            case "no_date":
                spoiled = picked.with_columns(start=pl.lit(""))
            case "impossible_date":
                wrong = pl.Series(["31.02.2025 10:00", "00.00.0000 0:00", "45.13.2025 9:30", "31.06.2025"])
                spoiled = picked.with_columns(start=wrong[self.rng.integers(0, len(wrong), size)])
            case "before_birth":
                early = pl.col("birth_on") - pl.duration(days="days")
                spoiled = picked.with_columns(start=early.dt.strftime("%d.%m.%Y") + " 10:30")
            case "future_completed":
                ahead = pl.lit(self.spec.as_of) + pl.duration(days=pl.col("days") + 1)
                spoiled = picked.with_columns(start=ahead.dt.strftime("%d.%m.%Y") + " 12:00")
            case "test_patient":
                trial = pl.Series(TEST_NAMES)[self.rng.integers(0, len(TEST_NAMES), size)]
                spoiled = picked.with_columns(
                    person=trial, card_no=pl.lit("1"), phone=pl.lit("+7 (999) 999-99-99"), birth=pl.lit("")
                )
            case _:
                spoiled = picked.with_columns(
                    person=pl.lit(""), card_no=pl.lit(""), phone=pl.lit(""), email=pl.lit(""), birth=pl.lit("")
                )
        return spoiled.drop("days")


_CELLS: Final = {
    "capital_name": 0.02,
    "latin_letter": 0.006,
    "e_for_yo": 0.3,
    "spaces_in_name": 0.02,
    "missing_card": 0.004,
    "missing_source": 0.012,
    "source_spelled": 0.006,
    "doctor_spelled": 0.03,
    "service_spelled": 0.006,
    "status_spelled": 0.12,
    "money_with_word": 0.25,
    "money_with_point": 0.04,
    "comment": 0.05,
}
