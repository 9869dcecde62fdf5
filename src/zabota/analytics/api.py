"""Front door of analytics: the audit. Free of Django, so that it runs without settings and without a database."""

from __future__ import annotations

from datetime import date

from zabota.analytics.rules.audit import NothingToAudit, audit
from zabota.analytics.rules.report import (
    Account,
    AuditReport,
    Cause,
    Cohort,
    DataWarning,
    Measure,
    NextStep,
    Refusal,
    Rows,
    Share,
)

__all__ = [
    "Account",
    "AuditReport",
    "Cause",
    "Cohort",
    "DataWarning",
    "Measure",
    "NextStep",
    "NothingToAudit",
    "Refusal",
    "Rows",
    "Share",
    "audit",
    "render_html",
]


def render_html(report: AuditReport, *, clinic: str = "", source: str = "", made_on: date) -> str:
    """The report as one self-contained page that prints on A4."""
    from zabota.analytics.services import html  # noqa: PLC0415 -- figures alone must not wait for templates and fonts

    return html.render_html(report, clinic=clinic, source=source, made_on=made_on)
