"""Saved views: a page with its filters under a name, seen by all colleagues with the rights of that page."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from zabota.analytics import reports
from zabota.clinic.api import Right, Role
from zabota.desk.access import StaffRequest, staff_page
from zabota.kernel import clock
from zabota.kernel.errors import Trouble

#: Pages that have saved views.
PAGES: Final = {"where": "desk:where", "cohorts": "desk:cohorts", "metrics": "desk:metrics"}


def saved_of(request: StaffRequest, page: str) -> list[dict[str, Any]]:
    """Views of a page with their addresses; one's own may be dropped, the owner drops any."""
    return [
        {
            "name": each.name,
            "url": f"{reverse(PAGES[page])}?{each.query}",
            "drop": reverse("desk:view-drop", args=[each.public_id]) if _may_drop(request, each.saved_by_id) else "",
        }
        for each in reports.saved_views(request.clinic, page)
    ]


@require_POST
@staff_page(Right.AUDIT_VIEW)
def save(request: StaffRequest) -> HttpResponse:
    """Keep the view that is open."""
    page, query = request.POST.get("page", ""), request.POST.get("query", "")
    if page not in PAGES:
        raise Http404
    try:
        reports.save_view(
            clinic=request.clinic, page=page, name=request.POST.get("name", ""), query=query, actor=request.actor,
            now=clock.now(),
        )  # fmt: skip
        messages.success(request, "Вид сохранён: его видят и коллеги")
    except Trouble as trouble:
        messages.error(request, trouble.text)
    return redirect(f"{reverse(PAGES[page])}?{query}")


@require_POST
@staff_page(Right.AUDIT_VIEW)
def drop(request: StaffRequest, view_id: str) -> HttpResponse:
    """Forget a view of one's own."""
    view = reports.saved_view(request.clinic, view_id)
    if view is None or not _may_drop(request, view.saved_by_id):
        raise Http404
    reports.drop_view(view=view, actor=request.actor, now=clock.now())
    messages.success(request, f"Вид «{view.name}» удалён")
    return redirect(PAGES[view.page])


def _may_drop(request: StaffRequest, saved_by: int | None) -> bool:
    return saved_by == request.member.user_id or request.member.role == Role.OWNER
