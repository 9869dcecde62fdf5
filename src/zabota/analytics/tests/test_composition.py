"""Mix over several dimensions, evenness, seasons, pairs: exact sums, known answers, nothing where nothing was planted."""

from __future__ import annotations

import numpy as np
import pytest

from zabota.analytics.rules.composition import composition_of, shapley_mix
from zabota.analytics.rules.dimensions import PRICE, PRICE_DOWN, PRICE_SAME, PRICE_UP
from zabota.analytics.rules.ground import Cell, Dimension
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


BANDS = (PRICE_SAME, PRICE_UP, PRICE_DOWN)


def priced(*, size: int = 12_000, hit: float, common: float, doctor: float = 0.0) -> tuple[list[Dimension], ...]:
    """Two doctors and a service in four that became dearer: what the rise, everything else and one doctor took of 80 %.

    Doctor 1 works mostly with the dear service.
    """
    random = np.random.default_rng(7)

    def of(later: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        dear = random.random(size) < 0.25
        guilty = random.random(size) < np.where(dear, 0.6, 0.1)
        rate = 0.8 - later * (hit * dear + common + doctor * guilty)
        return dear.astype(np.int32), guilty.astype(np.int32), random.random(size) < rate

    (dear0, doctor0, came0), (dear1, doctor1, came1) = of(False), of(True)
    dimensions = [
        Dimension("doctor", ("А", "Б"), doctor0, doctor1),
        Dimension(PRICE, BANDS, dear0, dear1, kinds=("rate",)),
    ]
    return dimensions, came0, came1


def test_prices_that_rose_carry_what_the_rise_took_and_everything_sums_to_the_change() -> None:
    dimensions, before, now = priced(hit=0.3, common=0.1)
    found = composition_of(dimensions, before, now)
    effects = {each.dimension: each for each in found.effects}
    # A quarter of the patients lost 30 points more than the others; all lost ten.
    assert effects[PRICE].effect == pytest.approx(-0.075, abs=0.01)
    assert effects[PRICE].low < -0.075 < effects[PRICE].high < -0.05
    assert found.rate == pytest.approx(-0.1, abs=0.015)
    total = sum(each.effect for each in found.effects) + found.rate
    assert total == pytest.approx(float(now.mean() - before.mean()), abs=1e-12)


def test_prices_carry_nothing_of_a_fall_common_to_all() -> None:
    dimensions, before, now = priced(hit=0.0, common=0.2)
    found = composition_of(dimensions, before, now)
    effects = {each.dimension: each for each in found.effects}
    assert abs(effects[PRICE].effect) < 0.005
    assert effects[PRICE].low <= 0 <= effects[PRICE].high
    assert found.rate == pytest.approx(-0.2, abs=0.015)


def test_prices_carry_nothing_of_what_a_named_doctor_did_to_patients_of_the_dear_service() -> None:
    dimensions, before, now = priced(size=60_000, hit=0.0, common=0.0, doctor=0.4)
    guilty = Cell(0, "doctor", "Б", (1,), ("rate",), careful=False)
    alone = {each.dimension: each for each in composition_of(dimensions, before, now).effects}
    beside = {each.dimension: each for each in composition_of(dimensions, before, now, [guilty]).effects}
    assert alone[PRICE].high < -0.02
    assert abs(beside[PRICE].effect) < 0.006
    assert beside[PRICE].low <= 0 <= beside[PRICE].high


def test_cheaper_services_give_back_what_they_gave() -> None:
    dimensions, before, now = priced(hit=-0.15, common=0.1)
    dimensions[1] = Dimension(PRICE, (PRICE_SAME, PRICE_DOWN), dimensions[1].before, dimensions[1].now, kinds=("rate",))
    found = composition_of(dimensions, before, now)
    assert found.effects[-1].effect == pytest.approx(0.0375, abs=0.01)


def test_doctor_service_channel_branch_age_tenure_waiting_answers_and_prices_are_held_at_once() -> None:
    names = ("doctor", "service", "channel", "branch", "age", "tenure", "wait", "feedback", "corridor", "sex")
    random = np.random.default_rng(2)
    size = 5000
    codes = {name: [np.asarray(random.integers(0, 3, size), np.int32) for _ in range(2)] for name in (*names, PRICE)}
    dimensions = [Dimension(name, ("А", "Б", "В"), *codes[name]) for name in names]
    dimensions.append(Dimension(PRICE, BANDS, *codes[PRICE], kinds=("rate",)))
    before, now = random.random(size) < 0.7, random.random(size) < 0.5
    found = composition_of(dimensions, before, now)
    assert {each.dimension for each in found.effects} == {*names, PRICE} - {"sex"}
    total = sum(each.effect for each in found.effects) + found.rate
    assert total == pytest.approx(float(now.mean() - before.mean()), abs=1e-12)


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


def test_of_many_combinations_the_one_that_stands_out_by_chance_is_not_named() -> None:
    """Fifteen cells are looked at, one of them with p near 0,01: among fifteen trials that is nothing."""
    doctor, branch, place = (np.ravel(each) for each in np.meshgrid(range(5), range(3), range(100), indexing="ij"))
    before = place < 50
    now = place < np.where((doctor == 2) & (branch == 1), 32, 50)
    codes = [np.asarray(each, np.int32) for each in (doctor, branch)]
    dimensions = [
        Dimension("doctor", ("А", "Б", "В", "Г", "Д"), codes[0], codes[0]),
        Dimension("branch", ("Центр", "Север", "Юг"), codes[1], codes[1]),
    ]
    assert pairs_of(dimensions, before, now)[1] == ()
    # The same combination with a hundred times less chance in it is named.
    (cell,) = pairs_of(dimensions, before, place < np.where((doctor == 2) & (branch == 1), 20, 50))[1]
    assert cell.values == ("В", "Север")
