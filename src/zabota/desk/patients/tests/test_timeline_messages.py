"""On the card: what was sent, why it was or was not, and what the patient wrote."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from zabota.clinic.models import Clinic
from zabota.messaging.models import ChannelAccount, Conversation, Message, Turn
from zabota.patients.models import Patient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]


@pytest.fixture
def said(in_clinic: None, smile: Clinic, mila: Patient, now: dt.datetime) -> None:
    """One reminder that was not sent because the visit had moved, and Mila's own words."""
    account = ChannelAccount.objects.create(
        clinic=smile, provider="demo", channel="sms", title="SMS", hook_hash="h", created_at=now
    )
    message = Message.objects.create(
        clinic=smile, idem_key="m", chain_key="m", patient=mila, channel="sms", account=account, address="+79161234567",
        message_class="service", purpose="reminder", text="Ждём вас 25.11", not_before_at=now, state="suppressed",
        created_at=now,
    )  # fmt: skip
    message.decisions.create(clinic=smile, at=now, outcome="stop", reason="stale")
    talk = Conversation.objects.create(
        clinic=smile, account=account, channel="sms", address="+79161234567", patient=mila, last_at=now, created_at=now
    )
    Turn.objects.create(conversation=talk, clinic=smile, direction="in", at=now, text="Буду позже")
    Turn.objects.create(conversation=talk, clinic=smile, direction="in", at=now, attachments=[["image", "file-1"]])


@pytest.mark.usefixtures("said")
def test_the_card_says_why_a_message_was_not_sent_and_what_the_patient_wrote(as_vera: Client, mila: Patient) -> None:
    page = as_vera.get(reverse("desk:patient", args=[mila.public_id])).content.decode()

    assert "Визит с тех пор изменился" in page
    assert "Ждём вас 25.11" in page
    assert "Буду позже" in page
    assert "[фото]" in page, "a photo without words is no empty line"


@pytest.mark.usefixtures("said")
def test_words_of_a_patient_stay_closed_to_who_may_not_know_of_health(as_marina: Client, mila: Patient) -> None:
    page = as_marina.get(reverse("desk:patient", args=[mila.public_id])).content.decode()

    assert "Визит с тех пор изменился" in page
    assert "Ждём вас 25.11" not in page
    assert "Буду позже" not in page
    assert "[фото]" not in page
