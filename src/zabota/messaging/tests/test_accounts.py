"""Accounts of providers: their secrets, their webhooks, what the law asks of those abroad."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.kernel.audit import SYSTEM
from zabota.kernel.errors import BadInput
from zabota.messaging import api
from zabota.messaging.rules.transport import Channel

MINUTE = dt.timedelta(minutes=1)


def test_a_secret_of_an_account_is_kept_encrypted_and_survives_a_change_of_the_key(sms, clinic, actor, now, settings):
    from django.db import connection

    account, _ = sms
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM messaging_channelaccount")
        assert "тайна" not in repr(cursor.fetchall())
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "новый-ключ"
    account.refresh_from_db()
    assert account.values["key"] == "тайна"
    api.save_account(
        clinic=clinic, provider=account.provider, title="", values={"key": ""}, account=account, actor=SYSTEM, now=now
    )
    settings.SECRET_KEY_FALLBACKS = []
    account.refresh_from_db()
    assert api.account_view(account).values["key"] == "тайна", "an empty secret keeps the one that is there"


def test_a_webhook_is_found_by_its_token_and_by_no_other(sms):
    account, _phone = sms
    token = api.account_view(account).hook_token
    assert len(token) >= 22
    assert api.account_by_hook("fake_sms", token) == account
    assert api.account_by_hook("fake_sms", token[:-1]) is None
    assert api.account_by_hook("fake_email", token) is None


def test_a_provider_abroad_needs_the_day_of_the_notification(new_account, clinic, actor, now):
    with pytest.raises(BadInput, match="за границей"):
        new_account(Channel.TELEGRAM, is_foreign=True)
