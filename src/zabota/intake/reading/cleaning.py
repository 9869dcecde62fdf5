"""From raw cells of one table to typed columns: each different value of a column is read once, however many rows hold it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final

import polars as pl

from zabota.intake.reading.marking import DATE_OF_KIND, mark_ignored, mark_refused
from zabota.intake.reading.recognising import Recognised
from zabota.intake.reading.results import LINE
from zabota.intake.rules import values
from zabota.intake.rules.fields import FIELDS
from zabota.intake.rules.mapping import SavedMapping
from zabota.intake.rules.money import read_quantity
from zabota.intake.rules.presets import BY_CODE
from zabota.intake.rules.statuses import meaning
from zabota.kernel.names import looks_name_first

_MONEY: Final = {"price": "price_kopecks", "total": "total_kopecks", "paid": "paid_kopecks", "discount": "discount_kopecks", "balance": "balance_kopecks", "plan_total": "plan_total_kopecks"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cleaned:
    """`lines` has every row of the table (rejected and ignored ones too); `remarks` are cells left unread."""

    lines: pl.DataFrame
    remarks: pl.DataFrame
    status_assumed: bool


def clean_table(
    found: Recognised, *, today: date, mapping: SavedMapping | None, step: Callable[[float], None]
) -> Cleaned:
    """Read all columns of a table; defects of a row go to `reason` (the row is refused) or to `remarks` (it is kept)."""
    return _Cleaner(found, today, mapping or SavedMapping()).run(step)


def by_distinct(series: pl.Series, read: Callable[[str], Sequence[Any]], schema: dict[str, Any]) -> pl.DataFrame:
    """Apply a reader of single values to the different values of a column and spread the results over the rows."""
    distinct = series.drop_nulls().unique()
    results = [read(value) for value in distinct.to_list()]
    table = pl.DataFrame(
        {
            "_key": distinct,
            **{
                name: pl.Series(name, [row[index] for row in results], dtype=kind)
                for index, (name, kind) in enumerate(schema.items())
            },
        }
    )
    return series.alias("_key").to_frame().join(table, on="_key", how="left", maintain_order="left").drop("_key")


class _Cleaner:
    def __init__(self, found: Recognised, today: date, mapping: SavedMapping) -> None:
        self.found = found
        self.today = today
        self.mapping = mapping
        header = found.header
        self.before = found.grid.cells.head(header.row)
        self.body = found.grid.cells.slice(header.row + header.height, None)
        self.height = self.body.height
        self.out: dict[str, pl.Series] = {"row": self.body["row"]}
        self.problems: list[pl.DataFrame] = []
        self.status_assumed = False

    def run(self, step: Callable[[float], None]) -> Cleaned:
        self._names()
        step(0.25)
        self._contacts()
        step(0.45)
        self._moments()
        step(0.7)
        self._simple()
        step(0.85)
        self._status()
        lines = self._frame()
        lines = mark_refused(mark_ignored(lines, self.found), self.found, self.today).select(list(LINE))
        step(1.0)
        remarks = self._remarks(lines)
        return Cleaned(self._with_titles(lines), remarks, self.status_assumed)

    # -- columns ---------------------------------------------------------------------------------

    def _raw(self, field: str) -> pl.Series | None:
        name = self.found.columns.get(field)
        if name is None:
            return None
        series = self.body[name]
        # 32k in one cell is a limit of Excel; what is longer than any value of a field cannot be one
        if FIELDS[field] not in ("text", "words") and series.str.len_chars().max() not in (None, 0):
            return series.str.slice(0, 2000)
        return series

    def _read(self, field: str, read: Callable[[str], Sequence[Any]], schema: dict[str, Any]) -> pl.DataFrame | None:
        series = self._raw(field)
        if series is None:
            return None
        result = by_distinct(series, read, schema)
        if "problem" in result.columns:
            self._problem(field, series, result["problem"])
        return result

    def _problem(self, field: str, series: pl.Series, problem: pl.Series) -> None:
        mask = problem.is_not_null()
        if mask.any():
            self.problems.append(
                pl.DataFrame({"row": self.body["row"], "field": field, "code": problem, "value": series}).filter(mask)
            )

    def _names(self) -> None:
        whole = self._raw("full_name")
        parts = {field: self._raw(field) for field in ("surname", "name", "patronymic")}
        read: dict[str, pl.Series] = {}
        problem = pl.Series([None] * self.height, dtype=pl.String)
        born: pl.Series | None = None
        if whole is not None:
            sample = whole.drop_nulls().unique(maintain_order=True).head(2000).to_list()
            result = by_distinct(
                whole,
                partial(values.name_row, name_first=looks_name_first(sample)),
                {
                    "surname": pl.String,
                    "name": pl.String,
                    "patronymic": pl.String,
                    "born": pl.Date,
                    "problem": pl.String,
                },
            )
            read = {field: result[field] for field in parts}
            problem, born = result["problem"], result["born"]
            self._problem("full_name", whole, problem)
        for field, series in parts.items():
            if series is None:
                continue
            result = by_distinct(series, values.part_row, {"value": pl.String, "problem": pl.String})
            read[field] = _coalesce(result["value"], read.get(field))
            self._problem(field, series, result["problem"])
            problem = _coalesce(problem, result["problem"])
        self.out.update(read)
        self.out["name_problem"] = problem
        if born is not None:
            self.out["born_beside"] = born

    def _contacts(self) -> None:
        area = self.mapping.area_code
        phones: list[pl.Series] = []
        notes: list[pl.Series] = []
        schema = {"value": pl.List(pl.String), "note": pl.String, "problem": pl.String}
        for field in ("phone", "phone2", "phone3"):
            result = self._read(field, partial(values.phones_row, area_code=area), schema)
            if result is not None:
                phones.append(result["value"].alias(field))
                notes.append(result["note"].alias(field))
        if phones:
            frame = pl.DataFrame(phones)
            filled = [pl.col(series.name).fill_null(pl.lit([], dtype=pl.List(pl.String))) for series in phones]
            united = pl.concat_list(filled).list.unique(maintain_order=True) if len(phones) > 1 else filled[0]
            self.out["phones"] = frame.select(united.alias("phones"))["phones"]
        if any(note.null_count() < note.len() for note in notes):
            said = pl.concat_str([note.name for note in notes], separator="\n", ignore_nulls=True)
            told = pl.any_horizontal(pl.col(note.name).is_not_null() for note in notes)
            self.out["phone_notes"] = pl.DataFrame(notes).select(phone_notes=pl.when(told).then(said))["phone_notes"]
        result = self._read("email", values.email_row, {"value": pl.String, "problem": pl.String})
        if result is not None:
            self.out["email"] = result["value"]
        result = self._read(
            "born_on",
            partial(values.birth_row, form=self.found.birth_form, today=self.today),
            {"value": pl.Date, "problem": pl.String},
        )
        born = result["value"] if result is not None else None
        beside = self.out.pop("born_beside", None)
        if born is not None or beside is not None:
            self.out["born_on"] = _coalesce(born, beside) if born is not None else beside  # type: ignore[assignment]

    def _moments(self) -> None:
        form = self.found.visit_form
        schema = {"day": pl.Date, "at": pl.Int32, "until": pl.Int32, "problem": pl.String}
        main = DATE_OF_KIND.get(self.found.facts.kind or "", "")
        if main not in self.found.columns and main == "paid_on":
            main = "starts_at"
        result = self._read(main, partial(values.moment_row, form=form), schema) if main else None
        if result is not None:
            at, until = result["at"], result["until"]
            clock = self._read(
                "starts_time", values.time_row, {"at": pl.Int32, "until": pl.Int32, "problem": pl.String}
            )
            if clock is not None:
                written = at.fill_null(0) == 0
                at = clock["at"].zip_with(written & clock["at"].is_not_null(), at)
                until = _coalesce(until, clock["until"])
            minute = self._read("starts_minute", values.minute_row, {"value": pl.Int32, "problem": pl.String})
            if minute is not None:  # the hour stands in a column of its own
                at = (at + minute["value"] * 60).zip_with((at % 3600 == 0) & minute["value"].is_not_null(), at)
            end = self._read("ends_time", values.time_row, {"at": pl.Int32, "until": pl.Int32, "problem": pl.String})
            if end is not None:
                until = _coalesce(until, end["at"])
            self.out["day"], self.out["seconds"], self.out["date_problem"] = result["day"], at, result["problem"]
            length = ((until - at) // 60).cast(pl.Int32)
            spanned = length.zip_with(
                (length > 0).fill_null(False) & (length <= 1440).fill_null(False), _nulls(self.height, pl.Int32)
            )
            minutes = self._read("duration", values.minutes_row, {"value": pl.Int32, "problem": pl.String})
            self.out["duration_minutes"] = _coalesce(minutes["value"], spanned) if minutes is not None else spanned
        elif self._raw("duration") is not None:
            minutes = self._read("duration", values.minutes_row, {"value": pl.Int32, "problem": pl.String})
            if minutes is not None:
                self.out["duration_minutes"] = minutes["value"]
        created = self._read("created_at", partial(values.moment_row, form=form), schema)
        if created is not None:
            self.out["created_at"] = created.select(
                (pl.col("day").cast(pl.Datetime("us")) + pl.duration(seconds=pl.col("at").fill_null(0))).alias("v")
            )["v"]
        agreed = self._read("consent_on", partial(values.moment_row, form=form), schema)
        if agreed is not None:
            self.out["consent_on"] = agreed["day"]

    def _simple(self) -> None:
        for field, target in _MONEY.items():
            reader = values.discount_row if field == "discount" else values.money_row
            result = self._read(field, reader, {"value": pl.Int64, "problem": pl.String})
            if result is not None:
                self.out[target] = result["value"]
        single: list[tuple[str, Callable[[str], Any], Any]] = [
            ("sex", values.sex_of, pl.String),
            ("qty", read_quantity, pl.Float64),
            *((field, values.flag_of, pl.Boolean) for field, kind in FIELDS.items() if kind == "flag"),
        ]
        for field, read, dtype in single:
            series = self._raw(field)
            if series is not None:
                self.out[field] = by_distinct(series, _one(read), {"value": dtype})["value"]
        readers = {"code": values.code_row, "words": values.words_row}
        for field, kind in FIELDS.items():
            if kind in readers:
                result = self._read(field, readers[kind], {"value": pl.String, "problem": pl.String})
                if result is not None:
                    self.out[field] = result["value"]
        for field in (
            "comment",
            "cancel_reason",
            "consent",
            "consent_source",
            "address",
        ):  # as written: «нет» is an answer
            series = self._raw(field)
            if series is not None:
                self.out[field] = series

    def _all(self, value: str) -> pl.Series:
        return pl.repeat(value, self.height, dtype=pl.String, eager=True)

    def _status(self) -> None:
        if self.found.facts.kind != "visits":
            return
        day = self.out.get("day", _nulls(self.height, pl.Date))
        past = (day <= self.today).fill_null(False)
        happened = self._all("completed").zip_with(past, self._all("planned"))
        unknown = _nulls(self.height, pl.String)
        series = self._raw("status")
        if series is not None:
            preset = BY_CODE[self.found.facts.system].status_words() if self.found.facts.system in BY_CODE else {}
            saved = self.mapping.status_of()
            status = by_distinct(series, _one(partial(meaning, preset=preset, saved=saved)), {"value": pl.String})[
                "value"
            ]
            blank = series.is_null()
            unknown = self._all("status_unknown").zip_with(status.is_null() & ~blank, unknown)
            # Some systems mark only what went wrong: then an empty cell is a visit like any other
            marked = set(status.drop_nulls().unique().to_list())
            if int(blank.sum()) > self.height * 0.3 and not marked & {"completed", "arrived"}:
                status = happened.zip_with(blank, status)
                self.status_assumed = True
            else:
                unknown = self._all("status_missing").zip_with(blank, unknown)
        elif "attended" in self.out:
            came = self.out["attended"]
            missed = self._all("no_show").zip_with(past, self._all("planned"))
            status = happened.zip_with(came.fill_null(False), missed)
        else:
            status, self.status_assumed = happened, True
        for flag, value in (("cancelled", "cancelled_patient"), ("deleted", "cancelled_clinic")):
            if flag in self.out:
                set_off = self.out[flag].fill_null(False)
                status = self._all(value).zip_with(set_off, status)
                unknown = _nulls(self.height, pl.String).zip_with(set_off, unknown)
        # who came on a day that is over was seen: systems differ only in whether somebody presses "finish"
        self.out["status"] = self._all("completed").zip_with((status == "arrived").fill_null(False) & past, status)
        self.out["status_problem"] = unknown

    # -- rows ------------------------------------------------------------------------------------

    def _frame(self) -> pl.DataFrame:
        units = pl.when(pl.col("qty") > 0).then(pl.col("qty")).otherwise(1.0)
        frame = pl.DataFrame(
            {name: series for name, series in self.out.items() if name in LINE or name.endswith("_problem")}
        )
        frame = frame.with_columns(
            pl.lit(None, dtype=kind).alias(name) for name, kind in LINE.items() if name not in frame.columns
        )
        return (
            frame.with_columns(pl.col(name).cast(kind) for name, kind in LINE.items() if frame.schema[name] != kind)
            .with_columns(
                starts_at=pl.col("day").cast(pl.Datetime("us")) + pl.duration(seconds=pl.col("seconds").fill_null(0)),
                phones=pl.col("phones").fill_null(pl.lit([], dtype=pl.List(pl.String))),
            )
            .with_columns(
                # one of the two follows from the other and the number of units
                price_kopecks=pl.coalesce("price_kopecks", (pl.col("total_kopecks") / units).round().cast(pl.Int64)),
                total_kopecks=pl.coalesce("total_kopecks", (pl.col("price_kopecks") * units).round().cast(pl.Int64)),
            )
        )

    def _remarks(self, lines: pl.DataFrame) -> pl.DataFrame:
        schema = {"row": pl.Int32, "field": pl.String, "code": pl.String, "value": pl.String}
        if not self.problems:
            return pl.DataFrame(schema=schema)
        kept = lines.filter(pl.col("ignored").is_null() & pl.col("reason").is_null()).select("row")
        return pl.concat(
            frame.select(pl.col(name).cast(kind) for name, kind in schema.items()) for frame in self.problems
        ).join(kept, on="row", how="semi", maintain_order="left")

    def _with_titles(self, lines: pl.DataFrame) -> pl.DataFrame:
        if not self.before.height:
            return lines
        titles = pl.DataFrame({"row": self.before["row"]}).with_columns(
            ignored=pl.lit("title"), phones=pl.lit([], dtype=pl.List(pl.String))
        )
        return pl.concat([titles.cast({"row": pl.Int32}), lines], how="diagonal").select(lines.columns)


def _one(read: Callable[[str], Any]) -> Callable[[str], tuple[Any]]:
    return lambda text: (read(text),)


def _nulls(height: int, dtype: Any) -> pl.Series:
    return pl.Series([None] * height, dtype=dtype)


def _coalesce(first: pl.Series, second: pl.Series | None) -> pl.Series:
    return first if second is None else second.zip_with(first.is_null(), first)
