"""Front door of analytics: the audit. Free of Django, so that it runs without settings and without a database."""

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
]
