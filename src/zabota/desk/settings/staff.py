"""«Сотрудники»: who works here, with which role and branches; invite, change, let go, give a new password."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zabota.clinic import api
from zabota.clinic.api import ROLE_NAMES, Right, Role
from zabota.clinic.models import Member
from zabota.desk.access import StaffRequest, staff_page
from zabota.desk.settings.forms import InviteForm, PersonForm
from zabota.kernel import clock
from zabota.kernel.errors import Trouble
from zabota.ui.page import page


@require_GET
@staff_page(Right.STAFF_EDIT)
def people(request: StaffRequest) -> HttpResponse:
    """Everybody of the clinic."""
    return page(request, "desk/settings/staff.html", context={"people": api.members(request.clinic.pk)})


@require_http_methods(["GET", "POST"])
@staff_page(Right.STAFF_EDIT)
def invite(request: StaffRequest) -> HttpResponse:
    """A new account; its password is shown once, on the answer to the form."""
    form = InviteForm(request.POST or None, clinic=request.clinic)
    if request.method == "POST" and form.is_valid():
        fields = {**form.cleaned_data, "role": Role(form.cleaned_data["role"])}
        try:
            invitation = api.invite_member(clinic=request.clinic, **fields, actor=request.actor, now=clock.now())
            return _show_password(request, invitation.member, invitation.password)
        except Trouble as trouble:
            form.add_error("email", trouble.text)
    return _form(request, form, None)


@require_http_methods(["GET", "POST"])
@staff_page(Right.STAFF_EDIT)
def person(request: StaffRequest, public_id: str) -> HttpResponse:
    """Role, branches and capacity of one person."""
    member = _member(request, public_id)
    form = PersonForm(request.POST or None, initial=_initial(member), clinic=request.clinic, member=member)
    if request.method == "POST" and form.is_valid():
        fields = {**form.cleaned_data, "role": Role(form.cleaned_data["role"])}
        try:
            api.change_member(member=member, **fields, actor=request.actor, now=clock.now())
            messages.success(request, "Сохранено")
            return redirect("desk:staff")
        except Trouble as trouble:
            form.add_error("role", trouble.text)
    return _form(request, form, member)


@require_POST
@staff_page(Right.STAFF_EDIT)
def act(request: StaffRequest, public_id: str, action: str) -> HttpResponse:
    """Let go, take back, give a new password, forget the second factor."""
    member = _member(request, public_id)
    if action not in _ACTIONS:
        raise Http404
    try:
        return _ACTIONS[action](request, member)
    except Trouble as trouble:
        messages.error(request, trouble.text)
        return redirect("desk:staff-person", member.public_id)


def _leave(request: StaffRequest, member: Member) -> HttpResponse:
    api.deactivate_member(member=member, actor=request.actor, now=clock.now())
    messages.success(request, "Доступ закрыт. Задачи этого сотрудника разойдутся между коллегами.")
    return redirect("desk:staff")


def _come_back(request: StaffRequest, member: Member) -> HttpResponse:
    invitation = api.reactivate_member(member=member, actor=request.actor, now=clock.now())
    return _show_password(request, member, invitation.password)


def _new_password(request: StaffRequest, member: Member) -> HttpResponse:
    return _show_password(request, member, api.reset_password(member=member, actor=request.actor, now=clock.now()))


def _forget_factor(request: StaffRequest, member: Member) -> HttpResponse:
    api.reset_second_factor(member=member, actor=request.actor, now=clock.now())
    messages.success(request, "Код из приложения снят. Сотрудник настроит его заново при входе.")
    return redirect("desk:staff-person", member.public_id)


_ACTIONS: dict[str, Callable[[StaffRequest, Member], HttpResponse]] = {
    "leave": _leave,
    "return": _come_back,
    "password": _new_password,
    "factor": _forget_factor,
}


def _member(request: StaffRequest, public_id: str) -> Member:
    return get_object_or_404(api.members(request.clinic.pk), public_id=public_id)


def _initial(member: Member) -> dict[str, Any]:
    return {
        "surname": member.user.surname,
        "name": member.user.name,
        "patronymic": member.user.patronymic,
        "role": member.role,
        "branches": [branch.pk for branch in member.branches.all()],
        "doctor": member.doctor_id,
        "daily_capacity": member.daily_capacity,
    }


def _form(request: StaffRequest, form: PersonForm, member: Member | None) -> HttpResponse:
    roles = [(ROLE_NAMES[role], _SAYS[role]) for role in Role]
    context = {"form": form, "person": member, "is_self": member == request.member, "roles": roles}
    return page(request, "desk/settings/person.html", context=context, status=422 if form.errors else 200)


def _show_password(request: StaffRequest, member: Member, password: str) -> HttpResponse:
    return page(request, "desk/settings/password.html", context={"person": member, "password": password})


#: What each role is for, as the form explains it.
_SAYS = {
    Role.OWNER: "видит и настраивает всё",
    Role.MARKETER: "показатели, отчёты, загрузка данных, карточки без медицинского",
    Role.ADMINISTRATOR: "очередь звонков, карточки, запись, согласия",
    Role.DOCTOR: "карточки пациентов",
    Role.COORDINATOR: "очередь и карточки тех, кого ведёт",
    Role.QUALITY: "показатели, контроль работы, журнал",
}
