"""The second front door of analytics, for whoever has a database: reports kept for pages and computed anew on demand.

`analytics.api` stays free of settings, so that the offline audit needs neither server nor tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from zabota.analytics import jobs
from zabota.analytics.models import StoredReport
from zabota.analytics.services.causes import why_section
from zabota.analytics.services.sections import sections
from zabota.analytics.services.stored import AUDIT, PULSE, audit_of, latest, refresh_reports
from zabota.clinic.models import Clinic
from zabota.intake.api import REJECTED_RU
from zabota.kernel.audit import Actor, record

__all__ = [
    "AUDIT",
    "PULSE",
    "ask_refresh",
    "audit_of",
    "causes_of",
    "has_failed",
    "is_under_way",
    "latest",
    "refresh_reports",
    "view_of",
]

#: Jobs looked through for one of this clinic.
_RECENT: Final = 50
_WAITING: Final = (TaskResultStatus.READY, TaskResultStatus.RUNNING)


def ask_refresh(*, clinic: Clinic, actor: Actor, now: datetime) -> bool:
    """Have the reports computed in the background; False when that is under way already."""
    if is_under_way(clinic):
        return False
    record("analytics.reports.asked", clinic, actor=actor, now=now, clinic_id=clinic.pk)
    jobs.refresh.enqueue(clinic.pk, actor.user_id)
    return True


def is_under_way(clinic: Clinic) -> bool:
    """True while reports of this clinic wait for a worker or are being computed."""
    return any(_clinic_of(job) == clinic.pk for job in _jobs().filter(status__in=_WAITING)[:_RECENT])


def has_failed(clinic: Clinic, *, now: datetime) -> bool:
    """True when the last attempt of the last day ended in an error."""
    recent = _jobs().filter(enqueued_at__gt=now - timedelta(days=1)).order_by("-enqueued_at")[:_RECENT]
    last = next((job for job in recent if _clinic_of(job) == clinic.pk), None)
    return last is not None and last.status == TaskResultStatus.FAILED


def view_of(report: StoredReport, *, clinic: Clinic, made_on: date) -> Mapping[str, Any]:
    """What the templates `analytics/_sections.html` show."""
    return sections(report.data, clinic=clinic.name, source="база Zabota", made_on=made_on, reasons=REJECTED_RU)


def causes_of(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Causes of the change as rows with figures in words, from the JSON of an audit or of a pulse."""
    return why_section({**data, "accounts": data.get("accounts", [])})


def _jobs() -> Any:
    return DBTaskResult.objects.filter(task_path=jobs.refresh.module_path)


def _clinic_of(job: Any) -> int | None:
    arguments = job.args_kwargs.get("args") or [None]
    return arguments[0] if isinstance(arguments[0], int) else None
