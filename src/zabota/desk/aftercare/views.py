"""«Самочувствие»: patients who said that it hurts after a visit, and how soon somebody took care."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from zabota.clinic.api import Right, Role
from zabota.desk.access import StaffRequest, staff_page
from zabota.kernel import clock
from zabota.kernel.errors import Trouble
from zabota.patients.api import best_phones
from zabota.ui.page import page
from zabota.visits import api as visits
from zabota.visits.models import WellbeingCheck

PERIOD_DAYS = 30


@require_GET
@staff_page(Right.RECEPTION_OWN)
def aftercare(request: StaffRequest) -> HttpResponse:
    """A doctor sees their own patients, the owner everybody's."""
    now = clock.now()
    rows = _rows(request)
    minutes = visits.settings_of(request.clinic.pk).answer_minutes
    phones = best_phones([each.patient_id for each in rows])
    lines = [
        (
            each,
            phones.get(each.patient_id, ""),
            round((now - each.answered_at).total_seconds() / 60) if each.answered_at else 0,
        )
        for each in rows
    ]
    context = {
        "lines": lines,
        "median": visits.median_minutes(rows),
        "waiting": sum(each.taken_at is None for each in rows),
        "within": minutes,
        "in_time": sum((each.minutes_to_doctor or minutes + 1) <= minutes for each in rows),
        "days": PERIOD_DAYS,
    }
    return page(request, "desk/aftercare/aftercare.html", context=context)


@require_POST
@staff_page(Right.RECEPTION_OWN)
def act(request: StaffRequest, public_id: str, step: str) -> HttpResponse:
    """«Отвечаю пациенту», «Решено», «Передать администратору»."""
    row = next((each for each in _rows(request) if each.public_id == public_id), None)
    if row is None or step not in _ACTS:
        raise Http404
    try:
        messages.success(request, _ACTS[step](request, row))
    except Trouble as trouble:
        messages.error(request, trouble.text)
    return redirect("desk:reception" if request.POST.get("back") == "desk:reception" else "desk:aftercare")


def _take(request: StaffRequest, row: WellbeingCheck) -> str:
    taken = visits.take_complaint(check=row, member=request.member, actor=request.actor, now=clock.now())
    return f"Отмечено: пациент ждал {taken.minutes_to_doctor} мин"


def _settle(request: StaffRequest, row: WellbeingCheck) -> str:
    comment = request.POST.get("comment", "")
    visits.settle_complaint(check=row, member=request.member, comment=comment, actor=request.actor, now=clock.now())
    return "Готово: задача закрыта"


def _pass(request: StaffRequest, row: WellbeingCheck) -> str:
    has = visits.pass_to_desk(check=row, member=request.member, actor=request.actor, now=clock.now())
    return f"Передано: {has.user.short_name}" if has else "Сегодня за стойкой никого нет: задача в общей очереди"


_ACTS: dict[str, Callable[[StaffRequest, WellbeingCheck], str]] = {"take": _take, "settle": _settle, "pass": _pass}


def _rows(request: StaffRequest) -> list[WellbeingCheck]:
    since = clock.now() - timedelta(days=PERIOD_DAYS)
    if request.member.role == Role.OWNER:
        return visits.complaints(clinic_id=request.clinic.pk, since=since)
    if request.member.doctor_id is None:
        return []
    return visits.complaints(clinic_id=request.clinic.pk, since=since, doctor_id=request.member.doctor_id)
