"""The contract of the audit stands in docs/audit.md: every key of the JSON and every code of a warning."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

from zabota.analytics.api import Refusal, Rows, audit
from zabota.analytics.rules.drivers import TANGIBLE
from zabota.analytics.services.sections import WARNINGS
from zabota.analytics.tests.clinics import AS_OF, Clinic, visits_of

ROOT = Path(__file__).parents[4]
RULES = Path(__file__).parents[1] / "rules"


def documented() -> set[str]:
    """Words in code marks."""
    return set(re.findall(r"`([A-Za-z_0-9.]+)`", (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")))


def keys_of(value: Any) -> set[str]:
    """All keys at any depth."""
    if isinstance(value, dict):
        return set(value) | {key for each in value.values() for key in keys_of(each)}
    if isinstance(value, list | tuple):
        return {key for each in value for key in keys_of(each)}
    return set()


def codes_of_warnings() -> set[str]:
    text = "".join(path.read_text(encoding="utf-8") for path in RULES.glob("*.py"))
    return set(re.findall(r"DataWarning\(\s*\"([a-z_]+)\"", text))


def test_every_key_of_the_json_is_documented() -> None:
    frame = visits_of(Clinic(causes=("doctor", "gap"), patients=4000))
    report = audit(
        frame, today=AS_OF, rows=Rows(9, 6, 1, 1, 1), refusals=[Refusal(3, "Дата", "date_missing", "")],
        notes={"cards_united": 2, "status_assumed": 1},
    )  # fmt: skip
    assert report.causes
    assert keys_of(report.to_json()) - documented() == set()


def test_every_warning_is_documented_and_has_its_words_on_the_page() -> None:
    codes = codes_of_warnings()
    assert len(codes) > 10
    assert codes - documented() == set()
    assert codes - set(WARNINGS) == set()


def test_every_dimension_of_a_cause_is_documented() -> None:
    assert set(TANGIBLE) - documented() == set()


def test_the_day_of_a_report_may_be_chosen() -> None:
    frame = visits_of(Clinic(patients=1500))
    assert audit(frame, today=AS_OF, as_of=date(2026, 9, 1), rows=Rows(1, 1, 0, 0, 0)).as_of == date(2026, 9, 1)
