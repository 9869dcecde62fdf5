"""Pages and actions of single tasks: history, putting up by hand, taking, handing over, putting off."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zabota.clinic.api import Right
from zabota.clinic.models import Member
from zabota.desk.access import StaffRequest, branches_of, staff_page, visible
from zabota.desk.today import board
from zabota.desk.today.reading import read_due, read_moment, read_version
from zabota.desk.today.scope import may_open, task_or_404
from zabota.desk.today.views import show_board
from zabota.desk.today.words import Said, full_of
from zabota.kernel import audit, clock
from zabota.kernel.errors import BadInput, Trouble
from zabota.patients.models import Patient
from zabota.worklist import api as worklist
from zabota.worklist.models import Task, TaskEvent


@require_GET
@staff_page(Right.WORKLIST_WORK)
def task(request: StaffRequest, public_id: str) -> HttpResponse:
    """One task with all that happened to it."""
    found, now = task_or_404(request, public_id), clock.now()
    zone = ZoneInfo(request.clinic.time_zone)
    rows = (
        TaskEvent.objects.filter(task=found)
        # What was taken back stands struck in its own line.
        .exclude(kind=TaskEvent.Kind.REOPENED)
        .select_related("member__user", "to_member__user", "script", "contact")
        .order_by("-at", "-id")
    )
    events = looked_once_a_day(rows, zone)
    audit.record("worklist.task.viewed", found, actor=request.actor, now=now)
    review = Task.objects.filter(escalated_from=found).select_related("owner__user").first()
    cause = found.escalated_from
    context = {
        "task": found,
        "events": events,
        "deadline": board.deadline(found, now, zone),
        "may_work": found.state == Task.State.OPEN,
        "review": review,
        "may_open_review": review is not None and may_open(request.member, review),
        "may_open_cause": cause is not None and may_open(request.member, cause),
    }
    return render(request, "desk/today/task.html", context)


@require_http_methods(["GET", "POST"])
@staff_page(Right.WORKLIST_WORK)
def new(request: StaffRequest, patient_id: str) -> HttpResponse:
    """Put up a task for a patient by hand."""
    patient = (
        visible(request, Patient.objects.cards())
        .filter(public_id=patient_id)
        .select_related("branch", "clinic")
        .first()
    )
    if patient is None:
        raise Http404
    now, zone, error = clock.now(), ZoneInfo(request.clinic.time_zone), ""
    if request.method == "POST":
        try:
            made = worklist.ask_to_contact(
                patient=patient,
                summary=request.POST.get("summary", ""),
                due_at=read_due(request.POST, zone, now),
                call_at=read_moment(request.POST.get("call_at", ""), zone),
                owner=_colleague(request, request.POST.get("owner", str(request.member.pk))),
                member=request.member,
                actor=request.actor,
                now=now,
            )
            messages.success(request, "Задача поставлена")
            return redirect("desk:task", made.public_id)
        except Trouble as trouble:
            error = trouble.text
    context = {
        "patient": patient,
        "error": error,
        "values": request.POST,
        "colleagues": worklist.workers_at(request.clinic.pk, patient.branch_id),
    }
    return render(request, "desk/today/new.html", context, status=422 if error else 200)


@require_POST
@staff_page(Right.WORKLIST_WORK)
def take(request: StaffRequest, public_id: str) -> HttpResponse:
    """Take a task from the common queue or from a colleague."""
    found, now = task_or_404(request, public_id), clock.now()
    try:
        worklist.take_task(
            task=found, member=request.member, actor=request.actor, now=now, seen_version=read_version(request.POST)
        )
    except Trouble as trouble:
        return show_board(request, Said(trouble.text, "bad"))
    return show_board(request, Said("Задача теперь у вас"), stay=found, undo_of=found)


@require_POST
@staff_page(Right.WORKLIST_WORK)
def more(request: StaffRequest) -> HttpResponse:
    """Take the next tasks of the common queue."""
    now = clock.now()
    rows = worklist.common_queue(member=request.member, branch_ids=branches_of(request.member), now=now)
    taken = 0
    for found in rows[: board.MORE]:
        try:
            worklist.take_task(task=found, member=request.member, actor=request.actor, now=now)
            taken += 1
        except Trouble:
            continue  # a colleague was quicker with this one
    if not taken:
        return show_board(request, Said("В общей очереди сейчас ничего нет"))
    return show_board(request, Said(f"Взяли ещё {taken} из общей очереди"))


@require_http_methods(["GET", "POST"])
@staff_page(Right.WORKLIST_WORK)
def hand(request: StaffRequest, public_id: str) -> HttpResponse:
    """Give the task to a colleague or to the common queue."""
    found, now = task_or_404(request, public_id), clock.now()
    if request.method == "GET":
        return _alone(request, found, "hand", "Передать")
    try:
        worklist.hand_over(
            task=found,
            to_member=_colleague(request, request.POST.get("to", "")),
            member=request.member,
            actor=request.actor,
            now=now,
            comment=request.POST.get("comment", ""),
            seen_version=read_version(request.POST),
        )
    except Trouble as trouble:
        return show_board(request, Said(trouble.text, "bad"), stay=found if found.state == Task.State.OPEN else None)
    to = found.owner.user.short_name if found.owner_id and found.owner else ""
    return show_board(
        request,
        Said(f"{full_of(found.patient)}: " + (f"передано, теперь ведёт {to}" if to else "возвращено в общую очередь")),
        undo_of=found,
    )


@require_http_methods(["GET", "POST"])
@staff_page(Right.WORKLIST_WORK)
def snooze(request: StaffRequest, public_id: str) -> HttpResponse:
    """Put the task off without a contact."""
    found, now, zone = task_or_404(request, public_id), clock.now(), ZoneInfo(request.clinic.time_zone)
    if request.method == "GET":
        return _alone(request, found, "snooze", "Отложить")
    try:
        until = read_moment(request.POST.get("until", "") or request.POST.get("other_time", ""), zone)
        if until is None:
            raise BadInput("Выберите, до какого времени отложить.")
        worklist.snooze_task(
            task=found,
            until=until,
            member=request.member,
            actor=request.actor,
            now=now,
            comment=request.POST.get("comment", ""),
            seen_version=read_version(request.POST),
        )
    except Trouble as trouble:
        return show_board(request, Said(trouble.text, "bad"), stay=found if found.state == Task.State.OPEN else None)
    return show_board(request, Said(f"{full_of(found.patient)}: отложено, срок задачи прежний"), undo_of=found)


def _alone(request: StaffRequest, found: Task, action: str, label: str) -> HttpResponse:
    """The form of an action as a page of its own, for a browser without scripts."""
    context = board.load_pane(request, clock.now(), found) | {"action": action, "label": label}
    return render(request, "desk/today/outcome.html", context)


def _colleague(request: StaffRequest, text: str) -> Member | None:
    """A person of the queue by id; «pool» is nobody. Raises BadInput for somebody who no longer works with it."""
    if text == "pool":
        return None
    found = next((each for each in worklist.workers(request.clinic.pk) if str(each.pk) == text), None)
    if found is None:
        raise BadInput("Этот сотрудник больше не работает с очередью. Выберите другого.")
    return found


def looked_once_a_day(events: Iterable[TaskEvent], zone: ZoneInfo) -> list[TaskEvent]:
    """The history as it is read: who opened the task stands there once a day, its last time."""
    seen: set[tuple[int | None, date]] = set()
    kept = []
    for event in events:
        if event.kind == TaskEvent.Kind.OPENED:
            look = (event.member_id, event.at.astimezone(zone).date())
            if look in seen:
                continue
            seen.add(look)
        kept.append(event)
    return kept
