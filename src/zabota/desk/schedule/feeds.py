"""Addresses under which a doctor's own calendar program reads their visits: made, shown once, revoked."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from zabota.booking import api as booking
from zabota.booking.models import CalendarFeed, Resource
from zabota.clinic.api import Right
from zabota.clinic.models import Doctor
from zabota.desk.access import StaffRequest, staff_page
from zabota.kernel import clock
from zabota.kernel.errors import Trouble


@require_http_methods(["GET", "POST"])
@staff_page(Right.RECEPTION_OWN)
def own(request: StaffRequest) -> HttpResponse:
    """A doctor's own addresses. Names of patients are not for them to send abroad: that is the clinic's to decide."""
    if request.member.doctor is None:
        return redirect("desk:reception")
    return _page(request, request.member.doctor, may_name=False, here=reverse("desk:reception-calendar"))


@require_http_methods(["GET", "POST"])
@staff_page(Right.SCHEDULE_EDIT)
def of_doctor(request: StaffRequest, public_id: str) -> HttpResponse:
    """The addresses of one doctor, for whoever keeps the schedule: most doctors have no account here."""
    rows = Resource.objects.filter(clinic=request.clinic, kind=Resource.Kind.DOCTOR).select_related("doctor")
    row = get_object_or_404(rows, public_id=public_id)
    if row.doctor is None:
        raise Http404
    return _page(request, row.doctor, may_name=True, here=reverse("desk:schedule-calendar", args=[public_id]))


def _page(request: StaffRequest, doctor: Doctor, *, may_name: bool, here: str) -> HttpResponse:
    feeds = CalendarFeed.objects.filter(clinic=request.clinic, doctor=doctor, revoked_at=None)
    made: booking.NewFeed | None = None
    if request.method == "POST":
        now = clock.now()
        try:
            if "revoke" in request.POST:
                number = request.POST["revoke"]
                feed = get_object_or_404(feeds, pk=int(number) if number.isdecimal() and len(number) < 10 else 0)
                booking.revoke_feed(feed=feed, actor=request.actor, now=now)
                messages.success(request, "Адрес отозван: календарь по нему больше не обновляется")
                return redirect(here)
            with_names = may_name and request.POST.get("with_names") == "1"
            made = booking.make_feed(doctor=doctor, with_names=with_names, actor=request.actor, now=now)
        except Trouble as trouble:
            messages.error(request, trouble.text)
            return redirect(here)
    context = {
        "doctor": doctor,
        "feeds": feeds.select_related("created_by").order_by("-created_at", "-id"),
        # Shown in this answer alone: what is stored is a digest.
        "address": settings.PUBLIC_URL + reverse("webapi:calendar", args=[made.token]) if made else "",
        "made": made,
        "may_name": may_name,
    }
    return render(request, "desk/schedule/calendar.html", context)
