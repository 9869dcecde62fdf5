"""Problems of the data are told before conclusions, and measured data are compared with their like."""

import dataclasses
from datetime import date, timedelta

import polars as pl
import pytest

from zabota.analytics.api import NothingToAudit, Rows, audit
from zabota.analytics.rules.columns import read_visits
from zabota.analytics.rules.periods import choose_periods, single_period
from zabota.analytics.tests.clinics import AS_OF, Clinic, visits_of

NOBODY = Rows(0, 0, 0, 0, 0)
TODAY = AS_OF + timedelta(days=2)


def report_of(frame: pl.DataFrame, rows: Rows = NOBODY, **more):
    return audit(frame, today=TODAY, rows=rows, **more)


def codes(report) -> list[str]:
    return [warning.code for warning in report.warnings]


def clinic(*causes: str, **order) -> pl.DataFrame:
    return visits_of(Clinic(causes=causes, **{"seed": 21, "patients": 5000, **order}))


def test_three_years_give_windows_of_a_year_and_some_slack_at_the_start():
    assert choose_periods(date(2023, 1, 10), date(2025, 12, 31)).now.days == 365
    assert choose_periods(date(2020, 1, 1), date(2025, 12, 31)).now.days == 365


def test_shorter_data_give_the_longest_windows_of_which_both_years_have_their_own():
    comparison = choose_periods(date(2023, 7, 1), date(2025, 12, 31))
    assert 250 < comparison.now.days < 275
    assert comparison.before.base_from >= date(2023, 7, 1)
    assert (comparison.now.end - comparison.before.end).days == 365
    assert comparison.now.return_from == comparison.now.base_to + timedelta(days=1)


def test_data_of_a_year_are_shown_without_a_comparison():
    report = report_of(clinic(months=11))
    retention = report.to_json()["retention"]
    assert retention["now"]["value"] is not None
    assert retention["year_before"]["value"] is None
    assert retention["change_pp"] is None and retention["significant"] is False
    assert report.causes == ()
    assert "short_history" in codes(report)
    assert single_period(AS_OF - timedelta(days=90), AS_OF) is None


def test_a_visit_of_1999_does_not_make_the_data_long():
    frame = clinic(months=30)
    stray = frame.head(1).with_columns(day=pl.lit(date(1999, 3, 1)))
    report = report_of(pl.concat([stray, frame]))
    assert report.data_from.year > 2020
    assert report.retention.window_days < 300
    assert "early_visits" in codes(report)


def test_months_that_were_not_exported_before_the_day_of_the_report_are_no_fall():
    frame = clinic().filter(pl.col("day") <= AS_OF)
    late = AS_OF + timedelta(days=300)
    there, later = report_of(frame, as_of=AS_OF), audit(frame, today=late, as_of=late, rows=NOBODY)
    assert later.as_of == late
    assert later.retention == there.retention
    assert later.measures == there.measures
    assert later.causes == ()
    (end,) = [warning for warning in later.warnings if warning.code == "data_end"]
    assert end.more["to"] == there.retention.now.return_to.isoformat()
    assert "data_end" not in codes(there)


def test_a_clinic_of_few_visits_is_silent_for_weeks_as_a_matter_of_course():
    frame = clinic(patients=60).filter(pl.col("day") <= AS_OF)
    last = frame.filter(pl.col("status") == "completed")["day"].max()
    report = audit(frame, today=last + timedelta(days=16), as_of=last + timedelta(days=16), rows=NOBODY)
    assert report.retention.now.return_to == last + timedelta(days=16)


def test_a_visit_typed_a_year_ahead_does_not_make_the_data_end_later():
    frame = clinic().filter(pl.col("day") <= AS_OF)
    stray = frame.filter(pl.col("status") == "completed").head(2)
    stray = stray.with_columns(day=pl.lit(AS_OF + timedelta(days=330)), visit=pl.col("visit") + 10**6)
    today = AS_OF + timedelta(days=400)
    plain = audit(frame, today=today, rows=NOBODY)
    report = audit(pl.concat([frame, stray]), today=today, rows=NOBODY)
    assert report.as_of == plain.as_of
    assert report.retention == plain.retention
    assert report.visits == plain.visits + 2
    (end,) = [warning for warning in report.warnings if warning.code == "data_end"]
    assert end.more["count"] == 2


def test_a_month_that_was_not_exported_is_a_gap_and_not_the_end_though_only_one_month_follows():
    gone = pl.col("day").is_between(AS_OF - timedelta(days=62), AS_OF - timedelta(days=31))
    report = report_of(clinic().filter(~gone))
    assert "gap" in codes(report) and "data_end" not in codes(report)
    assert report.retention.now.return_to == report.as_of


def test_data_that_begin_in_the_middle_of_a_month_begin_there():
    frame = clinic(months=30)
    start = frame["day"].min()
    assert abs((read_visits(frame).first_day - start).days) <= 10


def test_weak_months_of_every_year_are_told_and_are_no_cause():
    report = report_of(clinic("season"))
    (season,) = [warning for warning in report.warnings if warning.code == "season"]
    assert {7, 8} <= set(season.more["months"])
    assert report.causes == ()


def test_missing_channels_are_told_with_their_share():
    report = report_of(clinic("tracking"))
    assert {"channel_missing", "channel_tracking"} <= set(codes(report))
    without = report_of(clinic().with_columns(channel=pl.lit(None, dtype=pl.String)))
    assert "channel_missing" in codes(without)


def test_refused_and_repeated_rows_are_told():
    report = report_of(clinic(), Rows(read=20000, accepted=15000, rejected=2000, duplicates=1000, ignored=2000))
    assert {"rejected_rows", "duplicates"} <= set(codes(report))
    assert report.to_json()["rows"] == {
        "read": 20000,
        "accepted": 15000,
        "rejected": 2000,
        "duplicates": 1000,
        "ignored": 2000,
    }


def test_a_fall_of_r1_that_is_only_young_cohorts_is_told_as_such():
    """Half of the newcomers of three years come in the last months: they had no time to return."""
    frame = clinic(patients=8000)
    late = visits_of(Clinic(seed=22, patients=9000, months=4)).filter(pl.col("day") > AS_OF - timedelta(days=80))
    first = late.filter(pl.col("day") == pl.col("day").min().over("person"))
    crowd = first.with_columns(
        person=pl.col("person") + 100_000, visit=pl.col("visit") + 1_000_000, row=pl.col("row") + 1_000_000
    )
    report = report_of(pl.concat([frame, crowd]))
    assert report.measures[0].change_pp < -3
    assert not report.retention.significant
    assert report.causes == ()
    assert "young_cohorts" in codes(report)


def test_a_doctor_who_left_is_told():
    assert "doctor_left" in codes(report_of(clinic("doctor_left")))


def test_a_change_of_recording_states_is_told():
    assert "status_recoding" in codes(report_of(clinic("recoding")))


@pytest.mark.parametrize(
    "drop", [["sex"], ["channel"], ["doctor"], ["service"], ["branch"], ["speciality"], ["born_on"], ["price_kopecks"]]
)
def test_a_column_without_a_single_value_leaves_the_rest_of_the_report(drop):
    frame = clinic("branch" if drop == ["doctor"] else "doctor")
    empty = frame.with_columns(pl.lit(None, dtype=frame.schema[name]).alias(name) for name in drop)
    report = report_of(empty)
    assert report.retention.now.denominator > 1000
    assert len(report.causes) == 1
    assert report.to_json()["schema"] == 1


def test_an_export_without_money_has_no_money():
    frame = clinic("doctor").with_columns(price_kopecks=pl.lit(None, dtype=pl.Int64))
    report = report_of(frame)
    assert report.causes[0].money_kopecks == 0
    assert "price_missing" in codes(report)


def test_nothing_completed_is_nothing_to_audit():
    with pytest.raises(NothingToAudit):
        report_of(clinic().with_columns(status=pl.lit("cancelled_patient")))


@pytest.mark.parametrize("size", [1, 2, 30, 300])
def test_a_handful_of_visits_gives_a_report_all_the_same(size):
    report = report_of(clinic().filter(pl.col("status") == "completed").head(size))
    assert report.visits == size
    assert dataclasses.asdict(report)
    assert report.to_json()["drivers"] == []


def test_one_line_of_a_visit_per_service_is_one_visit():
    frame = clinic()
    doubled = pl.concat([frame, frame.with_columns(row=pl.col("row") + 1_000_000, service=pl.lit("Снимок"))])
    assert report_of(doubled).visits == report_of(frame).visits
    assert report_of(doubled).retention == report_of(frame).retention


def cut(frame: pl.DataFrame, first: date, last: date, *, keep: float = 0.0) -> pl.DataFrame:
    """Without the visits of some days, or with a part of them."""
    gone = pl.col("day").is_between(first, last) & (pl.col("visit") % 100 >= 100 * keep)
    return frame.filter(~gone)


def test_a_week_without_a_visit_is_a_gap_when_other_years_were_busy():
    frame = cut(clinic(patients=12000), date(2026, 4, 6), date(2026, 4, 14))
    (gap,) = [warning for warning in report_of(frame).warnings if warning.code == "gap"]
    assert (gap.more["from"], gap.more["to"]) == ("2026-04-06", "2026-04-14")


def test_weak_weeks_of_a_clinic_of_one_visit_a_day_are_chance_and_no_gap():
    assert "gap" not in codes(report_of(clinic(patients=300, seed=9035)))


def test_holidays_of_every_year_are_no_gap():
    frame = clinic(patients=12000)
    for year in (2024, 2025, 2026):
        frame = cut(frame, date(year, 1, 1), date(year, 1, 10))
        frame = cut(frame, date(year, 8, 1), date(year, 8, 20))
    assert "gap" not in codes(report_of(frame))


def test_a_month_of_which_a_part_was_exported_is_told_and_accuses_nobody():
    frame = cut(clinic(patients=12000), date(2026, 5, 1), date(2026, 5, 31), keep=0.25)
    report = report_of(frame)
    (gap,) = [warning for warning in report.warnings if warning.code == "gap"]
    assert "часть" in gap.text
    assert report.causes == ()


def test_a_whole_month_that_was_not_exported_does_not_lower_retention():
    whole = clinic(patients=12000)
    whole_report, cut_report = report_of(whole), report_of(cut(whole, date(2026, 2, 1), date(2026, 2, 28)))
    assert abs(cut_report.retention.change_pp - whole_report.retention.change_pp) < 1.5
    assert cut_report.causes == ()
