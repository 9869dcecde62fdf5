"""What does not go out: the head hears it once on the first page, and reads it on «Отправка» until it is mended."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from zabota.clinic.models import Clinic
from zabota.messaging import api as messaging
from zabota.messaging.models import ChannelTrouble, Template

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]


@pytest.fixture
def broken(smile: Clinic, now: dt.datetime) -> Template:
    """A text that lacks a value."""
    messaging.ensure_templates(clinic=smile, now=now)
    template = Template.objects.get(clinic=smile, key="reminder_48h")
    messaging.text_failed(messaging.TextUnusable("Для сообщения нет значения {врач}.", template=template), now=now)
    return template


def shown(client: Client, name: str, *args: str) -> str:
    return client.get(reverse(name, args=args)).content.decode()


def test_the_head_is_told_on_the_first_page_until_they_have_read_it(as_anton: Client, broken: Template) -> None:
    for page in shown(as_anton, "desk:pulse"), shown(as_anton, "desk:messages"):
        assert "Пациентам не уходит" in page
        assert reverse("desk:messages-text", args=[broken.public_id]) in page
    trouble = ChannelTrouble.objects.get()

    answer = as_anton.post(reverse("desk:messages-troubles-seen"), {"trouble": trouble.pk, "from": "pulse"})

    assert answer["Location"] == reverse("desk:pulse")
    assert "Пациентам не уходит" not in shown(as_anton, "desk:pulse")
    assert "Пациентам не уходит" in shown(as_anton, "desk:messages")


def test_the_text_itself_says_that_it_does_not_go_out_until_it_is_saved_anew(
    as_anton: Client, broken: Template, smile: Clinic
) -> None:
    assert "не уходит" in shown(as_anton, "desk:messages-texts")
    page = shown(as_anton, "desk:messages-text", broken.public_id)
    assert "Это сообщение сейчас не уходит" in page

    words = {"text_sms": "Ждём вас {дата}. {ссылка}", "text_any": "Ждём вас {дата}. {ссылка}", "subject": "Визит"}
    form = {"title": broken.title, "message_class": "service", "detail": "d0", "version": "1"} | words
    assert as_anton.post(reverse("desk:messages-text", args=[broken.public_id]), form).status_code == 302

    assert messaging.troubles(smile.pk) == []


def test_nonsense_and_troubles_of_another_clinic_are_left_alone(
    as_anton: Client, broken: Template, other_clinic: Clinic
) -> None:
    trouble = ChannelTrouble.objects.get()
    ChannelTrouble.objects.update(clinic=other_clinic)

    for given in str(trouble.pk), "-1", "x", "9" * 40:
        assert as_anton.post(reverse("desk:messages-troubles-seen"), {"trouble": given}).status_code == 302

    assert ChannelTrouble.objects.get().seen_at is None
