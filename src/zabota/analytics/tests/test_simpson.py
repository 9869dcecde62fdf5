"""A comparison that turns round among people alike says so; one that does not is left in peace."""

from __future__ import annotations

import numpy as np

from zabota.analytics.rules.ground import Dimension
from zabota.analytics.rules.simpson import alarms_of_groups, alarms_of_periods, flip_of


def group(*parts: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """People and returns by stratum."""
    return np.array([n for n, _ in parts], float), np.array([k for _, k in parts], float)


def test_classical_paradox_of_two_treatments_is_seen() -> None:
    # Small and large stones, ten times as many patients as in the paper of 1986, so that chance is out of the way.
    first, second = group((870, 810), (2630, 1920)), group((2700, 2340), (800, 550))
    flip = flip_of(first, second)
    assert flip is not None
    assert flip.total > 0 > flip.within
    assert (flip.strata, flip.against) == (2, 2)


def test_the_same_paradox_of_few_patients_may_be_chance_and_is_not_said() -> None:
    assert flip_of(group((87, 81), (263, 192)), group((270, 234), (80, 55))) is None


def test_one_direction_in_all_strata_raises_no_alarm() -> None:
    assert flip_of(group((1000, 500), (1000, 300)), group((1000, 600), (1000, 400))) is None


def test_strata_with_almost_nobody_do_not_decide() -> None:
    assert flip_of(group((5000, 2500), (5, 5)), group((5000, 3000), (5, 0))) is None


def periods(seed: int = 5) -> tuple[Dimension, np.ndarray, np.ndarray]:
    """Each group returns more often than before, but those who seldom return have become many."""
    random = np.random.default_rng(seed)
    before = (random.random(20_000) < 0.2).astype(np.int32)
    now = (random.random(20_000) < 0.8).astype(np.int32)
    came_before = random.random(20_000) < np.where(before == 1, 0.30, 0.70)
    came_now = random.random(20_000) < np.where(now == 1, 0.36, 0.76)
    return Dimension("channel", ("свои", "купоны"), before, now), came_before, came_now


def test_fall_made_by_mix_alone_is_called_so_though_every_group_grew() -> None:
    dimension, before, now = periods()
    assert now.mean() < before.mean()
    (alarm,) = alarms_of_periods([dimension], before, now)
    assert alarm.dimension == "channel"
    assert alarm.flip.total < 0 < alarm.flip.within


def test_unknown_values_are_no_stratum() -> None:
    dimension, before, now = periods()
    unknown = Dimension("channel", ("свои", "купоны"), dimension.before * 0 - 1, dimension.now * 0 - 1)
    assert alarms_of_periods([unknown], before, now) == []


def test_a_message_that_looks_harmful_and_helps_in_every_band_is_not_called_harmful() -> None:
    # Those booked long ahead miss more visits and are the ones who get reminders.
    random = np.random.default_rng(11)
    band = np.repeat([0, 1, 2], 10_000)
    reminded = random.random(30_000) < np.array([0.1, 0.5, 0.95])[band]
    came = random.random(30_000) < np.array([0.90, 0.75, 0.60])[band] + 0.04 * reminded
    assert came[reminded].mean() < came[~reminded].mean()
    (alarm,) = alarms_of_groups(reminded, came, [("lead", band, 3)])
    assert alarm.dimension == "lead"
    assert alarm.flip.within > 0
