"""What must hold of every audit, whatever the export: sums, names, order of rows, days to come."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zabota.analytics.api import Rows, audit
from zabota.analytics.rules.columns import base_of, read_visits
from zabota.analytics.rules.dimensions import dimensions_of
from zabota.analytics.rules.drivers import find_drivers
from zabota.analytics.rules.ground import Dimension
from zabota.analytics.rules.kitagawa import kitagawa
from zabota.analytics.rules.periods import choose_periods
from zabota.analytics.tests.clinics import AS_OF, Clinic, visits_of

NOBODY = Rows(0, 0, 0, 0, 0)
CAUSES = ("doctor", "price", "channel_mix")
TODAY = AS_OF + timedelta(days=2)


@pytest.fixture(scope="module")
def visits() -> pl.DataFrame:
    return visits_of(Clinic(causes=CAUSES, seed=9, patients=4000))


def told(frame: pl.DataFrame, **more) -> dict:
    return audit(frame, today=TODAY, rows=NOBODY, **more).to_json()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 400), st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=12
    )
)
def test_the_accounting_of_any_cells_sums_to_the_change(cells):
    size0, size1, rate0, rate1 = (np.array(column, float) for column in zip(*cells, strict=True))
    if not size0.sum() or not size1.sum():
        return
    rate0[size0 == 0], rate1[size1 == 0] = np.nan, np.nan
    rate, mix = kitagawa(size0, size1, rate0, rate1)
    change = np.nansum(size1 * rate1) / size1.sum() - np.nansum(size0 * rate0) / size0.sum()
    assert abs(rate.sum() + mix.sum() - change) < 1e-12


def test_every_accounting_table_sums_to_the_change_of_the_headline(visits):
    report = told(visits)
    for table in report["accounts"]:
        assert table["rate_pp"] + table["mix_pp"] == pytest.approx(report["retention"]["change_pp"], abs=2e-3)
        assert sum(row["rate_pp"] + row["mix_pp"] for row in table["rows"]) == pytest.approx(
            table["rate_pp"] + table["mix_pp"], abs=1e-9
        )


def test_causes_and_what_is_common_sum_to_the_change(visits):
    report = told(visits)
    total = sum(cause["effect_pp"] for cause in report["drivers"]) + report["common"]["change_pp"]
    assert total == pytest.approx(report["retention"]["change_pp"], abs=0.01)


def test_the_order_of_rows_plays_no_part(visits):
    assert told(visits) == told(visits.sample(fraction=1.0, shuffle=True, seed=4))


def test_numbers_of_people_and_visits_play_no_part(visits):
    renamed = visits.with_columns(person=999_999 - pl.col("person") * 3)
    first, second = told(visits), told(renamed)
    assert first["drivers"] == second["drivers"]
    assert first["retention"] == second["retention"]
    assert first["cohorts"] == second["cohorts"]


def test_other_names_of_doctors_change_only_the_names(visits):
    renamed = visits.with_columns(doctor="д-р " + pl.col("doctor").str.reverse())
    first, second = told(visits)["drivers"], told(renamed)["drivers"]
    assert [cause["effect_pp"] for cause in first] == [cause["effect_pp"] for cause in second]
    assert {cause["value"] for cause in first if cause["dimension"] == "doctor"} == {"Котова Е. В."}
    assert {cause["value"] for cause in second if cause["dimension"] == "doctor"} == {"д-р " + "Котова Е. В."[::-1]}


def test_days_to_come_change_nothing_of_the_past(visits):
    """The same day of report, with and without what happened afterwards."""
    then = AS_OF - timedelta(days=200)
    short = told(visits.filter(pl.col("day") <= then), as_of=then)
    long = told(visits, as_of=then)
    for part in ("retention", "measures", "drivers", "accounts", "cohorts", "patients", "visits"):
        assert short[part] == long[part], part


def test_the_day_of_the_report_is_the_last_day_with_a_visit(visits):
    seen = visits.filter((pl.col("status") == "completed") & (pl.col("day") <= TODAY))["day"].max()
    assert told(visits)["as_of"] == seen.isoformat()


def test_retention_counts_whom_the_definition_counts(visits):
    """Against a plain count of people with sets."""
    report = told(visits)["retention"]
    done = visits.filter(pl.col("status") == "completed")
    for name in ("now", "year_before"):
        period = report[name]

        def people(first: str, last: str) -> set[int]:
            days = pl.col("day").is_between(date.fromisoformat(first), date.fromisoformat(last))
            return set(done.filter(days)["person"].to_list())

        base = people(period["base_from"], period["base_to"])
        back = people(period["return_from"], period["return_to"])
        assert (period["numerator"], period["denominator"]) == (len(base & back), len(base))
        assert period["low"] < period["value"] < period["high"]
    assert report["window_days"] == 365
    assert report["year_before"]["to"] == (date.fromisoformat(report["now"]["to"]) - timedelta(days=365)).isoformat()


def test_a_patient_belongs_to_the_last_visit_of_the_base_window_and_to_its_highest_line():
    days = [date(2024, 1, 10), date(2024, 3, 1), date(2024, 3, 1), date(2024, 3, 1), date(2026, 1, 5)]
    frame = pl.DataFrame(
        {
            "row": [1, 2, 3, 4, 5], "visit": [0, 2, 1, 2, 3], "person": [0] * 5, "day": days, "status": ["completed"] * 5,
            "doctor": ["a", "b", "c", "d", "e"], "service": ["s"] * 5, "speciality": ["s"] * 5, "branch": ["b"] * 5,
            "channel": [None] * 5, "sex": [None] * 5, "born_on": pl.Series([None] * 5, dtype=pl.Date),
            "price_kopecks": [1] * 5, "paid_kopecks": [1] * 5,
        }
    )  # fmt: skip
    read = read_visits(frame)
    comparison = choose_periods(date(2022, 1, 1), date(2025, 3, 31))
    base = base_of(read, comparison.now)
    assert [read.words["doctor"].values[read.words["doctor"].codes[line]] for line in base.line] == ["d"]


def test_people_alike_in_all_dimensions_are_counted_together_without_loss(visits):
    read = read_visits(visits)
    comparison = choose_periods(read.first_day, read.last_day)
    before, now = base_of(read, comparison.before), base_of(read, comparison.now)
    dimensions = dimensions_of(read, comparison, before, now)
    finding = find_drivers(before.came.astype(float), now.came.astype(float), dimensions)
    change = now.came.mean() - before.came.mean()
    assert finding.common_change + sum(each.contrast.effect for each in finding.drivers) == pytest.approx(
        change, abs=1e-12
    )


def test_nobody_in_a_period_is_no_reason_to_fail():
    empty = Dimension("doctor", ("а",), np.zeros(0, np.int32), np.zeros(0, np.int32))
    assert find_drivers(np.zeros(0), np.zeros(0), [empty]).drivers == ()
    assert find_drivers(np.ones(10), np.ones(10), []).drivers == ()
