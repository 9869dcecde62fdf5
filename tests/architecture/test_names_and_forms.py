"""Names and forms of modules: no cellars, a first line that says what it answers for, a length one can read."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.sources import committed_texts, modules, name, text

FORBIDDEN_NAMES = {"utils", "util", "common", "helpers", "helper", "base", "misc", "shared", "tools"}
LONGEST = 400
#: Nothing to answer for: packages that only hold others, and the two lines that Django asks for.
NEEDS_NO_DOCSTRING = {"__init__.py", "apps.py"}

#: Words of the workplace: folders of a machine, hosts of registries. Put together here so that this file does not hold them.
MACHINE_WORDS = re.compile(
    "|".join([r"/wo" + r"rk/(main|shared)", r"/tm" + r"p/zb", r"/ro" + r"ot/", r"/home" + r"/\w+/"])
)


def problems_of_module(path: Path, source: str) -> list[str]:
    """What is wrong with the name and form of a module."""
    found = []
    if path.stem in FORBIDDEN_NAMES:
        found.append(f"{path.stem}: a name that says nothing")
    lines = source.count("\n")
    if lines > LONGEST:
        found.append(f"{lines} lines, more than {LONGEST}")
    tree = ast.parse(source)
    if path.name not in NEEDS_NO_DOCSTRING and source.strip() and not ast.get_docstring(tree):
        found.append("no first line that says what it answers for")
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "timezone.now" and path.stem != "clock":
            found.append("reads the clock: only kernel.clock does")
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {
            "datetime.now",
            "dt.datetime.now",
            "date.today",
            "dt.date.today",
            "datetime.utcnow",
        }:
            found.append("reads the clock: only kernel.clock does")
        # Migrations are no facts: a view has to step aside while Django rebuilds a table of SQLite.
        if (
            isinstance(node, ast.ImportFrom)
            and (node.module or "").startswith(("django.dispatch", "django.db.models.signals"))
            and not {alias.name for alias in node.names} <= {"pre_migrate", "post_migrate"}
        ):
            found.append("signals: facts are the way up")
    return found


def test_modules_are_named_and_formed_as_agreed() -> None:
    wrong = {name(path): problems for path in modules() if (problems := problems_of_module(path, text(path)))}

    assert wrong == {}


@pytest.mark.parametrize(
    ("file", "source", "says"),
    [
        ("utils.py", '"""Says."""\n', "says nothing"),
        ("visits.py", "x = 1\n", "no first line"),
        ("visits.py", '"""Says."""\n' + "x = 1\n" * 401, "more than 400"),
        ("visits.py", '"""Says."""\nfrom django.utils import timezone\nnow = timezone.now()\n', "reads the clock"),
        ("visits.py", '"""Says."""\nimport datetime as dt\ntoday = dt.date.today()\n', "reads the clock"),
        ("visits.py", '"""Says."""\nfrom django.dispatch import receiver\n', "signals"),
    ],
)
def test_a_planted_problem_is_caught(file: str, source: str, says: str) -> None:
    assert any(says in problem for problem in problems_of_module(Path(file), source))


def test_the_project_speaks_of_no_machine() -> None:
    spoken = {name(path): found.group() for path in committed_texts() if (found := MACHINE_WORDS.search(text(path)))}

    assert spoken == {}


def test_words_of_a_machine_would_be_found() -> None:
    assert MACHINE_WORDS.search("see /wo" + "rk/main/x")
    assert not MACHINE_WORDS.search("docs/operate")
