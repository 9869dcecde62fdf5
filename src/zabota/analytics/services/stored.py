"""Reports computed in the background and kept: the audit with its page, the pulse. Figures only, no names of patients."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import polars as pl
from django.db import transaction

from zabota.analytics.queries.visits import clinic_visits
from zabota.analytics.rules.audit import Audited, NothingToAudit, audit_whole
from zabota.analytics.rules.report import AuditReport, Rows
from zabota.analytics.rules.where import Question
from zabota.analytics.services.behind import keep_behind
from zabota.analytics.services.html import render_html
from zabota.analytics.services.keeping import Branches, keep_report, scope_of
from zabota.analytics.services.pulse import pulse_of
from zabota.analytics.services.strategy import STRATEGY, strategy_data
from zabota.analytics.services.where import keep_answer
from zabota.clinic.models import Clinic
from zabota.kernel import clock
from zabota.kernel.audit import Actor, record
from zabota.kernel.scope import clinic_scope
from zabota.patients.models import DuplicateCandidate

AUDIT: Final = "audit"
PULSE: Final = "pulse"


def audit_of(clinic: Clinic, *, now: datetime) -> AuditReport:
    """The audit of what the database holds, by the same engine as that of a file. Raises NothingToAudit."""
    with clinic_scope(clinic.pk):
        return _audited(clinic_visits(clinic.pk, now=now, with_groups=True).frame, clinic, now, branches=None).report


def refresh_reports(*, clinic: Clinic, actor: Actor, now: datetime, branches: Branches = None) -> bool:
    """Compute and keep both reports, of the whole clinic or of some branches; False without a completed visit."""
    with clinic_scope(clinic.pk):
        # Groups of services are the categories of an export: with them the page and the file say the same.
        visits = clinic_visits(clinic.pk, now=now, branches=branches, with_groups=True)
        try:
            audited = _audited(visits.frame, clinic, now, branches=branches)
        except NothingToAudit:
            return False
        report = audited.report
        pulse = pulse_of(clinic=clinic, frame=visits.frame, report=report, now=now, branches=branches)
        strategy = strategy_data(clinic=clinic, visits=visits, as_of=report.as_of, now=now, branches=branches)
        today = clock.today(clinic.time_zone, now)
        page = render_html(report, clinic=clinic.name, source="база Zabota", made_on=today)
        with transaction.atomic():
            kept = keep_report(clinic, AUDIT, report.as_of, report.to_json(), now, scope=scope_of(branches), html=page)
            keep_report(clinic, PULSE, report.as_of, pulse, now, scope=scope_of(branches))
            if audited.explained:
                keep_behind(report=kept, explained=audited.explained, people=audited.people, cards=visits.cards)
            keep_report(clinic, STRATEGY, report.as_of, strategy, now, scope=scope_of(branches), most=14)
            question = question_of(report)
            if question is not None:
                keep_answer(clinic=clinic, question=question, visits=visits, now=now, branches=branches)
            details = {"as_of": report.as_of.isoformat()}
            record("analytics.reports.stored", clinic, actor=actor, now=now, clinic_id=clinic.pk, details=details)
    return True


def question_of(report: AuditReport) -> Question | None:
    """The comparison of the report as a question of «Где упало»; None when it compares nothing."""
    now, before = report.retention.now, report.retention.year_before
    if now.return_to is None or before.return_to is None or not report.retention.window_days:
        return None
    return Question(now.return_to, before.return_to, report.retention.window_days)


def _audited(frame: pl.DataFrame, clinic: Clinic, now: datetime, *, branches: Branches) -> Audited:
    accepted = int((frame["status"] == "completed").sum())
    rows = Rows(read=frame.height, accepted=accepted, rejected=0, duplicates=0, ignored=frame.height - accepted)
    # Whose cards a likely pair would unite is known of the whole clinic only.
    open_pairs = DuplicateCandidate.objects.filter(clinic=clinic, state=DuplicateCandidate.State.OPEN)
    notes: dict[str, int | float] = {"pairs_open": open_pairs.count()} if branches is None else {}
    return audit_whole(frame, today=clock.today(clinic.time_zone, now), rows=rows, notes=notes)
