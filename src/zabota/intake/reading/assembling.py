"""From cleaned tables of all files to one Reading: people, visits, duplicates, the account of every row."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl

from zabota.intake.reading.results import (
    LINE,
    PATIENT_SCHEMA,
    PAYMENT_SCHEMA,
    PLAN_SCHEMA,
    SERVICE_SCHEMA,
    VISIT_SCHEMA,
    FileFacts,
    Reading,
    Rejection,
    RowCounts,
    Table,
)
from zabota.intake.rules.accounting import VISIT_KEYS, index_visits, outcomes, repeats_of_rows, repeats_of_visits
from zabota.intake.rules.fields import Kind
from zabota.intake.rules.reasons import reason_text
from zabota.intake.rules.spelling import one_spelling, unite_doctors
from zabota.patients.rules.matching import IDENTITY, Matched, match_people

_OF_A_CARD: Final = ("surname", "name", "patronymic", "born_on", "sex", "channel", "email")
#: From so many people with several visits on, and from this part of them with one day of entry, it is the day of the card.
FEWEST_CARDS: Final = 5
OF_CARD: Final = 0.8
_WITH_PEOPLE: Final = ("visits", "patients", "payments", "plans")


def assemble(tables: Sequence[Table], *, today: date) -> Reading:
    """Unite tables; `file` becomes the index of a table.

    Wide rows are never joined or sorted: decisions are taken on the few columns they need and come back as columns.
    """
    lines = pl.concat(
        [
            table.lines.with_columns(
                file=pl.lit(index, dtype=pl.Int16), kind=pl.lit(table.facts.kind or "", dtype=pl.String)
            )
            for index, table in enumerate(tables)
        ],
        how="diagonal",
        rechunk=False,
    )
    # literals are kept once, not per row: most tables fill a third of the columns
    lines = lines.with_columns(
        pl.lit(None, dtype=kind).alias(name) for name, kind in LINE.items() if name not in lines.columns
    )
    lines = lines.with_columns(pl.col("phones").fill_null(pl.lit([], dtype=pl.List(pl.String))))
    lines = _spelling(lines)
    person, matched = _people(lines)
    lines = lines.with_columns(person)
    lines = lines.with_columns(_late_refusals(lines))
    lines = lines.with_columns(_visits(lines))
    decided, duplicates = _decide(lines, today)
    lines = lines.with_columns(decided)
    counts = _counts(lines, len(tables))
    kinds = [table.facts.kind for table in tables]
    of_visits = [count for count, kind in zip(counts, kinds, strict=True) if kind == "visits"] or counts
    spans = _periods(lines, len(tables))
    facts = [
        replace(table.facts, counts=count, period=span)
        for table, count, span in zip(tables, counts, spans, strict=True)
    ]
    remarks = _remarks(tables, facts)
    rejections, refused = _rejections(lines, tables)
    ignored = (
        lines.lazy()
        .filter(pl.col("outcome") == "ignored")
        .select("file", "row", pl.col("ignored").alias("code"))
        .collect()
    )
    live = lines.lazy().filter(pl.col("outcome").is_in(["accepted", "other"]))
    people = _people_frame(live)
    notes: dict[str, int | float] = {
        "cards_united": matched.unions.height,
        "cards_united_by_name_and_birth": matched.unions.filter(pl.col("reason") == "name_birth").height,
        "system_numbers_on_different_people": matched.split_ids,
        **_notes(live, people, tables, remarks),
    }
    return Reading(
        files=facts,
        rows=sum(of_visits, RowCounts()),
        visits=_of_bookings(_told_elsewhere(_select(live, "visits", VISIT_SCHEMA), people)),
        patients=_select(live, "patients", PATIENT_SCHEMA),
        payments=_payments(live),
        plans=_plans(live),
        services=_select(live, "services", SERVICE_SCHEMA),
        people=people,
        rejections=rejections,
        remarks=remarks,
        duplicates=duplicates,
        ignored=ignored,
        unions=matched.unions,
        notes=notes,
        refused=refused,
    )


def _people(lines: pl.DataFrame) -> tuple[pl.Series, Matched]:
    """Index of the person for each row that speaks of one."""
    named = pl.any_horizontal(pl.col("patient_ext_id", "card_no", "surname", "name").is_not_null())
    of_person = (
        pl.col("kind").is_in(_WITH_PEOPLE) & pl.col("reason").is_null() & pl.col("ignored").is_null()
        & (named | (pl.col("phones").list.len() > 0))
    )  # fmt: skip
    mask = lines.select(of_person.alias("mask"))["mask"]
    matched = match_people(lines.select(list(IDENTITY)).filter(mask))
    person = _spread(mask, matched.people, "person")
    keyed = lines.select("kind", "visit_ext_id").with_columns(person)
    # payments that name only a visit belong to whoever came to it
    by_visit = (
        keyed.filter((pl.col("kind") == "visits") & pl.col("visit_ext_id").is_not_null() & pl.col("person").is_not_null())
        .group_by("visit_ext_id").agg(pl.col("person").n_unique().alias("_n"), pl.col("person").first().alias("_p"))
        .filter(pl.col("_n") == 1).select("visit_ext_id", "_p")
    )  # fmt: skip
    filled = keyed.join(by_visit, on="visit_ext_id", how="left", maintain_order="left").select(
        pl.when((pl.col("kind") == "payments") & pl.col("person").is_null())
        .then(pl.col("_p"))
        .otherwise(pl.col("person"))
        .alias("person")
    )
    return filled["person"], matched


def _late_refusals(lines: pl.DataFrame) -> list[pl.Series]:
    """A birth date may stand in another file: a visit before it is refused all the same."""
    rows = lines.select("kind", "reason", "reason_field", "ignored", "born_on", "person", "day")
    born = (
        rows.filter(pl.col("person").is_not_null() & pl.col("born_on").is_not_null())
        .group_by("person").agg(pl.col("born_on").mode().min().alias("_born"))
    )  # fmt: skip
    before = (
        (pl.col("kind") == "visits") & pl.col("reason").is_null() & pl.col("ignored").is_null()
        & pl.col("born_on").is_null() & (pl.col("_born") > pl.col("day"))
    ).fill_null(False)  # fmt: skip
    decided = rows.join(born, on="person", how="left", maintain_order="left").select(
        reason=pl.when(before).then(pl.lit("before_birth")).otherwise(pl.col("reason")),
        reason_field=pl.when(before).then(pl.lit("starts_at")).otherwise(pl.col("reason_field")),
    )
    return decided.get_columns()


def _spelling(lines: pl.DataFrame) -> pl.DataFrame:
    """One spelling per doctor, service, branch, source: «ЯНДЕКС » and «Яндекс» are one source."""
    for name in ("doctor", "speciality", "branch", "service", "category", "channel", "method"):
        counted = lines[name].drop_nulls().value_counts()
        if not counted.height:
            continue
        words = dict(zip(counted[name].to_list(), counted["count"].to_list(), strict=True))
        chosen = unite_doctors(words) if name == "doctor" else one_spelling(words)
        changed = {word: shown for word, shown in chosen.items() if word != shown}
        if changed:
            lines = lines.with_columns(pl.col(name).replace(changed))
    return lines


def _visits(lines: pl.DataFrame) -> pl.Series:
    of_visit = pl.col("kind").eq("visits") & pl.col("reason").is_null() & pl.col("ignored").is_null()
    mask = lines.select(of_visit.alias("mask"))["mask"]
    return _spread(mask, index_visits(lines.select(list(VISIT_KEYS)).filter(mask)), "visit")


def _decide(lines: pl.DataFrame, today: date) -> tuple[list[pl.Series], pl.DataFrame]:
    """Each row is accepted, rejected, a duplicate or ignored; exactly one of the four."""
    live = pl.col("reason").is_null() & pl.col("ignored").is_null()
    rows = lines.select(
        "visit", "service", "service_code", "tooth", "status", "kind", "reason", "ignored"
    ).with_row_index("_i")
    repeated = repeats_of_visits(rows.filter(live & (pl.col("kind") == "visits")))
    if any(kind not in ("visits", "") for kind in lines["kind"].unique().to_list()):
        others = lines.lazy().with_row_index("_i").filter(live & (pl.col("kind") != "visits")).collect()
        lists = others.with_columns(pl.col("phones").list.join(" ")).drop("file", "row", "visit")
        repeated = pl.concat([repeated, repeats_of_rows(lists)])
    places = lines.select("file", "row")
    duplicates = pl.DataFrame(
        [
            *places[repeated["_i"]].get_columns(),
            *places[repeated["_of"]].rename({"file": "of_file", "row": "of_row"}).get_columns(),
        ]
    )
    repeats = pl.Series("repeats", np.isin(np.arange(lines.height), repeated["_i"].to_numpy()))
    decided = outcomes(lines.select("kind", "ignored", "reason", "status", "day").with_columns(repeats), today)
    return decided.get_columns(), duplicates.sort("file", "row")


def _spread(mask: pl.Series, values: pl.Series, name: str) -> pl.Series:
    """Values of the rows where the mask holds, at their places among all rows."""
    place = mask.cast(pl.Int32).cum_sum() - 1
    frame = pl.DataFrame({"mask": mask, "place": place})
    chosen = frame.select(pl.when("mask").then("place"))["place"]
    return (values.gather(chosen) if values.len() else pl.Series([None] * mask.len(), dtype=values.dtype)).alias(name)


def _counts(lines: pl.DataFrame, tables: int) -> list[RowCounts]:
    counted = lines.group_by("file", "outcome").len()
    found = {(file, outcome): number for file, outcome, number in counted.iter_rows()}
    result = []
    for file in range(tables):
        of = {
            name: int(found.get((file, name), 0)) for name in ("accepted", "rejected", "duplicate", "ignored", "other")
        }
        result.append(
            RowCounts(sum(of.values()), of["accepted"], of["rejected"], of["duplicate"], of["ignored"] + of["other"])
        )
    return result


def _periods(lines: pl.DataFrame, tables: int) -> list[tuple[str, str]]:
    """First and last day of the rows that were not refused."""
    known = lines.select("file", "day", "reason").filter(pl.col("reason").is_null() & pl.col("day").is_not_null())
    spans = known.group_by("file").agg(
        pl.col("day").min().alias("first"), pl.col("day").max().alias("last")
    )  # fmt: skip
    found = {file: (first.isoformat(), last.isoformat()) for file, first, last in spans.iter_rows()}
    return [found.get(file, ("", "")) for file in range(tables)]


def _rejections(lines: pl.DataFrame, tables: Sequence[Table]) -> tuple[list[Rejection], dict[int, pl.DataFrame]]:
    """Refused rows with their reasons, and their raw cells by file."""
    refused = lines.select("file", "row", "reason", "reason_field", "outcome").filter(pl.col("outcome") == "rejected")
    result: list[Rejection] = []
    raw_cells: dict[int, pl.DataFrame] = {}
    for index in sorted(refused["file"].unique().to_list()):
        rows = refused.filter(pl.col("file") == index)
        facts = tables[index].facts
        place = {column.field: number for number, column in enumerate(facts.columns) if column.field}
        cells = tables[index].cells.filter(pl.col("row").is_in(rows["row"].implode())).collect()
        raw_cells[index] = cells.join(rows.select("row", "reason"), on="row", how="inner", maintain_order="left")
        raw = {row[0]: row[1:] for row in cells.iter_rows()}
        for _, row, code, field, _ in rows.iter_rows():
            found = _place(place, field)
            column = facts.columns[found].header if found is not None else ""
            value = raw[row][found] if found is not None and found < len(raw[row]) else None
            result.append(Rejection(index, row, column, code, (value or "")[:200], reason_text(code)))
    return result, raw_cells


def _place(place: dict[str, int], field: str) -> int | None:
    if field in place:
        return place[field]
    kin = {
        "full_name": ("surname", "name", "patient_ext_id", "card_no"),
        "starts_at": ("paid_on", "starts_time"),
        "paid": ("price",),
    }
    return next((place[name] for name in kin.get(field, ()) if name in place), None)


def _remarks(tables: Sequence[Table], facts: Sequence[FileFacts]) -> pl.DataFrame:
    schema = {"file": pl.Int16, "row": pl.Int32, "column": pl.String, "code": pl.String, "value": pl.String}
    frames = [pl.DataFrame(schema=schema)]
    for index, table in enumerate(tables):
        headers = {column.field: column.header for column in facts[index].columns if column.field}
        frames.append(
            table.remarks.select(
                pl.lit(index, dtype=pl.Int16).alias("file"),
                "row",
                pl.col("field").replace(headers).alias("column"),
                "code",
                pl.col("value").str.slice(0, 200),
            )
        )
    return pl.concat(frames)


def _select(live: pl.LazyFrame, kind: Kind, schema: dict[str, Any], **derived: pl.Expr) -> pl.DataFrame:
    """Rows of one kind with the columns of a schema, in one pass."""
    have = set(live.collect_schema().names())
    columns = [
        derived[name].cast(dtype).alias(name)
        if name in derived
        else (pl.col(name) if name in have else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in schema.items()
    ]
    return live.filter(pl.col("kind") == kind).select(columns).collect()


def _of_bookings(visits: pl.DataFrame) -> pl.DataFrame:
    """Without the day of entry when it is that of the card: then nearly all visits of a person carry the same one."""
    if not visits.height or visits["created_at"].null_count() == visits.height:
        return visits
    known = visits.lazy().filter(pl.col("created_at").is_not_null() & pl.col("day").is_not_null())
    several = (
        known.group_by("person")
        .agg(
            (pl.col("day").min() < pl.col("day").max()).alias("several"),
            (pl.col("created_at").min() == pl.col("created_at").max()).alias("one"),
        )
        .filter("several")
        .select(pl.len().alias("people"), pl.col("one").sum())
        .collect()
    )
    people, one = several.row(0)
    if people < FEWEST_CARDS or one < OF_CARD * people:
        return visits
    return visits.with_columns(pl.lit(None, dtype=pl.Datetime("us")).alias("created_at"))


def _told_elsewhere(visits: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Columns that the file of visits does not have at all are taken from the cards of another file."""
    lacking = [name for name in _OF_A_CARD if visits.height and visits[name].null_count() == visits.height]
    if not lacking:
        return visits
    told = visits.select("person").join(
        people.select("person", *lacking), on="person", how="left", maintain_order="left"
    )
    return visits.with_columns(told.select(pl.col(name).cast(visits.schema[name]) for name in lacking).get_columns())


def _payments(live: pl.LazyFrame) -> pl.DataFrame:
    amount = pl.coalesce("paid_kopecks", "total_kopecks", "price_kopecks")
    return _select(live, "payments", PAYMENT_SCHEMA, paid_at=pl.col("starts_at"), amount_kopecks=amount)


def _plans(live: pl.LazyFrame) -> pl.DataFrame:
    total = pl.coalesce("plan_total_kopecks", "total_kopecks")
    return _select(live, "plans", PLAN_SCHEMA, agreed_on=pl.col("day"), total_kopecks=total)


def _people_frame(live: pl.LazyFrame) -> pl.DataFrame:
    """One line per person: the commonest spelling of each part, all numbers and phones, the first source told."""
    part = live.select(
        "person", "surname", "name", "patronymic", "born_on", "sex", "email", "patient_ext_id", "card_no", "phones", "channel", "branch",
        "status", "day", "starts_at", "file", "row",
    ).filter(pl.col("person").is_not_null())  # fmt: skip

    def common(name: str) -> pl.Expr:
        return pl.col(name).drop_nulls().mode().sort().first().alias(name)

    return (
        part.sort("starts_at", "file", "row", nulls_last=True).group_by("person").agg(
            common("surname"), common("name"), common("patronymic"), common("born_on"), common("sex"), common("email"),
            pl.col("patient_ext_id").drop_nulls().unique().sort().alias("ext_ids"),
            pl.col("card_no").drop_nulls().unique().sort().alias("card_nos"),
            pl.col("phones").list.explode().drop_nulls().unique().sort().alias("phones"),
            pl.col("channel").drop_nulls().first().alias("channel"),
            pl.col("branch").drop_nulls().first().alias("branch"),
            (pl.col("status") == "completed").sum().alias("lines"),
            pl.col("day").filter(pl.col("status") == "completed").min().alias("first_day"),
            pl.col("day").filter(pl.col("status") == "completed").max().alias("last_day"),
        ).sort("person").collect()
    )  # fmt: skip


def _notes(
    live: pl.LazyFrame, people: pl.DataFrame, tables: Sequence[Table], remarks: pl.DataFrame
) -> dict[str, int | float]:
    told = ("visit", "channel", "doctor", "service", "price_kopecks", "paid_kopecks")
    visits = live.filter((pl.col("kind") == "visits") & (pl.col("status") == "completed")).select(told).collect()
    unseen = dict(live.group_by("ignored").len().collect().iter_rows())
    count = max(visits.height, 1)
    shared = (
        people.select("person", "phones")
        .explode("phones")
        .drop_nulls()
        .group_by("phones")
        .len()
        .filter(pl.col("len") > 1)
    )
    notes: dict[str, int | float] = {
        "people": people.height,
        "visits": visits["visit"].n_unique() if visits.height else 0,
        "phones_shared": shared.height,
        "people_without_phone": people.filter(pl.col("phones").list.len() == 0).height,
        "people_without_birth": people["born_on"].null_count(),
        "channel_missing_share": round(visits["channel"].null_count() / count, 4),
        "doctor_missing_share": round(visits["doctor"].null_count() / count, 4),
        "service_missing_share": round(visits["service"].null_count() / count, 4),
        "price_missing_share": round(
            visits.filter(pl.col("price_kopecks").is_null() & pl.col("paid_kopecks").is_null()).height / count, 4
        ),
        "not_closed": int(unseen.get("not_closed", 0)),
        "to_come": int(unseen.get("to_come", 0)),
        "status_assumed": sum(table.status_assumed for table in tables),
    }
    for code, number in remarks.group_by("code").len().sort("code").iter_rows():
        notes[f"remark_{code}"] = number
    return notes
