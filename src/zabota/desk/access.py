"""The gate of the desk: who is asking, in which clinic and branches, with which rights. 404 for all that is not theirs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from zabota.clinic.api import Right, Role, may
from zabota.clinic.models import Branch, Clinic, Member
from zabota.kernel.audit import Actor
from zabota.kernel.scope import clinic_scope

P = ParamSpec("P")


class StaffRequest(HttpRequest):
    """A request of a person of the clinic, as views behind @staff_page receive it."""

    member: Member
    clinic: Clinic
    actor: Actor

    def may(self, right: Right) -> bool:
        """True when this person has the right."""
        return may(self.member.role, right)


class StaffScopeMiddleware:
    """Finds the person's place in a clinic and opens the scope of that clinic for the time of the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Open the scope around the view; without a membership no scope exists and personal queries fail."""
        member = member_of(request)
        request.member = member  # type: ignore[attr-defined]
        if member is None:
            return self.get_response(request)
        request.clinic = member.clinic  # type: ignore[attr-defined]
        request.actor = Actor(user_id=member.user_id)  # type: ignore[attr-defined]
        request.may = lambda right: may(member.role, right)  # type: ignore[attr-defined]
        with clinic_scope(member.clinic_id):
            return self.get_response(request)


def member_of(request: HttpRequest) -> Member | None:
    """The active membership of the person who asks, read anew with each request so that a lost right is lost at once."""
    if not request.user.is_authenticated:
        return None
    return (
        Member.objects.filter(user_id=request.user.pk, is_active=True, user__is_active=True)
        .select_related("clinic", "user", "doctor")
        .order_by("id")
        .first()
    )


def staff_page(
    right: Right,
) -> Callable[
    [Callable[Concatenate[StaffRequest, P], HttpResponseBase]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]
]:
    """Mark a view with the one right it needs. Nobody: login page. Somebody without the right: 404."""

    def mark(
        view: Callable[Concatenate[StaffRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            member: Member | None = getattr(request, "member", None)
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if member is None or not may(member.role, right):
                raise Http404
            if needs_second_factor(member) and right is not Right.PROFILE_OWN:
                return redirect("mfa_activate_totp")
            response = view(cast(StaffRequest, request), *args, **kwargs)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        guarded.staff_right = right  # type: ignore[attr-defined]
        return guarded

    return mark


def needs_second_factor(member: Member) -> bool:
    """True when this role must have a second factor and has none yet; the demo clinic is let in without."""
    if member.role not in settings.MFA_REQUIRED_ROLES or member.clinic.is_demo:
        return False
    from allauth.mfa.utils import is_mfa_enabled  # noqa: PLC0415 -- allauth imports models

    return not is_mfa_enabled(member.user)


def branches_of(member: Member) -> list[int] | None:
    """Ids of the branches this person is limited to, or None when all are open."""
    if member.role == Role.OWNER:
        return None
    ids = list(Branch.objects.filter(members=member).values_list("id", flat=True))
    return ids or None


def visible(request: StaffRequest, rows: Any, *, branch: str = "branch_id") -> Any:
    """The queryset without rows of branches that this person may not see; rows without a branch stay."""
    ids = branches_of(request.member)
    if ids is None:
        return rows
    return rows.filter(Q(**{f"{branch}__in": ids}) | Q(**{f"{branch}__isnull": True}))
