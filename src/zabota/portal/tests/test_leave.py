"""«Отказаться от рекламы» from an advertisement: a look changes nothing, one press or the mail program's own acts."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from zabota.kernel import clock
from zabota.kernel.logs import mask
from zabota.kernel.scope import clinic_scope
from zabota.messaging import api as messaging
from zabota.messaging.models import ChannelAccount, Message
from zabota.patients.api import Proof, consent_state, ensure_consent_texts, grant_consent
from zabota.patients.models import Consent, Contact

pytestmark = pytest.mark.django_db


@pytest.fixture
def advert(smile, mila, actor):
    """An offer to Mila, who agreed to advertising; `advert("email")` answers the message as it would leave."""
    now = clock.now()
    with clinic_scope(smile.pk):
        messaging.ensure_templates(clinic=smile, now=now)
        ensure_consent_texts(clinic=smile, actor=actor, now=now)
        grant_consent(
            patient=mila, purpose="advertising", proof=Proof(signature="paper", document="1"), actor=actor,
            now=now - dt.timedelta(days=1),
        )  # fmt: skip
        Contact.objects.create(patient=mila, clinic=smile, kind="email", value="mila@example.test")
        for channel in ("sms", "email"):
            ChannelAccount.objects.create(
                clinic=smile, provider=channel, channel=channel, title=channel, hook_hash=channel, is_on=True,
                created_at=now,
            )  # fmt: skip

    def make(channel: str) -> Message:
        with clinic_scope(smile.pk):
            wanted = messaging.NewMessage(
                template_key="offer", idem_key=f"offer:{channel}", not_before_at=now, patient_id=mila.pk,
                channels=(channel,), context={"ссылка": "k.ru/1"},
            )  # fmt: skip
            return messaging.enqueue(clinic_id=smile.pk, message=wanted, now=now)

    return make


def agrees(patient) -> bool:
    with clinic_scope(patient.clinic_id):
        return consent_state(patient, "advertising").allowed


def path_of(message: Message) -> str:
    return "/p/u/" + message.text.split("/p/u/")[1].split()[0]


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_a_look_changes_nothing_and_one_press_ends_advertising_everywhere(advert, mila, channel) -> None:
    path = path_of(advert(channel))
    phone = Client(enforce_csrf_checks=True)
    assert "Не присылать рекламу?" in phone.get(path).content.decode()
    phone.head(path)
    assert agrees(mila)

    assert "Рекламы больше не будет" in phone.post(path).content.decode()
    assert not agrees(mila)
    phone.post(path)
    with clinic_scope(mila.clinic_id):
        assert Consent.objects.filter(patient=mila, state="withdrawn").count() == 1


def test_the_mail_program_unsubscribes_in_one_click(advert, mila) -> None:
    url = advert("email").context["_"]["unsubscribe"]
    body = {"List-Unsubscribe": "One-Click"}
    assert Client(enforce_csrf_checks=True).post("/p/u/" + url.split("/p/u/")[1], body).status_code == 200
    assert not agrees(mila)


def test_a_made_up_address_of_leaving_ends_nothing(advert, mila) -> None:
    path = path_of(advert("sms"))
    for wrong in (path[:-1] + ("a" if path[-1] != "a" else "b"), path.replace("/p/u/", "/p/u/1"), "/p/u/x", "/p/u/я"):
        assert Client().post(wrong).status_code == 410
    assert agrees(mila)
    assert mask(f"Not Found: {path}") == "Not Found: /p/u/***"
