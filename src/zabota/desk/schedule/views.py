"""Pages of «Режим работы»."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zabota.booking import api as booking
from zabota.booking.models import ExceptionDay, Resource, ServiceNeed
from zabota.clinic.api import Right
from zabota.clinic.models import Branch, Doctor, Service
from zabota.desk.access import StaffRequest, branches_of, staff_page, visible
from zabota.desk.schedule.forms import ExceptionForm, NeedForm, RoomForm
from zabota.desk.schedule.hours import write_hours
from zabota.desk.schedule.week import read_week, rows_of, summaries_of, values_of
from zabota.kernel import clock
from zabota.kernel.errors import Trouble
from zabota.kernel.names import fold
from zabota.ui.formats import plural
from zabota.visits import api as visits


@require_GET
@staff_page(Right.SCHEDULE_EDIT)
def doctors(request: StaffRequest) -> HttpResponse:
    """Weeks of the doctors; whoever has none yet stands below."""
    rows = list(
        Resource.objects.filter(clinic=request.clinic, kind=Resource.Kind.DOCTOR, doctor__is_active=True)
        .select_related("doctor")
        .order_by("-is_active", "name")
    )
    known = {row.doctor_id for row in rows if row.doctor_id}
    without = Doctor.objects.filter(clinic=request.clinic, is_active=True).exclude(pk__in=known)
    context = {"rows": _with_weeks(rows), "without": without, "here": "doctors"}
    return render(request, "desk/schedule/doctors.html", context)


@require_POST
@staff_page(Right.SCHEDULE_EDIT)
def ensure(request: StaffRequest) -> HttpResponse:
    """Give doctors without a week the hours that their visits show."""
    made = booking.ensure_resources(clinic=request.clinic, now=clock.now())
    messages.success(request, f"Добавлено: {plural(made, 'врач,врача,врачей')}. Проверьте их часы")
    return redirect("desk:schedule")


@require_http_methods(["GET", "POST"])
@staff_page(Right.SCHEDULE_EDIT)
def week(request: StaffRequest, public_id: str) -> HttpResponse:
    """The week of one doctor, room or device."""
    row = get_object_or_404(Resource.objects.select_related("branch"), clinic=request.clinic, public_id=public_id)
    if row.branch_id is not None and row.branch_id not in {each.pk for each in _branches(request)}:
        raise Http404
    branches = [row.branch] if row.branch is not None else list(_branches(request))
    others = row.hours.exclude(branch__in=branches).exists()
    values, error = values_of(row, branches), ""
    errors: dict[str, str] = {}
    if request.method == "POST":
        values = {name: str(value)[:200] for name, value in request.POST.items()}
        hours, errors = read_week(values, branches)
        if others:
            error = "У врача есть часы в филиале, который вам не виден. Их меняет тот, кто видит все филиалы."
        if not errors and not error:
            try:
                booking.set_week(resource=row, week=hours, actor=request.actor, now=clock.now())
                return _saved(request, row)
            except Trouble as trouble:
                error = trouble.text
    context = {
        "resource": row,
        "branches": branches,
        "rows": rows_of(branches, values, errors),
        "error": error,
        "here": "doctors" if row.kind == Resource.Kind.DOCTOR else "rooms",
    }
    return render(request, "desk/schedule/week.html", context, status=422 if errors or error else 200)


@require_http_methods(["GET", "POST"])
@staff_page(Right.SCHEDULE_EDIT)
def rooms(request: StaffRequest) -> HttpResponse:
    """Rooms and devices, and a new one."""
    branches = _branches(request)
    sent = request.method == "POST"
    form = RoomForm(request.POST if sent else None, branches=branches)
    if sent and form.is_valid():
        try:
            booking.add_resource(clinic=request.clinic, **form.cleaned_data, actor=request.actor, now=clock.now())
            messages.success(request, "Добавлено")
            return redirect("desk:schedule-rooms")
        except Trouble as trouble:
            form.add_error("name", trouble.text)
    rows = list(
        Resource.objects.filter(clinic=request.clinic, branch__in=branches)
        .exclude(kind=Resource.Kind.DOCTOR)
        .select_related("branch")
        .order_by("-is_active", "branch", "kind", "name")
    )
    context = {"rows": _with_weeks(rows), "form": form, "here": "rooms"}
    return render(request, "desk/schedule/rooms.html", context, status=422 if form.errors else 200)


@require_POST
@staff_page(Right.SCHEDULE_EDIT)
def change(request: StaffRequest, public_id: str) -> HttpResponse:
    """Rename, take out of the schedule or put back."""
    row = get_object_or_404(Resource, clinic=request.clinic, public_id=public_id)
    if row.branch_id is not None and row.branch_id not in {each.pk for each in _branches(request)}:
        raise Http404
    try:
        booking.change_resource(
            resource=row,
            name=request.POST.get("name", row.name),
            is_active=request.POST.get("is_active") == "1",
            actor=request.actor,
            now=clock.now(),
        )
        messages.success(request, "Сохранено")
    except Trouble as trouble:
        messages.error(request, trouble.text)
    return redirect("desk:schedule" if row.kind == Resource.Kind.DOCTOR else "desk:schedule-rooms")


@require_http_methods(["GET", "POST"])
@staff_page(Right.SCHEDULE_EDIT)
def days(request: StaffRequest) -> HttpResponse:
    """Days off, holidays, extra hours."""
    sent, now = request.method == "POST", clock.now()
    form = ExceptionForm(request.POST if sent else None, clinic=request.clinic, branches=_branches(request))
    if sent and form.is_valid():
        given = dict(form.cleaned_data)
        begins, ends = given.pop("hours") or (None, None)
        try:
            made = booking.add_exception(
                clinic=request.clinic, **given, begins_minute=begins, ends_minute=ends, actor=request.actor, now=now
            )
            return _saved(request, made.resource, to="desk:schedule-days")
        except Trouble as trouble:
            form.add_error(None, trouble.text)
    today = clock.today(request.clinic.time_zone, now)
    rows = ExceptionDay.objects.filter(clinic=request.clinic, last_on__gte=today).select_related("resource", "branch")
    context = {"rows": [(row, _hours_of(row)) for row in rows], "form": form, "here": "days"}
    return render(request, "desk/schedule/days.html", context, status=422 if form.errors else 200)


@require_POST
@staff_page(Right.SCHEDULE_EDIT)
def day_remove(request: StaffRequest, public_id: str) -> HttpResponse:
    """The day is as every week again."""
    rows = visible(request, ExceptionDay.objects.filter(clinic=request.clinic))
    row = get_object_or_404(visible(request, rows, branch="resource__branch_id"), public_id=public_id)
    booking.remove_exception(exception=row, actor=request.actor, now=clock.now())
    messages.success(request, "Убрано: день снова как обычно")
    return redirect("desk:schedule-days")


@require_GET
@staff_page(Right.SCHEDULE_EDIT)
def services(request: StaffRequest) -> HttpResponse:
    """Services with their length, who performs them and what they need."""
    q = request.GET.get("q", "").strip()[:80]
    rows = Service.objects.filter(clinic=request.clinic, is_active=True).select_related("need").order_by("name")
    if q:
        rows = rows.filter(name_key__contains=fold(q))
    pages = Paginator(rows.prefetch_related("need__doctors", "need__resources"), 50)
    context = {"services": pages.get_page(request.GET.get("page")), "q": q, "here": "services"}
    return render(request, "desk/schedule/services.html", context)


@require_http_methods(["GET", "POST"])
@staff_page(Right.SCHEDULE_EDIT)
def service(request: StaffRequest, public_id: str) -> HttpResponse:
    """What one service needs."""
    found = get_object_or_404(Service, clinic=request.clinic, public_id=public_id)
    sent = request.method == "POST"
    form = NeedForm(request.POST if sent else None, clinic=request.clinic, initial=_need(found))
    if sent and form.is_valid():
        try:
            booking.set_need(service=found, **form.cleaned_data, actor=request.actor, now=clock.now())
            if form.cleaned_data["by_video"]:
                visits.ensure_video_text(clinic=request.clinic, actor=request.actor, now=clock.now())
            messages.success(request, "Сохранено")
            return redirect("desk:schedule-services")
        except Trouble as trouble:
            form.add_error(None, trouble.text)
    context = {"form": form, "service": found, "here": "services"}
    return render(request, "desk/schedule/service.html", context, status=422 if form.errors else 200)


def _need(service: Service) -> dict[str, Any]:
    row = ServiceNeed.objects.filter(service=service).first()
    if row is None:
        return {"in_widget": True}
    return {
        "minutes": row.minutes,
        "buffer_before_minutes": row.buffer_before_minutes,
        "buffer_after_minutes": row.buffer_after_minutes,
        "needs": row.needs,
        "resources": [each.public_id for each in row.resources.all()],
        "doctors": [each.public_id for each in row.doctors.all()],
        "in_widget": row.in_widget,
        "by_video": row.by_video,
    }


def _hours_of(row: ExceptionDay) -> str:
    if row.begins_minute is None or row.ends_minute is None:
        return ""
    return write_hours([(row.begins_minute, row.ends_minute)])


def _saved(request: StaffRequest, row: Resource | None, *, to: str = "") -> HttpResponse:
    """Saved; visits that now stand outside the hours are named at once."""
    outside = len(booking.displaced(clinic=request.clinic, now=clock.now(), branches=branches_of(request.member)))
    if outside:
        words = plural(outside, "запись,записи,записей")
        messages.error(request, f"Сохранено. Вне часов приёма теперь {words}, список в «Нагрузке»")
    else:
        messages.success(request, "Сохранено")
    is_doctor = row is None or row.kind == Resource.Kind.DOCTOR
    return redirect(to or ("desk:schedule" if is_doctor else "desk:schedule-rooms"))


def _with_weeks(rows: list[Resource]) -> list[dict[str, Any]]:
    weeks = summaries_of(rows)
    return [{"resource": row, "week": weeks.get(row.pk, "")} for row in rows]


def _branches(request: StaffRequest) -> Any:
    rows = Branch.objects.filter(clinic=request.clinic, is_active=True).order_by("id")
    allowed = branches_of(request.member)
    return rows if allowed is None else rows.filter(pk__in=allowed)
