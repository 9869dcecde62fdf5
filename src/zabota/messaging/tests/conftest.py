"""Fixtures of the tests of messages, on top of the cast: a clinic that sends, at a quarter past noon in Moscow."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.messaging import api
from zabota.messaging.models import BotLink, Message
from zabota.messaging.rules.transport import Channel, EventKind, InboundEvent, WebhookReply
from zabota.messaging.rules.wanted import NewMessage
from zabota.messaging.services import registry
from zabota.messaging.tests.fakes import FakeTransport
from zabota.patients.api import Proof, ensure_consent_texts, grant_consent
from zabota.patients.models import Contact


@pytest.fixture
def now():
    """A Friday, 12:15 in Moscow."""
    return dt.datetime(2026, 11, 20, 9, 15, tzinfo=dt.UTC)


@pytest.fixture
def clinic(in_clinic):
    return in_clinic


@pytest.fixture(autouse=True)
def own_registry(monkeypatch):
    """Providers and guards of one test are not another's."""
    monkeypatch.setattr(registry, "_transports", {})
    monkeypatch.setattr(registry, "_guards", {})


@pytest.fixture
def new_account(clinic, actor, now):
    """Switches a channel on: `new_account(Channel.SMS)` answers (account, transport)."""

    def make(channel=Channel.SMS, *, price=400, **traits):
        transport = FakeTransport(channel, **traits)
        api.register_transport(transport)
        account = api.save_account(
            clinic=clinic,
            provider=transport.traits.provider,
            title=f"Канал {channel.value}",
            values={"key": "тайна"},
            price_kopecks=price if channel is Channel.SMS else 0,
            actor=actor,
            now=now,
        )
        api.switch_account(account=account, is_on=True, actor=actor, now=now)
        return account, transport

    return make


@pytest.fixture
def sms(new_account):
    return new_account(Channel.SMS)


@pytest.fixture
def texts(clinic, now):
    api.ensure_templates(clinic=clinic, now=now)
    api.ensure_rules(clinic_id=clinic.pk)


@pytest.fixture
def consent_texts(clinic, actor, now):
    return ensure_consent_texts(clinic=clinic, actor=actor, now=now)


@pytest.fixture
def allow_ads(consent_texts, actor, now):
    """Signs for advertising on paper."""

    def sign(patient, channel="", at=None):
        return grant_consent(
            patient=patient,
            purpose="advertising",
            channel=channel,
            proof=Proof(signature="paper", document="№ 7"),
            actor=actor,
            now=at or now - dt.timedelta(days=1),
        )

    return sign


@pytest.fixture
def email_of():
    """Adds a mailbox to a card."""

    def add(patient, address):
        return Contact.objects.create(
            patient=patient, clinic_id=patient.clinic_id, kind=Contact.Kind.EMAIL, value=address
        )

    return add


@pytest.fixture
def bot_of(now):
    """Binds a messenger to a card."""

    def add(patient, account, external_id):
        return BotLink.objects.create(
            clinic_id=patient.clinic_id,
            patient=patient,
            account=account,
            channel=account.channel,
            external_id=external_id,
            state=BotLink.State.ACTIVE,
            created_at=now,
            changed_at=now,
        )

    return add


@pytest.fixture
def both(mila, new_account, email_of):
    """SMS and mail, and Mila has both."""
    account, phone = new_account(Channel.SMS)
    mail_account, mail = new_account(Channel.EMAIL)
    email_of(mila, "mila@example.test")
    return account, phone, mail_account, mail


@pytest.fixture
def tell(now):
    """A provider tells something and the worker looks at it."""

    def run(account, kind, event_id="e1", at=None, **fields):
        event = InboundEvent(event_id=event_id, kind=EventKind(kind), at=at or now, **fields)
        new = api.receive(account=account, reply=WebhookReply(events=(event,)), now=at or now)
        api.apply_receipts(now=at or now)
        return new

    return run


VALUES = {
    "дата": "25.11",
    "день": "среда",
    "время": "10:00",
    "ссылка": "k.ru/a7Fq2x",
    "отписка": "k.ru/u/a7Fq2x",
    "код": "482913",
    "до": "18:00",
    "визиты": "10:00 и 11:30",
}


@pytest.fixture
def want(clinic, texts, now):
    """Puts a message into the outbox: `want(mila, "reminder_48h", expires_at=…)`."""

    def put(patient, key="reminder_48h", *, idem=None, at=None, **fields):
        count = Message.objects.count()
        wanted = NewMessage(
            template_key=key,
            idem_key=idem or f"{key}:{patient.pk if patient else 0}:{count}",
            not_before_at=at or now,
            patient_id=patient.pk if patient else None,
            context=VALUES,
            **fields,
        )
        return api.enqueue(clinic_id=clinic.pk, message=wanted, now=at or now)

    return put


@pytest.fixture
def drain(now):
    """Drains an account at an instant."""

    def run(account, at=None, **fields):
        return api.drain(account_id=account.pk, now=lambda: at or now, **fields)

    return run


def state(message):
    """State and reason as they are now."""
    message.refresh_from_db()
    return message.state, message.reason
