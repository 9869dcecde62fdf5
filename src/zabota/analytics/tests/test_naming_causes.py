"""Planted causes are named first, and none is invented: generated clinics whose truth is known.

One clinic in two hundred has a chance difference that looks like a cause; benchmarks/audit_power.py counts them. Here seeds are fixed.
"""

from datetime import timedelta

import polars as pl
import pytest

from zabota.analytics.api import AuditReport, Rows, audit
from zabota.analytics.tests.clinics import AS_OF, NAMES, Clinic, visits_of

NOBODY = Rows(0, 0, 0, 0, 0)


def report_of(causes: str, **order) -> AuditReport:
    clinic = Clinic(causes=tuple(cause for cause in causes.split("+") if cause), **order)
    return audit(visits_of(clinic), today=AS_OF + timedelta(days=3), rows=NOBODY)


def named(report: AuditReport) -> list[tuple[str, str, str]]:
    return [(cause.dimension, cause.value, cause.kind) for cause in report.causes]


@pytest.mark.parametrize("seed", [31, 32])
@pytest.mark.parametrize(
    "causes",
    [
        "doctor", "doctor_left", "service", "price", "channel_mix", "channel_rate", "branch", "age",
        "doctor+price", "doctor+doctor2", "branch+channel_mix", "doctor+price+channel_mix", "doctor+channel_rate+age",
        "uniform+doctor", "season+price", "gap+doctor", "young+doctor",
        "wait", "wait_branch", "corridor", "feedback", "wait+doctor",
    ],
)  # fmt: skip
def test_planted_causes_are_named_and_nothing_beside_them(causes, seed):
    report = report_of(causes, seed=seed)
    wanted = [NAMES[cause] for cause in causes.split("+") if cause in NAMES]
    found = named(report)
    for dimension, value, kind in wanted:
        assert any(each[0] == dimension and each[2] == kind and value in (None, each[1]) for each in found), found
    assert len(found) == len(wanted)
    for cause in report.causes:
        assert cause.effect_pp < 0 and cause.high_pp < 0
        assert cause.money_kopecks > 0 and cause.patients > 0


@pytest.mark.parametrize(
    "order",
    [
        "",
        "uniform",
        "uniform_logit",
        "season",
        "gap",
        "branch_gap",
        "young",
        "tracking",
        "inflation",
        "recoding",
        "told",
    ],
)
def test_no_cause_is_invented_where_none_was_planted(order):
    assert named(report_of(order, seed=7)) == []


def test_a_fall_common_to_all_is_reported_as_common():
    report = report_of("uniform", seed=3)
    assert report.retention.significant
    assert report.retention.change_pp < -8
    assert report.common_pp == pytest.approx(report.retention.change_pp)
    assert "бщ" in report.common_text


def test_a_quiet_year_is_called_quiet():
    report = report_of("", seed=3)
    assert not report.retention.significant
    assert "ничего значимого не произошло" in report.lead


def test_services_of_a_guilty_doctor_are_his_companions_and_no_causes():
    report = report_of("doctor", seed=2, patients=20000, strength=1.4)
    (cause,) = report.causes
    assert cause.value == "Котова Е. В."
    assert cause.companions


def test_the_effect_is_the_points_that_would_vanish():
    """With the doctor's returns spared, the change is less by what was told."""
    fallen, quiet = report_of("doctor", seed=5, patients=30000), report_of("", seed=5, patients=30000)
    (cause,) = fallen.causes
    difference = fallen.retention.change_pp - quiet.retention.change_pp
    assert cause.low_pp - 1 < difference < cause.high_pp + 1


def test_a_price_cause_lists_the_services_that_became_dearer():
    (cause,) = report_of("price", seed=4).causes
    assert set(cause.members) == {"УЗИ малого таза", "Биоревитализация", "Гигиена полости рта"}


def test_a_new_source_that_brings_people_once_is_a_change_of_mix():
    (cause,) = report_of("channel_mix", seed=4).causes
    assert (cause.dimension, cause.value, cause.kind) == ("channel", "Купоны", "mix")
    assert cause.share_now > 2 * cause.share_before


def test_a_change_of_recording_the_source_is_a_warning_and_no_cause():
    report = report_of("tracking", seed=4)
    assert "channel_tracking" in {warning.code for warning in report.warnings}
    assert not report.causes


@pytest.mark.parametrize("order", ["gap", "branch_gap"])
def test_days_that_were_not_exported_are_told_before_conclusions(order):
    report = report_of(order, seed=4)
    assert report.warnings[0].code == "gap"
    assert not report.causes


def test_a_small_clinic_is_left_in_peace_rather_than_accused():
    for seed in range(5):
        assert named(report_of("", seed=seed, patients=600)) == []


def test_a_growing_wait_is_named_with_what_would_be_without_it():
    (cause,) = report_of("wait", seed=4).causes
    assert cause.share_now > 5 * cause.share_before
    assert "ждали приёма больше двух недель" in cause.text
    assert "При прежней доле общий возврат был бы" in cause.text


def test_waiting_and_answers_are_dimensions_only_where_somebody_wrote_them_down():
    told = {account.dimension for account in report_of("told", seed=4, patients=2000).accounts}
    assert {"wait", "corridor", "feedback"} <= told
    assert not {"wait", "corridor", "feedback"} & {
        each.dimension for each in report_of("", seed=4, patients=2000).accounts
    }


def test_a_visit_booked_at_the_one_before_is_planned_and_nobody_waited_for_it():
    frame = visits_of(Clinic(causes=("told",), seed=4, patients=3000))
    frame = frame.filter(pl.col("status") == "completed")
    earlier = frame.sort("person", "day").select(
        pl.col("visit"), gap=(pl.col("day") - pl.col("day").shift(1).over("person")).dt.total_days()
    )
    booked = frame.join(earlier, on="visit", how="left").with_columns(
        wait_seconds=pl.when(pl.col("gap").is_between(15, 60)).then(pl.col("gap") * 86_400).otherwise("wait_seconds")
    )
    report = audit(booked.drop("gap"), today=AS_OF, rows=NOBODY)
    (wait,) = [each for each in report.accounts if each.dimension == "wait"]
    assert "записаны заранее" in {row.value for row in wait.rows}
    assert "больше двух недель" not in {row.value for row in wait.rows}


def test_an_export_with_the_day_of_booking_has_waiting_too():
    frame = visits_of(Clinic(causes=("wait",), seed=4))
    exported = frame.with_columns(
        created_at=pl.col("starts_at") - pl.duration(seconds=pl.col("wait_seconds"))
    ).drop("wait_seconds", "corridor_seconds", "feedback")  # fmt: skip
    assert [cause.dimension for cause in audit(exported, today=AS_OF, rows=NOBODY).causes] == ["wait"]
