"""Which rows of a table are no data at all, and which cannot be used and why."""

from datetime import date
from typing import Final

import polars as pl

from zabota.intake.reading.recognising import Recognised
from zabota.intake.rules.tables import TOTALS, same_header

DATE_OF_KIND: Final = {"visits": "starts_at", "payments": "paid_on", "plans": "agreed_on"}
FIRST_YEAR: Final = 1980  # a visit before it is a typing error
_NO_PERSON: Final = ["name_test", "name_company", "name_service_note", "name_too_long"]
_PROBLEMS: Final = ("name_problem", "date_problem", "status_problem")


def mark_ignored(lines: pl.DataFrame, found: Recognised) -> pl.DataFrame:
    """`ignored` of empty lines, totals, titles of groups and headers printed again."""
    cells = _body(found).select(pl.exclude("row"))
    looks = cells.select(
        pl.sum_horizontal(pl.all().is_not_null()).alias("filled"),
        pl.coalesce(pl.all()).alias("first"),
        pl.any_horizontal(pl.all().str.contains(r"(?i)^\s*(?:итого|всего|общий итог|total)\b").fill_null(False)).alias(
            "total"
        ),
    )
    dated = found.facts.kind in DATE_OF_KIND
    frame = lines.with_columns(
        looks["filled"], looks["first"], looks["total"], _repeated_header(cells, looks["first"], found).alias("header")
    )
    no_date = pl.col("day").is_null() if dated else pl.lit(True)
    no_person = pl.all_horizontal(pl.col("surname", "name", "patient_ext_id", "card_no").is_null())
    total = pl.col("total") | pl.col("first").str.contains(f"(?i){TOTALS.pattern}").fill_null(False)
    few = pl.col("filled") <= max(2, found.grid.width // 6)
    code = (
        pl.when(pl.col("filled") == 0).then(pl.lit("empty"))
        .when(pl.col("header")).then(pl.lit("header"))
        .when(total & (no_date | pl.col("surname").is_null())).then(pl.lit("total"))
        .when(pl.col("row").is_in(found.titles)).then(pl.lit("title"))
        .when(few & no_date & (no_person | (pl.col("filled") == 1))).then(pl.lit("title"))
    )  # fmt: skip
    return frame.with_columns(ignored=code).drop("filled", "first", "total", "header")


def mark_refused(lines: pl.DataFrame, found: Recognised, today: date) -> pl.DataFrame:
    """`reason` and `reason_field` of the first defect for which a row cannot be used."""
    missing = [name for name in _PROBLEMS if name not in lines.columns]
    lines = lines.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in missing)
    reason, field = pl.lit(None, dtype=pl.String), pl.lit(None, dtype=pl.String)
    for condition, code, column in reversed([*_shifted(found), *_dates(found), *_people(found), *_kinds(found, today)]):
        holds = condition.fill_null(False)
        reason = pl.when(holds).then(code).otherwise(reason)
        field = pl.when(holds).then(pl.lit(column)).otherwise(field)
    live = pl.col("ignored").is_null()
    return lines.with_columns(reason=pl.when(live).then(reason), reason_field=pl.when(live).then(field))


Check = tuple[pl.Expr, pl.Expr, str]  # condition, code, field


def _shifted(found: Recognised) -> list[Check]:
    """Cells beyond the header: a delimiter stood in a text without quotes, so the cells before may be misplaced too."""
    if not found.header.height or found.grid.format != "text":
        return []
    last = max((place for place, name in enumerate(found.header.names) if name), default=0)
    extra = [f"c{place}" for place in range(last + 1, found.grid.width)]
    if not extra:
        return []
    shifted = _body(found).select(pl.any_horizontal(pl.col(extra).is_not_null()).alias("shifted"))["shifted"]
    return [(pl.lit(shifted), pl.lit("row_shifted"), "")]


def _dates(found: Recognised) -> list[Check]:
    kind = found.facts.kind
    if kind not in ("visits", "payments"):
        return []
    column = DATE_OF_KIND[kind]
    return [
        (pl.col("date_problem").is_not_null(), pl.col("date_problem"), column),
        (pl.col("day").is_null(), pl.lit("date_missing"), column),
        (pl.col("day").dt.year() < FIRST_YEAR, pl.lit("date_implausible"), column),
    ]


def _people(found: Recognised) -> list[Check]:
    kind = found.facts.kind
    if kind not in ("visits", "patients", "payments", "plans"):
        return []
    named = pl.col("name").is_not_null() & (pl.col("surname").is_not_null() | pl.col("patronymic").is_not_null())
    numbered = pl.col("patient_ext_id").is_not_null() | pl.col("card_no").is_not_null()
    known = named | numbered | (pl.col("phones").list.len() > 0)
    if kind == "payments":
        known = known | pl.col("visit_ext_id").is_not_null()
    return [
        (pl.col("name_problem").is_in(_NO_PERSON), pl.col("name_problem"), "full_name"),
        (~known, pl.coalesce("name_problem", pl.lit("patient_missing")), "full_name"),
    ]


def _kinds(found: Recognised, today: date) -> list[Check]:
    if found.facts.kind == "visits":
        return [
            (pl.col("status_problem").is_not_null(), pl.col("status_problem"), "status"),
            ((pl.col("status") == "completed") & (pl.col("day") > today), pl.lit("future_completed"), "starts_at"),
            (pl.col("born_on") > pl.col("day"), pl.lit("before_birth"), "born_on"),
        ]
    if found.facts.kind == "payments":
        column = found.columns.get("paid")
        written = _body(found)[column].is_not_null() if column else pl.Series([False])
        code = pl.when(pl.lit(written)).then(pl.lit("amount_unreadable")).otherwise(pl.lit("amount_missing"))
        return [(pl.col("paid_kopecks").is_null(), code, "paid")]
    return []


def _body(found: Recognised) -> pl.DataFrame:
    return found.grid.cells.slice(found.header.row + found.header.height, None)


def _repeated_header(cells: pl.DataFrame, first: pl.Series, found: Recognised) -> pl.Series:
    """A report printed by pages says its header on each."""
    names = [name for name in found.header.names if name]
    result = [False] * cells.height
    if found.header.height and names:
        wanted = list(found.header.names)
        for index in first.is_in(names).arg_true().to_list():
            row = ["" if cell is None else " ".join(str(cell).split()) for cell in cells.row(index)]
            row += [""] * (len(wanted) - len(row))
            alike = sum(one == other != "" for one, other in zip(row, wanted, strict=False))
            result[index] = alike >= 3 or same_header(row[: len(wanted)], wanted)
    return pl.Series(result, dtype=pl.Boolean)
