"""«Тексты к визиту»: what patients are told before and after, by service, group and branch; questionnaires."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_http_methods

from zabota.clinic.api import Right
from zabota.clinic.models import Branch, Clinic, Service, ServiceGroup
from zabota.desk.access import StaffRequest, staff_page
from zabota.desk.preparation.forms import SheetForm, TextForm
from zabota.kernel import clock
from zabota.kernel.errors import Trouble
from zabota.ui.page import page
from zabota.visits import api as visits
from zabota.visits.models import Questionnaire, VisitText

_SUBJECTS: dict[str, type[Service] | type[ServiceGroup] | type[Branch]] = {
    "service": Service,
    "group": ServiceGroup,
    "branch": Branch,
}
_FILLED = (
    ("prepare", "подготовка"),
    ("ask", "вопросы врачу"),
    ("take", "что взять"),
    ("way", "дорога"),
    ("after", "после приёма"),
    ("care_call_days", "звонок заботы"),
    ("wellbeing_hours", "самочувствие"),
)


@require_GET
@staff_page(Right.MESSAGES_EDIT)
def preparation(request: StaffRequest) -> HttpResponse:
    """What is written, for whom; questionnaires."""
    rows = VisitText.objects.filter(clinic=request.clinic).select_related("service", "group", "branch")
    context = {
        "lines": [(_name(row), _address(row), [word for field, word in _FILLED if _has(row, field)]) for row in rows],
        "groups": ServiceGroup.objects.filter(clinic=request.clinic),
        "branches": Branch.objects.filter(clinic=request.clinic, is_active=True),
        "services": Service.objects.filter(clinic=request.clinic, is_active=True).order_by("name")[:300],
        "sheets": Questionnaire.objects.filter(clinic=request.clinic).select_related("group"),
    }
    return page(request, "desk/preparation/preparation.html", context=context)


@require_http_methods(["GET", "POST"])
@staff_page(Right.MESSAGES_EDIT)
def text(request: StaffRequest) -> HttpResponse:
    """Texts of one subject, named in the address: `?for=service:<id>`; without one they are for all visits."""
    kind, subject = _subject(request.clinic, request.GET.get("for", ""))
    owner: dict[str, Any] = {kind: subject} if subject is not None else {}
    filters = {f"{name}": owner.get(name) for name in _SUBJECTS}
    row = VisitText.objects.filter(clinic=request.clinic, **filters).first()
    form = TextForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        try:
            visits.save_text(
                clinic=request.clinic, values=form.cleaned_data, **owner, actor=request.actor, now=clock.now()
            )
            messages.success(request, "Сохранено")
            return redirect("desk:preparation")
        except Trouble as trouble:
            form.add_error(None, trouble.text)
    title = str(subject) if subject is not None else "Для всех визитов"
    context = {"form": form, "title": title, "back": "desk:preparation"}
    return page(request, "desk/preparation/edit.html", context=context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@staff_page(Right.MESSAGES_EDIT)
def sheet(request: StaffRequest, public_id: str = "") -> HttpResponse:
    """A questionnaire, new or old."""
    row = get_object_or_404(Questionnaire, clinic=request.clinic, public_id=public_id) if public_id else None
    form = SheetForm(request.POST or None, clinic=request.clinic, initial=_initial(row))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            visits.save_questionnaire(
                clinic=request.clinic,
                questionnaire=row,
                title=data["title"],
                group=data["group"],
                is_active=data["is_active"],
                questions=visits.read_questions(data["questions"]),
                actor=request.actor,
                now=clock.now(),
            )
            messages.success(request, "Анкета сохранена")
            return redirect("desk:preparation")
        except Trouble as trouble:
            form.add_error(None, trouble.text)
    context = {"form": form, "title": row.title if row else "Новая анкета", "back": "desk:preparation"}
    return page(request, "desk/preparation/edit.html", context=context, status=422 if form.errors else 200)


def _initial(row: Questionnaire | None) -> dict[str, Any]:
    if row is None:
        return {}
    asked = [visits.Asked(q.text, q.kind, tuple(q.options), tuple(q.alarming)) for q in row.questions.all()]
    return {
        "title": row.title,
        "group": row.group,
        "is_active": row.is_active,
        "questions": visits.write_questions(asked),
    }


def _subject(clinic: Clinic, words: str) -> tuple[str, Service | ServiceGroup | Branch | None]:
    if not words:
        return "", None
    kind, _, public_id = words.partition(":")
    model = _SUBJECTS.get(kind)
    found = model._default_manager.filter(clinic=clinic, public_id=public_id).first() if model else None
    if found is None:
        raise Http404
    return kind, found


def _name(row: VisitText) -> str:
    owner = row.service or row.group or row.branch
    return str(owner) if owner is not None else "Все визиты"


def _address(row: VisitText) -> str:
    for kind in _SUBJECTS:
        owner = getattr(row, kind)
        if owner is not None:
            return f"{kind}:{owner.public_id}"
    return ""


def _has(row: VisitText, field: str) -> bool:
    return getattr(row, field) not in ("", None)
