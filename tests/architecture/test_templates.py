"""Templates: every component is drawn, nothing comes from a foreign host, no code stands in a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

from tests.architecture.sources import PACKAGE, name, templates, text, without_comments

FOREIGN = re.compile(r"""(?:src|href|action|data-url|url\()\s*=?\s*["'(]?\s*(?:https?:)?//[^\s"'>)]+""", re.IGNORECASE)
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>", re.IGNORECASE)
INLINE_HANDLER = re.compile(
    r"\son(?:click|change|submit|load|input|keydown|keyup|focus|blur|error)\s*=|\shx-on\b", re.IGNORECASE
)
COMPONENTS = {path.stem.replace("_", "-") for path in (PACKAGE / "ui" / "templates" / "cotton").glob("*.html")} | {
    "slot",
    "vars",
}
USED = re.compile(r"<c-([a-z0-9.-]+)")


def problems_of_template(source: str) -> list[str]:
    """What a template may not hold."""
    plain = without_comments(source)
    found = [f"foreign host: {match.group()}" for match in FOREIGN.finditer(plain)]
    found += [f"code in the page: {match.group()}" for match in INLINE_SCRIPT.finditer(plain)]
    found += [f"code in an attribute: {match.group().strip()}" for match in INLINE_HANDLER.finditer(plain)]
    found += [f"no component: c-{used}" for used in USED.findall(plain) if used not in COMPONENTS]
    return found


def test_templates_hold_nothing_foreign_and_no_code() -> None:
    wrong = {name(path): problems for path in templates() if (problems := problems_of_template(text(path)))}

    assert wrong == {}


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ('<link href="https://fonts.example/x.css">', "foreign host"),
        ('<img src="//cdn.example/x.png">', "foreign host"),
        ("<script>alert(1)</script>", "code in the page"),
        ('<button onclick="go()">', "code in an attribute"),
        ('<div hx-on:click="go()">', "code in an attribute"),
        ("<c-buton>Дальше</c-buton>", "no component"),
    ],
)
def test_a_planted_problem_is_caught(source: str, says: str) -> None:
    assert any(says in problem for problem in problems_of_template(source))


def test_data_in_a_page_is_allowed() -> None:
    assert problems_of_template('<script type="application/json">{}</script><a href="/today/">Сегодня</a>') == []


@pytest.mark.parametrize("path", [path for path in templates() if "cotton" not in path.parts], ids=name)
def test_every_template_compiles_with_its_components(path: Path) -> None:
    inside = str(path).split("/templates/", 1)[1]
    assert "<c-" not in str(get_template(inside).template.source), "a component that stays raw text is drawn by nobody"
