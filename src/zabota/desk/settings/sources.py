"""«Клиника», «Источники»: what each source of patients costs a month, for the price of a patient in «Стратегия»."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from zabota.analytics import reports
from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, staff_page
from zabota.kernel import clock
from zabota.kernel.errors import Trouble
from zabota.patients import api as patients
from zabota.patients.models import Patient, Source
from zabota.ui.page import page


@require_http_methods(["GET", "POST"])
@staff_page(Right.SETTINGS_EDIT)
def sources(request: StaffRequest) -> HttpResponse:
    """Every source with its patients and a field for roubles a month; saving has the strategy computed anew."""
    cards = Patient.objects.cards().filter(clinic=request.clinic).exclude(source=None)
    known = dict(cards.order_by().values_list("source_id").annotate(count=Count("pk")))
    rows: list[dict[str, Any]] = [
        {
            "source": each,
            "name": f"cost_{each.pk}",
            "cards": known.get(each.pk, 0),
            "typed": roubles_of(each.monthly_cost_kopecks),
            "error": "",
        }
        for each in Source.objects.filter(clinic=request.clinic).order_by("name")
    ]
    trouble = ""
    if request.method == "POST":
        costs: dict[int, int] = {}
        for row in rows:
            row["typed"] = request.POST.get(row["name"], row["typed"]).strip()[:40]
            kopecks = kopecks_of(row["typed"])
            if kopecks is None:
                row["error"] = "Сумма в рублях, например 25 000"
            else:
                costs[row["source"].pk] = kopecks
        if len(costs) == len(rows):
            try:
                _save(request, costs)
                return redirect("desk:clinic-sources")
            except Trouble as problem:
                trouble = problem.text
    context = {"rows": rows, "here": "sources", "trouble": trouble}
    status = 422 if trouble or any(row["error"] for row in rows) else 200
    return page(request, "desk/settings/sources.html", context=context, status=status)


def _save(request: StaffRequest, costs: dict[int, int]) -> None:
    now = clock.now()
    changed = patients.set_source_costs(clinic=request.clinic, costs=costs, actor=request.actor, now=now)
    if not changed:
        messages.info(request, "Ничего не изменилось")
        return
    reports.ask_refresh(clinic=request.clinic, actor=request.actor, now=now)
    messages.success(request, "Сохранено. «Стратегия» посчитает цену пациента через минуту-другую")


def kopecks_of(text: str) -> int | None:
    """«25 000», «1500,50», nothing for no cost; None for what is no sum."""
    plain = re.sub(r"[\s₽]", "", text).replace(",", ".")
    if not plain:
        return 0
    try:
        kopecks = Decimal(plain) * 100
    except InvalidOperation:
        return None
    return int(kopecks) if kopecks.is_finite() and kopecks >= 0 and kopecks == int(kopecks) else None


def roubles_of(kopecks: int) -> str:
    """The sum as a person types it; nothing for no cost."""
    if not kopecks:
        return ""
    whole, rest = divmod(kopecks, 100)
    return f"{whole:,}".replace(",", "\u00a0") + (f",{rest:02d}" if rest else "")
