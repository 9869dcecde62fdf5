"""From cleaned tables of all files to one Reading: people, visits, duplicates, the account of every row."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import polars as pl

from zabota.intake.reading.results import (
    PATIENT_SCHEMA,
    PAYMENT_SCHEMA,
    PLAN_SCHEMA,
    SERVICE_SCHEMA,
    VISIT_SCHEMA,
    FileFacts,
    Reading,
    Rejection,
    RowCounts,
    empty,
)
from zabota.intake.rules.reasons import reason_text
from zabota.intake.rules.spelling import one_spelling, unite_doctors
from zabota.patients.rules.matching import match_people

_WITH_PEOPLE: Final = ("visits", "patients", "payments", "plans")
_IGNORED_STATUSES: Final = {
    "no_show": "no_show",
    "moved": "moved",
    "cancelled_patient": "cancelled",
    "cancelled_clinic": "cancelled",
}


@dataclass(frozen=True, slots=True)
class Table:
    """One cleaned table and what was recognised in it; `refused` are raw cells of its rejected rows."""

    facts: FileFacts
    lines: pl.DataFrame
    remarks: pl.DataFrame
    status_assumed: bool
    cells: pl.LazyFrame


def assemble(tables: Sequence[Table], *, today: date) -> Reading:
    """Unite tables; `file` becomes the index of a table."""
    lines = pl.concat(
        [
            table.lines.with_columns(
                file=pl.lit(index, dtype=pl.Int16), kind=pl.lit(table.facts.kind or "", dtype=pl.String)
            )
            for index, table in enumerate(tables)
        ],
        how="vertical",
    )
    lines, notes, unions = _people(lines)
    lines = _late_refusals(lines)
    lines = _spelling(lines)
    lines = _visits(lines)
    lines, duplicates = _outcomes(lines, today)
    counts = _counts(lines, len(tables))
    kinds = [table.facts.kind for table in tables]
    of_visits = [count for count, kind in zip(counts, kinds, strict=True) if kind == "visits"] or counts
    spans = _periods(lines, len(tables))
    facts = [
        replace(table.facts, counts=count, period=span) for table, count, span in zip(tables, counts, spans, strict=True)
    ]
    remarks = _remarks(tables, facts)
    live = lines.filter(pl.col("reason").is_null() & pl.col("outcome").is_in(["accepted", "other"]))
    people = _people_frame(live)
    notes |= _notes(lines, live, people, tables, remarks)
    return Reading(
        files=facts,
        rows=sum(of_visits, RowCounts()),
        visits=_visits_frame(live),
        patients=_select(live.filter(pl.col("kind") == "patients"), PATIENT_SCHEMA),
        payments=_payments(live),
        plans=_plans(live),
        services=_select(live.filter(pl.col("kind") == "services"), SERVICE_SCHEMA),
        people=people,
        rejections=_rejections(lines, tables),
        remarks=remarks,
        duplicates=duplicates,
        ignored=lines.filter(pl.col("outcome") == "ignored").select("file", "row", pl.col("ignored").alias("code")),
        unions=unions,
        notes=notes,
        refused=_refused(lines, tables),
    )


def _people(lines: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int | float], pl.DataFrame]:
    has_person = pl.col("kind").is_in(_WITH_PEOPLE) & pl.col("reason").is_null() & pl.col("ignored").is_null()
    indexed = lines.with_row_index("_i")
    # payments that name only a visit belong to whoever came to it
    part = indexed.filter(
        has_person
        & (
            pl.col("patient_ext_id").is_not_null()
            | pl.col("card_no").is_not_null()
            | pl.col("surname").is_not_null()
            | pl.col("name").is_not_null()
            | (pl.col("phones").list.len() > 0)
        )
    )
    matched = match_people(part)
    part = part.select("_i").with_columns(matched.people.cast(pl.Int32).alias("person"))
    lines = indexed.join(part, on="_i", how="left", maintain_order="left").drop("_i")
    by_visit = (
        lines.filter((pl.col("kind") == "visits") & pl.col("visit_ext_id").is_not_null() & pl.col("person").is_not_null())
        .group_by("visit_ext_id").agg(pl.col("person").unique().alias("_p"))
        .filter(pl.col("_p").list.len() == 1).select("visit_ext_id", pl.col("_p").list.first())
    )  # fmt: skip
    lines = lines.join(by_visit, on="visit_ext_id", how="left", maintain_order="left").with_columns(
        person=pl.when((pl.col("kind") == "payments") & pl.col("person").is_null()).then(pl.col("_p")).otherwise(pl.col("person"))
    ).drop("_p")  # fmt: skip
    notes: dict[str, int | float] = {
        "cards_united": matched.unions.height,
        "cards_united_by_name_and_birth": matched.unions.filter(pl.col("reason") == "name_birth").height,
        "system_numbers_on_different_people": matched.split_ids,
    }
    return lines, notes, matched.unions


def _late_refusals(lines: pl.DataFrame) -> pl.DataFrame:
    """A birth date may stand in another file: a visit before it is refused all the same."""
    born = (
        lines.filter(pl.col("person").is_not_null() & pl.col("born_on").is_not_null())
        .group_by("person").agg(pl.col("born_on").mode().sort().first().alias("_born"))
    )  # fmt: skip
    before = (
        (pl.col("kind") == "visits") & pl.col("reason").is_null() & pl.col("ignored").is_null()
        & pl.col("born_on").is_null() & (pl.col("_born") > pl.col("day"))
    ).fill_null(False)  # fmt: skip
    return lines.join(born, on="person", how="left", maintain_order="left").with_columns(
        reason=pl.when(before).then(pl.lit("before_birth")).otherwise(pl.col("reason")),
        reason_field=pl.when(before).then(pl.lit("starts_at")).otherwise(pl.col("reason_field")),
    ).drop("_born")  # fmt: skip


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


def _visits(lines: pl.DataFrame) -> pl.DataFrame:
    """Dense index of visits: one number of the system on one person and day, or one person with one doctor at one time."""
    of_visit = pl.col("kind").eq("visits") & pl.col("reason").is_null() & pl.col("ignored").is_null()
    indexed = lines.with_row_index("_i")
    part = indexed.filter(of_visit)
    if not part.height:
        return lines.with_columns(visit=pl.lit(None, dtype=pl.Int32))
    time = pl.when(pl.col("seconds").fill_null(0) > 0).then(pl.col("seconds"))
    stands = pl.struct("person", "day", time.alias("t"), pl.col("doctor").fill_null(""), "status")
    key = (
        pl.when(pl.col("visit_ext_id").is_not_null() & time.is_null())
        .then(pl.concat_str(pl.lit("#"), "visit_ext_id", ignore_nulls=True))
        .otherwise(pl.lit(""))
    )
    part = part.with_columns(_slot=pl.struct(stands, key.alias("k")).rank("dense"))
    # lines of one number of the system are one visit even when they name two doctors
    number = pl.struct("visit_ext_id", "person", "day", "status").rank("dense")
    part = part.with_columns(
        _first=pl.when(pl.col("visit_ext_id").is_not_null())
        .then(pl.col("_slot").min().over(number))
        .otherwise(pl.col("_slot"))
    )
    part = part.with_columns(_first=pl.col("_first").min().over("_slot"))
    part = part.with_columns(visit=(pl.col("_first").rank("dense") - 1).cast(pl.Int32)).select("_i", "visit")
    return indexed.join(part, on="_i", how="left", maintain_order="left").drop("_i")


def _outcomes(lines: pl.DataFrame, today: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Each row is accepted, rejected, a duplicate or ignored; exactly one of the four."""
    lines = lines.with_row_index("_i")
    live = pl.col("reason").is_null() & pl.col("ignored").is_null()
    visits = lines.filter(live & (pl.col("kind") == "visits"))
    same_service = (pl.col("service").fill_null(""), pl.col("service_code").fill_null(""))
    first = pl.col("_i").min()
    repeated = visits.select("_i", first.over("visit", *same_service, "status").alias("_of")).filter(
        pl.col("_i") != pl.col("_of")
    )
    others = lines.filter(live & (pl.col("kind") != "visits"))
    if others.height:
        columns = [name for name in others.columns if name not in ("_i", "file", "row", "visit", "phones")]
        again = (
            others.with_columns(_p=pl.col("phones").list.join(" "))
            .select("_i", first.over(*columns, "_p").alias("_of"))
            .filter(pl.col("_i") != pl.col("_of"))
        )
        repeated = pl.concat([repeated, again])
    origin = lines.select(pl.col("_i").alias("_of"), pl.col("file").alias("of_file"), pl.col("row").alias("of_row"))
    lines = lines.join(repeated, on="_i", how="left", maintain_order="left")
    duplicates = (
        lines.filter(pl.col("_of").is_not_null())
        .select("file", "row", "_of")
        .join(origin, on="_of", how="left", maintain_order="left")
        .drop("_of")
    )
    status = pl.col("status")
    why = (
        pl.when(pl.col("kind") != "visits").then(None)
        .when(status == "completed").then(None)
        .when(status.is_in(list(_IGNORED_STATUSES))).then(status.replace(_IGNORED_STATUSES))
        .when(pl.col("day") < today).then(pl.lit("not_closed"))
        .otherwise(pl.lit("to_come"))
    )  # fmt: skip
    outcome = (
        pl.when(pl.col("ignored").is_not_null()).then(pl.lit("ignored"))
        .when(pl.col("reason").is_not_null()).then(pl.lit("rejected"))
        .when(pl.col("_of").is_not_null()).then(pl.lit("duplicate"))
        .when(why.is_not_null()).then(pl.lit("other"))
        .otherwise(pl.lit("accepted"))
    )  # fmt: skip
    lines = lines.with_columns(outcome=outcome).with_columns(
        ignored=pl.when(pl.col("outcome") == "other").then(why).otherwise(pl.col("ignored"))
    )
    return lines.drop("_i", "_of"), duplicates


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
    spans = lines.filter(pl.col("reason").is_null() & pl.col("day").is_not_null()).group_by("file").agg(
        pl.col("day").min().alias("first"), pl.col("day").max().alias("last")
    )  # fmt: skip
    found = {file: (first.isoformat(), last.isoformat()) for file, first, last in spans.iter_rows()}
    return [found.get(file, ("", "")) for file in range(tables)]


def _rejections(lines: pl.DataFrame, tables: Sequence[Table]) -> list[Rejection]:
    refused = lines.filter(pl.col("outcome") == "rejected").select("file", "row", "reason", "reason_field")
    result: list[Rejection] = []
    for file, rows in refused.group_by("file", maintain_order=True):
        index = int(file[0])  # type: ignore[call-overload]
        facts = tables[index].facts
        place = {column.field: number for number, column in enumerate(facts.columns) if column.field}
        cells = tables[index].cells.filter(pl.col("row").is_in(rows["row"].implode())).collect()
        raw = {row[0]: row[1:] for row in cells.iter_rows()}
        for _, row, code, field in rows.iter_rows():
            found = _place(place, field)
            value = raw.get(row, ())[found] if found is not None and row in raw and found < len(raw[row]) else None
            column = facts.columns[found].header if found is not None else field
            result.append(Rejection(index, row, column, code, (value or "")[:200], reason_text(code)))
    return result


def _place(place: dict[str, int], field: str) -> int | None:
    if field in place:
        return place[field]
    kin = {
        "full_name": ("surname", "name", "patient_ext_id", "card_no"),
        "starts_at": ("paid_on", "starts_time"),
        "paid": ("price",),
    }
    return next((place[name] for name in kin.get(field, ()) if name in place), None)


def _refused(lines: pl.DataFrame, tables: Sequence[Table]) -> dict[int, pl.DataFrame]:
    refused = lines.filter(pl.col("outcome") == "rejected").select("file", "row", "reason")
    result: dict[int, pl.DataFrame] = {}
    for file, rows in refused.group_by("file", maintain_order=True):
        index = int(file[0])  # type: ignore[call-overload]
        cells = tables[index].cells.filter(pl.col("row").is_in(rows["row"].implode())).collect()
        result[index] = cells.join(rows.select("row", "reason"), on="row", how="inner", maintain_order="left")
    return result


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


def _select(frame: pl.DataFrame, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in schema.items() if name not in frame.columns]
    return frame.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in schema.items())


def _visits_frame(live: pl.DataFrame) -> pl.DataFrame:
    return _select(live.filter(pl.col("kind") == "visits"), VISIT_SCHEMA)


def _payments(live: pl.DataFrame) -> pl.DataFrame:
    part = live.filter(pl.col("kind") == "payments").with_columns(
        paid_at=pl.col("starts_at"), amount_kopecks=pl.coalesce("paid_kopecks", "total_kopecks", "price_kopecks")
    )
    return _select(part, PAYMENT_SCHEMA) if part.height else empty(PAYMENT_SCHEMA)


def _plans(live: pl.DataFrame) -> pl.DataFrame:
    part = live.filter(pl.col("kind") == "plans").with_columns(
        agreed_on=pl.col("day"), total_kopecks=pl.coalesce("plan_total_kopecks", "total_kopecks")
    )
    return _select(part, PLAN_SCHEMA) if part.height else empty(PLAN_SCHEMA)


def _people_frame(live: pl.DataFrame) -> pl.DataFrame:
    """One line per person: the commonest spelling of each part, all numbers and phones, the first source told."""
    part = live.filter(pl.col("person").is_not_null())

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
        ).sort("person")
    )  # fmt: skip


def _notes(
    lines: pl.DataFrame, live: pl.DataFrame, people: pl.DataFrame, tables: Sequence[Table], remarks: pl.DataFrame
) -> dict[str, int | float]:
    visits = live.filter((pl.col("kind") == "visits") & (pl.col("status") == "completed"))
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
        "not_closed": lines.filter(pl.col("ignored") == "not_closed").height,
        "to_come": lines.filter(pl.col("ignored") == "to_come").height,
        "status_assumed": sum(table.status_assumed for table in tables),
    }
    for code, number in remarks.group_by("code").len().sort("code").iter_rows():
        notes[f"remark_{code}"] = number
    return notes
