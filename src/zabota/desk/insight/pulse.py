"""The head's first page: how many come back, against the goal, why it changed, what is being done."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from zabota.analytics import reports
from zabota.clinic.api import Right
from zabota.clinic.models import GoalPath
from zabota.desk.access import StaffRequest, branches_of, staff_page
from zabota.desk.insight import tables, work
from zabota.desk.insight.figures import figures_of
from zabota.desk.insight.files import table_answer
from zabota.desk.insight.people import links_of
from zabota.desk.messages.sending import hold_of
from zabota.messaging import api as messaging
from zabota.messaging.models import MessagingRules


@require_GET
@staff_page(Right.PULSE_VIEW)
def pulse(request: StaffRequest) -> HttpResponse:
    """From what was computed last; nothing heavy happens here."""
    branches = branches_of(request.member)
    stored = reports.latest(request.clinic, reports.PULSE, branches=branches)
    context: dict[str, Any] = {
        "stored": stored,
        **work.work_of(request),
        "state_url": reverse("desk:pulse-state"),
        "limited": branches is not None,
        "may_where": request.may(Right.AUDIT_VIEW),
        # Patients get nothing while messages are held after a restore: the head learns it here first.
        "hold": hold_of(MessagingRules.objects.filter(clinic=request.clinic).first()),
        "may_stop": request.may(Right.CHANNELS_EDIT),
        "may_mend_texts": request.may(Right.MESSAGES_EDIT),
    }
    if request.may(Right.CHANNELS_EDIT):
        context["troubles"] = messaging.troubles(request.clinic.pk, unseen=True)
    if stored:
        goal = GoalPath.objects.filter(clinic=request.clinic).first()
        context |= figures_of(
            stored.data,
            goal=goal,
            people=links_of(reports.latest(request.clinic, reports.AUDIT, branches=branches)),
            may_control=request.may(Right.WORKLIST_CONTROL),
            may_set_goal=request.may(Right.SETTINGS_EDIT),
        )
    return render(request, "desk/insight/pulse.html", context)


@require_POST
@staff_page(Right.PULSE_VIEW)
def refresh(request: StaffRequest) -> HttpResponse:
    """Compute it anew."""
    return work.begin(request, "desk:pulse")


@require_GET
@staff_page(Right.PULSE_VIEW)
def state(request: StaffRequest) -> HttpResponse:
    """Is it ready."""
    return work.poll(request, "desk:pulse")


@require_GET
@staff_page(Right.PULSE_VIEW)
def as_table(request: StaffRequest, table: str, form: str) -> HttpResponse:
    """The figures behind a chart."""
    stored = reports.latest(request.clinic, reports.PULSE, branches=branches_of(request.member))
    if stored is None:
        raise Http404
    header, rows = tables.pulse_table(table, stored.data)
    return table_answer(form, f"puls-{table}-{stored.as_of:%Y-%m-%d}", header, rows)
