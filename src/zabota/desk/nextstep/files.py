"""Tables of the page of the rule as files: days, types, who is about to fall asleep, who went where, thresholds."""

from __future__ import annotations

from datetime import timedelta

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from zabota.clinic.api import Right
from zabota.clinic.models import ServiceGroup
from zabota.desk.access import StaffRequest, branches_of, staff_page
from zabota.desk.insight.files import table_answer
from zabota.desk.nextstep import figures
from zabota.kernel import clock
from zabota.kernel.audit import record
from zabota.nextstep import api as nextstep

#: More does not fit a sheet that a person reads.
LONGEST = 100_000


@require_GET
@staff_page(Right.WORKLIST_CONTROL)
def violations_file(request: StaffRequest, form: str) -> HttpResponse:
    """Days of the rule as a file: a year of them."""
    if branches_of(request.member) is not None:
        raise Http404
    today = clock.today(request.clinic.time_zone)
    days = nextstep.violations_by_day(clinic_id=request.clinic.pk, since=today - timedelta(days=365), until=today)
    return table_answer(form, "pravilo-dvuh-z", *figures.days_table(days))


@require_GET
@staff_page(Right.WORKLIST_CONTROL)
def types_file(request: StaffRequest, form: str) -> HttpResponse:
    """Types and the flow of the period as a file."""
    today = clock.today(request.clinic.time_zone)
    since = today - timedelta(days=figures.PERIOD_DAYS - 1)
    counts = nextstep.patients_by_type(
        clinic_id=request.clinic.pk, since=since, until=today, branches=branches_of(request.member)
    )
    return table_answer(form, "tipy-pacientov", *figures.types_table(counts, since, today))


@require_GET
@staff_page(Right.PATIENTS_EXPORT)
def sleepers_file(request: StaffRequest, form: str) -> HttpResponse:
    """Everybody about to fall asleep, not only the dearest of the page; the trail keeps who took them."""
    now = clock.now()
    today = clock.today(request.clinic.time_zone, now)
    states = nextstep.soon_sleeping(
        clinic_id=request.clinic.pk, today=today, within_days=figures.AHEAD_DAYS,
        branches=branches_of(request.member), limit=LONGEST,
    )  # fmt: skip
    name = f"skoro-usnut-{today}"
    answer = table_answer(form, name, *figures.sleepers_table(states))
    record(
        "nextstep.list.exported", request.clinic, actor=request.actor, now=now, clinic_id=request.clinic.pk,
        details={"rows": len(states), "list": name},
    )  # fmt: skip
    return answer


@require_GET
@staff_page(Right.WORKLIST_CONTROL)
def flow_file(request: StaffRequest, form: str) -> HttpResponse:
    """Who went from which type to which, by month; all of it."""
    flow = figures.flow_of(request, clock.today(request.clinic.time_zone))
    return table_answer(form, "perehody-mezhdu-tipami", *figures.flow_table(flow))


@require_GET
@staff_page(Right.SETTINGS_EDIT)
def groups_file(request: StaffRequest, form: str) -> HttpResponse:
    """Thresholds of the groups of services."""
    groups = ServiceGroup.objects.filter(clinic=request.clinic).select_related("recall_months")
    return table_answer(form, "porogi-po-gruppam", *figures.groups_table(groups))
