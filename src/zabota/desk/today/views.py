"""The screen «Сегодня»: the queue, the open person, outcomes, booking, undo."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import push_url, reswap, retarget, trigger_client_event

from zabota.booking import api as booking
from zabota.clinic.api import Right
from zabota.clinic.models import Branch, Doctor
from zabota.desk.access import StaffRequest, branches_of, staff_page
from zabota.desk.today import board, times, words
from zabota.desk.today.person import load_person
from zabota.desk.today.reading import read_booking, read_outcome, read_version
from zabota.desk.today.scope import find_task, task_or_404
from zabota.kernel import clock
from zabota.kernel.errors import AlreadyDone, Trouble
from zabota.nextstep.models import ViolationDay
from zabota.ui.page import wants_fragment
from zabota.visits import api as visits
from zabota.worklist import api as worklist
from zabota.worklist.models import Outcome, Task, TaskEvent

#: What a person may take back for a short time.
UNDOABLE = (
    TaskEvent.Kind.ATTEMPT,
    TaskEvent.Kind.SNOOZED,
    TaskEvent.Kind.HANDED,
    TaskEvent.Kind.RELEASED,
    TaskEvent.Kind.TAKEN,
)


@require_GET
@staff_page(Right.WORKLIST_WORK)
def today(request: StaffRequest) -> HttpResponse:
    """The queue with its first person open."""
    context = board.load_board(request, clock.now(), None) | _frame(request)
    return render(request, "desk/today/today.html", context)


@require_GET
@staff_page(Right.WORKLIST_WORK)
def person(request: StaffRequest, public_id: str) -> HttpResponse:
    """The queue with a chosen person open; htmx gets the person alone."""
    task, now = task_or_404(request, public_id), clock.now()
    if wants_fragment(request):
        return render(request, "desk/today/_person.html", board.load_pane(request, now, task))
    return render(request, "desk/today/today.html", board.load_board(request, now, task) | _frame(request))


@require_GET
@staff_page(Right.WORKLIST_WORK)
def queue(request: StaffRequest) -> HttpResponse:
    """The left column anew, or 204 when nothing in it has changed since `seen`."""
    now = clock.now()
    current = None
    if public_id := request.GET.get("current", ""):
        current = task_or_404(request, public_id)
    context = board.load_queue(request.member, now, current)
    tag = f'"{context["stamp"]}"'
    if request.GET.get("seen") == context["stamp"] or request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=204, headers={"ETag": tag})
    seen = read_version(request.GET)
    stale = current is not None and (
        current.state == Task.State.CLOSED or (seen is not None and seen != current.version)
    )
    response = render(request, "desk/today/_queue_poll.html", context | {"stale": stale})
    response["ETag"] = tag
    return response


@require_http_methods(["GET", "POST"])
@staff_page(Right.WORKLIST_WORK)
def outcome(request: StaffRequest, public_id: str, outcome: str) -> HttpResponse:
    """GET: the form of one outcome as a page of its own. POST: record it and open the next person."""
    task, now = task_or_404(request, public_id), clock.now()
    if outcome not in worklist.DESK_ORDER:
        raise Http404
    if request.method == "GET":
        context = board.load_pane(request, now, task) | {"outcome": outcome, "label": board.LABELS[outcome]}
        return render(request, "desk/today/outcome.html", context)
    try:
        given = read_outcome(request.POST, task, outcome, ZoneInfo(request.clinic.time_zone))
        recorded = worklist.record_outcome(
            task=task, member=request.member, outcome=outcome, actor=request.actor, now=now, **given
        )
    except Trouble as trouble:
        return _refuse(request, task, trouble, place=f"error-{outcome}", outcome=outcome)
    stay = task if outcome == Outcome.WRONG_NUMBER else None
    return show_board(request, words.recorded(recorded, request.clinic), stay=stay, undo_of=task)


@require_http_methods(["GET", "POST"])
@staff_page(Right.VISITS_BOOK)
def book(request: StaffRequest, public_id: str) -> HttpResponse:
    """GET: free times of another doctor. POST: book the next visit and close the task with it."""
    task, now = task_or_404(request, public_id), clock.now()
    if request.method == "GET":
        doctor = Doctor.objects.filter(clinic=request.clinic, public_id=request.GET.get("doctor", "")).first()
        shown = load_person(task, member=request.member, now=now)
        anybody = request.GET.get("doctor") == "any"
        context = {"person": shown, "current": task}
        services = times.read_services(request.GET, request.clinic.pk)
        online = bool(request.GET.get("online"))
        context |= times.load_booking(request, shown, now, doctor, anybody=anybody, services=services, online=online)
        name = "desk/today/_booking.html" if wants_fragment(request) else "desk/today/book.html"
        return render(request, name, context)
    try:
        doctor, starts_at = read_booking(request.POST, request.clinic.pk, ZoneInfo(request.clinic.time_zone))
        services = times.read_services(request.POST, request.clinic.pk)
        recorded = worklist.book_from_task(
            task=task,
            member=request.member,
            doctor=doctor,
            branch=times.branch_for(doctor, task.branch or task.patient.branch),
            starts_at=starts_at,
            services=services,
            duration_minutes=booking.need_of(services).minutes,
            kind=visits.kind_of(services, online=bool(request.POST.get("online"))),
            seen_version=read_version(request.POST),
            script=worklist.script_for(task),
            actor=request.actor,
            now=now,
        )
    except Trouble as trouble:
        return _refuse(request, task, trouble, place="error-book", outcome="")
    return show_board(request, words.recorded(recorded, request.clinic), undo_of=task)


@require_POST
@staff_page(Right.WORKLIST_WORK)
def undo(request: StaffRequest, public_id: str) -> HttpResponse:
    """Take back the last thing that this person did with this task: an outcome, putting off, handing over, taking."""
    now = clock.now()
    # What somebody has just handed to another branch they no longer see, but may take back.
    event = (
        TaskEvent.objects.filter(task__public_id=public_id, clinic=request.clinic, member=request.member)
        .filter(kind__in=UNDOABLE, undone_at=None)
        .select_related("task__patient", "task__clinic")
        .order_by("-at", "-id")
        .first()
    )
    task = event.task if event else task_or_404(request, public_id)
    try:
        if event is None:
            raise AlreadyDone("Отменять нечего: это уже отменено.")
        is_outcome = event.kind == TaskEvent.Kind.ATTEMPT
        take_back = worklist.undo_outcome if is_outcome else worklist.undo_move
        task = take_back(event=event, member=request.member, actor=request.actor, now=now)
    except Trouble as trouble:
        return _refuse(request, task, trouble, place="error-none", outcome="")
    return show_board(
        request, words.Said("Исход отменён, всё как было" if is_outcome else "Отменено, всё как было"), stay=task
    )


def show_board(
    request: StaffRequest, said: words.Said, *, stay: Task | None = None, undo_of: Task | None = None
) -> HttpResponse:
    """The screen after something was done, with a word about it; without scripts, a redirect that says the same."""
    if not wants_fragment(request):
        (messages.error if said.tone == "bad" else messages.success)(request, said.text)
        where = redirect("desk:today-person", stay.public_id) if stay else redirect("desk:today")
        if undo_of is not None:
            where["Location"] += f"?done={undo_of.public_id}"
        return where
    fresh = task_or_404(request, stay.public_id) if stay else None
    context = board.load_board(request, clock.now(), fresh)
    response = render(request, "desk/today/_board.html", context)
    current: Task | None = context["current"]
    push_url(response, words.address(current))
    retarget(response, "#board")
    reswap(response, "outerHTML")
    undo_url = words.undo_address(undo_of) if undo_of else ""
    detail = {"text": said.text, "undo": undo_url, "tone": said.tone}
    # After the swap: a dialog that is still open would take the word away with it.
    return trigger_client_event(response, "toast", detail, after="swap")


def _refuse(request: StaffRequest, task: Task, trouble: Trouble, *, place: str, outcome: str) -> HttpResponse:
    """A mistake stands beside its form; somebody who was quicker is told and goes on with the task as it is now."""
    if isinstance(trouble, AlreadyDone):
        fresh = find_task(request, task.public_id)
        stay = fresh if fresh and fresh.state == Task.State.OPEN and fresh.owner_id == request.member.pk else None
        return show_board(request, words.Said(trouble.text, "bad"), stay=stay)
    if wants_fragment(request):
        response = render(request, "desk/today/_error.html", {"text": trouble.text}, status=422)
        retarget(response, f"#{place}")
        return reswap(response, "innerHTML")
    context: dict[str, Any] = board.load_pane(request, clock.now(), task)
    context |= {"outcome": outcome, "label": board.LABELS.get(outcome, "Запись"), "error": trouble.text}
    name = "desk/today/outcome.html" if outcome else "desk/today/book.html"
    return render(request, name, context, status=422)


def _frame(request: StaffRequest) -> dict[str, Any]:
    """Around the screen: branches, the rule of the two З, and after an outcome without scripts the way to take it back."""
    return {
        "done": request.GET.get("done", "")[:22],
        "branches": Branch.objects.filter(members=request.member).order_by("id"),
        "coverage": _latest_sweep(request),
    }


def _latest_sweep(request: StaffRequest) -> ViolationDay | None:
    """How the whole clinic stood after the last check; whoever sees some branches is not told of the others."""
    if branches_of(request.member) is not None:
        return None
    return ViolationDay.objects.filter(clinic=request.clinic).order_by("-on").first()
