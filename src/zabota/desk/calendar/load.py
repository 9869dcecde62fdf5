"""Load and waiting: planned against booked time by doctor and week, days to the next free time, minutes in the corridor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from zabota.booking import api as booking
from zabota.booking.models import Appointment
from zabota.clinic.api import Right
from zabota.clinic.models import Doctor
from zabota.desk.access import StaffRequest, branches_of, staff_page
from zabota.desk.calendar.asked import Asked, read_asked
from zabota.desk.calendar.blocks import short_doctor
from zabota.desk.calendar.trend import read_trends, tabs_of
from zabota.desk.calendar.views import frame_of
from zabota.kernel import clock
from zabota.ui import formats

WEEKS = 6
#: Days of the corridor that are looked at.
CORRIDOR_DAYS = 30


@require_GET
@staff_page(Right.PATIENTS_VIEW)
def load(request: StaffRequest) -> HttpResponse:
    """Six weeks from the week of the chosen day on."""
    now = clock.now()
    asked = read_asked(request, now)
    if asked is None:
        return redirect("desk:calendar")
    rows = booking.load_by_week(clinic=request.clinic, first=asked.day, weeks=WEEKS, now=now, branch=asked.branch)
    waiting = booking.waiting_figures(clinic=request.clinic, now=now, branch=asked.branch, days=CORRIDOR_DAYS)
    trends = read_trends(request, asked, now)
    asked = replace(asked, doctor=trends.doctor.public_id if trends.doctor else "")
    path = reverse("desk:calendar-load")
    context = frame_of(request, asked, path) | {
        "heat": _heat(rows, asked),
        "total": _total(rows, asked),
        "waits": [wait_of(each) for each in waiting.to_next_free],
        "by_doctor": waiting.by_doctor,
        "by_hour": [replace(each, key=f"{int(each.key)}:00") for each in waiting.by_hour],
        "displaced": _displaced(request, now),
        "corridor_days": CORRIDOR_DAYS,
        "before": f"{path}?{asked.query(day=asked.day - timedelta(days=7))}{trends.query}",
        "after": f"{path}?{asked.query(day=asked.day + timedelta(days=7))}{trends.query}",
        "is_load": True,
        "query": asked.query(),
        "trends": trends,
        "spans": tabs_of(trends, f"{path}?{asked.query()}"),
        "trend_query": asked.query() + trends.query,
        "doctors": [(row.public_id, row.name) for row in asked.branch.doctors.filter(is_active=True).order_by("name")],
    }
    with timezone.override(asked.zone):
        return render(request, "desk/calendar/load.html", context)


def _displaced(request: StaffRequest, now: datetime) -> list[Appointment]:
    if not request.may(Right.VISITS_BOOK):
        return []
    return booking.displaced(clinic=request.clinic, now=now, branches=branches_of(request.member))


def _weeks(asked: Asked) -> list[date]:
    monday = asked.day - timedelta(days=asked.day.weekday())
    return [monday + timedelta(days=7 * step) for step in range(WEEKS)]


def _heat(rows: Sequence[booking.WeekLoad], asked: Asked) -> dict[str, Any]:
    """Doctors down, weeks across."""
    weeks = _weeks(asked)
    doctors: dict[Doctor, dict[date, booking.WeekLoad]] = {}
    for row in rows:
        doctors.setdefault(row.doctor, {})[row.week_on] = row
    return {
        "columns": [f"с {formats.day_short(week)}" for week in weeks],
        "rows": [
            {
                "label": short_doctor(doctor.name),
                "size": _hours(by_week.get(weeks[0])),
                "cells": [_cell(by_week.get(w)) for w in weeks],
            }
            for doctor, by_week in doctors.items()
        ],
    }


def _cell(row: booking.WeekLoad | None) -> dict[str, Any]:
    if row is None or row.share is None:
        return {"value": None, "text": "нет приёма"}
    free = formats.number(max(0, row.planned_minutes - row.booked_minutes) / 60)
    return {"value": min(1.0, row.share), "text": f"{formats.percent(row.share)}, {free}{formats.NBSP}ч"}


def _hours(row: booking.WeekLoad | None) -> int:
    return round(row.planned_minutes / 60) if row else 0


def _total(rows: Sequence[booking.WeekLoad], asked: Asked) -> dict[str, Any]:
    """The first week as a sentence."""
    first = [row for row in rows if row.week_on == _weeks(asked)[0]]
    planned, booked = sum(row.planned_minutes for row in first), sum(row.booked_minutes for row in first)
    free = sorted(first, key=lambda row: row.booked_minutes - row.planned_minutes)
    return {
        "planned": planned,
        "booked": booked,
        "share": booked / planned if planned else None,
        "free_hours": round(max(0, planned - booked) / 60),
        "freest": free[0] if free and free[0].planned_minutes > free[0].booked_minutes else None,
        "until": _weeks(asked)[0] + timedelta(days=6),
        "since": _weeks(asked)[0],
    }


def wait_of(each: booking.DoctorWait) -> dict[str, Any]:
    """How long a patient waits for this doctor, and how long they usually did."""
    known = [days for _, days in each.history if days is not None]
    usual = median(known) if known else None
    now = each.days_to_third
    trend = ""
    if usual is not None and now is not None and len(known) > 6:
        trend = (
            "дольше обычного"
            if now > usual * 1.25 + 1
            else "быстрее обычного"
            if now + 1 < usual * 0.75
            else "как обычно"
        )
    return {"doctor": each.doctor.name, "first": _days(each.days_to_first), "third": _days(now), "trend": trend}


def _days(days: int | None) -> str:
    if days is None:
        return "больше двух месяцев"
    return {0: "сегодня", 1: "завтра"}.get(days, f"через {formats.plural(days, 'день,дня,дней')}")
