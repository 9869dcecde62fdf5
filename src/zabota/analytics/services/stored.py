"""Reports computed in the background and kept: the audit with its page, the pulse. Figures only, no names of patients."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import polars as pl
from django.db import transaction

from zabota.analytics.models import StoredReport
from zabota.analytics.queries.visits import clinic_visits
from zabota.analytics.rules.audit import Audited, NothingToAudit, audit_whole
from zabota.analytics.rules.report import AuditReport, Rows
from zabota.analytics.services.behind import keep_behind
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

Branches = Sequence[int] | None


def scope_of(branches: Branches) -> str:
    """The branches of a report as its column holds them; empty for the whole clinic."""
    return "" if branches is None else ",".join(str(each) for each in sorted(branches))


def branches_in(scope: str) -> list[int] | None:
    """The other way round."""
    return [int(each) for each in scope.split(",")] if scope else None


def audit_of(clinic: Clinic, *, now: datetime) -> AuditReport:
    """The audit of what the database holds, by the same engine as that of a file. Raises NothingToAudit."""
    with clinic_scope(clinic.pk):
        return _audited(clinic_visits(clinic.pk).frame, clinic, now).report


def refresh_reports(*, clinic: Clinic, actor: Actor, now: datetime, branches: Branches = None) -> bool:
    """Compute and keep both reports, of the whole clinic or of some branches; False without a completed visit."""
    with clinic_scope(clinic.pk):
        visits = clinic_visits(clinic.pk, branches=branches)
        try:
            audited = _audited(visits.frame, clinic, now)
        except NothingToAudit:
            return False
        report = audited.report
        pulse = pulse_of(clinic=clinic, frame=visits.frame, report=report, now=now, branches=branches)
        today = clock.today(clinic.time_zone, now)
        page = render_html(report, clinic=clinic.name, source="база Zabota", made_on=today)
        with transaction.atomic():
            kept = keep_report(clinic, AUDIT, report.as_of, report.to_json(), now, scope=scope_of(branches), html=page)
            keep_report(clinic, PULSE, report.as_of, pulse, now, scope=scope_of(branches))
            if audited.explained:
                keep_behind(report=kept, explained=audited.explained, people=audited.people, cards=visits.cards)
            details = {"as_of": report.as_of.isoformat()}
            record("analytics.reports.stored", clinic, actor=actor, now=now, clinic_id=clinic.pk, details=details)
    return True


def latest(clinic: Clinic, kind: str, *, branches: Branches = None, key: str = "") -> StoredReport | None:
    """The newest report of a kind, with these branches and this question, without its page."""
    found = StoredReport.objects.filter(clinic=clinic, kind=kind, scope=scope_of(branches), key=key)
    return found.defer("html").order_by("-computed_at", "-pk").first()


def keep_report(
    clinic: Clinic,
    kind: str,
    as_of: Any,
    data: dict[str, Any],
    now: datetime,
    *,
    scope: str = "",
    key: str = "",
    params: dict[str, Any] | None = None,
    html: str = "",
    most: int | None = None,
) -> StoredReport:
    """Keep a report and let the oldest of its kind, branches and question go."""
    report = StoredReport.objects.create(
        clinic=clinic, kind=kind, scope=scope, key=key, params=params or {}, as_of=as_of, computed_at=now, data=data, html=html,
    )  # fmt: skip
    alike = StoredReport.objects.filter(clinic=clinic, kind=kind, scope=scope, key=key)
    kept = list(alike.order_by("-computed_at", "-pk").values_list("pk", flat=True)[: most or KEPT])
    alike.exclude(pk__in=kept).delete()
    return report


def _audited(frame: pl.DataFrame, clinic: Clinic, now: datetime) -> Audited:
    accepted = int((frame["status"] == "completed").sum())
    rows = Rows(read=frame.height, accepted=accepted, rejected=0, duplicates=0, ignored=frame.height - accepted)
    return audit_whole(frame, today=clock.today(clinic.time_zone, now), rows=rows)
