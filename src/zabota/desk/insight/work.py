"""The state of the background work that makes both reports, as both pages show it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from zabota.analytics import reports
from zabota.desk.access import StaffRequest, branches_of
from zabota.kernel import clock


def work_of(request: StaffRequest) -> dict[str, Any]:
    """Is a report being made, did the last attempt fail."""
    branches = branches_of(request.member)
    working = reports.is_under_way(request.clinic, branches=branches)
    failed = not working and reports.has_failed(request.clinic, now=clock.now(), branches=branches)
    return {"working": working, "failed": failed}


def begin(request: StaffRequest, page: str) -> HttpResponse:
    """Ask for new reports and go back to the page, which shows that they are being made."""
    branches = branches_of(request.member)
    if not reports.ask_refresh(clinic=request.clinic, actor=request.actor, now=clock.now(), branches=branches):
        messages.info(request, "Отчёт уже составляется")
    return redirect(page)


def poll(request: StaffRequest, page: str) -> HttpResponse:
    """The line of progress; when the work has ended, the page anew."""
    work = work_of(request)
    if not work["working"]:
        return HttpResponseClientRedirect(reverse(page))
    return render(request, "desk/insight/_work.html", {**work, "state_url": reverse(f"{page}-state")})
