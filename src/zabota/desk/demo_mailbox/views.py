"""The phone and the mailbox of all patients of the demo clinic on one page, and an answer from that phone."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Min
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from zabota.clinic.api import Right
from zabota.clinic.models import Clinic
from zabota.desk.access import StaffRequest, staff_page
from zabota.desk.demo_mailbox.reading import Shown, shown
from zabota.integrations import api as integrations
from zabota.kernel import clock
from zabota.kernel.errors import BadInput
from zabota.messaging.api import EventKind, InboundEvent, WebhookReply, edit_rules, receive
from zabota.messaging.models import ChannelAccount, Message
from zabota.ui import formats
from zabota.ui.page import page
from zabota.visits import api as visits
from zabota.visits.models import Reminder

_MIDNIGHT, _LAST_MINUTE = dt.time(0), dt.time(23, 59)


class AnswerForm(forms.Form):
    """What the person writes back or shows, and from which phone."""

    address = forms.RegexField(r"^\+\d{10,15}$")
    text = forms.CharField(max_length=1000, required=False)
    picture = forms.FileField(required=False, allow_empty_file=True)

    def clean(self) -> dict[str, Any]:
        """Words, a picture, or both."""
        given = super().clean() or self.cleaned_data
        if not given.get("text") and not given.get("picture"):
            raise forms.ValidationError("Выберите номер и напишите ответ или приложите снимок.")
        return given


@require_GET
@staff_page(Right.INBOX_WORK)
def demo_mailbox(request: StaffRequest) -> HttpResponse:
    """What arrived, the newest first."""
    context: dict[str, object] = {"is_demo": request.clinic.is_demo}
    if request.clinic.is_demo:
        phone, mail = _arrived(request, integrations.PHONE), _arrived(request, integrations.MAIL)
        addresses = dict.fromkeys(each.address for each in phone)
        context |= {"phone": phone, "mail": mail, "addresses": [(each, formats.phone(each)) for each in addresses]}
        context["waiting"] = _waiting(request.clinic)
    return page(request, "desk/demo_mailbox/demo_mailbox.html", partial="boxes", context=context)


@require_POST
@staff_page(Right.INBOX_WORK)
def demo_mailbox_answer(request: StaffRequest) -> HttpResponse:
    """The person answers from the phone, as an operator would bring it."""
    accounts = ChannelAccount.objects.filter(clinic=request.clinic, clinic__is_demo=True)
    form = AnswerForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, "Выберите номер и напишите ответ, до 1 000 знаков, или приложите снимок.")
        return redirect("desk:demo-mailbox")
    account = get_object_or_404(accounts, provider=integrations.PHONE)
    try:
        attachments = _kept(request, form.cleaned_data["picture"])
    except BadInput as wrong:
        messages.error(request, wrong.text)
        return redirect("desk:demo-mailbox")
    now = clock.now()
    event = InboundEvent(
        event_id=f"demo:{secrets.token_hex(8)}",
        kind=EventKind.INBOUND,
        at=now,
        address=form.cleaned_data["address"],
        text=form.cleaned_data["text"],
        attachments=attachments,
    )
    receive(account=account, reply=WebhookReply(events=(event,)), now=now)
    messages.success(request, "Ответ ушёл в клинику: через несколько секунд он будет в «Диалогах».")
    return redirect("desk:demo-mailbox")


def _kept(request: StaffRequest, picture: UploadedFile[bytes] | None) -> tuple[tuple[str, str], ...]:
    """The picture as a channel tells of it: its kind and its name there. Raises BadInput."""
    if picture is None:
        return ()
    body = picture.read(integrations.DEMO_LARGEST + 1)
    return (("image", integrations.keep_picture(body, clinic_id=request.clinic.pk, at=clock.now(), is_demo=True)),)


@require_POST
@staff_page(Right.INBOX_WORK)
def demo_mailbox_awake(request: StaffRequest) -> HttpResponse:
    """Take the quiet hours away, so that whoever tries the product at night sees its messages at once."""
    clinic = get_object_or_404(Clinic, pk=request.clinic.pk, is_demo=True)
    edit_rules(clinic=clinic, service_from=_MIDNIGHT, service_till=_LAST_MINUTE, actor=request.actor, now=clock.now())
    visits.replan_reminders(clinic_id=clinic.pk)
    messages.success(request, "Тихие часы демо-клиники сняты: сообщения придут через несколько секунд.")
    return redirect("desk:demo-mailbox")


def _waiting(clinic: Clinic) -> dict[str, Any]:
    """How many messages leave later, and when the first of them: at night nobody is written to."""
    now = clock.now()
    later = Reminder.objects.filter(clinic=clinic, kind="booked", state=Reminder.State.PLANNED, due_at__gt=now)
    ready = Message.objects.filter(clinic=clinic, due_at__gt=now)
    found = [each.aggregate(count=Count("pk"), nearest=Min("due_at")) for each in (later, ready)]
    nearest = [each["nearest"] for each in found if each["nearest"]]
    return {"count": sum(each["count"] for each in found), "nearest": min(nearest, default=None)}


def _arrived(request: StaffRequest, provider: str) -> list[Shown]:
    accounts = ChannelAccount.objects.filter(clinic=request.clinic, provider=provider)
    rows = [message for account in accounts for message in integrations.arrived(account.pk, limit=60)]
    return [shown(message) for message in sorted(rows, key=lambda each: each.at, reverse=True)]
