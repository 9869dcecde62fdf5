"""Published figures at their printed digits: Das Gupta 1993, Freireich 1963, Newcombe 1998 and the hand-made 70 → 50."""

import numpy as np
import pytest

from zabota.analytics.rules.intervals import benjamini_hochberg, wilson
from zabota.analytics.rules.kitagawa import kitagawa, shapley
from zabota.analytics.rules.survival import kaplan_meier, log_rank

HEADSHIP = {
    "size0": [12.9, 10.9, 9.5, 8.0, 7.8, 8.4, 8.6, 7.8, 7.0, 5.9, 4.7, 3.6, 4.9],
    "size1": [10.1, 11.2, 11.6, 10.9, 9.4, 7.7, 6.3, 6.0, 6.3, 5.9, 5.1, 4.0, 5.5],
    "rate0": [1.9, 25.8, 45.7, 49.6, 51.2, 51.6, 51.8, 54.9, 58.7, 60.4, 62.8, 66.6, 66.8],
    "rate1": [2.2, 24.3, 45.8, 52.5, 56.1, 55.6, 56.0, 57.4, 57.2, 61.2, 63.9, 68.6, 72.2],
}
TREATED = [
    (6, 1), (6, 1), (6, 1), (7, 1), (10, 1), (13, 1), (16, 1), (22, 1), (23, 1), (6, 0), (9, 0), (10, 0), (11, 0), (17, 0), (19, 0),
    (20, 0), (25, 0), (32, 0), (32, 0), (34, 0), (25, 0),
]  # fmt: skip
CONTROLS = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def test_kitagawa_divides_the_headship_change_as_das_gupta_printed_it():
    size0, size1, rate0, rate1 = (np.array(HEADSHIP[name]) for name in ("size0", "size1", "rate0", "rate1"))
    rate, mix = kitagawa(size0, size1, rate0, rate1)
    crude0, crude1 = size0 @ rate0 / size0.sum(), size1 @ rate1 / size1.sum()
    assert round(float(crude0), 4) == 44.7268
    assert round(float(crude1), 4) == 47.6940
    assert round(float(mix.sum()), 4) == 1.2269
    assert round(float(rate.sum()), 4) == 1.7403
    assert round(100 * float(mix.sum()) / (crude1 - crude0), 2) == 41.35
    assert round(100 * float(rate.sum()) / (crude1 - crude0), 2) == 58.65
    assert abs(float(rate.sum() + mix.sum()) - (crude1 - crude0)) < 1e-12


def test_kitagawa_divides_the_hand_made_fall_from_70_to_50():
    rate, mix = kitagawa(
        np.array([30.0, 70.0]), np.array([60.0, 40.0]), np.array([0.40, 0.82857143]), np.array([0.35, 0.725])
    )
    assert round(100 * float(mix.sum()), 4) == -12.0536
    assert round(100 * float(rate.sum()), 4) == -7.9464


@pytest.mark.parametrize(
    ("before", "now", "effects"),
    [
        ((10930, 0.717892), (16591, 0.825974), (4369.913, 1487.262)),
        ((25.3, 0.214, 0.279, 0.949), (32.7, 0.290, 0.473, 0.986), (0.6889411, 0.8125381, 1.3829055, 0.1047547)),
        (
            (0.58, 0.76, 0.84, 0.66, 16.573),
            (0.72, 0.97, 0.97, 0.56, 16.158),
            (1.0909785, 1.2298438, 0.7278399, -0.8398707, -0.1290187),
        ),
    ],
)
def test_effects_of_factors_averaged_over_all_orders_are_those_printed(before, now, effects):
    def product(switched):
        return float(
            np.prod([later if on else earlier for earlier, later, on in zip(before, now, switched, strict=True)])
        )

    found = shapley(product, len(before))
    digits = 3 if len(before) == 2 else 7
    assert [round(each, digits) for each in found] == list(effects)
    assert sum(found) == pytest.approx(np.prod(now) - np.prod(before), abs=1e-9)


def test_kaplan_meier_of_the_leukaemia_trial():
    durations = np.array([time for time, _ in TREATED], float)
    curve = kaplan_meier(durations, np.array([event == 1 for _, event in TREATED]))
    printed = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    assert {time: round(curve.at(time), 4) for time in printed} == printed
    assert next(time for time, left in zip(curve.times, curve.survival, strict=True) if left <= 0.5) == 23
    low, high = curve.interval_at(10)
    assert 0 < low < curve.at(10) < high < 1


def test_log_rank_of_the_leukaemia_trial():
    statistic, p = log_rank(
        np.array([time for time, _ in TREATED], float),
        np.array([event == 1 for _, event in TREATED]),
        np.array(CONTROLS, float),
        np.ones(len(CONTROLS), bool),
    )
    assert round(statistic, 3) == 16.793
    assert p == pytest.approx(4.17e-5, rel=1e-3)


@pytest.mark.parametrize(
    ("events_a", "events_b", "statistic", "p"),
    [((1, 1, 1), (1, 1, 1), 0.254237, 0.614107), ((1, 0, 1), (1, 0, 1), 0.384615, 0.535143)],
)
def test_log_rank_of_six_people(events_a, events_b, statistic, p):
    found = log_rank(
        np.array([10.0, 20, 30]), np.array(events_a, bool), np.array([10.0, 20, 50]), np.array(events_b, bool)
    )
    assert [round(each, 6) for each in found] == [statistic, p]


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_are_those_of_newcombe(hits, trials, low, high):
    assert [round(each, 4) for each in wilson(hits, trials)] == [low, high]


def test_a_share_of_nobody_may_be_anything():
    assert wilson(0, 0) == (0.0, 1.0)


def test_false_discoveries_are_counted_step_up():
    assert benjamini_hochberg([0.001, 0.03, 0.04, 0.5], level=0.05) == 1
    assert benjamini_hochberg([0.01, 0.02, 0.03, 0.04], level=0.05) == 4
    assert benjamini_hochberg([0.2, 0.9], level=0.05) == 0
