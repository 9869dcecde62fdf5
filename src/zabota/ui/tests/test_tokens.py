"""Colours of the design system hold the contrast that WCAG 2.2 AA asks for, light and dark, staff and patient."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[4] / "front" / "src" / "css" / "tokens.css"
GROUNDS = ["bg", "surface", "raised", "sunken", "hover", "accent-soft", "warn-soft", "bad-soft", "info-soft"]
TEXTS = ["ink", "ink-2", "ink-3"]
OWN_GROUNDS = {
    "accent": ["bg", "surface", "raised", "sunken", "hover", "accent-soft", "bad-soft", "warn-soft"],
    "warn": ["bg", "surface", "raised", "sunken", "warn-soft"],
    "bad": ["bg", "surface", "raised", "sunken", "bad-soft"],
    "info": ["bg", "surface", "raised", "sunken", "info-soft"],
    "accent-ink": ["accent", "accent-strong"],
    "bad-ink": ["bad", "bad-strong"],
}


def _colors(patient: bool) -> dict[str, tuple[str, str]]:
    source = TOKENS.read_text(encoding="utf-8")
    blocks = re.findall(r"(:root(?:\.patient)?) \{(.*?)\n\}", source, re.S)
    colors: dict[str, tuple[str, str]] = {}
    for selector, body in blocks:
        if selector == ":root" or patient:
            for name, light, dark in re.findall(r"--([a-z0-9-]+): light-dark\((#\w{6}), (#\w{6})\)", body):
                colors[name] = (light, dark)
    return colors


def _luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _pairs() -> list[tuple[str, str]]:
    pairs = [(text, ground) for text in TEXTS for ground in GROUNDS]
    return pairs + [(text, ground) for text, grounds in OWN_GROUNDS.items() for ground in grounds]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), _pairs())
def test_text_can_be_read_on_its_ground(text: str, ground: str, theme: int) -> None:
    colors = _colors(patient=False)
    assert _contrast(colors[text][theme], colors[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_edge_of_a_field_and_ring_of_focus_can_be_seen(theme: int) -> None:
    colors = _colors(patient=False)
    for ground in ("surface", "bg", "raised"):
        assert _contrast(colors["control"][theme], colors[ground][theme]) >= 3
        assert _contrast(colors["accent"][theme], colors[ground][theme]) >= 3


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("text", ["ink", "ink-2", "ink-3", "accent", "warn", "bad", "info"])
def test_a_patient_reads_in_the_sun(text: str, theme: int) -> None:
    colors = _colors(patient=True)
    for ground in ("bg", "surface"):
        assert _contrast(colors[text][theme], colors[ground][theme]) >= 7


def test_a_colour_is_named_in_one_file_only() -> None:
    strays = []
    for sheet in sorted(TOKENS.parent.rglob("*.css")):
        if sheet != TOKENS and re.search(r"#[0-9a-fA-F]{3,8}\b(?![^;{]*\{)", sheet.read_text(encoding="utf-8")):
            strays.append(sheet.name)
    assert strays == []
