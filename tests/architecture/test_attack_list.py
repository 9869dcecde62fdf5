"""The list of attacks names tests that exist: a promise whose test was renamed or dropped is seen at once."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "docs" / "security.md"
_NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def missing(text: str) -> list[str]:
    """Tests that are named and are not there."""
    gone = []
    for path, name in _NAMED.findall(text):
        file = ROOT / path
        if not file.is_file() or f"def {name}(" not in file.read_text(encoding="utf-8"):
            gone.append(f"{path}::{name}")
    return gone


def test_every_attack_of_the_list_has_tests_that_exist() -> None:
    text = LIST.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if re.match(r"\| T\d+\.", line)]
    assert len(rows) >= 17 and all(_NAMED.search(row) for row in rows)
    assert missing(text) == []


def test_a_test_that_is_gone_would_be_found() -> None:
    here = "`tests/architecture/test_attack_list.py::test_that_never_was`"
    assert missing(here) == ["tests/architecture/test_attack_list.py::test_that_never_was"]
