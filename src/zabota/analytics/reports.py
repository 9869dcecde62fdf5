"""The second front door of analytics, for whoever has a database: reports kept for pages and computed anew on demand.

`analytics.api` stays free of settings, so that the offline audit needs neither server nor tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from zabota.analytics import jobs
from zabota.analytics.models import Behind, StoredReport
from zabota.analytics.queries.people import ORDERS, REACHES, STEPS, PersonBehind, people_behind, sorted_people
from zabota.analytics.services.behind import EVERYBODY, unpack
from zabota.analytics.services.causes import why_section
from zabota.analytics.services.sections import sections
from zabota.analytics.services.sending import Sent, send_behind
from zabota.analytics.services.stored import (
    AUDIT,
    PULSE,
    audit_of,
    branches_in,
    latest,
    refresh_reports,
)
from zabota.clinic.models import Clinic
from zabota.intake.api import REJECTED_RU
from zabota.kernel.audit import Actor, record

__all__ = [
    "AUDIT",
    "EVERYBODY",
    "ORDERS",
    "PULSE",
    "REACHES",
    "SEND_AT_ONCE",
    "STEPS",
    "PersonBehind",
    "Sent",
    "ask_refresh",
    "ask_send",
    "audit_of",
    "branches_in",
    "causes_of",
    "has_failed",
    "is_under_way",
    "latest",
    "people_of",
    "refresh_reports",
    "sorted_people",
    "view_of",
]

#: Jobs looked through for one of this clinic.
_RECENT: Final = 50
_WAITING: Final = (TaskResultStatus.READY, TaskResultStatus.RUNNING)
#: More people than this are sent to the queue in the background.
SEND_AT_ONCE: Final = 200

Branches = Sequence[int] | None


def ask_refresh(*, clinic: Clinic, actor: Actor, now: datetime, branches: Branches = None) -> bool:
    """Have the reports computed in the background; False when that is under way already."""
    if is_under_way(clinic, branches=branches):
        return False
    record("analytics.reports.asked", clinic, actor=actor, now=now, clinic_id=clinic.pk)
    jobs.refresh.enqueue(clinic.pk, actor.user_id, _list(branches))
    return True


def is_under_way(clinic: Clinic, *, branches: Branches = None) -> bool:
    """True while reports of this clinic and these branches wait for a worker or are being computed."""
    return any(_is_of(job, clinic, branches) for job in _jobs().filter(status__in=_WAITING)[:_RECENT])


def has_failed(clinic: Clinic, *, now: datetime, branches: Branches = None) -> bool:
    """True when the last attempt of the last day ended in an error."""
    recent = _jobs().filter(enqueued_at__gt=now - timedelta(days=1)).order_by("-enqueued_at")[:_RECENT]
    last = next((job for job in recent if _is_of(job, clinic, branches)), None)
    return last is not None and last.status == TaskResultStatus.FAILED


def people_of(behind: Behind, *, now: datetime, branches: Branches) -> list[PersonBehind]:
    """The patients behind a cause who are still in use, limited to branches."""
    return people_behind(unpack(behind.patients), now=now, branches=branches)


def ask_send(*, behind: Behind, branches: Branches, actor: Actor, now: datetime) -> Sent | None:
    """Tasks for those without a next step: at once when they are few, else in the background (None)."""
    if behind.count > SEND_AT_ONCE:
        jobs.send.enqueue(behind.pk, actor.user_id, _list(branches))
        return None
    return send_behind(behind_id=behind.pk, branches=branches, actor=actor, now=now)


def view_of(report: StoredReport, *, clinic: Clinic, made_on: date) -> Mapping[str, Any]:
    """What the templates `analytics/_sections.html` show."""
    return sections(report.data, clinic=clinic.name, source="база Zabota", made_on=made_on, reasons=REJECTED_RU)


def causes_of(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Causes of the change as rows with figures in words, from the JSON of an audit or of a pulse."""
    return why_section({**data, "accounts": data.get("accounts", [])})


def _jobs() -> Any:
    return DBTaskResult.objects.filter(task_path=jobs.refresh.module_path)


def _is_of(job: Any, clinic: Clinic, branches: Branches) -> bool:
    arguments = [*(job.args_kwargs.get("args") or []), None, None, None]
    return bool(arguments[0] == clinic.pk and arguments[2] == _list(branches))


def _list(branches: Branches) -> list[int] | None:
    return None if branches is None else sorted(branches)
