"""What stands in the side menu for this person, and the figures every page shows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from zabota.clinic.api import Right, may

#: (label, url name, right): in the order of the menu; a page appears when its right is there.
MENU: tuple[tuple[str, str, Right], ...] = ()


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of every staff page: menu, clinic, person."""
    member = getattr(request, "member", None)
    if member is None:
        return {"nav": [], "member": None}
    match = request.resolver_match
    here = match.view_name if match else ""
    items = [
        {"label": label, "url": reverse(name), "current": here == name or here.startswith(f"{name}-")}
        for label, name, right in MENU
        if may(member.role, right)
    ]
    return {"nav": items, "member": member, "clinic": member.clinic}
