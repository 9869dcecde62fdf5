"""Sentences beside figures say no more than the figures do."""

from __future__ import annotations

import pytest

from zabota.analytics.rules import wording
from zabota.analytics.rules.report import Measure, Share
from zabota.analytics.services.strategy_view import _needs
from zabota.analytics.services.where_view import _uniform


def need(name: str, patients: int, before: int) -> dict[str, object]:
    return {"name": name, "patients": patients, "before": before, "visits": patients, "revenue_kopecks": 0}


def test_service_that_grew_least_is_not_said_to_fall() -> None:
    assert _needs({"needs": [need("Имплантация", 150, 100), need("Терапия", 110, 100)]})["title"].endswith(
        "растёт имплантация"
    )
    assert _needs({"needs": [need("Имплантация", 150, 100), need("Терапия", 90, 100)]})["title"].endswith(
        "растёт имплантация, убывает терапия"
    )


def test_small_change_without_a_cause_is_not_laid_to_causes_that_nobody_named() -> None:
    share = Share(*[None] * len(Share.__dataclass_fields__))  # type: ignore[arg-type]
    measure = Measure("r3", "", "", 365, share, share, -0.8, -1.2, -0.4, significant=True)
    said = wording.common_sentence(measure, -0.8, ())
    assert said.startswith("Общее для всех снижение")
    assert "названных причин" not in said


@pytest.mark.parametrize(
    ("ratio", "said"),
    [(0.7, "снизились в 1,4 раза во всех"), (0.97, "снизились на 3,0 % во всех"), (1.03, "выросли на 3,0 % во всех")],
)
def test_change_of_chances_is_never_told_as_once(ratio: float, said: str) -> None:
    even = {"uniform": True, "uneven": []}
    data = {
        "retention": {"significant": True},
        "drivers": [],
        "uniformity": {"odds_ratio": ratio, "log_odds": even, "points": even},
    }
    assert said in _uniform(data)[0]
