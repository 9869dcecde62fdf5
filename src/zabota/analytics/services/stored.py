"""Reports computed in the background and kept: the audit with its page, the pulse. Figures only, no names of patients."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import polars as pl
from django.db import transaction

from zabota.analytics.models import StoredReport
from zabota.analytics.queries.visits import visits_frame
from zabota.analytics.rules.audit import NothingToAudit, audit
from zabota.analytics.rules.report import AuditReport, Rows
from zabota.analytics.services.html import render_html
from zabota.analytics.services.pulse import pulse_of
from zabota.clinic.models import Clinic
from zabota.kernel import clock
from zabota.kernel.audit import Actor, record
from zabota.kernel.scope import clinic_scope

AUDIT: Final = "audit"
PULSE: Final = "pulse"
#: Reports of a kind that are kept for a clinic.
KEPT: Final = 30


def audit_of(clinic: Clinic, *, now: datetime) -> AuditReport:
    """The audit of what the database holds, by the same engine as that of a file. Raises NothingToAudit."""
    with clinic_scope(clinic.pk):
        return _audited(visits_frame(clinic.pk), clinic, now)


def refresh_reports(*, clinic: Clinic, actor: Actor, now: datetime) -> bool:
    """Compute and keep both reports; False when the clinic has no completed visit yet."""
    with clinic_scope(clinic.pk):
        frame = visits_frame(clinic.pk)
        try:
            report = _audited(frame, clinic, now)
        except NothingToAudit:
            return False
        pulse = pulse_of(clinic=clinic, frame=frame, report=report, now=now)
        today = clock.today(clinic.time_zone, now)
        page = render_html(report, clinic=clinic.name, source="база Zabota", made_on=today)
        with transaction.atomic():
            _keep(clinic, AUDIT, report, report.to_json(), page, now)
            _keep(clinic, PULSE, report, pulse, "", now)
            details = {"as_of": report.as_of.isoformat()}
            record("analytics.reports.stored", clinic, actor=actor, now=now, clinic_id=clinic.pk, details=details)
    return True


def latest(clinic: Clinic, kind: str) -> StoredReport | None:
    """The newest report of a kind without its page."""
    return StoredReport.objects.filter(clinic=clinic, kind=kind).defer("html").order_by("-computed_at", "-pk").first()


def _audited(frame: pl.DataFrame, clinic: Clinic, now: datetime) -> AuditReport:
    accepted = int((frame["status"] == "completed").sum())
    rows = Rows(read=frame.height, accepted=accepted, rejected=0, duplicates=0, ignored=frame.height - accepted)
    return audit(frame, today=clock.today(clinic.time_zone, now), rows=rows)


def _keep(clinic: Clinic, kind: str, report: AuditReport, data: dict[str, Any], page: str, now: datetime) -> None:
    StoredReport.objects.create(clinic=clinic, kind=kind, as_of=report.as_of, computed_at=now, data=data, html=page)
    of_kind = StoredReport.objects.filter(clinic=clinic, kind=kind)
    kept = list(of_kind.order_by("-computed_at", "-pk").values_list("pk", flat=True)[:KEPT])
    of_kind.exclude(pk__in=kept).delete()
