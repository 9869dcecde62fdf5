"""The audit as one self-contained page that prints on A4: no script, no foreign host, everything escaped."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.template import Context, Engine
from django.utils.safestring import SafeString, mark_safe

import zabota
from zabota.analytics.rules.report import AuditReport
from zabota.analytics.services.marks import day
from zabota.analytics.services.sections import sections
from zabota.intake.api import REJECTED_RU

_TEMPLATES: Final = Path(__file__).parent.parent / "templates"
_ASSETS: Final = Path(next(iter(zabota.__path__))) / "ui" / "static" / "ui" / "dist" / "assets"
#: Built file of the type → letters it covers.
_FONTS: Final = {
    "golos-text-cyrillic-wght-normal-*.woff2": "U+0301, U+0400-045F, U+0490-0491, U+04B0-04B1, U+2116",
    "golos-text-latin-wght-normal-*.woff2": "U+0000-00FF, U+2000-206F, U+20BD, U+2122, U+2212",
}


def render_html(report: AuditReport, *, clinic: str = "", source: str = "", made_on: date) -> str:
    """The page of a report; needs neither settings nor a database."""
    return render_stored(report.to_json(), clinic=clinic, source=source, made_on=made_on)


def render_stored(data: Mapping[str, Any], *, clinic: str = "", source: str = "", made_on: date) -> str:
    """The page from the JSON of a report."""
    view = sections(data, clinic=clinic, source=source, made_on=made_on, reasons=REJECTED_RU)
    template = _engine().get_template("analytics/report.html")
    return template.render(Context({**view, "fonts": _fonts()}, use_l10n=False))


def render_deck(view: Mapping[str, Any], *, clinic: str, made_on: date) -> str:
    """The strategy as slides in one file."""
    template = _engine().get_template("analytics/deck.html")
    return template.render(Context({**view, "clinic": clinic, "made": day(made_on), "fonts": _fonts()}, use_l10n=False))


@cache
def _engine() -> Engine:
    return Engine(dirs=[str(_TEMPLATES)], autoescape=True)


@cache
def _fonts() -> SafeString:
    """Golos Text inside the page when the interface has been built; else the fallback of the style sheet is seen."""
    rules = []
    for pattern, letters in _FONTS.items():
        for path in sorted(_ASSETS.glob(pattern))[-1:]:
            body = base64.b64encode(path.read_bytes()).decode("ascii")
            rules.append(
                "@font-face{font-family:'Golos Text Variable';font-weight:400 900;font-display:swap;"
                f"src:url(data:font/woff2;base64,{body}) format('woff2-variations');unicode-range:{letters}}}"
            )
    return mark_safe("".join(rules))  # noqa: S308 -- base64 of our own file
