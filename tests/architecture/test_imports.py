"""Import contracts: kept by the program, and broken by each kind of violation planted in a copy of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import PACKAGE, ROOT

LINT = Path(sys.executable).with_name("lint-imports")

#: Planted line, the module it is planted in, what the report must say.
VIOLATIONS = {
    "an app imports upwards": (
        "booking/models/__init__.py",
        "import zabota.worklist.models",
        "zabota.booking.models -> zabota.worklist.models",
    ),
    "a face goes past the front door": (
        "desk/home.py",
        "import zabota.patients.services",
        "zabota.desk.home -> zabota.patients.services",
    ),
    "an app goes past the front door of another": (
        "worklist/services/__init__.py",
        "import zabota.clinic.queries.people",
        "zabota.worklist.services -> zabota.clinic.queries.people",
    ),
    "rules know Django": ("clinic/rules/goal.py", "import django", "zabota.clinic.rules.goal -> django"),
    "rules read the clock": (
        "clinic/rules/people.py",
        "import zabota.kernel.clock",
        "zabota.clinic.rules.people -> zabota.kernel.clock",
    ),
    "the design system knows patients": (
        "ui/formats.py",
        "import zabota.patients.models",
        "zabota.ui.formats -> zabota.patients.models",
    ),
    "the ground knows the clinic": (
        "kernel/clock.py",
        "import zabota.clinic.models",
        "zabota.kernel.clock -> zabota.clinic.models",
    ),
    "rules reach up into services": (
        "clinic/rules/rights.py",
        "import zabota.clinic.services.people",
        "zabota.clinic.rules.rights -> zabota.clinic.services.people",
    ),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    return subprocess.run(
        [str(LINT), "--no-cache", "--config", str(folder / "pyproject.toml")],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def test_the_program_keeps_its_contracts() -> None:
    report = lint(ROOT)

    assert report.returncode == 0, report.stdout[-4000:]


@pytest.fixture(scope="module")
def report_of_violations(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One run over a copy in which every kind of violation was planted."""
    folder = tmp_path_factory.mktemp("overlay")
    only_python = shutil.ignore_patterns("static", "templates", "__pycache__", "tests", "migrations", "*.svg", "*.json")
    shutil.copytree(PACKAGE, folder / "src" / "zabota", ignore=only_python)
    shutil.copy(ROOT / "pyproject.toml", folder)
    for module, line, _ in VIOLATIONS.values():
        path = folder / "src" / "zabota" / module
        with path.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    report = lint(folder)
    assert report.returncode != 0
    # The report breaks and indents its chains; what matters is who imports whom.
    return re.sub(r"\s+", " ", report.stdout)


@pytest.mark.parametrize("kind", VIOLATIONS)
def test_a_planted_violation_is_caught(report_of_violations: str, kind: str) -> None:
    assert VIOLATIONS[kind][2] in report_of_violations


@pytest.mark.parametrize(
    ("where", "says"), [("zabota/novelty/__init__.py", "novelty"), ("zabota/clinic/helpers.py", "helpers")]
)
def test_a_new_room_must_take_its_place(tmp_path: Path, where: str, says: str) -> None:
    only_python = shutil.ignore_patterns("static", "templates", "__pycache__", "tests", "migrations", "*.svg", "*.json")
    shutil.copytree(PACKAGE, tmp_path / "src" / "zabota", ignore=only_python)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    planted = tmp_path / "src" / where
    planted.parent.mkdir(exist_ok=True)
    planted.write_text('"""Planted."""\n', encoding="utf-8")

    report = lint(tmp_path)

    assert report.returncode != 0
    assert says in report.stdout
