"""Texts of consents: what is in force, a change as a new version, how many signed an older one."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, staff_page
from zabota.kernel import clock
from zabota.patients import api as patients
from zabota.patients.models import ConsentPurpose, ConsentText
from zabota.ui.page import page


class ConsentTextForm(forms.Form):
    """The parts that the law asks for, each in its own field."""

    text = forms.CharField(label="Текст", max_length=5000, widget=forms.Textarea(attrs={"rows": 6}))
    data_list = forms.CharField(label="Какие данные", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    actions_list = forms.CharField(label="Что с ними делают", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    processors = forms.CharField(
        label="Кому передаются",
        max_length=2000,
        required=False,
        help_text="Рассылка, лаборатория, облако: каждый получатель с названием. Пусто: никому",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    term = forms.CharField(label="Срок", max_length=200)
    how_to_revoke = forms.CharField(label="Как отозвать", max_length=300)
    operator_name = forms.CharField(label="Оператор", max_length=200)
    operator_address = forms.CharField(label="Адрес оператора", max_length=300)


@require_http_methods(["GET", "POST"])
@staff_page(Right.SETTINGS_EDIT)
def consent_texts(request: StaffRequest) -> HttpResponse:
    """The documents with their versions; a clinic without them takes ours as a beginning."""
    if request.method == "POST":
        patients.ensure_consent_texts(clinic=request.clinic, actor=request.actor, now=clock.now())
        return redirect("desk:patients-consent-texts")
    texts = patients.current_texts(request.clinic.pk)
    behind = patients.signed_before(request.clinic.pk)
    rows = [(texts[purpose], behind.get(purpose, 0)) for purpose in ConsentPurpose.values if purpose in texts]
    return page(
        request, "desk/patients/consent_texts.html", context={"rows": rows, "lacks": len(rows) < len(ConsentPurpose)}
    )


@require_http_methods(["GET", "POST"])
@staff_page(Right.SETTINGS_EDIT)
def consent_text(request: StaffRequest, purpose: str) -> HttpResponse:
    """Edit one document. What was signed keeps its old words."""
    text = patients.current_texts(request.clinic.pk).get(purpose)
    if text is None:
        raise Http404
    sent = request.method == "POST"
    form = ConsentTextForm(request.POST if sent else None, initial=_initial(text))
    if sent and form.is_valid():
        data = dict(form.cleaned_data)
        operator = {name: data.pop(name) for name in ("operator_name", "operator_address")}
        made = patients.publish_consent_text(
            clinic=request.clinic,
            purpose=purpose,
            parts=patients.TextParts(**data),
            actor=request.actor,
            now=clock.now(),
            **operator,
        )
        changed = made.version != text.version
        messages.success(request, f"Действует версия {made.version}" if changed else "Текст не изменился")
        return redirect("desk:patients-consent-texts")
    context = {"form": form, "text": text}
    return page(request, "desk/patients/consent_text.html", context=context, status=422 if sent else 200)


def _initial(text: ConsentText) -> dict[str, str]:
    return {name: getattr(text, name) for name in ConsentTextForm.base_fields}
