"""A provider of a channel is a recipient of patients' data: consents name it from the day it is switched on."""

from __future__ import annotations

from zabota.messaging import api
from zabota.messaging.rules.transport import AccountField, Channel
from zabota.messaging.services.accounts import name_recipients
from zabota.patients.api import consent_states, current_texts, signed_before
from zabota.patients.models import Consent, ConsentText


def advertising(mila):
    return consent_states([mila.pk], clinic_id=mila.clinic_id)[mila.pk]["advertising", ""]


def test_switching_a_provider_on_names_it_and_flags_grants_made_before(clinic, mila, allow_ads, new_account, now):
    """L4, L3: the old grant keeps its words and holds; the person is to be asked again."""
    grant = allow_ads(mila)
    assert not advertising(mila).ask_again

    new_account(Channel.SMS, title="СМС-Центр")

    texts = current_texts(clinic.pk)
    for purpose in "processing", "advertising":
        assert texts[purpose].processors == "СМС-Центр" and texts[purpose].version == 2
    assert texts["quality_calls"].processors == ""
    grant.refresh_from_db()
    assert grant.text_version.version == 1 and "СМС-Центр" not in grant.text_snapshot
    state = advertising(mila)
    assert state.allowed and state.ask_again
    assert signed_before(clinic.pk)["advertising"] == 1


def test_who_signs_after_that_signs_for_the_provider_too(mila, new_account, allow_ads, now):
    new_account(Channel.SMS, title="СМС-Центр")
    allow_ads(mila, at=now)
    assert "Кому передают: СМС-Центр" in Consent.objects.get().text_snapshot
    assert not advertising(mila).ask_again


def test_a_second_provider_joins_the_list_and_a_second_switch_changes_nothing(clinic, new_account, actor, now):
    account, _ = new_account(Channel.SMS, title="СМС-Центр")
    new_account(Channel.TELEGRAM, title="Telegram", is_foreign=False)
    before = ConsentText.objects.count()
    for is_on in False, True:
        api.switch_account(account=account, is_on=is_on, actor=actor, now=now)
    assert ConsentText.objects.count() == before
    assert current_texts(clinic.pk)["processing"].processors == "СМС-Центр; Telegram"


def test_a_foreign_provider_says_so_and_a_server_of_the_house_is_nobody(clinic, new_account, actor, now):
    inside = (AccountField("key", "Ключ"), AccountField("host", "Сервер", default="localhost"))
    account, _ = new_account(Channel.EMAIL, title="Почта", fields=inside)
    assert api.recipient_of(account) == "" and current_texts(clinic.pk) == {}
    account.values = {**account.values, "host": "smtp.post.test"}
    assert api.recipient_of(account) == "Почта (smtp.post.test)"


def test_a_channel_that_was_on_before_is_named_at_night(clinic, new_account, now):
    new_account(Channel.SMS, title="СМС-Центр")
    ConsentText.objects.all().delete()
    assert name_recipients(now=now) == 2
    assert name_recipients(now=now) == 0
    assert current_texts(clinic.pk)["processing"].processors == "СМС-Центр"
