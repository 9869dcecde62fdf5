"""Figures of the strategy: by hand on a few visits, whole on an invented clinic, never through nothing."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from zabota.analytics.rules.strategy import strategy_of
from zabota.analytics.services.html import render_deck
from zabota.analytics.services.strategy_view import strategy_view
from zabota.analytics.tests.clinics import AS_OF, Clinic, visits_of

LOAD = {"weeks": [], "this_week": AS_OF.isoformat(), "doctors": []}


def frame_of() -> pl.DataFrame:
    return visits_of(Clinic(patients=3000, months=40)).with_columns(pl.col("service").alias("category"))


def test_parts_sum_to_the_whole() -> None:
    data = strategy_of(frame_of(), as_of=AS_OF, costs={})
    assert data["new"] + data["returning"] == data["patients"]
    assert sum(row["all"] for row in data["people"]) == data["patients"]
    assert all(row["women"] + row["men"] + row["unknown"] == row["all"] for row in data["people"])
    assert sum(row["revenue_kopecks"] for row in data["catchment"]) == data["revenue_kopecks"]
    assert data["arpp"]["value"] == pytest.approx(data["revenue_kopecks"] / data["patients"], abs=1)
    assert sum(row["new"] for row in data["sources"]) == data["new"]


def test_cost_of_a_patient_is_a_year_of_cost_over_the_new_of_the_year() -> None:
    data = strategy_of(frame_of(), as_of=AS_OF, costs={"Яндекс": 1_000_000, "Листовки": 500_000})
    row = next(each for each in data["sources"] if each["name"] == "Яндекс")
    assert row["cost_kopecks"] == 12_000_000
    assert row["cost_of_patient_kopecks"] == round(12_000_000 / row["new"])
    assert row["cost_of_loyal_kopecks"] == round(12_000_000 / (row["new"] * row["share"]))


def test_half_year_of_sources_watches_only_those_whose_term_is_over() -> None:
    data = strategy_of(frame_of(), as_of=AS_OF, costs={})
    early = strategy_of(frame_of().filter(pl.col("day") <= AS_OF), as_of=AS_OF, costs={})
    assert data["sources"] == early["sources"]
    assert all(
        0 <= row["share"] <= 1 and row["low"] <= row["share"] <= row["high"] for row in data["sources"] if row["share"]
    )


def test_worth_is_averaged_over_those_of_whom_it_is_known() -> None:
    frame = frame_of()
    people = frame["person"].unique().to_list()
    data = strategy_of(frame, as_of=AS_OF, costs={}, worth=dict.fromkeys(people[::2], 700_000))
    assert data["has_worth"]
    assert {row["worth"]["value"] for row in data["segments"] if row["worth"]} == {700_000}


def test_short_history_compares_with_nothing() -> None:
    data = strategy_of(visits_of(Clinic(patients=600, months=6)), as_of=AS_OF, costs={})
    assert data["patients_before"] is None
    assert strategy_view({**data, "load": LOAD})["head"]["patients_change"] == ""


def test_a_single_visit_makes_a_page_and_a_deck() -> None:
    frame = frame_of().filter(pl.col("status") == "completed").head(1)
    data = strategy_of(frame, as_of=frame["day"][0] + dt.timedelta(days=1), costs={})
    deck = render_deck(strategy_view({**data, "load": LOAD}), clinic="<Улыбка>", made_on=AS_OF)
    assert "&lt;Улыбка&gt;" in deck
    assert "<script" not in deck
    assert "http" not in deck.replace("http-equiv", "")


def test_catchment_counts_the_year_by_area_and_says_how_many_addresses_are_known() -> None:
    places = pl.when(pl.col("person") % 10 < 6).then(pl.lit("Хамовники")).when(pl.col("person") % 10 < 9)
    frame = frame_of().with_columns(area=places.then(pl.lit("пос. Лесной")).otherwise(None))
    data = strategy_of(frame, as_of=AS_OF, costs={})
    rows = {row["name"]: row for row in data["areas"]}
    assert list(rows) == ["Хамовники", "пос. Лесной", "не указано"]
    assert sum(row["patients"] for row in rows.values()) == data["patients"]
    assert sum(row["new"] for row in rows.values()) == data["new"]
    assert sum(row["revenue_kopecks"] for row in rows.values()) == data["revenue_kopecks"]
    assert rows["Хамовники"]["branch"] in {"Север", "Центр"}
    assert "Район" in {row["side"] for row in data["segments"]}
    view = strategy_view({**data, "load": LOAD})["areas"]
    assert view["title"].startswith("Чаще всего приезжают из «Хамовники»: 6")
    assert view["told"] in {"89\u00a0%", "90\u00a0%", "91\u00a0%"}


def test_without_addresses_the_catchment_by_area_is_left_out() -> None:
    data = strategy_of(frame_of(), as_of=AS_OF, costs={})
    assert data["areas"] == []
    assert strategy_view({**data, "load": LOAD})["areas"]["rows"] == []
