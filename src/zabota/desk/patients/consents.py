"""Consents of a patient: what stands, how it was proven, writing down a decision; each purpose a document of its own."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, staff_page
from zabota.desk.patients.access import patient_for, sight_of
from zabota.desk.patients.card import consent_history, consent_lines
from zabota.desk.patients.forms import ConsentForm
from zabota.kernel import clock
from zabota.kernel.errors import Trouble
from zabota.patients import api as patients
from zabota.patients.models import ConsentPurpose, Patient
from zabota.ui.page import page


@require_http_methods(["GET", "POST"])
@staff_page(Right.PATIENTS_VIEW)
def consents(request: StaffRequest, public_id: str) -> HttpResponse:
    """What stands with its history and proof; the form grants what was ticked, each purpose by its own box."""
    patient = patient_for(request, public_id)
    sight = sight_of(request, patient)
    sent = request.method == "POST"
    if sent and not sight.consents:
        raise Http404
    form = ConsentForm(request.POST if sent else None)
    if sent and form.is_valid() and _granted(request, patient, form):
        messages.success(request, "Согласия записаны")
        return redirect("desk:patient-consents", patient.public_id)
    texts = patients.current_texts(request.clinic.pk)
    context = {
        "patient": patient,
        "sight": sight,
        "form": form,
        "ticked": request.POST.getlist("grant"),
        "lines": [(line, texts.get(line.purpose)) for line in consent_lines(patient)],
        "documents": {purpose: patients.document_of(text) for purpose, text in texts.items()},
        "channels": list(patients.CHANNELS.items()),
        "history": consent_history(patient),
        "may_edit_texts": request.may(Right.SETTINGS_EDIT),
    }
    return page(request, "desk/patients/consents.html", context=context, status=422 if sent else 200)


@require_POST
@staff_page(Right.CONSENTS_EDIT)
def consent_take_back(request: StaffRequest, public_id: str) -> HttpResponse:
    """Write down a "no" for a purpose, or for one channel of advertising. Takes effect at once."""
    patient = patient_for(request, public_id)
    purpose, _, channel = request.POST.get("purpose", "").partition(":")
    proof = patients.Proof(signature="oral", entry="desk", ip=_ip(request), user_agent=_agent(request))
    try:
        patients.refuse_consent(
            patient=patient, purpose=purpose, channel=channel, proof=proof, actor=request.actor, now=clock.now()
        )
        messages.success(request, "Записано: действует с этой минуты везде")
    except Trouble as trouble:
        messages.error(request, trouble.text)
    return redirect("desk:patient-consents", patient.public_id)


@require_GET
@staff_page(Right.PATIENTS_VIEW)
def consent_document(request: StaffRequest, public_id: str, purpose: str) -> HttpResponse:
    """One document on one sheet, to be printed and signed."""
    patient = patient_for(request, public_id)
    text = patients.current_texts(request.clinic.pk).get(purpose)
    if text is None:
        raise Http404
    today = clock.today(request.clinic.time_zone)
    context = {"patient": patient, "text": text, "channels": list(patients.CHANNELS.items()), "today": today}
    context["is_advertising"] = purpose == ConsentPurpose.ADVERTISING
    return page(request, "desk/patients/consent_document.html", context=context)


def _granted(request: StaffRequest, patient: Patient, form: ConsentForm) -> bool:
    """Write the ticked grants; False, with the reason on the form, when none was or one of them would not hold."""
    ticked = list(dict.fromkeys(request.POST.getlist("grant")))
    if not ticked:
        form.add_error(None, "Ничего не отмечено. Отметьте согласия, которые подписал пациент.")
        return False
    data = form.cleaned_data
    proof = patients.Proof(
        signature=data["signature"], document=data["document"], ip=_ip(request), user_agent=_agent(request)
    )
    try:
        patients.grant_consents(
            patient=patient,
            grants=[(purpose, channel) for purpose, _, channel in (each.partition(":") for each in ticked)],
            proof=proof,
            actor=request.actor,
            now=clock.now(),
        )
    except Trouble as trouble:
        form.add_error(None, trouble.text)
        return False
    return True


def _ip(request: HttpRequest) -> str | None:
    return request.META.get("REMOTE_ADDR") or None


def _agent(request: HttpRequest) -> str:
    return str(request.META.get("HTTP_USER_AGENT", ""))[:300]
