"""Scripts: all of them with their use, and the page that edits one."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, staff_page
from zabota.kernel import clock
from zabota.kernel.errors import Trouble
from zabota.kernel.typed import number_of
from zabota.worklist import api as worklist
from zabota.worklist.models import Reason

#: Values with which the editor shows how a script sounds.
SAMPLE = {
    "имя": "Мила Андреевна",
    "сотрудник": "Вера",
    "услуга": "Профессиональная чистка",
    "врач": "Соколова Мария Викторовна",
    "прошло": "прошло полгода",
}


@require_GET
@staff_page(Right.SETTINGS_EDIT)
def scripts(request: StaffRequest) -> HttpResponse:
    """What is said in each situation, how often, and what comes of it."""
    return render(request, "desk/today/scripts.html", {"uses": worklist.script_uses(request.clinic, clock.now())})


@require_http_methods(["GET", "POST"])
@staff_page(Right.SETTINGS_EDIT)
def script(request: StaffRequest, reason: str) -> HttpResponse:
    """One script: its text, how it sounds, its versions."""
    if reason not in Reason.values:
        raise Http404
    history = worklist.script_history(request.clinic, reason)
    current = next((each for each in history if each.is_current), None) or worklist.default_script(
        request.clinic.pk, reason
    )
    values = {"title": current.title, "text": current.text, "advice": current.advice} if current else {}
    error = ""
    if request.method == "POST":
        values = {name: request.POST.get(name, "") for name in ("title", "text", "advice")}
        seen = request.POST.get("version", "")
        try:
            saved = worklist.edit_script(
                clinic=request.clinic,
                reason=Reason(reason),
                **values,
                seen_version=number_of(seen) or 0,
                actor=request.actor,
                now=clock.now(),
            )
            messages.success(request, f"Сохранено, версия {saved.version}")
            return redirect("desk:script", reason)
        except Trouble as trouble:
            error = trouble.text
    sample = worklist.render(values.get("text", ""), SAMPLE | {"клиника": request.clinic.name})
    context = {
        "reason": Reason(reason),
        "history": history,
        "current": current,
        "values": values,
        "error": error,
        "sample": sample,
        "placeholders": worklist.PLACEHOLDERS,
    }
    return render(request, "desk/today/script.html", context, status=422 if error else 200)
