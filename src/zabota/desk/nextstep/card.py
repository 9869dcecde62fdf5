"""What is decided about the next step of one patient: leaving the rule, a referral, a recall. POST, then the card.

The card includes `desk/nextstep/_card_type.html` with `patient`, `explanation` (nextstep.api.explain), `may_edit`
(Right.PATIENTS_EDIT) and `may_health` (services and plans may be shown).
"""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, staff_page
from zabota.desk.nextstep.forms import AnyVisitForm, DisableForm, ExemptForm, OverrideForm, ReferForm, SnoozeForm
from zabota.desk.patients.access import patient_for
from zabota.kernel import clock
from zabota.kernel.errors import Trouble
from zabota.nextstep import api as nextstep
from zabota.nextstep.models import Exemption, Recall, Referral
from zabota.patients.models import Patient

#: Action of a recall: (form, service, word when done).
RECALL_ACTIONS: dict[str, tuple[type[forms.Form], Callable[..., Recall], str]] = {
    "override": (OverrideForm, nextstep.override_recall, "Срок изменён"),
    "snooze": (SnoozeForm, nextstep.snooze_recall, "Отложено"),
    "visit": (AnyVisitForm, nextstep.count_any_visit, "Решение записано"),
    "disable": (DisableForm, nextstep.disable_recall, "Напоминание отключено"),
    "enable": (forms.Form, nextstep.enable_recall, "Напоминание включено"),
}


@require_POST
@staff_page(Right.PATIENTS_EDIT)
def exempt(request: StaffRequest, public_id: str) -> HttpResponse:
    """The patient leaves the rule with a reason."""
    patient = patient_for(request, public_id)
    return _do(request, patient, ExemptForm, nextstep.exempt_patient, "Больше не приглашаем", {"patient": patient})


@require_POST
@staff_page(Right.PATIENTS_EDIT)
def return_patient(request: StaffRequest, public_id: str) -> HttpResponse:
    """The patient is back in the rule."""
    patient = patient_for(request, public_id)
    exemption = get_object_or_404(Exemption, patient=patient, ended_at=None)
    return _do(request, patient, forms.Form, nextstep.end_exemption, "Пациент снова в работе", {"exemption": exemption})


@require_POST
@staff_page(Right.PATIENTS_EDIT)
def refer(request: StaffRequest, public_id: str) -> HttpResponse:
    """The patient was sent to another clinic."""
    patient = patient_for(request, public_id)
    return _do(request, patient, ReferForm, nextstep.record_referral, "Направление записано", {"patient": patient})


@require_POST
@staff_page(Right.PATIENTS_EDIT)
def end_referral(request: StaffRequest, public_id: str) -> HttpResponse:
    """The matter of the referral is settled."""
    patient = patient_for(request, public_id)
    referral = Referral.objects.filter(patient=patient, ended_at=None).order_by("-referred_on").first()
    if referral is None:
        raise Http404
    return _do(request, patient, forms.Form, nextstep.end_referral, "Направление закрыто", {"referral": referral})


@require_POST
@staff_page(Right.PATIENTS_EDIT)
def recall(request: StaffRequest, public_id: str, recall_id: int, action: str) -> HttpResponse:
    """Another day, later, never, again."""
    patient = patient_for(request, public_id)
    if action not in RECALL_ACTIONS:
        raise Http404
    form, service, word = RECALL_ACTIONS[action]
    row = get_object_or_404(Recall.objects.select_related("clinic"), patient=patient, pk=recall_id)
    return _do(request, patient, form, service, word, {"recall": row})


def _do(
    request: StaffRequest,
    patient: Patient,
    form_class: type[forms.Form],
    service: Callable[..., object],
    word: str,
    subject: dict[str, object],
) -> HttpResponse:
    form = form_class(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(text) for texts in form.errors.values() for text in texts))
        return redirect("desk:patient", patient.public_id)
    try:
        service(**subject, **form.cleaned_data, actor=request.actor, now=clock.now())
        messages.success(request, word)
    except Trouble as trouble:
        messages.error(request, trouble.text)
    return redirect("desk:patient", patient.public_id)
