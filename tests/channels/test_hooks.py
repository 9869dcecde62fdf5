"""What providers call back with: signed, forged, changed, replayed, misshapen, too large, and to nobody's address."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.channels.contenders import CONTENDERS, Contender
from tests.emulator.faces import CallBack, Taken
from tests.emulator.server import BY_NAME
from zabota.clinic.models import Clinic
from zabota.kernel.audit import SYSTEM
from zabota.kernel.scope import every_clinic
from zabota.messaging.api import account_view, save_account
from zabota.messaging.models import ChannelAccount, Receipt
from zabota.webapi import rates

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
AT = NOW.timestamp()
ACTOR = SYSTEM


@pytest.fixture(autouse=True)
def quiet_rates() -> None:
    rates._buckets.clear()


def _account(contender: Contender, name: str = "Улыбка") -> ChannelAccount:
    clinic, _ = Clinic.objects.get_or_create(name=name, defaults={"time_zone": "Europe/Moscow"})
    return save_account(clinic=clinic, provider=contender.name, title="", values=contender.values, actor=ACTOR, now=NOW)


def _secret(contender: Contender, account: ChannelAccount) -> str:
    """What this provider signs with: a secret of its own, or the one that we gave it."""
    if contender.name in ("smsru", "whatsapp", "viber"):
        return contender.signs_with
    return account_view(account).hook_secret


def _call_of(contender: Contender, secret: str, *, number: str = "1000001", address: str = "79160000123") -> CallBack:
    """A receipt, or what a person wrote where a provider tells no receipts."""
    face, message = BY_NAME[contender.name], Taken(address, "т", "key-1", number)
    call = face.receipt(message, "delivered", AT, secret) or face.writes(message, "СТОП", AT, secret)
    assert call is not None
    return call


def _post(account: ChannelAccount, call: CallBack, **changed: object):
    url = f"/api/hooks/{account.provider}/{account_view(account).hook_token}"
    if call.query:
        url += f"?{urlencode(call.query)}"
    headers = dict(call.headers)
    kind = str(changed.pop("content_type", headers.pop("Content-Type", "application/json")))
    body = changed.pop("body", call.body)
    return Client(enforce_csrf_checks=True).post(url, body, content_type=kind, headers=headers)


def _kept() -> int:
    with every_clinic(reason="test"):
        return Receipt.objects.count()


@pytest.fixture(params=CONTENDERS, ids=lambda each: each.name)
def contender(request: pytest.FixtureRequest) -> Contender:
    return request.param


def test_a_signed_call_is_kept_and_answered(contender) -> None:
    account = _account(contender)
    answer = _post(account, _call_of(contender, _secret(contender, account)))
    assert answer.status_code == 200
    assert answer.content == (b"100" if contender.name == "smsru" else b"ok")
    assert _kept() == 1


def test_a_replayed_call_changes_nothing_and_is_answered_the_same(contender) -> None:
    account = _account(contender)
    call = _call_of(contender, _secret(contender, account))
    answers = [_post(account, call) for _ in range(3)]
    assert {(each.status_code, each.content) for each in answers} == {(200, answers[0].content)}
    assert _kept() == 1


def test_a_forged_call_is_refused_before_it_is_read(contender) -> None:
    account = _account(contender)
    assert _post(account, _call_of(contender, "somebody else")).status_code == 403
    assert _kept() == 0


def test_a_call_without_a_signature_is_refused(contender) -> None:
    account = _account(contender)
    answer = _post(account, CallBack(b'{"type":"message_new","group_id":4242,"event_id":"e","object":{}}'))
    assert answer.status_code == 403
    assert _kept() == 0


@pytest.mark.parametrize("name", ["smsc", "smsru", "whatsapp", "viber"])
def test_a_right_signature_over_a_changed_body_is_refused(name) -> None:
    contender = next(each for each in CONTENDERS if each.name == name)
    account = _account(contender)
    call = _call_of(contender, _secret(contender, account))
    changed = call.body.replace(b"1000001", b"1000002")
    assert changed != call.body
    assert _post(account, call, body=changed).status_code == 403
    assert _kept() == 0


def test_the_secret_of_another_clinic_opens_nothing(contender) -> None:
    if contender.name in ("smsru", "whatsapp", "viber"):
        pytest.skip("signed with the key of the provider's account: the same in this test")
    ours, theirs = _account(contender), _account(contender, "Здоровье")
    assert _post(ours, _call_of(contender, _secret(contender, theirs))).status_code == 403
    assert _kept() == 0


def test_the_kind_of_content_that_a_caller_claims_changes_nothing(contender) -> None:
    account = _account(contender)
    call = _call_of(contender, _secret(contender, account))
    assert _post(account, call, content_type="text/plain").status_code == 200
    assert _kept() == 1


def test_nobodys_address_and_no_such_provider_are_404(contender) -> None:
    account = _account(contender)
    token = account_view(account).hook_token
    for url in (f"/api/hooks/{contender.name}/guess", f"/api/hooks/nobody/{token}", f"/api/hooks/max2/{token}"):
        assert Client().post(url, b"{}", content_type="application/json").status_code == 404
    others = "vk" if contender.name != "vk" else "max"
    assert Client().post(f"/api/hooks/{others}/{token}", b"{}", content_type="text/plain").status_code == 404


def test_a_body_of_ten_megabytes_is_refused_unread(contender) -> None:
    account = _account(contender)
    call = _call_of(contender, _secret(contender, account))
    assert _post(account, call, body=b" " * (10 * 1024 * 1024)).status_code == 413
    assert _kept() == 0


def test_get_changes_nothing(contender) -> None:
    account = _account(contender)
    url = f"/api/hooks/{contender.name}/{account_view(account).hook_token}"
    assert Client().get(url).status_code == (403 if contender.name == "whatsapp" else 405)
    assert Client().head(url).status_code == 405
    assert _kept() == 0


def test_a_flood_is_slowed_down(contender, monkeypatch) -> None:
    monkeypatch.setattr(rates.may_call, "__kwdefaults__", {"per_second": 0.001, "at_once": 2.0})
    account = _account(contender)
    call = _call_of(contender, _secret(contender, account))
    answers = [_post(account, call).status_code for _ in range(4)]
    assert answers == [200, 200, 429, 429]


def test_whatsapp_shakes_hands_only_with_whom_it_knows() -> None:
    contender = next(each for each in CONTENDERS if each.name == "whatsapp")
    account = _account(contender)
    view = account_view(account)
    url = f"/api/hooks/whatsapp/{view.hook_token}"
    question = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    assert Client().get(url, {**question, "hub.verify_token": "guess"}).status_code == 403
    answer = Client().get(url, {**question, "hub.verify_token": view.hook_secret})
    assert (answer.status_code, answer.content) == (200, b"1158201444")
    assert answer["Content-Type"] == "text/plain"


def test_vk_gets_its_string_of_confirmation() -> None:
    contender = next(each for each in CONTENDERS if each.name == "vk")
    account = _account(contender)
    answer = _post(account, CallBack(b'{"type":"confirmation","group_id":4242}'))
    assert (answer.status_code, answer.content) == (200, b"c0nf1rm")
    assert _post(account, CallBack(b'{"type":"confirmation","group_id":1}')).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"update_id":"x"}',
        b"[" * 50_000,
        b'{"update_id":1,"message":{"chat":7}}',
        b"\xff\xfe",
    ],
    ids=["empty", "list", "null", "cut", "no number", "deep", "odd", "noise"],
)
def test_a_signed_body_that_is_no_message_hurts_nothing(body) -> None:
    contender = next(each for each in CONTENDERS if each.name == "telegram")
    account = _account(contender)
    secret = account_view(account).hook_secret
    answer = _post(account, CallBack(body, {"X-Telegram-Bot-Api-Secret-Token": secret}))
    assert answer.status_code in (200, 400)
    assert _kept() == 0


def test_a_foreign_contact_card_is_not_taken_for_the_senders_own() -> None:
    """Somebody shares the card of another person: it proves nothing (a bot is bound by its own link only)."""
    contender = next(each for each in CONTENDERS if each.name == "telegram")
    account = _account(contender)
    secret = account_view(account).hook_secret
    body = (
        b'{"update_id":5,"message":{"date":1795338000,"chat":{"id":7,"type":"private"},"from":{"id":7},'
        b'"contact":{"phone_number":"79160000001","user_id":%d}}}'
    )
    assert _post(account, CallBack(body % 8, {"X-Telegram-Bot-Api-Secret-Token": secret})).status_code == 200
    with every_clinic(reason="test"):
        assert Receipt.objects.get().attachments == [["contact_unproven", ""]]
