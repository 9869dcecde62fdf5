"""What is done from the card: contacts, notes, tags, stages of a plan. Each answers with its part of the card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from zabota.care import api as care
from zabota.care.models import Plan, PlanStage
from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, staff_page
from zabota.desk.patients.access import patient_for, sight_of
from zabota.desk.patients.card import load_card
from zabota.desk.patients.views import show_card
from zabota.kernel import clock
from zabota.kernel.errors import Trouble
from zabota.patients import api as patients
from zabota.patients.models import Contact, Patient, Tag
from zabota.ui.page import toast, wants_fragment


def answer(
    request: StaffRequest, patient: Patient, *, part: str, act: Callable[[], object], done: str, **entered: Any
) -> HttpResponse:
    """Do it, then show the part of the card where it was done; a refusal keeps what was typed and says why."""
    error = ""
    try:
        act()
    except Trouble as trouble:
        error = trouble.text
    if not error and not wants_fragment(request):
        messages.success(request, done)
        return redirect("desk:patient", patient.public_id)
    fresh = patient_for(request, patient.public_id)
    card = load_card(request, fresh, now=clock.now())
    more = {"error": error, "error_part": part, "entered": entered if error else {}}
    response = show_card(request, card, part=part, status=422 if error else 200, **more)
    return response if error else toast(response, done)


@require_POST
@staff_page(Right.PATIENTS_EDIT)
def contact_add(request: StaffRequest, public_id: str) -> HttpResponse:
    """Add a phone or an address."""
    patient = patient_for(request, public_id)
    typed = request.POST.get("contact", "")[:200]
    comment = request.POST.get("comment", "")[:120]

    def act() -> None:
        fields = {"email": typed} if "@" in typed else {"phones": typed}
        patients.add_contacts(patient=patient, comment=comment, actor=request.actor, now=clock.now(), **fields)

    return answer(request, patient, part="contacts", act=act, done="Контакт добавлен", contact=typed, comment=comment)


@require_POST
@staff_page(Right.PATIENTS_EDIT)
def contact_change(request: StaffRequest, public_id: str, contact_id: int, action: str) -> HttpResponse:
    """Mark how a contact works, prefer it, take it off."""
    patient = patient_for(request, public_id)
    contact = get_object_or_404(Contact, patient=patient, pk=contact_id)
    now = clock.now()

    def act() -> None:
        if action == "prefer":
            patients.prefer_contact(contact=contact, actor=request.actor, now=now)
        elif action == "remove":
            patients.remove_contact(contact=contact, actor=request.actor, now=now)
        else:
            patients.mark_reach(contact=contact, reach=action, actor=request.actor, now=now)

    return answer(request, patient, part="contacts", act=act, done="Отмечено")


@require_POST
@staff_page(Right.PATIENTS_EDIT)
def note_add(request: StaffRequest, public_id: str) -> HttpResponse:
    """Write a note."""
    patient = patient_for(request, public_id)
    text = request.POST.get("text", "")
    return answer(
        request,
        patient,
        part="notes",
        act=lambda: patients.add_note(patient=patient, text=text, actor=request.actor, now=clock.now()),
        done="Заметка записана",
        text=text,
    )


@require_POST
@staff_page(Right.PATIENTS_EDIT)
def tag_add(request: StaffRequest, public_id: str) -> HttpResponse:
    """Hang a tag."""
    patient = patient_for(request, public_id)
    name = request.POST.get("tag", "")
    return answer(
        request,
        patient,
        part="tags",
        act=lambda: patients.add_tag(patient=patient, name=name, actor=request.actor, now=clock.now()),
        done="Метка добавлена",
        tag=name,
    )


@require_POST
@staff_page(Right.PATIENTS_EDIT)
def tag_remove(request: StaffRequest, public_id: str, tag_id: int) -> HttpResponse:
    """Take a tag off."""
    patient = patient_for(request, public_id)
    tag = get_object_or_404(Tag, clinic=request.clinic, pk=tag_id)
    return answer(
        request,
        patient,
        part="tags",
        act=lambda: patients.remove_tag(patient=patient, tag=tag, actor=request.actor, now=clock.now()),
        done="Метка снята",
    )


@require_POST
@staff_page(Right.PATIENTS_EDIT)
def plan_change(request: StaffRequest, public_id: str, plan_id: str, action: str) -> HttpResponse:
    """Agree to a plan, decline it, finish it."""
    patient = patient_for(request, public_id)
    steps = {"agree": care.agree_plan, "decline": care.decline_plan, "finish": care.finish_plan}
    if action not in steps or not sight_of(request, patient).health:
        raise Http404
    plan = get_object_or_404(Plan, patient=patient, public_id=plan_id)
    return answer(
        request,
        patient,
        part="plan",
        act=lambda: steps[action](plan=plan, actor=request.actor, now=clock.now()),
        done="Отмечено",
    )


@require_POST
@staff_page(Right.PATIENTS_EDIT)
def stage_done(request: StaffRequest, public_id: str, stage_id: int) -> HttpResponse:
    """Mark a stage as done today."""
    patient = patient_for(request, public_id)
    if not sight_of(request, patient).health:
        raise Http404
    stage = get_object_or_404(PlanStage.objects.select_related("plan"), plan__patient=patient, pk=stage_id)
    return answer(
        request,
        patient,
        part="plan",
        act=lambda: care.finish_stage(stage=stage, actor=request.actor, now=clock.now()),
        done="Этап отмечен",
    )
