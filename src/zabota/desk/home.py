"""The first page of each role, and the sign of life for whoever watches the server."""

from __future__ import annotations

from django.db import Error, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, staff_page
from zabota.desk.navigation import MENU


@require_safe
@staff_page(Right.PROFILE_OWN)
def home(request: StaffRequest) -> HttpResponse:
    """To the first page of the menu that this person may open."""
    for _, name, right in MENU:
        if request.may(right):
            return redirect(name)
    raise Http404


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the server answers and the database does, else 503. Tells nothing else."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return HttpResponse("database away", content_type="text/plain", status=503)
    return HttpResponse("ok", content_type="text/plain")
