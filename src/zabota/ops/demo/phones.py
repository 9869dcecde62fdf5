"""Phones as people type them into an information system: ten spellings, notes, two in a cell, damage by Excel."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from zabota.ops.demo.spec import Ints

# Contact of a person, as the generator of people counts it.
MOBILE, LANDLINE, NONE, DAMAGED = range(4)
SPELLINGS: Final = 10
NOTES: Final = ("мама", "муж", "жена", "звонить после 18", "дочь")


def clean(cards: pl.DataFrame) -> pl.Series:
    """«+7 (916) 001-23-45»; landlines with their code; nothing where there is none."""
    return _spell(cards["mobile"], 0).set(pl.Series(cards["contact"].is_in([NONE, DAMAGED])), "").alias("phone")


def _parts(mobile: pl.Series) -> tuple[pl.Series, pl.Series, pl.Series, pl.Series]:
    digits = mobile.cast(pl.String)
    return digits.str.slice(0, 3), digits.str.slice(3, 3), digits.str.slice(6, 2), digits.str.slice(8, 2)


def _spell(mobile: pl.Series, style: int) -> pl.Series:
    code, three, two, last = _parts(mobile)
    match style:
        case 0:
            return "+7 (" + code + ") " + three + "-" + two + "-" + last
        case 1:
            return "8 (" + code + ") " + three + "-" + two + "-" + last
        case 2:
            return "8" + code + three + two + last
        case 3:
            return "+7" + code + three + two + last
        case 4:
            return code + three + two + last
        case 5:
            return "7" + code + three + two + last
        case 6:
            return "8-" + code + "-" + three + "-" + two + "-" + last
        case 7:
            return "+7 " + code + " " + three + " " + two + " " + last
        case 8:
            return "8(" + code + ")" + three + two + last
        case _:
            return "+8 " + code + " " + three + "-" + two + "-" + last


def untidy(cards: pl.DataFrame, rng: np.random.Generator, dirt: float) -> tuple[pl.Series, dict[str, int]]:
    """The phone cell of every card, and how many cells of each kind there are."""
    size = len(cards)
    style = np.minimum(rng.choice(SPELLINGS, size, p=[0.3, 0.16, 0.12, 0.1, 0.07, 0.07, 0.06, 0.05, 0.05, 0.02]), 9)
    styled = pl.DataFrame([_spell(cards["mobile"], number).alias(str(number)) for number in range(SPELLINGS)])
    text = _pick(styled, style)
    second = _spell_second(cards)
    contact = cards["contact"].to_numpy()
    u = rng.random(size)
    note = pl.Series(NOTES)[rng.integers(0, len(NOTES), size)]
    borrowed = ~cards["own_phone"].to_numpy()
    has_second = (cards["second_mobile"] > 0).to_numpy() & (contact == MOBILE)
    noted = (contact == MOBILE) & ~has_second & (borrowed & (u < 0.5) | (u < 0.012 * dirt))
    extension = (contact == MOBILE) & ~has_second & ~noted & (u > 1 - 0.012 * dirt)
    excel = (contact == DAMAGED) & (u < 0.4)
    short = (contact == DAMAGED) & ~excel & (u < 0.8)
    junk = (contact == DAMAGED) & ~excel & ~short
    code, three, two, last = _parts(cards["mobile"])
    frame = pl.DataFrame(
        {
            "text": text, "second": second, "note": note, "three": three, "two": two, "last": last, "code": code,
            "contact": cards["contact"], "has_second": has_second, "noted": noted, "extension": extension,
            "excel": excel, "short": short, "junk": junk,
        }
    )  # fmt: skip
    local = pl.col("three") + "-" + pl.col("two") + "-" + pl.col("last")
    cell = frame.select(
        pl.when(pl.col("contact") == NONE).then(pl.lit(""))
        .when(pl.col("contact") == LANDLINE).then("8 (495) " + local)
        .when("has_second").then(pl.col("text") + ", " + pl.col("second"))
        .when("noted").then(pl.col("text") + " " + pl.col("note"))
        .when("extension").then("8 (495) " + local + " доб. 12")
        .when("excel").then("7," + pl.col("code") + pl.col("three").str.slice(0, 2) + "E+10")
        .when("short").then(local)
        .when("junk").then(pl.lit("нет тел."))
        .otherwise("text")
    ).to_series()  # fmt: skip
    counts = {
        "none": int((contact == NONE).sum()),
        "landline": int((contact == LANDLINE).sum()),
        "two_in_a_cell": int(has_second.sum()),
        "with_a_note": int(noted.sum()),
        "with_extension": int(extension.sum()),
        "damaged_by_excel": int(excel.sum()),
        "without_code": int(short.sum()),
        "words_only": int(junk.sum()),
    }
    return cell.alias("phone"), counts


def _spell_second(cards: pl.DataFrame) -> pl.Series:
    return _spell(cards["second_mobile"].cast(pl.String).str.zfill(10).alias("second"), 2)


def _pick(frame: pl.DataFrame, column: Ints) -> pl.Series:
    """From each row the cell of its own column."""
    chosen = pl.Series(column)
    expression = pl.lit("")
    for number, name in enumerate(frame.columns):
        expression = pl.when(chosen == number).then(pl.col(name)).otherwise(expression)
    return frame.select(expression).to_series()
