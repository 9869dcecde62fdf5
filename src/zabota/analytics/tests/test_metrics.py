"""Each metric on clinics small enough to count by hand, and what must hold of every metric of any clinic."""

from __future__ import annotations

import dataclasses
import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zabota.analytics.rules.columns import ordinal
from zabota.analytics.rules.metrics import BY_KEY, COUNTED, METRICS, described, table
from zabota.analytics.rules.metrics_feedback import (
    brought,
    csat,
    nps,
    nps_difference,
    nps_error,
    reweighted,
    shrunk,
    worth_it,
)
from zabota.analytics.rules.metrics_figure import change, figure, median, paired_error, year_before
from zabota.analytics.rules.metrics_ground import Filters, Window
from zabota.analytics.rules.metrics_recall import cycles_of
from zabota.analytics.tests.metrics_clinics import PlanRow, Slot, any_clinic, ground_of

D = date(2026, 11, 20)
YEAR = Window(D, 365)
ALL = Filters()


def ago(days: int) -> date:
    return D - timedelta(days=days)


def counted(key: str, ground, window: Window = YEAR, filters: Filters = ALL):
    return figure(BY_KEY[key], ground, window, filters)


#: So old that every window lies in the data.
OLD = [Slot(900 + n, date(2020, 1, 5) + timedelta(days=20 * n)) for n in range(8)]


def test_r1_counts_those_of_the_window_who_ever_came_twice() -> None:
    ground = ground_of(
        [*OLD, Slot(1, ago(500)), Slot(1, ago(10)), Slot(2, ago(20)), Slot(3, ago(30)), Slot(3, ago(30))]
    )
    found = counted("r1", ground)
    assert (found.value, found.n) == (1 / 3, 3)


def test_r3_follows_those_of_the_window_before_and_nobody_else() -> None:
    ground = ground_of([*OLD, Slot(1, ago(400)), Slot(1, ago(5)), Slot(2, ago(500)), Slot(3, ago(5))])
    found = counted("r3", ground)
    assert (found.value, found.n, found.since, found.until) == (0.5, 2, ago(729), D)


def test_r2_waits_until_the_term_of_everybody_is_over() -> None:
    slots = [
        Slot(1, ago(200)),
        Slot(1, ago(150)),
        Slot(2, ago(300)),
        Slot(2, ago(100)),
        Slot(3, ago(100)),
        Slot(3, ago(90)),
    ]
    found = counted("r2", ground_of([*OLD, *slots]))
    assert (found.value, found.n) == (0.5, 2)  # the second came after 200 days, the third is not ripe


def test_r4_looks_at_one_month_and_r4u_at_it_and_later_ones() -> None:
    slots = [
        Slot(1, date(2026, 3, 31)), Slot(1, date(2026, 9, 1)),  # month 6, though 154 days
        Slot(2, date(2026, 3, 2)), Slot(2, date(2026, 10, 30)),  # month 7
        Slot(3, date(2026, 3, 2)), Slot(3, date(2026, 8, 31)),  # month 5
        Slot(4, date(2026, 6, 1)), Slot(4, date(2026, 11, 10)),  # its month is not closed
    ]  # fmt: skip
    ground = ground_of([*OLD, *slots])
    assert (counted("r4", ground).value, counted("r4", ground).n) == (1 / 3, 3)
    assert counted("r4u", ground).value == 2 / 3


def test_mean_over_cohorts_is_weighted_by_their_size() -> None:
    slots = [Slot(1, date(2026, 3, 2)), Slot(1, date(2026, 9, 2))]
    slots += [Slot(n, date(2026, 4, 2)) for n in range(2, 11)]
    assert counted("r4", ground_of([*OLD, *slots])).value == pytest.approx(0.1)  # not the mean of 100 % and 0 %


def test_r5_counts_the_unripe_as_long_as_they_were_watched() -> None:
    slots = [Slot(1, ago(300)), Slot(1, ago(240)), Slot(2, ago(300)), Slot(3, ago(30))]
    found = counted("r5", ground_of([*OLD, *slots]))
    assert found.value == pytest.approx(0.5)  # two at risk on day 60, the third was watched for 30 days only
    assert found.low < 0.5 < found.high


def test_won_back_is_counted_by_those_who_fell_asleep_and_not_by_the_stock() -> None:
    slots = [
        Slot(1, ago(450)), Slot(1, ago(130)),  # asleep 180 days ago, back after 50
        Slot(2, ago(450)), Slot(2, ago(60)),  # asleep 180 days ago, back after 120: too late
        Slot(3, ago(450)),  # still asleep
        Slot(4, ago(300)), Slot(4, ago(10)),  # asleep 30 days ago: its 90 days are not over
        Slot(5, ago(400)), Slot(5, ago(200)),  # came before falling asleep
    ]  # fmt: skip
    found = counted("won_back", ground_of([*OLD, *slots]))
    assert (found.value, found.n) == (1 / 3, 3)


def test_arpp_takes_refunds_off_and_leaves_out_who_paid_nothing() -> None:
    slots = [Slot(1, ago(5), money=100_00), Slot(1, ago(9), money=50_00), Slot(2, ago(5), money=30_00), Slot(3, ago(5))]
    ground = ground_of([*OLD, *slots], refunds=[(1, ago(4), 20_00), (2, ago(3), 30_00), (1, ago(900), 10_00)])
    found = counted("arpp", ground)
    assert (found.value, found.n) == (130_00, 1)


def test_several_appointments_of_a_day_are_one_visit() -> None:
    ground = ground_of([*OLD, Slot(1, ago(5)), Slot(1, ago(5), doctor=2), Slot(1, ago(9)), Slot(2, ago(7))])
    assert counted("visits", ground).value == 1.5


def test_simple_value_is_a_year_of_money_times_the_years_expected() -> None:
    slots = [Slot(n, ago(400 + n), money=1000) for n in range(1, 11)] + [
        Slot(n, ago(n), money=2000) for n in range(1, 6)
    ]
    found = counted("ltv_simple", ground_of([*OLD, *slots]))
    assert found.value == pytest.approx(2000 / (1 - 0.5))


def test_occasions_of_prevention_are_those_over_and_taken_once_each() -> None:
    days = {1: [800, 620, 610, 80], 2: [500], 3: [100], 4: [730, 545, 365, 182, 2]}
    slots = [Slot(patient, ago(day), money=10) for patient, each in days.items() for day in each]
    ground = ground_of([*slots, Slot(5, ago(400), group=2)], recall={1: 182})
    found = cycles_of(ground, ordinal(D))
    assert ground.patient[found.person].tolist() == [1, 2, 3, 4]
    assert found.n.tolist() == [3, 2, 0, 3]
    assert found.x.tolist() == [1, 0, 0, 3]  # two visits of one occasion are one; the fourth occasion is not over
    assert found.t_x.tolist() == [1, 0, 0, 3]
    assert found.bill.tolist() == [10, 10, 10, 10]


def test_who_took_every_occasion_is_likelier_to_take_the_next() -> None:
    slots = [Slot(n, ago(900 - 182 * k), money=100) for n in range(1, 61) for k in range(5)]
    slots += [Slot(n, ago(900), money=100) for n in range(61, 121)]
    slots += [Slot(n, ago(900 - 182 * k), money=100) for n in range(121, 161) for k in (0, 1)]
    ground = ground_of([*OLD, *slots], recall={1: 182})
    found = counted("recall_next", ground)
    chances = dict(zip(found.sample.patient.tolist(), found.sample.value.tolist(), strict=True))
    assert chances[5] > 0.8
    assert chances[70] < 0.3
    assert counted("ltv_recall", ground).value > 0
    assert "нет групп" in counted("recall_next", ground_of([*OLD, *slots])).unripe


def test_missed_times_and_kept_times_have_their_own_denominators() -> None:
    states = ["completed"] * 6 + ["no_show"] * 2 + ["cancelled_patient", "cancelled_clinic"]
    ground = ground_of([*OLD, *(Slot(n, ago(n + 1), status) for n, status in enumerate(states))])
    assert counted("no_show", ground).value == 2 / 8
    assert counted("kept", ground).value == 6 / 10


def test_clinic_without_a_single_miss_is_not_praised_for_it() -> None:
    ground = ground_of([*OLD, *(Slot(n, ago(n % 150)) for n in range(1, 300))])
    assert "не загружены" in counted("no_show", ground, Window(D, 90)).unripe


def test_waiting_is_the_middle_of_days_from_booking_to_visit() -> None:
    slots = [Slot(n, ago(10), booked=ago(10 + days)) for n, days in enumerate([0, 3, 5, 7, 30], start=1)]
    found = counted("waiting", ground_of([*OLD, *slots]))
    assert (found.value, found.unripe) == (5, "")
    unknown = [dataclasses.replace(each, booked=None) for each in slots]
    assert "не записан" in counted("waiting", ground_of([*OLD, *unknown, slots[0]])).unripe


def test_coverage_is_of_this_moment_and_needs_no_interval() -> None:
    ground = ground_of([*OLD, Slot(1, ago(5)), Slot(2, ago(6), branch=2)], under_rule={1: True, 2: False, 3: True})
    found = counted("coverage", ground)
    assert (found.value, found.n, found.low, found.high) == (2 / 3, 3, 2 / 3, 2 / 3)
    assert counted("coverage", ground, filters=Filters(branch=2)).value == 0


def test_plans_are_accepted_and_finished_within_their_terms() -> None:
    plans = [
        PlanRow(1, ago(100), ago(90), state="agreed"), PlanRow(2, ago(100), ago(60), state="agreed"),  # too late
        PlanRow(3, ago(100)), PlanRow(4, ago(100), state="in_progress"), PlanRow(5, ago(10), ago(9)),  # not ripe
        PlanRow(6, ago(300), ago(299), ago(200), "finished"), PlanRow(7, ago(300), ago(299), ago(50), "finished"),
    ]  # fmt: skip
    ground = ground_of([*OLD, Slot(1, ago(5))], plans=plans)
    assert (counted("plan_accepted", ground).value, counted("plan_accepted", ground).n) == (4 / 6, 6)
    assert (counted("plan_finished", ground).value, counted("plan_finished", ground).n) == (1 / 2, 2)


def test_filter_of_a_return_looks_at_the_visit_that_counts_and_of_money_at_its_own() -> None:
    slots = [
        Slot(1, ago(400), doctor=1, money=1),
        Slot(1, ago(5), doctor=2, money=500),
        Slot(2, ago(400), doctor=2, money=1),
    ]
    ground = ground_of([*OLD, *slots], channels={1: 7, 2: 8})
    assert (
        counted("r3", ground, filters=Filters(doctor=1)).value == 1
    )  # whoever saw the first doctor last year came back
    assert counted("r3", ground, filters=Filters(doctor=2)).value == 0
    assert counted("arpp", ground, filters=Filters(doctor=2)).value == 500
    assert counted("r3", ground, filters=Filters(channel=8)).n == 1
    assert counted("r3", ground, filters=Filters(doctor=99)).value is None


def test_unripe_figure_says_why_and_is_compared_with_nothing() -> None:
    young = ground_of([Slot(n, ago(n % 200)) for n in range(1, 300)])
    found = counted("r3", young)
    assert "данные" in found.unripe or "данных" in found.unripe
    assert change(BY_KEY["r3"], found, found) is None


def test_one_patient_is_a_figure_without_an_interval() -> None:
    found = counted("arpp", ground_of([Slot(1, ago(3), money=100_00)]))
    assert (found.value, found.low, found.high) == (100_00, None, None)


def test_nobody_gives_no_figure_and_no_error() -> None:
    for definition in COUNTED:
        found = figure(definition, ground_of(OLD), YEAR, Filters(doctor=99))
        assert found.value is None or found.n > 0, definition.key


def test_error_of_a_change_of_strangers_is_that_of_two_samples_and_of_the_same_people_is_less() -> None:
    slots = any_clinic(5)
    ground = ground_of(slots)
    now, before = counted("r1", ground), figure(BY_KEY["r1"], ground, year_before(YEAR), ALL)
    alone = math.hypot(*(math.sqrt(each.value * (1 - each.value) / each.n) for each in (now, before)))
    assert paired_error(now.sample, now.sample) == 0
    stranger = dataclasses.replace(before.sample, patient=before.sample.patient + 100_000)
    assert paired_error(now.sample, stranger) == pytest.approx(alone)


def test_median_lies_between_the_order_statistics_of_the_table() -> None:
    found = median(np.arange(1.0, 12.0))  # eleven: the 2nd and the 10th hold it in 98.8 of 100
    assert (found.value, found.low, found.high) == (6, 2, 10)


def test_every_definition_is_whole_and_stands_in_the_document() -> None:
    text = table()
    assert len({each.key for each in METRICS}) == len(METRICS)
    for each in METRICS:
        assert all(words.strip() for _, words in described(each)), each.key
        assert each.says in text
        assert each.formula in text


def test_nps_and_its_error_are_those_of_the_textbook() -> None:
    scores = np.array([10.0] * 162 + [8] * 108 + [3] * 54)
    found = nps(scores)
    assert round(found.value, 1) == 33.3
    assert round(nps_error(0.5, 1 / 6, 324), 2) == 4.14
    assert nps_error(0.5, 1 / 6, 324) ** 2 * 324 / 100**2 == pytest.approx(5 / 9)
    assert nps_error(0.5, 1 / 6, 324, of_list=324) == 0
    apart = nps_difference(scores, scores)
    assert apart.value == 0
    assert apart.high == pytest.approx((found.high - found.value) * math.sqrt(2))


def test_csat_is_the_share_of_fours_and_fives() -> None:
    found = csat(np.array([5.0] * 60 + [4] * 21 + [2] * 182))
    assert [round(each, 4) for each in (found.value, found.low, found.high)] == [0.3080, 0.2553, 0.3662]


def test_silent_segments_are_weighed_as_they_were_asked_and_small_doctors_are_drawn_to_the_mean() -> None:
    assert reweighted(np.array([0.9, 0.5]), np.array([90.0, 10.0]), np.array([100.0, 100.0])) == pytest.approx(0.7)
    drawn = shrunk(np.array([0.9, 0.5, 0.7]), np.array([400.0, 400.0, 5.0]))
    assert 0.85 < drawn[0] < 0.9
    assert drawn[2] == pytest.approx(0.7, abs=0.01)
    assert set(shrunk(np.array([0.5, 0.6]), np.array([4.0, 5.0])).round(6)) == {round((2 + 3) / 9, 6)}


def test_returns_of_a_scenario_are_those_beyond_the_control_group() -> None:
    found = brought(1000, 400, control=500, control_came=150)
    assert found.causal
    assert found.returns == pytest.approx(100)
    half = 1.959964 * 1000 * math.sqrt(0.4 * 0.6 / 1000 + 0.3 * 0.7 / 500)
    assert found.high - found.returns == pytest.approx(half, rel=1e-6)
    assert worth_it(found, margin_kopecks=5000_00, cost_kopecks=100_000_00).value == pytest.approx(4.0)
    assert not brought(1000, 400).causal


def about(value: float | None):
    """The same up to the order of a sum."""
    return None if value is None else pytest.approx(value)


SHARES = [each for each in COUNTED if each.is_share]


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), days=st.sampled_from([90, 180, 365]))
def test_cells_sum_to_the_whole_and_names_and_order_change_nothing(seed: int, days: int) -> None:
    slots = any_clinic(seed, people=120)
    ground, window = ground_of(slots), Window(date(2026, 10, 1), days)
    rng = np.random.default_rng(seed)
    shuffled = ground_of([slots[place] for place in rng.permutation(len(slots))])
    renamed = ground_of([dataclasses.replace(each, patient=100_000 - 7 * each.patient) for each in slots])
    for definition in COUNTED:
        if definition.key == "ltv_model":
            continue
        whole = figure(definition, ground, window, ALL)
        assert figure(definition, shuffled, window, ALL).value == whole.value, definition.key
        assert figure(definition, renamed, window, ALL).value == about(whole.value), definition.key
        if definition in SHARES and not whole.sample.estimate:
            cells = [figure(definition, ground, window, Filters(branch=branch)) for branch in (1, 2)]
            assert sum(each.n for each in cells) == whole.n, definition.key
            assert sum(each.sample.value.sum() for each in cells) == whole.sample.value.sum(), definition.key
        if whole.value is not None and whole.low is not None and not math.isinf(whole.high):
            assert whole.low <= whole.value <= whole.high, definition.key


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_visit_to_come_changes_no_figure_of_the_past(seed: int) -> None:
    slots = any_clinic(seed, people=120)
    window = Window(date(2026, 6, 1), 180)
    later = [Slot(patient, window.as_of + timedelta(days=40), money=99_00) for patient in range(1, 60)]
    ground, more = ground_of(slots), ground_of([*slots, *later])
    for definition in COUNTED:
        if definition.has_past and definition.key not in ("r3", "ltv_simple"):  # gaps are judged by the whole export
            past, told = (figure(definition, each, window, ALL).value for each in (ground, more))
            assert told == about(past), definition.key
