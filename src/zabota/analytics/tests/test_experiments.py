"""Two groups and a second opinion against published figures at their printed digits."""

from __future__ import annotations

import numpy as np
import pytest

from zabota.analytics.rules.adtributor import explanatory_power, ratio_power, surprise, suspects
from zabota.analytics.rules.experiments import (
    Arm,
    any_time,
    believed,
    difference,
    is_split_wrong,
    lift,
    share,
    split_p,
    theta_of,
    without_past,
)


def printed(effect, digits: int = 5) -> list[float]:
    return [round(each, digits) for each in (effect.value, effect.low, effect.high, effect.p)]


def test_small_shares() -> None:
    a, b = share(14, 28), share(16, 30)
    assert printed(lift(a, b)) == [0.06667, -0.47767, 0.61101, 0.80707]
    assert printed(difference(a, b))[1:] == [-0.22961, 0.29628, 0.80045]


def test_means_given_by_sums() -> None:
    a, b = Arm(3407, 1396.87, 52377.9767), Arm(3461, 2422.7, 134698.29)
    assert printed(lift(a, b)) == [0.70732, -0.03526, 1.44989, 0.06191]
    found = difference(a, b)
    assert round(found.value, 2) == 0.29
    assert printed(found)[1:] == [0.04538, 0.53462, 0.02016]


def test_shares_of_a_thousand() -> None:
    a, b = share(500, 1000), share(560, 1000)
    assert printed(difference(a, b)) == [0.06, 0.01631, 0.10369, 0.00714]
    assert printed(lift(a, b)) == [0.12, 0.02718, 0.21282, 0.01131]


def test_belief_that_b_is_better_and_what_a_wrong_choice_costs() -> None:
    found = believed(share(49, 100), share(51, 100))
    assert [round(each, 5) for each in (found.value, found.low, found.high, found.chance)] == [
        0.04082, -0.24779, 0.32943, 0.60918,
    ]  # fmt: skip
    assert round(found.risk_of_a, 4) == 0.0814
    assert round(found.risk_of_b, 5) == 0.04058


def test_interval_that_may_be_looked_at_every_day() -> None:
    found = any_time(share(1396, 3000), share(2422, 3461))
    assert [round(each, 5) for each in (found.value, found.low, found.high)] == [0.50386, 0.40098, 0.60675]
    once = lift(share(1396, 3000), share(2422, 3461))
    assert found.high - found.low > once.high - once.low


def test_wrong_split_is_noticed_and_a_fair_one_passes() -> None:
    assert split_p([821_588, 815_482], [1, 1])[1] == pytest.approx(1.82e-6, rel=3e-3)
    assert is_split_wrong([821_588, 815_482], [1, 1])
    statistic, p = split_p([1000, 1100], [0.5, 0.5])
    assert (round(statistic, 3), round(p, 4)) == (4.762, 0.0291)
    assert not is_split_wrong([1000, 1100], [0.5, 0.5])


def test_taking_out_the_past_keeps_the_mean_and_narrows_the_spread() -> None:
    rng = np.random.default_rng(1)
    past = rng.poisson(3, 2000).astype(float)
    now = past + rng.normal(0, 1, 2000)
    cleared = np.array(without_past(list(now), list(past), theta_of(list(now), list(past))))
    assert cleared.mean() == pytest.approx(now.mean())
    assert cleared.var() < 0.5 * now.var()
    assert theta_of([1.0, 2, 3], [4.0, 4, 4]) == 0


REVENUE = (np.array([50.0, 0, 40, 10]), np.array([10.0, 0, 70, 10]))
CLICKS = (np.array([100.0, 200, 100, 100]), np.array([20.0, 360, 100, 100]))


def test_cells_of_a_ratio_explain_its_change_as_printed() -> None:
    power = 100 * ratio_power(*REVENUE, *CLICKS)
    assert [round(each) for each in power] == [125, 106, -131, 0]
    assert [round(each, 2) for each in power[:3]] == pytest.approx([125.24, 106.26, -131.50], abs=0.006)
    assert power.sum() == pytest.approx(100)
    assert [round(100 * each) for each in explanatory_power(*REVENUE)] == [400, 0, -300, 0]


def test_cell_that_did_not_change_its_part_surprises_nobody() -> None:
    assert surprise(np.array([1.0, 3]), np.array([2.0, 6])) == pytest.approx([0, 0])
    found = suspects({"advertiser": (*REVENUE, *CLICKS)})
    assert found[0].dimension == "advertiser"
    assert set(found[0].cells) <= {0, 1}
