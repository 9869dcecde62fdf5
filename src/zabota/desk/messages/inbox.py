"""«Диалоги»: what patients write in any channel, answered in one place, the patient's story beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import get_random_string
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zabota.booking import api as booking
from zabota.clinic.api import Right, may
from zabota.clinic.models import Member
from zabota.desk.access import StaffRequest, branches_of, staff_page, visible
from zabota.desk.messages.thread import picture_of, thread_of
from zabota.desk.patients.access import cards_of, sight_of
from zabota.kernel import audit, clock
from zabota.kernel.errors import Trouble
from zabota.kernel.typed import number_of
from zabota.messaging import api as messaging
from zabota.messaging.models import CannedAnswer, Conversation
from zabota.nextstep.models import PatientState
from zabota.patients import api as patients
from zabota.patients.models import Patient
from zabota.ui.page import page, toast, wants_fragment
from zabota.visits import api as visits
from zabota.worklist import api as worklist

SHOWN = 100
#: An urgent task made of a conversation has to be done within.
URGENT_WITHIN = timedelta(hours=2)
#: Filters above the list: code and words.
VIEWS = (("all", "Ждут ответа и открытые"), ("mine", "Мои"), ("free", "Ничьи"), ("closed", "Закрытые"))


@require_GET
@staff_page(Right.INBOX_WORK)
def inbox(request: StaffRequest) -> HttpResponse:
    """The list, and the conversation that waits longest already open."""
    rows = _listed(request)
    return page(
        request, "desk/messages/inbox.html", partial="board", context=_context(request, rows, rows[0] if rows else None)
    )


@require_GET
@staff_page(Right.INBOX_WORK)
def talk(request: StaffRequest, public_id: str) -> HttpResponse:
    """One conversation with the list beside it."""
    return _shown(request, _conversation(request, public_id))


@require_GET
@staff_page(Right.INBOX_WORK)
def talk_picture(request: StaffRequest, public_id: str, turn: int, place: int) -> HttpResponse:
    """A picture of a conversation, as far as it is kept with us. Whoever looks leaves a row in the trail."""
    conversation = _conversation(request, public_id)
    picture = picture_of(conversation, turn_id=turn, place=place)
    if picture is None:
        raise Http404
    audit.record("messaging.picture.viewed", conversation, actor=request.actor, now=clock.now())
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": "inline",
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(picture.body, content_type=picture.media, headers=headers)


@require_POST
@staff_page(Right.INBOX_WORK)
def talk_answer(request: StaffRequest, public_id: str) -> HttpResponse:
    """Send what was written."""
    conversation = _conversation(request, public_id)
    text = request.POST.get("text", "")
    canned = _canned(request, request.POST.get("canned", ""))
    try:
        messaging.reply(
            conversation=conversation,
            text=text,
            key=request.POST.get("key", "")[:40],
            canned=canned,
            actor=request.actor,
            now=clock.now(),
        )
    except Trouble as trouble:
        return _shown(request, conversation, error=trouble.text, text=text, status=422)
    return _shown(request, conversation)


@require_POST
@staff_page(Right.INBOX_WORK)
def talk_change(request: StaffRequest, public_id: str, action: str) -> HttpResponse:
    """Take, give, close, open again, mark as read, say whose words these are, turn into a task."""
    conversation = _conversation(request, public_id)
    steps = {
        "take": _take,
        "give": _give,
        "close": _close,
        "reopen": _reopen,
        "bind": _bind,
        "task": _task,
    }
    if action not in steps:
        raise Http404
    try:
        said = steps[action](request, conversation)
    except Trouble as trouble:
        return _shown(request, conversation, error=trouble.text, status=422)
    if not wants_fragment(request):
        messages.success(request, said)
        return _shown(request, _conversation(request, public_id))
    return toast(_shown(request, _conversation(request, public_id)), said)


@require_http_methods(["GET", "POST"])
@staff_page(Right.INBOX_WORK)
def canned(request: StaffRequest) -> HttpResponse:
    """Answers that are often given: written once for everybody."""
    values, error = {"title": "", "text": ""}, ""
    if request.method == "POST":
        values = {name: request.POST.get(name, "") for name in values}
        try:
            _save_canned(request, values)
            return redirect("desk:inbox-canned")
        except Trouble as trouble:
            error = trouble.text
    context = {"answers": messaging.canned_answers(request.clinic.pk), "values": values, "error": error}
    return render(request, "desk/messages/canned.html", context, status=422 if error else 200)


def _save_canned(request: StaffRequest, values: dict[str, str]) -> None:
    now = clock.now()
    answer = _canned(request, request.POST.get("answer", ""))
    if request.POST.get("action") == "remove" and answer is not None:
        messaging.archive_canned(answer=answer, actor=request.actor, now=now)
        messages.success(request, f"Ответ «{answer.title}» убран.")
        return
    saved = messaging.save_canned(clinic=request.clinic, answer=answer, actor=request.actor, now=now, **values)
    messages.success(request, f"Ответ «{saved.title}» сохранён.")


def _take(request: StaffRequest, conversation: Conversation) -> str:
    messaging.assign(conversation=conversation, member=request.member, actor=request.actor, now=clock.now())
    return "Диалог ваш"


def _give(request: StaffRequest, conversation: Conversation) -> str:
    chosen = request.POST.get("to", "")
    member = next((each for each in _colleagues(request) if each.public_id == chosen), None)
    if chosen and member is None:
        raise Http404
    messaging.assign(conversation=conversation, member=member, actor=request.actor, now=clock.now())
    return f"Диалог теперь у сотрудника {member.user.short_name}" if member else "Диалог снова общий"


def _close(request: StaffRequest, conversation: Conversation) -> str:
    messaging.close_conversation(conversation=conversation, actor=request.actor, now=clock.now())
    return "Диалог закрыт. Новое слово пациента откроет его снова"


def _reopen(request: StaffRequest, conversation: Conversation) -> str:
    messaging.reopen_conversation(conversation=conversation, actor=request.actor, now=clock.now())
    return "Диалог открыт"


def _bind(request: StaffRequest, conversation: Conversation) -> str:
    patient = cards_of(request).filter(public_id=request.POST.get("patient", ""), merged_into=None).first()
    if patient is None:
        raise Http404
    messaging.bind_patient(conversation=conversation, patient=patient, actor=request.actor, now=clock.now())
    return f"Это {patient.full_name}"


def _task(request: StaffRequest, conversation: Conversation) -> str:
    patient = conversation.patient
    if patient is None or not request.may(Right.WORKLIST_WORK):
        raise Http404
    said = " ".join(request.POST.get("summary", "").split())[:200]
    is_urgent = request.POST.get("when") == "today"
    worklist.ask_to_contact(
        patient=patient,
        summary=said or f"Сообщение в {conversation.get_channel_display()}: разобраться и ответить",
        due_at=clock.now() + (URGENT_WITHIN if is_urgent else timedelta(days=1)),
        is_urgent=is_urgent,
        member=request.member,
        actor=request.actor,
        now=clock.now(),
    )
    return "Срочная задача поставлена на сегодня" if is_urgent else "Задача поставлена, срок завтра"


def _conversation(request: StaffRequest, public_id: str) -> Conversation:
    rows = Conversation.objects.filter(clinic=request.clinic, public_id=public_id)
    found = visible(request, rows, branch="patient__branch_id").select_related(
        "patient__branch", "account", "assigned_to__user"
    )
    conversation = found.first()
    if conversation is None:
        raise Http404
    return conversation  # type: ignore[no-any-return]


def _canned(request: StaffRequest, pk: str) -> CannedAnswer | None:
    if number_of(pk) is None:
        return None
    return CannedAnswer.objects.filter(clinic=request.clinic, pk=int(pk), is_archived=False).first()


def _listed(request: StaffRequest) -> list[Conversation]:
    view = _view(request)
    rows = messaging.inbox(
        clinic_id=request.clinic.pk,
        state=Conversation.State.CLOSED if view == "closed" else Conversation.State.OPEN,
        member=request.member if view == "mine" else None,
        unassigned=view == "free",
    )
    return list(visible(request, rows, branch="patient__branch_id")[:SHOWN])


def _view(request: StaffRequest) -> str:
    asked = request.GET.get("view", "all")
    return asked if asked in dict(VIEWS) else "all"


def _colleagues(request: StaffRequest) -> list[Member]:
    rows = Member.objects.filter(clinic=request.clinic, is_active=True).select_related("user").order_by("user__surname")
    return [each for each in rows if may(each.role, Right.INBOX_WORK)]


def _shown(
    request: StaffRequest, conversation: Conversation, *, error: str = "", text: str = "", status: int = 200
) -> HttpResponse:
    if request.method == "POST" and not error and not wants_fragment(request):
        return redirect("desk:inbox-talk", conversation.public_id)
    context = _context(request, _listed(request), conversation) | {"error": error, "text": text}
    return page(request, "desk/messages/inbox.html", partial="board", context=context, status=status)


def _context(request: StaffRequest, rows: list[Conversation], current: Conversation | None) -> dict[str, Any]:
    view = _view(request)
    context: dict[str, Any] = {
        "rows": rows,
        "current": current,
        "chips": [{"label": words, "url": f"?view={code}", "current": code == view} for code, words in VIEWS],
        "counts": messaging.inbox_counts(
            clinic_id=request.clinic.pk, member=request.member, branches=branches_of(request.member)
        ),
        "view": view,
    }
    if current is None:
        return context
    context |= {
        "turns": thread_of(current),
        "canned": messaging.canned_answers(request.clinic.pk),
        "key": get_random_string(20),
        "may_task": request.may(Right.WORKLIST_WORK),
    }
    context["unwell"] = any(line.unwell for line in context["turns"])
    context["receivers"] = [
        ("", "Никому: общий"),
        *((each.public_id, each.user.short_name) for each in _colleagues(request)),
    ]
    if current.patient_id and current.patient is not None:
        context |= _beside(request, current.patient)
    else:
        context["likely"] = _likely(request, current)
    return context


def _beside(request: StaffRequest, patient: Patient) -> dict[str, Any]:
    state = PatientState.objects.filter(patient=patient).first()
    return {
        "patient": patient,
        "sight": sight_of(request, patient),
        "state": state,
        "next_visit": booking.next_bookings([patient.pk], now=clock.now()).get(patient.pk),
        "last_visit": booking.last_visits([patient.pk]).get(patient.pk),
        "complaint": visits.open_complaint(patient.pk),
    }


def _likely(request: StaffRequest, conversation: Conversation) -> list[Patient]:
    """Cards that carry this address: one phone may serve a family, so a person chooses."""
    ids = [found.patient_id for found in patients.search(conversation.address, clinic_id=request.clinic.pk, limit=5)]
    return list(cards_of(request).filter(pk__in=ids, merged_into=None))
