"""«Клиника»: the organisation, its branches and its doctors."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_http_methods

from zabota.clinic import api
from zabota.clinic.api import Right
from zabota.clinic.models import Branch, Doctor
from zabota.desk.access import StaffRequest, staff_page
from zabota.desk.settings.forms import ZONES, BranchForm, ClinicForm, DoctorForm
from zabota.kernel import clock
from zabota.kernel.errors import Trouble
from zabota.ui.page import page


@require_http_methods(["GET", "POST"])
@staff_page(Right.SETTINGS_EDIT)
def about(request: StaffRequest) -> HttpResponse:
    """Name, zone, second factor; the list of branches."""
    form = ClinicForm(request.POST or None, instance=request.clinic)
    if request.method == "POST" and form.is_valid():
        try:
            api.change_clinic(clinic=request.clinic, **form.cleaned_data, actor=request.actor, now=clock.now())
            return _saved(request, "desk:clinic")
        except Trouble as trouble:
            form.add_error(None, trouble.text)
    branches = Branch.objects.filter(clinic=request.clinic).annotate(doctor_count=Count("doctors")).order_by("id")
    named = [(each, dict(ZONES).get(each.time_zone, each.time_zone)) for each in branches]
    context = {"form": form, "branches": named, "here": "about"}
    return page(request, "desk/settings/clinic.html", context=context, status=_status(form))


@require_http_methods(["GET", "POST"])
@staff_page(Right.SETTINGS_EDIT)
def branch(request: StaffRequest, public_id: str = "") -> HttpResponse:
    """A branch, new or old."""
    found = get_object_or_404(Branch, clinic=request.clinic, public_id=public_id) if public_id else None
    form = BranchForm(request.POST or None, instance=found, initial={"time_zone": request.clinic.time_zone})
    if request.method == "POST" and form.is_valid():
        fields: dict[str, Any] = {**form.cleaned_data, "actor": request.actor, "now": clock.now()}
        try:
            if found is None:
                fields.pop("is_active")
                api.add_branch(clinic=request.clinic, **fields)
            else:
                api.change_branch(branch=found, **fields)
            return _saved(request, "desk:clinic")
        except Trouble as trouble:
            form.add_error("name", trouble.text)
    title = found.name if found and found.pk else "Новый филиал"
    return _edit(request, form, title=title, back="desk:clinic")


@require_GET
@staff_page(Right.SETTINGS_EDIT)
def doctors(request: StaffRequest) -> HttpResponse:
    """All doctors, those who receive patients first."""
    rows = Doctor.objects.filter(clinic=request.clinic).prefetch_related("branches").order_by("-is_active", "name")
    return page(request, "desk/settings/doctors.html", context={"doctors": rows, "here": "doctors"})


@require_http_methods(["GET", "POST"])
@staff_page(Right.SETTINGS_EDIT)
def doctor(request: StaffRequest, public_id: str = "") -> HttpResponse:
    """A doctor, new or old."""
    found = get_object_or_404(Doctor, clinic=request.clinic, public_id=public_id) if public_id else None
    form = DoctorForm(request.POST or None, instance=found, clinic=request.clinic)
    if request.method == "POST" and form.is_valid():
        fields: dict[str, Any] = {**form.cleaned_data, "actor": request.actor, "now": clock.now()}
        try:
            if found is None:
                fields.pop("is_active")
                api.add_doctor(clinic=request.clinic, **fields)
            else:
                api.change_doctor(doctor=found, **fields)
            return _saved(request, "desk:clinic-doctors")
        except Trouble as trouble:
            form.add_error("name", trouble.text)
    title = found.name if found and found.pk else "Новый врач"
    return _edit(request, form, title=title, back="desk:clinic-doctors")


def _edit(request: StaffRequest, form: Any, *, title: str, back: str) -> HttpResponse:
    context = {"form": form, "title": title, "back": back}
    return page(request, "desk/settings/edit.html", context=context, status=_status(form))


def _saved(request: StaffRequest, name: str) -> HttpResponse:
    messages.success(request, "Сохранено")
    return redirect(name)


def _status(form: Any) -> int:
    return 422 if form.errors else 200
