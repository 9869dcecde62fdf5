"""Documents: each setting, command, fact, role and schedule is described, and nothing is described that does not exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.sources import PACKAGE, ROOT, modules, text
from tests.architecture.tables import TABLES, with_table
from zabota.desk.settings.trail_words import ACTIONS, DETAILS, PARTS, UNTOLD
from zabota.ops.cli import COMMANDS

SETTING = re.compile(r"\b(ZABOTA_[A-Z_]+[A-Z]|DATABASE_URL)\b")
#: Facts have two parts, actions of the trail three; modules are named with their package.
RECORDED = re.compile(rf"""["']((?:{"|".join(PARTS)})\.[a-z_]+\.[a-z_]+)["']""")


def settings_read() -> set[str]:
    """Variables of the environment that the program reads."""
    return {found for path in modules() for found in SETTING.findall(text(path))}


def settings_described(document: str) -> set[str]:
    """Variables that have a line in the table."""
    return set(re.findall(r"^\| `([A-Z_]+)` \|", document, re.MULTILINE))


def test_each_setting_is_described_and_none_that_is_not_read() -> None:
    described = settings_described(text(ROOT / "docs/operate/settings.md"))

    assert described == settings_read() - {"ZABOTA_TEST_DATABASE_URL"}


def test_each_command_is_described_and_none_that_does_not_exist() -> None:
    described = set(re.findall(r"^\| `zabota (\w+)` \|", text(ROOT / "docs/operate/commands.md"), re.MULTILINE))

    assert described == set(COMMANDS)


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda path: path.stem)
def test_each_benchmark_tells_its_name_ratios_and_figures_and_stands_in_the_document(path: Path) -> None:
    told = text(path)

    assert all(part in told for part in (f'"name": "{path.stem}"', '"ratios"', '"figures"', '"--small"'))
    assert f"benchmarks/{path.name}" in text(ROOT / "docs/performance.md")


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_of_the_documents_are_those_of_the_program(name: str) -> None:
    document = text(ROOT / name)

    assert document == with_table(document, TABLES[name]()), "write them anew: python -m tests.architecture.tables"


def test_a_missing_line_would_be_seen() -> None:
    assert settings_described("| `ZABOTA_DATA` | `var` | data |\n") == {"ZABOTA_DATA"}
    with pytest.raises(ValueError, match="no place"):
        with_table("no table here", "| a |")


def actions_recorded() -> set[str]:
    """Actions that the program writes into the trail, as far as they are written out."""
    return {
        found
        for path in modules()
        if path.name not in {"trail_words.py", "apps.py"} and "kernel" not in path.parts
        for found in RECORDED.findall(text(path))
    }


def test_each_action_of_the_trail_has_words() -> None:
    assert actions_recorded() - set(ACTIONS) == set()
    assert {action.split(".")[0] for action in ACTIONS} <= set(PARTS)


def details_written() -> Iterator[tuple[str, str]]:
    """Names of details that the program keeps beside actions, as far as they are written out, each with its module."""
    for path in modules():
        source = text(path)
        if "details" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            values: list[ast.expr] = []
            if isinstance(node, ast.Call):
                values = [each.value for each in node.keywords if each.arg == "details"]
            elif isinstance(node, ast.Assign) and any(
                isinstance(each, ast.Name) and each.id == "details" for each in node.targets
            ):
                values = [node.value]
            for value in values:
                if isinstance(value, ast.Dict):
                    for key in value.keys:
                        if isinstance(key, ast.Constant):
                            yield str(key.value), path.name


def test_each_detail_of_the_trail_has_words() -> None:
    assert {(name, module) for name, module in details_written() if name not in DETAILS and name not in UNTOLD} == set()


def test_every_module_of_commands_exists() -> None:
    for module, _ in COMMANDS.values():
        assert (PACKAGE / f"{module.removeprefix('zabota.').replace('.', '/')}.py").is_file(), module
