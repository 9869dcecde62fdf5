"""The gate of the desk: who is asking, in which clinic and branches, with which rights. 404 for all that is not theirs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Exists, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from zabota.clinic.api import Right, Role, may, second_factors
from zabota.clinic.models import Branch, Clinic, Member
from zabota.kernel import clock
from zabota.kernel.audit import Actor, record
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
    """Finds the person's place in a clinic and opens the scope and the time zone of that clinic for the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Open the scope around the view; without a membership no scope exists and personal queries fail."""
        if "%00" in (asked := request.META.get("QUERY_STRING", "")):
            # No column of text holds this sign, and one of the two databases fails over it.
            request.GET = QueryDict(asked.replace("%00", ""))
        member = member_of(request)
        request.member = member  # type: ignore[attr-defined]
        if member is None:
            return self.get_response(request)
        request.clinic = member.clinic  # type: ignore[attr-defined]
        request.actor = Actor(user_id=member.user_id)  # type: ignore[attr-defined]
        request.may = lambda right: may(member.role, right)  # type: ignore[attr-defined]
        with clinic_scope(member.clinic_id), timezone.override(member.clinic.time_zone):
            return self.get_response(request)


def member_of(request: HttpRequest) -> Member | None:
    """The active membership of the person who asks, read anew with each request so that a lost right is lost at once."""
    return member_of_user(request.user.pk) if request.user.is_authenticated else None


def member_of_user(user_id: int) -> Member | None:
    """The active membership of an account, with `has_second_factor`."""
    return (
        Member.objects.filter(user_id=user_id, is_active=True, user__is_active=True)
        .select_related("clinic", "user", "doctor")
        .annotate(has_second_factor=Exists(second_factors()))
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
                return _away(request, f"{reverse('account_login')}?{urlencode({'next': _here(request)})}")
            if member is None:
                raise Http404
            if not may(member.role, right):
                _note_refusal(member, request)
                raise Http404
            if right is not Right.PROFILE_OWN and (before := what_comes_first(member)):
                return _away(request, reverse(before))
            response = view(cast(StaffRequest, request), *args, **kwargs)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        guarded.staff_right = right  # type: ignore[attr-defined]
        return guarded

    return mark


def what_comes_first(member: Member) -> str | None:
    """Name of the page that this person must pass before any other: an own password, a second factor."""
    if member.user.must_change_password:
        return "account_change_password"
    return "mfa_activate_totp" if needs_second_factor(member) else None


def must_have_second_factor(member: Member) -> bool:
    """True when this person's role or clinic asks for a second factor; the demo clinic asks nobody."""
    if member.clinic.is_demo:
        return False
    return bool(member.clinic.second_factor_for_all or member.role in settings.MFA_REQUIRED_ROLES)


def needs_second_factor(member: Member) -> bool:
    """True when a second factor is a must and there is none yet."""
    return must_have_second_factor(member) and not getattr(member, "has_second_factor", False)


def first_page(request: HttpRequest) -> str:
    """Where this person goes after the login."""
    member = member_of(request)
    first = what_comes_first(member) if member else None
    return reverse(first) if first else resolve_url(settings.LOGIN_REDIRECT_URL)


def _here(request: HttpRequest) -> str:
    """The page to come back to; for a fragment the page in which it stands."""
    htmx = getattr(request, "htmx", None)
    shown = htmx.current_url_abs_path if htmx else None
    return shown or request.get_full_path()


def _away(request: HttpRequest, url: str) -> HttpResponseBase:
    """A redirect of the whole page, also when only a fragment was asked for."""
    return HttpResponseClientRedirect(url) if getattr(request, "htmx", None) else redirect(url)


def _note_refusal(member: Member, request: HttpRequest) -> None:
    """A row in the trail: who tried a door that is not theirs. The address itself may hold ids, its name does not."""
    match = request.resolver_match
    door = match.view_name if match else ""
    record("desk.door.refused", member, actor=Actor(user_id=member.user_id), now=clock.now(), details={"door": door})


def branches_of(member: Member) -> list[int] | None:
    """Ids of the branches this person is limited to, or None when all are open."""
    if member.role == Role.OWNER:
        return None
    if not hasattr(member, "_branch_ids"):  # asked several times for one page
        member._branch_ids = list(Branch.objects.filter(members=member).values_list("id", flat=True))  # type: ignore[attr-defined]
    return member._branch_ids or None  # type: ignore[attr-defined]


def may_see(member: Member, branch_id: int | None) -> bool:
    """True for a row of a branch of this person, and for one without a branch."""
    ids = branches_of(member)
    return ids is None or branch_id is None or branch_id in ids


def visible(request: StaffRequest, rows: Any, *, branch: str = "branch_id") -> Any:
    """The queryset without rows of branches that this person may not see; rows without a branch stay."""
    ids = branches_of(request.member)
    if ids is None:
        return rows
    return rows.filter(Q(**{f"{branch}__in": ids}) | Q(**{f"{branch}__isnull": True}))
