"""Pages of the calendar: the day, a doctor's week; one fragment for whoever keeps the page open."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from zabota.booking import api as booking
from zabota.clinic.api import Right
from zabota.clinic.models import Doctor
from zabota.desk.access import StaffRequest, staff_page
from zabota.desk.calendar.asked import ROOMS, Asked, read_asked
from zabota.desk.calendar.day import Shown, Sight, load_day, load_week
from zabota.desk.calendar.forms import doctors_of
from zabota.desk.calendar.transfers import waiting_to_be_entered
from zabota.desk.waitlist.words import freed_of, line_of
from zabota.kernel import clock
from zabota.ui.page import wants_fragment

#: Days in which the nearest free time is looked for.
LOOK_AHEAD = 14


@require_GET
@staff_page(Right.PATIENTS_VIEW)
def day(request: StaffRequest) -> HttpResponse:
    """The day in columns; for a poll the grid alone, or 204 when nothing in it has changed."""
    now = clock.now()
    asked = read_asked(request, now)
    if asked is None:
        return render(request, "desk/calendar/empty.html", status=200)
    shown = load_day(asked, sight_of(request), now, request.member.doctor_id)
    return answer(request, asked, shown, reverse("desk:calendar"))


@require_GET
@staff_page(Right.PATIENTS_VIEW)
def week(request: StaffRequest) -> HttpResponse:
    """Seven days of one doctor: the one named, else whoever asks, else the first."""
    now = clock.now()
    asked = read_asked(request, now)
    if asked is None:
        return redirect("desk:calendar")
    doctors = list(doctors_of(asked.branch))
    doctor = _doctor_of(request, asked, request.GET.get("doctor", ""))
    if doctor is None:
        return redirect(f"{reverse('desk:calendar')}?{asked.query()}")
    asked = replace(asked, doctor=doctor.public_id)
    shown = load_week(asked, doctor, sight_of(request), now)
    return answer(request, asked, shown, reverse("desk:calendar-week"), doctor=doctor, doctors=doctors)


@require_GET
@staff_page(Right.PATIENTS_VIEW)
def rest(request: StaffRequest) -> HttpResponse:
    """Beside the grid when nothing is open; 204 when it is as it was."""
    now = clock.now()
    asked = read_asked(request, now)
    context = beside_of(request, asked, now) if asked else {}
    if wants_fragment(request) and context and request.GET.get("seen") == context["rest_stamp"]:
        return HttpResponse(status=204)
    with timezone.override(asked.zone if asked else timezone.get_current_timezone()):
        return render(request, "desk/calendar/_panel_rest.html", context)


def beside_of(request: StaffRequest, asked: Asked, now: datetime) -> dict[str, Any]:
    """The waitlist of this branch for whoever books: what is being offered, who waits longest."""
    context: dict[str, Any] = {
        "may_offer": request.may(Right.VISITS_BOOK),
        "rest_url": f"{reverse('desk:calendar-rest')}?{asked.query()}",
        "here": f"{reverse('desk:calendar')}?{asked.query()}",
        "freed": [],
        "waiting": [],
        "waiting_count": 0,
    }
    if context["may_offer"]:
        entries = booking.open_entries(request.clinic.pk, branch=asked.branch)
        context["freed"] = freed_of(request.clinic.pk, branch=asked.branch, now=now)
        context["waiting"] = [line_of(each, now, asked.zone) for each in entries[:4]]
        context["waiting_count"] = len(entries)
    text = repr((context["freed"], context["waiting"], context["waiting_count"]))
    context["rest_stamp"] = hashlib.blake2s(text.encode(), digest_size=9).hexdigest()
    return context


def sight_of(request: StaffRequest) -> Sight:
    """What this person sees and may do here."""
    return Sight(health=request.may(Right.PATIENTS_HEALTH), book=request.may(Right.VISITS_BOOK))


def answer(
    request: StaffRequest,
    asked: Asked,
    shown: Shown,
    path: str,
    *,
    doctor: Doctor | None = None,
    doctors: Sequence[Doctor] = (),
) -> HttpResponse:
    """The whole page, the grid for a poll, or 204."""
    context = shown.context() | frame_of(request, asked, path, doctor) | {"doctors": doctors}
    if not wants_fragment(request):
        context |= beside_of(request, asked, clock.now()) | {"transfers": transfers_of(request)}
    tag = f'"{context["stamp"]}"'
    with timezone.override(asked.zone):
        if not wants_fragment(request):
            return render(request, "desk/calendar/day.html", context | nearest_free(asked, shown, doctor))
        if request.GET.get("seen") == context["stamp"] or request.headers.get("If-None-Match") == tag:
            return HttpResponse(status=204, headers={"ETag": tag})
        response = render(request, "desk/calendar/_grid_poll.html", context | nearest_free(asked, shown, doctor))
    response["ETag"] = tag
    return response


def transfers_of(request: StaffRequest) -> int:
    """Visits that somebody has to book, cancel or move in the clinic's own program too."""
    return waiting_to_be_entered(request) if request.may(Right.VISITS_BOOK) else 0


def grid_beside(request: StaffRequest, now: datetime) -> str:
    """The grid of the page that asked, for an answer in the panel: what was changed there is seen at once. Empty: no grid."""
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    data = QueryDict(page.query)
    asked = read_asked(request, now, data)
    if asked is None or page.path not in (reverse("desk:calendar"), reverse("desk:calendar-week")):
        return ""
    doctor = None
    if page.path == reverse("desk:calendar-week"):
        doctor = _doctor_of(request, asked, data.get("doctor", ""))
        if doctor is None:
            return ""
        asked = replace(asked, doctor=doctor.public_id)
    own = request.member.doctor_id
    shown = load_week(asked, doctor, sight_of(request), now) if doctor else load_day(asked, sight_of(request), now, own)
    context = shown.context() | frame_of(request, asked, page.path, doctor) | nearest_free(asked, shown, doctor)
    with timezone.override(asked.zone):
        return render_to_string("desk/calendar/_grid_poll.html", context | {"oob_grid": True}, request=request)


def _doctor_of(request: StaffRequest, asked: Asked, public_id: str) -> Doctor | None:
    """The doctor named, else whoever asks, else the first of the branch."""
    doctors = list(doctors_of(asked.branch))
    named = Doctor.objects.filter(clinic=request.clinic, public_id=public_id).first()
    return named or (request.member.doctor if request.member.doctor in doctors else next(iter(doctors), None))


def nearest_free(asked: Asked, shown: Shown, doctor: Doctor | None) -> dict[str, Any]:
    """When nothing is free here: whether the day is over, closed or full, and the nearest day with a free time."""
    if shown.free or asked.by == ROOMS:
        return {}
    last = asked.day + timedelta(days=6 - asked.day.weekday()) if doctor else asked.day
    if last < asked.today:
        return {"no_free": "Эта неделя прошла." if doctor else "Этот день прошёл."}
    is_open = any(column.open_minutes for column in shown.columns)
    words = {
        (False, False): "В этот день приёма нет.",
        (False, True): "Свободного времени в этот день нет.",
        (True, False): "На этой неделе приёма нет.",
        (True, True): "Свободного времени на этой неделе нет.",
    }[doctor is not None, is_open]
    found = booking.find_slots(
        clinic_id=asked.branch.clinic_id,
        now=clock.now(),
        doctors=[doctor] if doctor else None,
        branch=asked.branch,
        start_day=last + timedelta(days=1),
        days=LOOK_AHEAD,
        limit_per_day=1,
    )
    day = next(iter(found), None)
    path = reverse("desk:calendar-week" if doctor else "desk:calendar")
    return {
        "no_free": words,
        "next_free": day,
        "next_free_url": f"{path}?{asked.query(day=day)}" if day else "",
        "look_ahead": LOOK_AHEAD,
    }


def frame_of(request: StaffRequest, asked: Asked, path: str, doctor: Doctor | None = None) -> dict[str, Any]:
    """Around the grid: the day, where to go from it."""
    step = timedelta(days=7 if doctor else 1)
    return {
        "asked": asked,
        "doctor": doctor,
        "address": f"{path}?{asked.query()}",
        "path": path,
        "before": f"{path}?{asked.query(day=asked.day - step)}",
        "after": f"{path}?{asked.query(day=asked.day + step)}",
        "to_today": f"{path}?{asked.query(day=asked.today)}",
        "all_url": f"{path}?{asked.query(everybody=True)}",
        "book_url": f"{reverse('desk:calendar-book')}?{asked.query()}",
        "may_book": request.may(Right.VISITS_BOOK),
        "may_edit": request.may(Right.SCHEDULE_EDIT),
        "panel": "desk/calendar/_panel_rest.html",
        "tabs": _tabs(asked, path),
    }


def _tabs(asked: Asked, path: str) -> list[dict[str, Any]]:
    """The faces of the calendar, the present one marked."""
    home, week, load = (reverse(f"desk:{name}") for name in ("calendar", "calendar-week", "calendar-load"))
    plain = {"doctor": "", "by": "doctors"}
    return [
        {"label": "Врачи", "url": f"{home}?{asked.query(**plain)}", "current": path == home and asked.by != ROOMS},
        {"label": "Неделя", "url": f"{week}?{asked.query(by='doctors')}", "current": path == week},
        {
            "label": "Кабинеты",
            "url": f"{home}?{asked.query(**plain | {'by': ROOMS})}",
            "current": path == home and asked.by == ROOMS,
        },
        {"label": "Нагрузка", "url": f"{load}?{asked.query(**plain)}", "current": path == load},
    ]
