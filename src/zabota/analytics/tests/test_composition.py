"""Mix over several dimensions, evenness, seasons, pairs: exact sums, known answers, nothing where nothing was planted."""

from __future__ import annotations

import numpy as np
import pytest

from zabota.analytics.rules.composition import composition_of, shapley_mix
from zabota.analytics.rules.ground import Dimension
from zabota.analytics.rules.pairs import pairs_of
from zabota.analytics.rules.uniform import uniformity_of


def people(seed: int, size: int = 6000) -> tuple[list[Dimension], np.ndarray, np.ndarray]:
    """Two periods with three dimensions that lean on each other."""
    random = np.random.default_rng(seed)

    def codes(shift: float) -> list[np.ndarray]:
        channel = random.choice(4, size, p=[0.4 - shift, 0.2 + shift, 0.3, 0.1])
        doctor = (channel + random.choice(3, size)) % 5
        age = random.choice(5, size) - (random.random(size) < 0.05)
        return [np.asarray(each, np.int32) for each in (channel, doctor, age)]

    before, now = codes(0.0), codes(0.25)
    rates = np.array([0.8, 0.3, 0.6, 0.5])
    names = ("channel", "doctor", "age")
    dimensions = [
        Dimension(name, tuple(f"{name}{place}" for place in range(6)), b, n)
        for name, b, n in zip(names, before, now, strict=True)
    ]
    return dimensions, random.random(size) < rates[before[0]], random.random(size) < rates[now[0]]


@pytest.mark.parametrize("seed", range(5))
def test_effects_of_composition_and_behaviour_sum_to_the_whole_change(seed) -> None:
    dimensions, before, now = people(seed)
    found = composition_of(dimensions, before, now)
    assert found is not None
    total = sum(each.effect for each in found.effects) + found.rate
    assert total == pytest.approx(float(now.mean() - before.mean()), abs=1e-12)


def test_channel_whose_mix_moved_carries_the_fall_and_the_others_nothing() -> None:
    dimensions, before, now = people(3)
    found = composition_of(dimensions, before, now)
    effects = {each.dimension: each for each in found.effects}
    # 25 points of the base went from 80 % to 30 %.
    assert effects["channel"].effect == pytest.approx(-0.125, abs=0.02)
    assert effects["channel"].high < 0
    assert abs(effects["age"].effect) < 0.01


def test_order_of_people_and_of_columns_changes_nothing() -> None:
    dimensions, before, now = people(4)
    columns = [np.concatenate([each.before, each.now]) for each in dimensions]
    came, later = np.concatenate([before, now]), np.repeat([False, True], len(before))
    effects, rate = shapley_mix(columns, came, later)
    order = np.random.default_rng(1).permutation(len(came))
    again, rate_again = shapley_mix([each[order] for each in columns[::-1]], came[order], later[order])
    assert again[::-1] == pytest.approx(effects, abs=1e-12)
    assert rate_again == pytest.approx(rate, abs=1e-12)


def test_one_dimension_gives_kitagawa_s_mix() -> None:
    # Old and new patients 70/30 with 82.857 % and 40 %, then 40/60 with 72.5 % and 35 %: 70 % falls to 50 %.
    before = np.repeat([0, 1], [700, 300]).astype(np.int32)
    now = np.repeat([0, 1], [400, 600]).astype(np.int32)
    came0 = np.concatenate([np.arange(700) < 580, np.arange(300) < 120])
    came1 = np.concatenate([np.arange(400) < 290, np.arange(600) < 210])
    (mix,), rate = shapley_mix(
        [np.concatenate([before, now])], np.concatenate([came0, came1]), np.repeat([False, True], 1000)
    )
    assert 100 * mix == pytest.approx(-12.0536, abs=1e-3)
    assert 100 * rate == pytest.approx(-7.9464, abs=1e-3)


def moved(low: np.ndarray, high: np.ndarray) -> tuple[Dimension, np.ndarray, np.ndarray]:
    """Three doctors with exact rates before and now."""
    size = 4000
    codes = np.repeat([0, 1, 2], size).astype(np.int32)
    came0 = np.concatenate([np.arange(size) < round(rate * size) for rate in low])
    came1 = np.concatenate([np.arange(size) < round(rate * size) for rate in high])
    return Dimension("doctor", ("А", "Б", "В"), codes, codes), came0, came1


def test_fall_by_equal_odds_is_uniform_on_log_odds_and_not_on_points() -> None:
    rates = np.array([0.95, 0.6, 0.2])
    odds = 0.5 * rates / (1 - rates)
    dimension, before, now = moved(rates, odds / (1 + odds))
    found = uniformity_of([dimension], before, now)
    assert found.log_odds.uniform
    assert not found.points.uniform


def test_fall_of_one_doctor_is_uneven_on_both_scales() -> None:
    dimension, before, now = moved(np.array([0.7, 0.7, 0.7]), np.array([0.7, 0.7, 0.4]))
    found = uniformity_of([dimension], before, now)
    assert not found.log_odds.uniform
    assert not found.points.uniform
    assert found.log_odds.uneven == ("doctor",)


def test_pairs_account_exactly_and_name_the_planted_combination() -> None:
    random = np.random.default_rng(9)
    doctor, branch = (np.asarray(random.integers(0, 4, 16_000), np.int32) for _ in range(2))
    guilty = (doctor == 2) & (branch == 1)
    before = random.random(16_000) < 0.7
    now = random.random(16_000) < np.where(guilty, 0.35, 0.7)
    dimensions = [
        Dimension("doctor", ("А", "Б", "В", "Г"), doctor, doctor),
        Dimension("branch", ("Центр", "Север", "Юг", "Запад"), branch, branch),
    ]
    (account,), cells = pairs_of(dimensions, before, now)
    assert account.rate_pp + account.mix_pp == pytest.approx(100 * float(now.mean() - before.mean()), abs=1e-9)
    assert cells[0].values == ("В", "Север")
