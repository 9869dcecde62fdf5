"""«Клиника»: groups of services with their recall intervals, services, the goal path of retention."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zabota.clinic import api
from zabota.clinic.api import Right
from zabota.clinic.models import GoalPath, Service, ServiceGroup
from zabota.desk.access import StaffRequest, staff_page
from zabota.desk.settings.forms import GoalForm, GroupForm, NewGroupForm, ServiceForm
from zabota.kernel import clock
from zabota.kernel.errors import Trouble
from zabota.nextstep import api as nextstep
from zabota.nextstep.models import RecallMonths
from zabota.ui import formats
from zabota.ui.page import page


@require_GET
@staff_page(Right.SETTINGS_EDIT)
def services(request: StaffRequest) -> HttpResponse:
    """Groups, and services: those without a group first, for they wait for a decision."""
    rows = Service.objects.filter(clinic=request.clinic).select_related("group", "triggers_group")
    chosen = request.GET.get("group", "")
    if chosen == "none":
        rows = rows.filter(group=None, is_active=True)
    elif chosen:
        rows = rows.filter(group__public_id=chosen)
    groups = (
        ServiceGroup.objects.filter(clinic=request.clinic).annotate(service_count=Count("services")).order_by("name")
    )
    context = {
        "groups": groups,
        "chosen": chosen,
        "without_group": Service.objects.filter(clinic=request.clinic, group=None, is_active=True).count(),
        "services": Paginator(rows.order_by("-is_active", "name"), 50).get_page(request.GET.get("page")),
        "here": "services",
    }
    return page(request, "desk/settings/services.html", context=context)


@require_POST
@staff_page(Right.SETTINGS_EDIT)
def sort_services(request: StaffRequest) -> HttpResponse:
    """Put the services that were marked into one group."""
    wanted, chosen = request.POST.get("group", ""), request.POST.getlist("service")
    group = ServiceGroup.objects.filter(clinic=request.clinic, public_id=wanted).first()
    if not chosen or (group is None and wanted != "none"):
        messages.error(request, "Отметьте услуги и выберите группу.")
    else:
        moved = api.sort_services(
            clinic=request.clinic, services=chosen, group=group, actor=request.actor, now=clock.now()
        )
        messages.success(
            request, f"Разложено: {formats.plural(moved, 'услуга,услуги,услуг')}. Сроки пересчитаем в фоне."
        )
    back = urlencode({"group": request.POST["back"]}) if request.POST.get("back") else ""
    return redirect(f"{reverse('desk:clinic-services')}{'?' + back if back else ''}")


@require_http_methods(["GET", "POST"])
@staff_page(Right.SETTINGS_EDIT)
def service(request: StaffRequest, public_id: str) -> HttpResponse:
    """Group and interval of a service; its name and price come from the clinic's system."""
    found = get_object_or_404(Service, clinic=request.clinic, public_id=public_id)
    form = ServiceForm(request.POST or None, instance=found, clinic=request.clinic)
    if request.method == "POST" and form.is_valid():
        try:
            api.change_service(service=found, **form.cleaned_data, actor=request.actor, now=clock.now())
            return _saved(request, "desk:clinic-services")
        except Trouble as trouble:
            form.add_error(None, trouble.text)
    return _edit(request, form, title=found.name, back="desk:clinic-services")


@require_http_methods(["GET", "POST"])
@staff_page(Right.SETTINGS_EDIT)
def new_group(request: StaffRequest) -> HttpResponse:
    """A new group of services."""
    form = NewGroupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = api.add_group(clinic=request.clinic, **form.cleaned_data, actor=request.actor, now=clock.now())
            messages.success(request, "Группа создана. Проверьте её пороги.")
            return redirect("desk:clinic-group", made.public_id)
        except Trouble as trouble:
            form.add_error("name", trouble.text)
    return _edit(request, form, title="Новая группа услуг", back="desk:clinic-services")


@require_http_methods(["GET", "POST"])
@staff_page(Right.SETTINGS_EDIT)
def group(request: StaffRequest, public_id: str) -> HttpResponse:
    """Interval and thresholds of a group."""
    found = get_object_or_404(ServiceGroup, clinic=request.clinic, public_id=public_id)
    months = RecallMonths.objects.filter(group=found).values_list("months", flat=True).first()
    form = GroupForm(request.POST or None, instance=found, initial={"interval_months": months})
    if request.method == "POST" and form.is_valid():
        fields = {**form.cleaned_data}
        found.name = fields.pop("name")
        fields["interval_days"] = fields.pop("recall_interval_days")
        try:
            nextstep.edit_group(group=found, **fields, actor=request.actor, now=clock.now())
            messages.success(request, "Сохранено. Сроки пациентов пересчитаем в фоне.")
            return redirect("desk:clinic-services")
        except Trouble as trouble:
            form.add_error(None, trouble.text)
    return _edit(request, form, title=found.name, back="desk:clinic-services")


@require_http_methods(["GET", "POST"])
@staff_page(Right.SETTINGS_EDIT)
def goal(request: StaffRequest) -> HttpResponse:
    """From where retention comes, where it shall be and by when."""
    found = GoalPath.objects.filter(clinic=request.clinic).first()
    form = GoalForm(request.POST or None, goal=found)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            api.set_goal(
                clinic=request.clinic,
                baseline=float(given["baseline"]) / 100,
                baseline_on=given["baseline_on"],
                target=float(given["target"]) / 100,
                target_on=given["target_on"],
                stages=form.stages(),
                actor=request.actor,
                now=clock.now(),
            )
            return _saved(request, "desk:clinic-goal")
        except Trouble as trouble:
            form.add_error(None, trouble.text)
    context = {"form": form, "goal": found, "here": "goal"}
    return page(request, "desk/settings/goal.html", context=context, status=422 if form.errors else 200)


def _edit(request: StaffRequest, form: Any, *, title: str, back: str) -> HttpResponse:
    context = {"form": form, "title": title, "back": back}
    return page(request, "desk/settings/edit.html", context=context, status=422 if form.errors else 200)


def _saved(request: StaffRequest, name: str) -> HttpResponse:
    messages.success(request, "Сохранено")
    return redirect(name)
