"""Retention of the demo clinic falls as told and for the causes told: reckoned here anew, by other means."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from zabota.ops.demo.catalogue import DOCTORS, SERVICES
from zabota.ops.demo.generate import Clinic, generate
from zabota.ops.demo.schedule import COMPLETED
from zabota.ops.demo.spec import ClinicSpec
from zabota.ops.demo.truth import longest_window, truth

AS_OF = date(2026, 11, 22)
PLANTED = {("doctor", "Рябов"), ("price", "raised"), ("channel", "7")}
KINDS = {("doctor", "Рябов"): "rate", ("price", "raised"): "rate", ("channel", "7"): "mix"}


@pytest.fixture(scope="module", params=[20, 1, 7])
def clinic(request: pytest.FixtureRequest) -> Clinic:
    return generate(ClinicSpec(as_of=AS_OF, seed=request.param))


def base(clinic: Clinic, until: int, window: int = 270) -> pl.DataFrame:
    """Members of the base with the cells of their last visit in it and whether they came again."""
    kept = clinic.visits.filter(pl.col("status") == COMPLETED)
    before = kept.filter((pl.col("day") > until - 2 * window) & (pl.col("day") <= until - window))
    again = kept.filter((pl.col("day") > until - window) & (pl.col("day") <= until))["person"].unique()
    last = before.sort("day", "visit").group_by("person", maintain_order=True).last()
    people = clinic.people.select("person", "channel", "woman", "age_at_arrival")
    surnames = pl.Series([d.surname for d in DOCTORS])
    raised = pl.Series(["raised" if s.kind == 1 else "as before" for s in SERVICES])
    return last.join(people, on="person", how="left").select(
        "person",
        returned=pl.col("person").is_in(again.to_list()).cast(pl.Float64),
        doctor=surnames.gather(last["doctor"].cast(pl.Int64)),
        price=raised.gather(last["service"].cast(pl.Int64)),
        service=pl.col("service").cast(pl.String),
        channel=pl.col("channel").cast(pl.String),
        branch=pl.col("branch").cast(pl.String),
        sex=pl.col("woman").cast(pl.String),
        age=(pl.col("age_at_arrival") // 15).cast(pl.String),
    )


def cells(
    now: pl.DataFrame, before: pl.DataFrame, sizes: tuple[int, int]
) -> dict[tuple[str, str, str], tuple[float, float]]:
    """Effect in points and its z by cell and kind, in the form that holds a cell against all others."""
    found = {}
    for dimension in ("doctor", "price", "service", "channel", "branch", "sex", "age"):
        for value in now[dimension].unique().to_list():
            a, b = now.filter(pl.col(dimension) == value), before.filter(pl.col(dimension) == value)
            ra, rb = now.filter(pl.col(dimension) != value), before.filter(pl.col(dimension) != value)
            if min(len(a), len(b)) < 15 or min(len(ra), len(rb)) < 15:
                continue
            rates = [float(frame["returned"].mean()) for frame in (a, b, ra, rb)]
            spread = sum(r * (1 - r) / len(f) for r, f in zip(rates, (a, b, ra, rb), strict=True)) ** 0.5
            w1, w0 = len(a) / sizes[0], len(b) / sizes[1]
            change = (rates[0] - rates[1]) - (rates[2] - rates[3])
            found[dimension, value, "rate"] = ((w1 + w0) / 2 * change * 100, change / spread)
            gap = (rates[0] + rates[1]) / 2 - (rates[2] + rates[3]) / 2
            share = (w1 * (1 - w1) / sizes[0] + w0 * (1 - w0) / sizes[1]) ** 0.5
            found[dimension, value, "mix"] = ((w1 - w0) * gap * 100, (w1 - w0) / share)
    return found


def sure_losses(effects: dict[tuple[str, str, str], tuple[float, float]]) -> list[tuple[str, str, str]]:
    """Cells that cost something and are no accident, with about forty cells looked at."""
    return [cell for cell, (points, z) in effects.items() if points < -1.5 and abs(z) > 4.0]


def test_retention_falls_from_seventy_to_fifty_percent(clinic: Clinic) -> None:
    now, before = base(clinic, clinic.spec.last), base(clinic, clinic.spec.last - 365)
    assert float(now["returned"].mean()) == pytest.approx(0.50, abs=0.035)
    assert float(before["returned"].mean()) == pytest.approx(0.70, abs=0.035)


def test_the_truth_counts_as_an_independent_reckoning_does(clinic: Clinic) -> None:
    told = truth(clinic)
    for measured in told["retention_by_window"]:
        for name, until in (("now", clinic.spec.last), ("year_before", clinic.spec.last - 365)):
            members = base(clinic, until, measured["window_days"])
            assert measured[name]["denominator"] == len(members)
            assert measured[name]["numerator"] == int(members["returned"].sum())
    assert told["visits"] == int((clinic.visits["status"] == COMPLETED).sum())
    assert sum(told["statuses"].values()) == len(clinic.visits)
    assert longest_window(clinic) == 274


def test_the_planted_causes_are_the_surest_one_after_another(clinic: Clinic) -> None:
    """By z, not by points: a cell that contains a cause (the doctor's branch) costs as many points as the cause."""
    now, before = base(clinic, clinic.spec.last), base(clinic, clinic.spec.last - 365)
    sizes = (len(now), len(before))
    named = []
    for _ in PLANTED:
        heavy = {cell: effect for cell, effect in cells(now, before, sizes).items() if effect[0] < -2.0}
        (dimension, value, kind), (_, z) = max(heavy.items(), key=lambda item: abs(item[1][1]))
        assert KINDS.get((dimension, value)) == kind, heavy
        assert abs(z) > 4.0
        named.append((dimension, value))
        now = now.filter(pl.col(dimension) != value)
        before = before.filter(pl.col(dimension) != value)
    assert set(named) == PLANTED
    left = cells(now, before, sizes)
    assert not sure_losses(left)


def test_the_causes_together_make_nearly_the_whole_fall(clinic: Clinic) -> None:
    told = truth(clinic)
    total = sum(cause["effect_pp"] for cause in told["causes"])
    assert total == pytest.approx(told["retention"]["change_pp"], abs=6.0)
    assert {cause["dimension"]: cause["kind"] for cause in told["causes"]} == {
        "doctor": "rate",
        "price": "rate",
        "channel": "mix",
    }
    assert all(cause["effect_pp"] < -3.5 for cause in told["causes"])


@pytest.mark.parametrize("seed", [20, 3])
def test_without_a_cause_nothing_falls(seed: int) -> None:
    calm = generate(ClinicSpec(as_of=AS_OF, seed=seed, causes=()))
    told = truth(calm)
    assert abs(told["retention"]["change_pp"]) < 3.5
    assert told["causes"] == []


def test_a_common_fall_has_no_cell_of_its_own() -> None:
    calm = generate(ClinicSpec(as_of=AS_OF, causes=("uniform",)))
    now, before = base(calm, calm.spec.last), base(calm, calm.spec.last - 365)
    assert float(now["returned"].mean() - before["returned"].mean()) < -0.15
    assert not sure_losses(cells(now, before, (len(now), len(before))))


@pytest.mark.parametrize(
    ("cause", "value"),
    [("doctor", "Рябов"), ("price", "raised"), ("channel", "7"), ("branch", "1")],
)
def test_a_single_cause_acts_alone(cause: str, value: str) -> None:
    one = generate(ClinicSpec(as_of=AS_OF, patients=8000, causes=(cause,)))
    now, before = base(one, one.spec.last), base(one, one.spec.last - 365)
    kind = "mix" if cause == "channel" else "rate"
    points, z = cells(now, before, (len(now), len(before)))[cause, value, kind]
    assert points < -4.0
    assert abs(z) > 6.0
    (told,) = truth(one)["causes"]
    assert told["effect_pp"] == pytest.approx(points, abs=0.01)
    touched = {
        "doctor": (pl.col("doctor") != value),
        "price": (pl.col("price") != value),
        "channel": (pl.col("channel") != value),
        "branch": (pl.col("branch") != value),
    }[cause]
    left = cells(now.filter(touched), before.filter(touched), (len(now), len(before)))
    assert not sure_losses(left)
