"""Tables of control as files. Figures go to whoever controls; lists of patients to whoever may take patients away."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, staff_page
from zabota.desk.control import lists
from zabota.desk.control.figures import ages_of, load_figures
from zabota.desk.control.periods import period_of
from zabota.desk.insight.files import table_answer
from zabota.kernel import clock
from zabota.kernel.audit import record

#: More does not fit a sheet that a person reads; a filter makes it smaller.
LONGEST = 100_000


@require_GET
@staff_page(Right.WORKLIST_CONTROL)
def figures_file(request: StaffRequest, table: str, form: str) -> HttpResponse:
    """People with their outcomes and signs, or open tasks by age."""
    now = clock.now()
    if table == "people":
        period = period_of(request.GET.get("period", ""), request.clinic, now)
        made = lists.people_table(load_figures(request, period, now)["people"])
        return table_answer(form, f"kontrol-{period.code}", *made)
    if table == "ages":
        made = lists.ages_table(ages_of(request, now))
        return table_answer(form, f"zadachi-po-vozrastu-{clock.today(request.clinic.time_zone, now)}", *made)
    raise Http404


@require_GET
@staff_page(Right.PATIENTS_EXPORT)
def contacts_file(request: StaffRequest, form: str) -> HttpResponse:
    """The contacts that passed the filters; the trail keeps who took them."""
    found = lists.contacts_for(request, clock.now())
    header, rows = lists.contacts_table(found.rows[:LONGEST], ZoneInfo(request.clinic.time_zone))
    return _taken(request, form, f"kontakty-{found.period.code}", header, rows)


@require_GET
@staff_page(Right.PATIENTS_EXPORT)
def tasks_file(request: StaffRequest, form: str) -> HttpResponse:
    """The tasks that passed the filters; the trail keeps who took them."""
    now = clock.now()
    found = lists.tasks_for(request, now)
    header, rows = lists.tasks_table(islice(found.rows.iterator(), LONGEST), ZoneInfo(request.clinic.time_zone))
    return _taken(request, form, f"zadachi-{clock.today(request.clinic.time_zone, now)}", header, rows)


def _taken(
    request: StaffRequest, form: str, name: str, header: Sequence[str], rows: Sequence[Sequence[object]]
) -> HttpResponse:
    if not request.may(Right.WORKLIST_CONTROL):
        raise Http404
    answer = table_answer(form, name, header, rows)
    record(
        "worklist.list.exported", request.clinic, actor=request.actor, now=clock.now(),
        clinic_id=request.clinic.pk, details={"rows": len(rows), "list": name},
    )  # fmt: skip
    return answer
