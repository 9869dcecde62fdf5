"""Stored reports: by kind, branches and question; the oldest of the same go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from zabota.analytics.models import StoredReport
from zabota.clinic.models import Clinic

#: Reports of a kind that are kept for a clinic.
KEPT: Final = 30

Branches = Sequence[int] | None


def scope_of(branches: Branches) -> str:
    """The branches of a report as its column holds them; empty for the whole clinic."""
    return "" if branches is None else ",".join(str(each) for each in sorted(branches))


def branches_in(scope: str) -> list[int] | None:
    """The other way round."""
    return [int(each) for each in scope.split(",")] if scope else None


def latest(clinic: Clinic, kind: str, *, branches: Branches = None, key: str = "") -> StoredReport | None:
    """The newest report of a kind, with these branches and this question, without its page."""
    found = StoredReport.objects.filter(clinic=clinic, kind=kind, scope=scope_of(branches), key=key)
    return found.defer("html").order_by("-computed_at", "-pk").first()


def keep_report(
    clinic: Clinic,
    kind: str,
    as_of: date,
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
