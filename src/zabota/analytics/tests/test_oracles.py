"""Comparisons of groups and times to return beside two independent programs; scripts/oracles.py asked them for these figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zabota.analytics.rules.competing import aalen_johansen
from zabota.analytics.rules.experiments import Arm, any_time, believed, difference, lift, share, split_p
from zabota.analytics.rules.survival import kaplan_meier, log_rank

TOLD: dict[str, list[dict[str, Any]]] = json.loads((Path(__file__).parent / "oracles.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("number", range(len(TOLD["gbstats"])))
def test_two_groups_differ_as_the_other_program_says(number: int) -> None:
    told = TOLD["gbstats"][number]
    a, b = (
        share(arm["total"], arm["n"]) if told["kind"] == "share" else Arm(arm["n"], arm["total"], arm["squares"])
        for arm in told["arms"]
    )
    for name, ours in (("difference", difference(a, b)), ("lift", lift(a, b))):
        assert [ours.value, ours.low, ours.high] == pytest.approx(told[name][:3], rel=1e-9, abs=1e-12)
        assert ours.p == pytest.approx(told[name][3], rel=1e-6, abs=1e-12)
    peeked = any_time(a, b)
    assert [peeked.value, peeked.low, peeked.high] == pytest.approx(told["any_time"], rel=1e-9, abs=1e-12)
    belief = believed(a, b)
    risks = {round(belief.risk_of_a, 9), round(belief.risk_of_b, 9)}
    assert [belief.value, belief.low, belief.high, belief.chance] == pytest.approx(
        told["believed"][:4], rel=1e-7, abs=1e-9
    )
    assert risks == {round(each, 9) for each in told["believed"][4:]}
    assert split_p([a.n, b.n], [0.5, 0.5])[1] == pytest.approx(told["split_p"], rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("number", range(len(TOLD["lifelines"])))
def test_waiting_for_a_return_is_as_the_other_program_says(number: int) -> None:
    told = TOLD["lifelines"][number]
    times, ends, group = np.array(told["times"]), np.array(told["ends"]), np.array(told["group"])
    came = ends == 1
    curve = kaplan_meier(times, came)
    assert [curve.at(each) for each in told["asked"]] == pytest.approx(told["waiting"], rel=1e-9, abs=1e-12)
    for each, (low, high) in zip(told["asked"], told["interval"], strict=True):
        if 0 < curve.at(each) < 1:
            assert curve.interval_at(each) == pytest.approx((low, high), rel=1e-9, abs=1e-12)
    found = log_rank(times[group], came[group], times[~group], came[~group])
    assert found == pytest.approx(told["log_rank"], rel=1e-9)
    if told["returned_when_some_left"] is not None:
        incidence = aalen_johansen(times, ends, kinds=2)
        ours = [incidence.at(1, each) for each in told["asked"]]
        assert ours == pytest.approx(told["returned_when_some_left"], rel=1e-9, abs=1e-12)


def test_each_question_was_put_to_the_other_programs() -> None:
    assert len(TOLD["gbstats"]) == 60
    assert {each["kind"] for each in TOLD["gbstats"]} == {"share", "mean"}
    assert sum(each["returned_when_some_left"] is not None for each in TOLD["lifelines"]) >= 8
