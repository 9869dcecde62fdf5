"""«Напоминания»: what is sent around a visit, what became of it, and how booking stands on the clinic's site."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, staff_page
from zabota.desk.reminders.forms import SettingsForm
from zabota.kernel import clock
from zabota.kernel.errors import Trouble
from zabota.ui.page import page
from zabota.visits import api as visits

#: Days of the figures.
PERIOD_DAYS = 30
KINDS = {"booked": "после записи", "long": "заранее", "evening": "накануне вечером", "short": "перед визитом"}


@require_http_methods(["GET", "POST"])
@staff_page(Right.MESSAGES_EDIT)
def reminders(request: StaffRequest) -> HttpResponse:
    """The choice of the clinic, figures of the month, the address and the frame of the booking page."""
    now = clock.now()
    form = SettingsForm(request.POST or None, instance=visits.settings_of(request.clinic.pk))
    if request.method == "POST" and form.is_valid():
        try:
            visits.save_settings(clinic=request.clinic, changes=form.cleaned_data, actor=request.actor, now=now)
            visits.replan_reminders(clinic_id=request.clinic.pk)
            messages.success(request, "Сохранено. Напоминания перепланируем за минуту")
            return redirect("desk:reminders")
        except Trouble as trouble:
            form.add_error(None, trouble.text)
    report = visits.reminder_report(clinic_id=request.clinic.pk, since=now - timedelta(days=PERIOD_DAYS), until=now)
    address = f"{settings.PUBLIC_URL}{reverse('portal:book', args=[request.clinic.public_id])}"
    context: dict[str, Any] = {
        "form": form,
        "report": report,
        "kinds": [(KINDS.get(each.kind, each.kind), each) for each in report.kinds],
        "confirmed_share": report.confirmed / report.visits if report.visits else None,
        "missed_share": report.missed / report.visits if report.visits else None,
        "address": address,
        "frame": f'<iframe src="{address}" title="Запись на приём" width="100%" height="760" style="border:0"></iframe>',
        "days": PERIOD_DAYS,
    }
    return page(request, "desk/reminders/reminders.html", context=context, status=422 if form.errors else 200)
