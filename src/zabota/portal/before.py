"""Before the visit: the doctor, what to prepare and ask, how to get there; a questionnaire.

What tells more than date and place is shown after the end of the phone.
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from zabota.booking.api import visit_calendar
from zabota.booking.models import Appointment
from zabota.kernel import clock
from zabota.portal.links import Visitor, link_page
from zabota.portal.page import show
from zabota.portal.visit import VISIT, digits_of, facts_of
from zabota.visits import api as visits


@link_page(VISIT)
def prepare(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """Who receives, how to prepare, what to ask and to bring, how to get there, what to fill in."""
    if not visitor.guest.known:
        return redirect(digits_of(visitor, "prepare"))
    now = clock.now()
    row = visits.visit_of(visitor.link, now=now)
    if row.status not in Appointment.BOOKED:
        return redirect("portal:visit", visitor.link.public_id)
    filled = visits.is_filled(row)
    sheets = [(each, each.pk in filled) for each in visits.questionnaires_of(row)]
    context = {**facts_of(visitor, row, now), "texts": visits.texts_of(row), "doctor": row.doctor, "sheets": sheets}
    return show(request, "visit_prepare", place=visitor.place, context=context)


@link_page(VISIT, "GET", "HEAD", "POST")
def questionnaire(request: HttpRequest, visitor: Visitor, sheet_id: str) -> HttpResponseBase:
    """Questions on one page; none is compulsory; sending again replaces."""
    if not visitor.guest.known:
        return redirect(digits_of(visitor, "prepare"))
    now = clock.now()
    row = visits.visit_of(visitor.link, now=now)
    sheet = next((each for each in visits.questionnaires_of(row) if each.public_id == sheet_id), None)
    if sheet is None or row.status not in Appointment.BOOKED:
        raise Http404
    questions = list(sheet.questions.all())
    if request.method == "POST":
        given = {str(each.pk): request.POST.getlist(f"q{each.pk}") for each in questions}
        visits.fill_in(visit=row, questionnaire=sheet, given=given, actor=visits.PATIENT, now=now)
        return redirect("portal:visit-prepare", visitor.link.public_id)
    asked = [(each, visits.Asked(each.text, each.kind, tuple(each.options)).choices) for each in questions]
    context = {**facts_of(visitor, row, now), "sheet": sheet, "asked": asked}
    return show(request, "visit_questions", place=visitor.place, context=context)


@link_page(VISIT)
def calendar(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """The visit as a file for the patient's calendar: date, time and place."""
    now = clock.now()
    row = visits.visit_of(visitor.link, now=now)
    response = HttpResponse(visit_calendar(row, now=now, method="PUBLISH"), content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="vizit.ics"'
    return response
