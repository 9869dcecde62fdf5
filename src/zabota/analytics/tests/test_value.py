"""Who is worth a call: the patient's own rhythm, forecasts against what came, competing ends of waiting."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from scipy import stats

from zabota.analytics.rules.calibration import calibrate
from zabota.analytics.rules.columns import ordinal
from zabota.analytics.rules.competing import aalen_johansen
from zabota.analytics.rules.survival import kaplan_meier, log_rank
from zabota.analytics.rules.value import PRIOR_GAPS, Lives, Outlook, dearest, gained, outlook, own_intervals
from zabota.analytics.rules.value_model import episodes_of

TODAY = ordinal(date(2026, 11, 20))
STEPS = ((100, 10), (150, 30), (200, 35))


def lives(people: int, *, seed: int) -> Lives:
    """Patients who come at their own pace and leave as the model says; days."""
    rng = np.random.default_rng(seed)
    person, day, kopecks = [], [], []
    for place in range(people):
        time = int(TODAY - rng.integers(60, 1200))
        pace, leave, bill = rng.gamma(3.0, 40.0) + 20, rng.beta(1.0, 5.0), rng.gamma(6, 1.0)
        while time <= TODAY:
            person.append(place)
            day.append(time)
            kopecks.append(int(bill * 100_000 * rng.gamma(8, 1 / 8)))
            if rng.random() < leave:
                break
            time += 15 + int(rng.exponential(pace))
    return Lives(
        np.arange(people) * 3 + 7, np.array(person), np.array(day), np.array(kopecks), np.full(people, 180)
    )  # fmt: skip


@pytest.fixture(scope="module")
def clinic() -> Lives:
    return lives(1500, seed=4)


@pytest.fixture(scope="module")
def look(clinic) -> Outlook:
    found = outlook(clinic, TODAY)
    assert found is not None
    return found


def test_days_of_one_course_are_one_episode() -> None:
    found = episodes_of(np.array([0, 0, 0, 0, 1]), np.array([1, 8, 20, 60, 61]), np.array([5, 6, 7, 8, 9]))
    assert found.person.tolist() == [0, 0, 1]
    assert (found.start.tolist(), found.end.tolist()) == ([1, 60, 61], [20, 60, 61])
    assert found.kopecks.tolist() == [18, 8, 9]


def test_rhythm_is_that_of_the_service_and_bends_to_the_patient_who_shows_another() -> None:
    person = np.repeat([0, 1], [1, 7])
    day = np.array([TODAY - 100, *(TODAY - 30 * n for n in range(6, -1, -1))])
    found = own_intervals(episodes_of(person, day, np.ones(8, np.int64)), np.array([180, 180]), TODAY)
    assert found[0] == pytest.approx(180)
    assert found[1] == pytest.approx(np.exp((PRIOR_GAPS * np.log(180) + 6 * np.log(30)) / (PRIOR_GAPS + 6)))


def test_service_without_an_interval_takes_the_pause_of_everybody(clinic) -> None:
    episodes = episodes_of(clinic.person, clinic.day, clinic.kopecks)
    unknown = own_intervals(episodes, np.full(len(clinic.patient), -1), TODAY)
    assert 20 < np.median(unknown) < 400


def test_the_longer_the_silence_the_smaller_the_chance_to_come(look) -> None:
    silent = TODAY - look.last_on
    often = look.worth_if_comes > np.median(look.worth_if_comes)
    assert look.returns[often & (silent < 60)].mean() > 2 * look.returns[often & (silent > 500)].mean()
    assert ((look.returns >= 0) & (look.returns <= look.alive)).all()
    assert np.isfinite(look.worth).all()


def test_expected_of_all_is_what_the_clinic_earns_in_a_year(clinic, look) -> None:
    past = clinic.kopecks[clinic.day > TODAY - 365].sum()
    assert 0.3 * past < look.worth.sum() < 1.3 * past  # nobody new is in the forecast


def test_forecast_of_a_clinic_that_did_not_change_comes_true(look) -> None:
    check = look.check
    assert check.came == pytest.approx(check.expected, rel=0.15)
    assert check.brier < check.brier_of_mean
    assert check.tenths[-1].came > check.tenths[0].came


def test_too_few_patients_give_no_forecast() -> None:
    assert outlook(lives(20, seed=1), TODAY) is None


def test_call_is_worth_what_the_patient_brings_times_what_the_call_changes(look) -> None:
    gain = gained(look, steps=STEPS, beyond=5)
    early = look.lateness <= 1
    assert gain[early] == pytest.approx(0.10 * look.worth_if_comes[early])
    late = look.lateness > 2
    assert gain[late] == pytest.approx(0.05 * look.worth_if_comes[late])


def test_dearest_come_first_and_only_those_kept() -> None:
    assert dearest(np.array([1.0, 9, 3, 9]), np.array([True, True, False, True])).tolist() == [1, 3, 0]


def test_right_forecast_is_called_right_and_a_wrong_one_wrong() -> None:
    rng = np.random.default_rng(2)
    chances = rng.uniform(0, 1, 20_000)
    right = calibrate(chances, rng.uniform(0, 1, 20_000) < chances)
    assert right.hit
    assert sum(each.hit for each in right.tenths) >= 8
    assert not calibrate(chances, rng.uniform(0, 1, 20_000) < chances / 2).hit
    assert calibrate(np.zeros(0), np.zeros(0, bool)) is None


def test_forecast_in_words_of_a_range_and_what_became_of_it() -> None:
    found = calibrate(np.full(400, 0.435), np.arange(400) < 176)
    assert (round(found.low / 400, 2), round(found.high / 400, 2)) == (0.39, 0.48)
    assert (found.came / 400, found.hit) == (0.44, True)


def test_without_another_end_of_waiting_incidence_is_one_minus_kaplan_meier() -> None:
    rng = np.random.default_rng(8)
    times, events = rng.integers(1, 50, 300).astype(float), rng.integers(0, 2, 300)
    found, curve = aalen_johansen(times, events, kinds=1), kaplan_meier(times, events == 1)
    for time in (1, 7, 20, 49):
        assert found.at(1, time) == pytest.approx(1 - curve.at(time))


def test_shares_of_all_ends_and_of_those_waiting_make_a_whole_and_kaplan_meier_says_too_much() -> None:
    rng = np.random.default_rng(9)
    times, events = rng.integers(1, 50, 400).astype(float), rng.integers(0, 3, 400)
    found = aalen_johansen(times, events, kinds=2)
    assert found.shares.sum(axis=0) + found.waiting == pytest.approx(np.ones(len(found.times)))
    assert found.at(1, 49) < 1 - kaplan_meier(times, events == 1).at(49)


def test_hand_made_incidence() -> None:
    found = aalen_johansen(np.array([1.0, 2, 3, 4]), np.array([1, 2, 1, 0]), kinds=2)
    assert [found.at(1, t) for t in (1, 2, 3, 9)] == [0.25, 0.25, 0.5, 0.5]
    assert found.at(2, 3) == 0.25


def test_curve_and_comparison_of_groups_are_those_of_an_independent_program() -> None:
    rng = np.random.default_rng(11)
    times, came = rng.integers(1, 60, 200).astype(float), rng.random(200) < 0.6
    peer = stats.ecdf(stats.CensoredData(uncensored=times[came], right=times[~came]))
    curve = kaplan_meier(times, came)
    for time in (5, 17, 40, 59):
        assert curve.at(time) == pytest.approx(float(peer.sf.evaluate(time)))
    one, two = slice(0, 90), slice(90, 200)
    theirs = stats.logrank(
        stats.CensoredData(uncensored=times[one][came[one]], right=times[one][~came[one]]),
        stats.CensoredData(uncensored=times[two][came[two]], right=times[two][~came[two]]),
    )
    chi, p = log_rank(times[one], came[one], times[two], came[two])
    assert chi == pytest.approx(theirs.statistic**2)
    assert p == pytest.approx(theirs.pvalue)
