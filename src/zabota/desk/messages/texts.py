"""Texts of messages: all of them, and the editor that shows what a patient would read and what the law says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import get_random_string
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zabota.clinic.api import Right
from zabota.clinic.models import Branch
from zabota.desk.access import StaffRequest, staff_page
from zabota.desk.patients.access import cards_of
from zabota.kernel import clock
from zabota.kernel.errors import Trouble
from zabota.kernel.typed import number_of
from zabota.messaging import api as messaging
from zabota.messaging.models import ChannelAccount, Template, TemplateVersion
from zabota.patients import api as patients
from zabota.patients.models import Patient

#: The form has one field per channel that usually needs its own words; the empty one serves all others.
CHANNELS: tuple[tuple[str, str], ...] = (
    ("sms", "SMS"),
    ("", "Почта и мессенджеры"),
)
_FIELDS = {"sms": "text_sms", "": "text_any"}


@dataclass(frozen=True, slots=True)
class Wording:
    """What stands in the form."""

    title: str
    message_class: str
    detail: str
    subject: str
    texts: dict[str, str]
    version: int
    erids: dict[str, str]

    @property
    def sms(self) -> str:
        """Words of an SMS."""
        return self.texts.get("sms", "")

    @property
    def erid_sms(self) -> str:
        """Token of an SMS."""
        return self.erids.get("sms", "")

    @property
    def erid_any(self) -> str:
        """Token of every other channel."""
        return self.erids.get("", "")

    @property
    def any(self) -> str:
        """Words of every other channel."""
        return self.texts.get("", "")


@require_GET
@staff_page(Right.MESSAGES_EDIT)
def texts(request: StaffRequest) -> HttpResponse:
    """Every text of the clinic by its class, with its version and how it begins."""
    rows = list(Template.objects.filter(clinic=request.clinic, is_archived=False))
    newest = {
        each.template_id: each
        for each in TemplateVersion.objects.filter(template__in=rows).select_related("created_by").order_by("n")
    }
    broken = {each.template_id for each in messaging.troubles(request.clinic.pk) if each.template_id is not None}
    groups = [
        (
            title,
            [(row, newest[row.pk], row.pk in broken) for row in rows if row.message_class == code and row.pk in newest],
        )
        for code, title in messaging.CLASS_TITLES.items()
    ]
    return render(request, "desk/messages/texts.html", {"groups": groups})


@require_http_methods(["GET", "POST"])
@staff_page(Right.MESSAGES_EDIT)
def text(request: StaffRequest, public_id: str) -> HttpResponse:
    """One text: words by channel, how it reads, its versions."""
    template = Template.objects.filter(clinic=request.clinic, public_id=public_id, is_archived=False).first()
    if template is None:
        raise Http404
    return _editor(request, template)


@require_http_methods(["GET", "POST"])
@staff_page(Right.MESSAGES_EDIT)
def text_new(request: StaffRequest) -> HttpResponse:
    """A text of the clinic's own."""
    return _editor(request, None)


@require_POST
@staff_page(Right.MESSAGES_EDIT)
def text_remove(request: StaffRequest, public_id: str) -> HttpResponse:
    """Take a text of the clinic's own out of use."""
    template = Template.objects.filter(clinic=request.clinic, public_id=public_id).first()
    if template is None:
        raise Http404
    try:
        messaging.archive_template(template=template, actor=request.actor, now=clock.now())
        messages.success(request, f"Текст «{template.title}» убран. Отправленные им сообщения остались.")
    except Trouble as trouble:
        messages.error(request, trouble.text)
    return redirect("desk:messages-texts")


@require_POST
@staff_page(Right.MESSAGES_EDIT)
def text_preview(request: StaffRequest) -> HttpResponse:
    """How the words in the form read now: nothing is saved."""
    template = Template.objects.filter(clinic=request.clinic, public_id=request.POST.get("of", "")).first()
    return render(request, "desk/messages/_preview.html", _reading(request, _from_form(request), template))


def _editor(request: StaffRequest, template: Template | None) -> HttpResponse:
    wording, error = _stored(template), ""
    if request.method == "POST":
        wording = _from_form(request)
        key = template.key if template else f"own_{get_random_string(10).lower()}"
        try:
            saved = messaging.save_template(
                clinic=request.clinic,
                key=key,
                title=wording.title,
                message_class=wording.message_class,
                purpose=template.purpose if template else wording.message_class,
                texts=wording.texts,
                subject=wording.subject,
                detail=wording.detail,
                erids=wording.erids,
                seen_version=wording.version,
                actor=request.actor,
                now=clock.now(),
            )
            messages.success(request, f"Сохранено, версия {saved.n}")
            return redirect("desk:messages-text", saved.template.public_id)
        except Trouble as trouble:
            error = trouble.text
    history = TemplateVersion.objects.filter(template=template).select_related("created_by")[:20] if template else ()
    context: dict[str, Any] = {
        "template": template,
        "wording": wording,
        "error": error,
        "classes": list(messaging.CLASS_TITLES.items()),
        "details": Template.Detail.choices,
        "placeholders": _offered(template),
        "history": history,
        "troubles": [each for each in messaging.troubles(request.clinic.pk) if template and each.template == template],
        **_reading(request, wording, template),
    }
    return render(request, "desk/messages/text.html", context, status=422 if error else 200)


def _offered(template: Template | None) -> dict[str, str]:
    """Placeholders that this text can show, with what they stand for."""
    able = messaging.may_have(template.key if template else "")
    return {name: meaning for name, meaning in messaging.PLACEHOLDERS.items() if name in able}


def _stored(template: Template | None) -> Wording:
    if template is None:
        return Wording("", messaging.SERVICE, "d0", "", {}, 0, {})
    version = messaging.current_version(template)
    return Wording(
        title=template.title,
        message_class=template.message_class,
        detail=template.detail,
        subject=version.subject if version else "",
        texts=dict(version.texts) if version else {},
        version=version.n if version else 0,
        erids=dict(version.erids) if version else {},
    )


def _from_form(request: HttpRequest) -> Wording:
    version = request.POST.get("version", "")
    return Wording(
        title=request.POST.get("title", ""),
        message_class=request.POST.get("message_class", ""),
        detail=request.POST.get("detail", "d0"),
        subject=request.POST.get("subject", ""),
        texts={channel: request.POST.get(field, "") for channel, field in _FIELDS.items()},
        version=number_of(version, most=99_999_999) or 0,
        erids={"sms": request.POST.get("erid_sms", ""), "": request.POST.get("erid_any", "")},
    )


def _reading(request: StaffRequest, wording: Wording, template: Template | None) -> dict[str, Any]:
    """The words as SMS and as a letter, for a real patient of this clinic when one was named."""
    asked = (request.POST if request.method == "POST" else request.GET).get("who", "")[:100]
    patient = _asked_patient(request)
    branch = patient.branch if patient and patient.branch else Branch.objects.filter(clinic=request.clinic).first()
    prices = dict(
        ChannelAccount.objects.filter(clinic=request.clinic, is_on=True).values_list("channel", "price_kopecks")
    )
    shown = [
        (
            title,
            messaging.preview_wording(
                texts=wording.texts,
                subject=wording.subject,
                channel=channel,
                message_class=wording.message_class,
                detail=wording.detail,
                clinic=request.clinic,
                branch=branch,
                patient=patient,
                price_kopecks=prices.get(channel, 0),
                erids=wording.erids,
                key=template.key if template else "",
                now=clock.now(),
            ),
        )
        for channel, title in (("sms", "SMS"), ("email", "Письмо и мессенджеры"))
    ]
    findings = {finding.words: finding for _, each in shown for finding in each.findings}
    if request.method == "GET" and not any(wording.texts.values()):
        findings = {}  # nobody has written anything yet: there is nothing to reproach
    return {"shown": shown, "findings": list(findings.values()), "for_patient": patient, "who": asked}


def _asked_patient(request: StaffRequest) -> Patient | None:
    """The person whose name or phone stands beside the preview: the exact text is seen before it goes."""
    who = " ".join((request.POST if request.method == "POST" else request.GET).get("who", "").split())[:100]
    if len(who) < 2 or not request.may(Right.PATIENTS_VIEW):
        return None
    found = patients.search_ids(who, clinic_id=request.clinic.pk, limit=20)
    cards = {card.pk: card for card in cards_of(request).filter(pk__in=found).select_related("branch")}
    return next((cards[pk] for pk in found if pk in cards), None)
