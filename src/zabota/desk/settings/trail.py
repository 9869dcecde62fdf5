"""«Журнал»: who did or saw what and when, with filters and as a file."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse, QueryDict
from django.utils import timezone
from django.views.decorators.http import require_GET

from zabota.clinic.api import Right, members
from zabota.desk.access import StaffRequest, branches_of, staff_page, visible
from zabota.desk.control.csv import csv_answer
from zabota.desk.settings.trail_details import details_told
from zabota.desk.settings.trail_words import KINDS, PARTS, words_of
from zabota.kernel import clock
from zabota.kernel.audit import record
from zabota.kernel.models import AuditEntry
from zabota.kernel.typed import day_of, number_of
from zabota.patients.models import Patient
from zabota.ui.page import page

#: Rows in one file; a longer trail is taken by periods.
LONGEST_FILE = 50_000


@dataclasses.dataclass(frozen=True)
class Filters:
    """What of the trail is asked for; a filter that cannot be read is left out."""

    who: str
    what: str
    patient: str
    since: dt.date | None
    until: dt.date | None

    @classmethod
    def of(cls, query: QueryDict) -> Filters:
        """Read the address of the page."""
        return cls(
            who=query.get("who", ""),
            what=query.get("what", "") if query.get("what", "") in PARTS else "",
            patient=query.get("patient", "")[:22],
            since=day_of(query.get("since", "")),
            until=day_of(query.get("until", "")),
        )


@dataclasses.dataclass(frozen=True)
class Line:
    """One row of the trail as people read it."""

    at: dt.datetime
    who: str
    what: str
    patient: Patient | None
    details: str


@require_GET
@staff_page(Right.TRAIL_VIEW)
def trail(request: StaffRequest) -> HttpResponse:
    """The trail of this clinic, newest first."""
    filters = Filters.of(request.GET)
    pages = Paginator(entries(request, filters), 50).get_page(request.GET.get("page"))
    context = {
        "filters": filters,
        "parts": list(PARTS.items()),
        "people": [
            (str(each.user_id), each.user.short_name) for each in members(request.clinic.pk).prefetch_related(None)
        ],
        "patient": Patient.objects.filter(public_id=filters.patient).first() if filters.patient else None,
        "pages": pages,
        "lines": lines(pages.object_list),
    }
    return page(request, "desk/settings/trail.html", context=context)


@require_GET
@staff_page(Right.TRAIL_VIEW)
def trail_csv(request: StaffRequest) -> HttpResponse:
    """The same rows as a file; taking it leaves a row too."""
    rows = entries(request, Filters.of(request.GET))[:LONGEST_FILE]
    record("desk.trail.exported", request.clinic, actor=request.actor, now=clock.now(), clinic_id=request.clinic.pk)
    header = ("когда", "кто", "что", "пациент", "подробности")
    return csv_answer(
        "zhurnal",
        header,
        (
            (
                timezone.localtime(line.at).strftime("%d.%m.%Y %H:%M:%S"),
                line.who,
                line.what,
                line.patient.full_name if line.patient else "",
                line.details,
            )
            for line in lines(rows)
        ),
    )


def entries(request: StaffRequest, filters: Filters) -> QuerySet[AuditEntry]:
    """Rows of this clinic that fit the filters."""
    rows = AuditEntry.objects.filter(clinic_id=request.clinic.pk).select_related("actor")
    if branches_of(request.member) is not None:
        card = Patient.objects.filter(pk=OuterRef("patient_id"))
        rows = rows.filter(Q(patient_id=None) | Exists(visible(request, card)))
    if (who := number_of(filters.who)) is not None:
        rows = rows.filter(actor_id=who)
    if filters.what:
        rows = rows.filter(action__startswith=f"{filters.what}.")
    if filters.patient:
        rows = rows.filter(patient_id__in=Patient.objects.filter(public_id=filters.patient).values("pk"))
    zone = ZoneInfo(request.clinic.time_zone)
    if filters.since:
        rows = rows.filter(at__gte=dt.datetime.combine(filters.since, dt.time.min, zone))
    if filters.until:
        rows = rows.filter(at__lt=dt.datetime.combine(filters.until + dt.timedelta(days=1), dt.time.min, zone))
    return rows.order_by("-at", "-id")


def lines(rows: Iterable[AuditEntry]) -> list[Line]:
    """Rows with words; patients of all of them in one query."""
    found = list(rows)
    patients: Mapping[int, Patient] = Patient.objects.in_bulk({row.patient_id for row in found if row.patient_id})
    return [
        Line(
            at=row.at,
            who=_unbroken(row.actor.short_name) if row.actor else KINDS.get(row.actor_kind, row.actor_kind),
            what=words_of(row.action),
            patient=patients.get(row.patient_id) if row.patient_id else None,
            details=details_told(row.details, row.object_type),
        )
        for row in found
    ]


def _unbroken(name: str) -> str:
    """A name with initials stays on one line."""
    return name.replace(" ", "\u00a0")
