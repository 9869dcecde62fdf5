"""A comparison that turns round among people alike says so; one that does not is left in peace."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from zabota.analytics.api import Rows, audit
from zabota.analytics.rules.ground import Dimension
from zabota.analytics.rules.simpson import alarms_of_groups, alarms_of_periods, flip_of, flip_of_means
from zabota.analytics.rules.strategy import strategy_of
from zabota.analytics.rules.where import Question, answer
from zabota.analytics.services.sections import alarms_said
from zabota.analytics.services.strategy_view import strategy_view
from zabota.analytics.services.where_view import where_view
from zabota.analytics.tests.clinics import AS_OF


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


def test_averages_that_turn_round_among_people_alike_are_seen() -> None:
    # In each branch the second group pays more; most of it comes to the cheap branch.
    random = np.random.default_rng(3)

    def group_of(*parts: tuple[int, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        drawn = [random.normal(mean, 300, number) for number, mean in parts]
        return tuple(np.array([f(each) for each in drawn]) for f in (len, np.sum, lambda x: (x**2).sum()))  # type: ignore[return-value]

    flip = flip_of_means(group_of((200, 1000), (1800, 3000)), group_of((1800, 1200), (200, 3200)))
    assert flip is not None
    assert flip.total < 0 < flip.within
    assert flip_of_means(group_of((1000, 1000), (1000, 3000)), group_of((1000, 900), (1000, 2900))) is None


def turning_frame() -> pl.DataFrame:
    """People of both sources return more often than a year before; those of the worse one have become most."""
    random = np.random.default_rng(7)
    first = [AS_OF - timedelta(days=1000), AS_OF - timedelta(days=640)]
    rows: list[tuple[int, date, str, str]] = []
    person = 0
    for year, (number, coupons) in enumerate(((6000, 0.15), (16_000, 0.85))):
        for _ in range(number):
            person += 1
            poor = random.random() < coupons
            channel = "Купоны" if poor else "Сайт"
            day = first[year]
            rows.append((person, day, channel, "Центр"))
            for later in range(year, 2):
                rate = (0.30 if poor else 0.70) + 0.06 * later
                if random.random() >= rate:
                    break
                day = first[0] + timedelta(days=360 * (later + 1) + 20)
                rows.append((person, day, channel, "Центр"))
    # A visit at either end gives the data their length.
    rows += [(0, AS_OF - timedelta(days=each), "Сайт", "Центр") for each in range(1300, 1, -10)]
    count = len(rows)
    return pl.DataFrame(rows, schema=["person", "day", "channel", "branch"], orient="row").with_columns(
        pl.lit("completed").alias("status"),
        pl.Series("visit", range(count)),
        pl.Series("row", range(count)),
        pl.col("day").cast(pl.Datetime("us")).alias("starts_at"),
        pl.lit("Осмотр").alias("service"),
        pl.lit("Котова Е. В.").alias("doctor"),
        pl.lit(100_000).alias("price_kopecks"),
    )


def test_audit_and_where_say_that_their_comparison_turns_round() -> None:
    frame = turning_frame()
    report = audit(frame, today=AS_OF, rows=Rows(0, 0, 0, 0, 0))
    main = report.retention
    assert (main.change_pp or 0) < 0
    (alarm,) = [each for each in report.alarms if each["definition"] == "R3"]
    assert alarm["dimension"] == "channel"
    assert alarm["total"] < 0 < alarm["within"]
    (said, *_) = alarms_said(report.to_json())
    assert "среди одинаковых по признаку «источник» наоборот" in said
    assert main.now.return_to is not None and main.year_before.return_to is not None and main.window_days is not None
    found = answer(frame, Question(main.now.return_to, main.year_before.return_to, main.window_days)).data
    assert found["alarms"] == [alarm]
    assert any("парадокс Симпсона" in each for each in where_view(found)["says"])


def test_sources_and_segments_of_the_strategy_are_rerun_within_each_other() -> None:
    """A doctor who sees those who pay little seems cheap, and earns more than others among people of one source."""
    frame = turning_frame().with_columns(
        doctor=pl.when(
            (pl.col("channel") == "Купоны") & (pl.col("person") % 10 < 8) | (pl.col("person") % 10 == 9)
        ).then(pl.lit("Котова Е. В.")).otherwise(pl.lit("Лапин Д. С."))
    )  # fmt: skip
    paid = pl.when(pl.col("channel") == "Купоны").then(100_000).otherwise(900_000)
    own = pl.when(pl.col("doctor") == "Котова Е. В.").then(50_000).otherwise(0)
    data = strategy_of(frame.with_columns(price_kopecks=paid + own), as_of=AS_OF, costs={})
    found = [each for each in data["alarms"] if each["side"] == "Врач" and each["value"] == "Котова Е. В."]
    assert [each["within"] for each in found] == ["Источник"]
    assert found[0]["total"] < 0 < found[0]["alike"]
    said = strategy_view({**data, "load": {"weeks": [], "this_week": "", "doctors": []}})["alarms"]
    assert any(each.startswith("Врач «Котова Е. В.»: −") and "среди одинаковых" in each for each in said)
