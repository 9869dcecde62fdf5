"""T16: after a restore without the former secret key the keys of channels are gone, and nothing else."""

from __future__ import annotations

import pytest
from django.urls import reverse

from zabota.messaging import api
from zabota.messaging.models import ChannelAccount, ChannelTrouble
from zabota.messaging.tests.conftest import state


@pytest.fixture
def lost(sms, settings):
    """An account whose keys were sealed by another installation."""
    settings.SECRET_KEY = "другой-ключ-установки"
    account = ChannelAccount.objects.get(pk=sms[0].pk)
    assert api.is_lost(account)
    return account, sms[1]


def test_nothing_is_sent_with_lost_keys_and_the_head_is_told_once(lost, want, drain, mila):
    account, transport = lost
    message = want(mila)
    for _ in range(2):
        drain(account)
    assert transport.ledger == [] and state(message)[0] == "queued"
    assert ChannelTrouble.objects.get().blame == "key"


def test_what_cannot_be_read_is_written_back_as_it_was(lost, settings):
    account, _ = lost
    former = settings.SECRET_KEY
    account.save()
    settings.SECRET_KEY_FALLBACKS = []
    assert api.is_lost(ChannelAccount.objects.get(pk=account.pk)) and former == settings.SECRET_KEY


def test_the_keys_are_entered_anew_and_the_channel_works(lost, clinic, want, drain, mila, actor, now):
    account, _ = lost
    hook = account.hook_hash
    account = api.save_account(
        clinic=clinic,
        provider=account.provider,
        title="SMS",
        values={"key": "новая"},
        account=account,
        actor=actor,
        now=now,
    )
    drain(account)
    message = want(mila)
    drain(account)
    assert state(message)[0] == "accepted" and account.hook_hash != hook
    assert account.is_on


def test_pages_open_and_say_what_to_do(lost, as_anton):
    account, _ = lost
    assert as_anton.get(reverse("desk:channels")).status_code == 200
    page = as_anton.get(reverse("desk:channel", args=[account.public_id]))
    assert page.status_code == 200 and "введите ключи заново" in page.content.decode()
    answer = as_anton.post(reverse("desk:channel-act", args=[account.public_id, "check"]), follow=True)
    assert "секретный ключ установки сменился" in answer.content.decode()
