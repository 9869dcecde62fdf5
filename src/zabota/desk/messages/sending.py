"""«Отправка»: what went to patients on a day, what did not and why, what it cost."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, branches_of, staff_page, visible
from zabota.kernel import clock
from zabota.kernel.typed import day_of, number_of
from zabota.messaging import api as messaging
from zabota.messaging.models import Message, MessagingRules

PER_PAGE = 50
STATES = (
    ("", "Все"),
    ("waiting", "Ждут"),
    ("gone", "Ушли"),
    ("stopped", "Не ушли"),
)
_OF = {
    "waiting": ("queued", "sending"),
    "gone": ("accepted", "sent", "delivered", "read", "unknown"),
    "stopped": ("failed", "expired", "suppressed", "void"),
}


@require_GET
@staff_page(Right.INBOX_WORK)
def sending(request: StaffRequest) -> HttpResponse:
    """A day of messages: figures, reasons, each message with its story."""
    today = clock.today(request.clinic.time_zone)
    day = _day(request.GET.get("day", ""), today)
    state = request.GET.get("state", "")
    since, till = messaging.day_span(request.clinic.pk, day)
    rows = Message.objects.filter(clinic=request.clinic, created_at__gte=since, created_at__lt=till)
    rows = visible(request, rows, branch="patient__branch_id")
    if state in _OF:
        rows = rows.filter(state__in=_OF[state])
    rows = rows.select_related("template_version__template", "patient").order_by("-created_at", "-id")
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "day": day,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1) if day < today else None,
        "summary": messaging.daily_summary(request.clinic.pk, day, branches=branches_of(request.member)),
        "lines": messaging.explain_messages(shown.object_list),
        "shown": shown,
        "chips": [
            {"label": words, "url": f"?day={day.isoformat()}&state={code}", "current": code == state}
            for code, words in STATES
        ],
        "troubles": messaging.troubles(request.clinic.pk),
        "may_mend_texts": request.may(Right.MESSAGES_EDIT),
        "rules": MessagingRules.objects.filter(clinic=request.clinic).first(),
        "may_stop": request.may(Right.CHANNELS_EDIT),
    }
    context["hold"] = hold_of(context["rules"])
    return render(request, "desk/messages/sending.html", context)


def hold_of(rules: MessagingRules | None) -> MessagingRules | None:
    """The clinic's rules when its sending waits since a restore."""
    is_held = rules is not None and rules.paused_at is not None and rules.paused_reason == messaging.RESTORED
    return rules if is_held else None


@require_POST
@staff_page(Right.CHANNELS_EDIT)
def sending_stop(request: StaffRequest) -> HttpResponse:
    """Stop all sending, or go on: what waits stays in its place."""
    rules = messaging.ensure_rules(clinic_id=request.clinic.pk)
    if rules.paused_at:
        messaging.resume_sending(clinic=request.clinic, actor=request.actor, now=clock.now())
    else:
        words = request.POST.get("reason", "")[:200] or "Остановил руководитель"
        messaging.pause_sending(clinic=request.clinic, reason=words, actor=request.actor, now=clock.now())
    return redirect("desk:messages")


@require_POST
@staff_page(Right.CHANNELS_EDIT)
def troubles_seen(request: StaffRequest) -> HttpResponse:
    """«Понятно»: the head has read it; until it is mended it stands on «Отправка»."""
    ids = [number for each in request.POST.getlist("trouble") if (number := number_of(each, most=2**62)) is not None]
    messaging.see_troubles(clinic=request.clinic, ids=ids, actor=request.actor, now=clock.now())
    return redirect("desk:pulse" if request.POST.get("from") == "pulse" else "desk:messages")


def _day(text: str, today: date) -> date:
    return min(day_of(text) or today, today)
