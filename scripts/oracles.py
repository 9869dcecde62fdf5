"""Figures of two independent programs for the tests of analytics, which cannot live beside what we run on.

    uv run --no-project --python 3.11 --with gbstats==0.8.0 scripts/oracles.py gbstats
    uv run --no-project --python 3.11 --with lifelines==0.30.3 scripts/oracles.py lifelines

Each writes its part of src/zabota/analytics/tests/oracles.json. One wants an older numpy, both an older pandas: their figures
are kept, and the tests hold ours to them.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

KEPT = Path(__file__).parent.parent / "src/zabota/analytics/tests/oracles.json"
SEED = 2026


def of_gbstats() -> list[dict[str, Any]]:
    """Two groups: shares and means of any size, compared in the four ways that the product compares them."""
    from gbstats.bayesian.tests import EffectBayesianABTest, EffectBayesianConfig
    from gbstats.frequentist.tests import (
        FrequentistConfig,
        SequentialConfig,
        SequentialTwoSidedTTest,
        TwoSidedTTest,
    )
    from gbstats.models.statistics import ProportionStatistic, SampleMeanStatistic
    from gbstats.utils import check_srm

    dice = random.Random(SEED)
    cases = []
    for number in range(60):
        arms = []
        for _ in range(2):
            n = dice.choice([40, 300, 2500, 40_000])
            if number % 2:
                came = dice.randint(n // 8, n // 2)
                arms.append({"n": n, "total": came, "squares": came})
            else:
                spent = [round(dice.lognormvariate(1, 0.7), 2) for _ in range(min(n, 300))]
                arms.append({"n": len(spent), "total": sum(spent), "squares": sum(each**2 for each in spent)})
        kind = "share" if number % 2 else "mean"
        stats = [
            ProportionStatistic(n=arm["n"], sum=arm["total"])
            if kind == "share"
            else SampleMeanStatistic(n=arm["n"], sum=arm["total"], sum_squares=arm["squares"])
            for arm in arms
        ]
        found: dict[str, Any] = {}
        for name, way in (("difference", "absolute"), ("lift", "relative")):
            result = TwoSidedTTest(*stats, FrequentistConfig(difference_type=way)).compute_result()
            found[name] = [result.expected, *result.ci, result.p_value]
        result = SequentialTwoSidedTTest(*stats, SequentialConfig(difference_type="relative")).compute_result()
        found["any_time"] = [result.expected, *result.ci]
        belief = EffectBayesianABTest(*stats, EffectBayesianConfig(difference_type="relative")).compute_result()
        found["believed"] = [belief.expected, *belief.ci, belief.chance_to_win, *belief.risk]
        found["split_p"] = check_srm([arm["n"] for arm in arms], [0.5, 0.5])
        cases.append({"kind": kind, "arms": arms, **found})
    return cases


def of_lifelines() -> list[dict[str, Any]]:
    """Waiting for a return: the curve with its interval, two groups compared, a second end of waiting."""
    import numpy as np
    from lifelines import AalenJohansenFitter, KaplanMeierFitter
    from lifelines.statistics import logrank_test

    cases = []
    for number in range(24):
        dice = np.random.default_rng([SEED, number])
        size = int(dice.choice([12, 60, 400]))
        longest = int(dice.choice([20, 90, 400]))
        times = (dice.integers(1, longest, size) if number % 3 else dice.permutation(size) + 1).astype(float)
        ends = dice.choice(3, size, p=[0.3, 0.5, 0.2])
        group = dice.random(size) < 0.5
        came = ends == 1
        curve = KaplanMeierFitter().fit(times, came)
        asked = sorted({float(np.floor(each)) for each in np.quantile(times, [0.1, 0.3, 0.5, 0.7, 0.9])})
        bounds = curve.confidence_interval_survival_function_
        test = logrank_test(times[group], times[~group], came[group], came[~group])
        incidence = None
        if len(set(times)) == size:
            # With ties the peer moves the moments at random: only waits that all differ are asked of it.
            fitted = AalenJohansenFitter().fit(times, ends, event_of_interest=1).cumulative_density_
            incidence = [float(fitted.iloc[fitted.index.searchsorted(each, side="right") - 1, 0]) for each in asked]
        cases.append(
            {
                "times": times.tolist(), "ends": ends.tolist(), "group": group.tolist(), "asked": asked,
                "waiting": [float(curve.predict(each)) for each in asked],
                "interval": [
                    [float(each) for each in bounds.iloc[bounds.index.searchsorted(at, side="right") - 1]] for at in asked
                ],
                "log_rank": [float(test.test_statistic), float(test.p_value)],
                "returned_when_some_left": incidence,
            }
        )  # fmt: skip
    return cases


PARTS: dict[str, Callable[[], list[dict[str, Any]]]] = {"gbstats": of_gbstats, "lifelines": of_lifelines}


def main() -> int:
    """Write the part that is asked for."""
    if len(sys.argv) != 2 or sys.argv[1] not in PARTS:
        print(__doc__)
        return 2
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    kept[sys.argv[1]] = PARTS[sys.argv[1]]()
    KEPT.write_text(json.dumps(kept, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
