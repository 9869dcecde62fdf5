"""The page of the rule of the two З: coverage, violations, types and their flow, thresholds."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, staff_page
from zabota.desk.nextstep import figures
from zabota.desk.nextstep.forms import ThresholdsForm
from zabota.kernel import clock
from zabota.kernel.errors import Trouble
from zabota.nextstep import api as nextstep
from zabota.nextstep.models import Thresholds
from zabota.ui.page import page


@require_GET
@staff_page(Right.WORKLIST_CONTROL)
def rule(request: StaffRequest) -> HttpResponse:
    """Has everybody a next step, and where do patients go."""
    context = figures.load_figures(request) | {
        "may_set": request.may(Right.SETTINGS_EDIT),
        "may_export": request.may(Right.PATIENTS_EXPORT),
    }
    return page(request, "desk/nextstep/rule.html", context=context)


@require_POST
@staff_page(Right.WORKLIST_CONTROL)
def check_now(request: StaffRequest) -> HttpResponse:
    """Look at everybody now instead of at night; in the background."""
    nextstep.ask_for_sweep(clinic=request.clinic, actor=request.actor, now=clock.now())
    messages.success(request, "Проверка началась. Обновите страницу через минуту.")
    return redirect("desk:rule")


@require_http_methods(["GET", "POST"])
@staff_page(Right.SETTINGS_EDIT)
def thresholds(request: StaffRequest) -> HttpResponse:
    """Clinic-wide thresholds of the types."""
    row = Thresholds.objects.filter(clinic=request.clinic).first() or Thresholds(clinic=request.clinic)
    form = ThresholdsForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        try:
            nextstep.edit_thresholds(clinic=request.clinic, actor=request.actor, now=clock.now(), **form.values())
            messages.success(request, "Пороги сохранены. Типы пересчитываются.")
            return redirect("desk:rule")
        except Trouble as trouble:
            form.add_error(None, trouble.text)
    context = {"form": form}
    return page(request, "desk/nextstep/thresholds.html", context=context, status=422 if form.errors else 200)
