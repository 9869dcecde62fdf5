"""The report on retention inside the shell, and as files: a page to print, JSON, tables."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from zabota.analytics import reports
from zabota.analytics.models import StoredReport
from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, branches_of, staff_page
from zabota.desk.insight import tables, work
from zabota.desk.insight.files import table_answer
from zabota.desk.insight.people import links_of
from zabota.kernel import clock


@require_GET
@staff_page(Right.AUDIT_VIEW)
def audit(request: StaffRequest) -> HttpResponse:
    """Where patients are lost: the newest stored report."""
    branches = branches_of(request.member)
    stored = reports.latest(request.clinic, reports.AUDIT, branches=branches)
    context: dict[str, Any] = {
        "stored": stored,
        **work.work_of(request),
        "state_url": reverse("desk:audit-state"),
        "limited": branches is not None,
    }
    if stored:
        made_on = clock.today(request.clinic.time_zone, stored.computed_at)
        context |= reports.view_of(stored, clinic=request.clinic, made_on=made_on)
        context |= {"live": True, "take_url": reverse("desk:audit")}
        why, links = context["why"], links_of(stored)
        for place, row in enumerate(why["rows"]):
            # Behind a change common to all stands everybody who stayed away.
            link = links.get(place if why["caused"] else reports.EVERYBODY)
            if link and not row["rest"]:
                row["people"] = link
    return render(request, "desk/insight/audit.html", context)


@require_POST
@staff_page(Right.AUDIT_VIEW)
def refresh(request: StaffRequest) -> HttpResponse:
    """Make the report anew."""
    return work.begin(request, "desk:audit")


@require_GET
@staff_page(Right.AUDIT_VIEW)
def state(request: StaffRequest) -> HttpResponse:
    """Is it ready."""
    return work.poll(request, "desk:audit")


@require_GET
@staff_page(Right.AUDIT_VIEW)
def as_html(request: StaffRequest) -> HttpResponse:
    """The page that prints and needs no server."""
    stored = _stored(request)
    return _file(stored.html, "text/html; charset=utf-8", f"otchet-{stored.as_of:%Y-%m-%d}.html")


@require_GET
@staff_page(Right.AUDIT_VIEW)
def as_json(request: StaffRequest) -> HttpResponse:
    """The figures as docs/audit.md describes them."""
    stored = _stored(request)
    text = json.dumps(stored.data, ensure_ascii=False, indent=2)
    return _file(text, "application/json; charset=utf-8", f"otchet-{stored.as_of:%Y-%m-%d}.json")


@require_GET
@staff_page(Right.AUDIT_VIEW)
def as_table(request: StaffRequest, table: str, form: str) -> HttpResponse:
    """One table of the report."""
    stored = _stored(request)
    header, rows = tables.audit_table(table, stored.data)
    return table_answer(form, f"{table}-{stored.as_of:%Y-%m-%d}", header, rows)


def _stored(request: StaffRequest) -> StoredReport:
    stored = reports.latest(request.clinic, reports.AUDIT, branches=branches_of(request.member))
    if stored is None:
        raise Http404
    return stored


def _file(text: str, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
