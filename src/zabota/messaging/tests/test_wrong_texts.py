"""A text that cannot be written is the trouble of its own message: nothing else of anybody waits for it."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.messaging import api
from zabota.messaging.models import Decision, Receipt, Template, TemplateVersion
from zabota.messaging.rules.defaults import always_given
from zabota.messaging.rules.text import bare_names
from zabota.messaging.rules.transport import Channel, EventKind, InboundEvent, SendResult, Verdict, WebhookReply
from zabota.messaging.services import receiving, ticking
from zabota.messaging.services.templates import TextRefused, save_template
from zabota.messaging.tests.conftest import state

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def spoilt(clinic, texts, now):
    """The letter of the 48-hour reminder as it was saved before the editor looked at values."""
    template = Template.objects.get(clinic=clinic, key="reminder_48h")
    first = TemplateVersion.objects.get(template=template)
    return TemplateVersion.objects.create(
        template=template, n=2, texts={**first.texts, "": "{имя}, вас ждёт {врач}."}, subject="", fingerprint="x",
        created_at=now,
    )  # fmt: skip


@pytest.fixture
def both(new_account, email_of, mila, pyotr):
    email_of(mila, "mila@example.test")
    return new_account(Channel.SMS), new_account(Channel.EMAIL)


def test_a_text_without_its_value_ends_its_own_cascade_and_the_clock_goes_on(
    mila, pyotr, spoilt, both, want, drain, now
):
    (account, _), _ = both
    stuck = want(mila)
    drain(account)
    late = want(pyotr, expires_at=now + HOUR)
    api.tick(now=now + 2 * HOUR)
    assert state(stuck)[0] == "accepted"
    assert Decision.objects.get(message=stuck, reason="text_wrong").detail
    assert [each.template for each in api.troubles(stuck.clinic_id)] == [spoilt.template]
    assert state(late) == ("expired", "too_late")
    stuck.refresh_from_db()
    assert stuck.step_on_at is None


def test_answers_of_a_batch_are_kept_though_the_next_channel_has_no_words(mila, pyotr, spoilt, both, want, drain):
    (account, phone), _ = both
    refused, taken = want(mila), want(pyotr)
    phone.answer = lambda each: SendResult(
        each.key, Verdict.REFUSED if each.key == refused.idem_key else Verdict.ACCEPTED, provider_id=f"p-{each.key}"
    )
    drain(account)
    assert state(refused)[0] == "failed"
    assert state(taken)[0] == "accepted"


def test_a_receipt_that_cannot_be_applied_keeps_back_nobody_elses(mila, pyotr, sms, want, drain, now, monkeypatch):
    account, _ = sms
    one, other = want(mila), want(pyotr)
    drain(account)
    advance = receiving._advance

    def trip(message, *rest):
        if message.pk == one.pk:
            raise ValueError("a defect")
        advance(message, *rest)

    monkeypatch.setattr(receiving, "_advance", trip)
    told = [InboundEvent(event_id=each.idem_key, kind=EventKind.DELIVERED, at=now, key=each.idem_key) for each in (one, other)]  # fmt: skip
    api.receive(account=account, reply=WebhookReply(events=tuple(told)), now=now)
    assert api.apply_receipts(now=now) == 2
    assert state(one)[0] == "accepted"
    assert state(other)[0] == "delivered"
    assert Receipt.objects.get(key=one.idem_key).try_at > now
    api.apply_receipts(now=now + 2 * HOUR)
    assert Receipt.objects.get(key=one.idem_key).state == "orphan"


def test_one_broken_part_of_the_clock_does_not_stop_the_others(mila, sms, want, now, monkeypatch):
    late = want(mila, expires_at=now + HOUR)

    def trip(*_args, **_fields):
        raise ValueError("a defect")

    monkeypatch.setattr(ticking, "recover", trip)
    with pytest.raises(ValueError, match="a defect"):
        api.tick(now=now + 2 * HOUR)
    assert state(late) == ("expired", "too_late")


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("visit_booked", "Вас ждёт {врач}: {ссылка}"),
        ("reminder_48h", "Ждём вас до {до}: {ссылка}"),
        ("reminder_2h", "Ждём вас по адресу {адрес}: {ссылка}"),
        ("otp", "{имя}, код {код}"),
        ("care_check", "Как вы после {дата}? {ссылка}"),
    ],
)
def test_a_placeholder_that_a_message_may_not_get_is_refused_when_the_text_is_saved(
    clinic, texts, actor, now, key, text
):
    template = Template.objects.get(clinic=clinic, key=key)

    def save(words):
        return save_template(
            clinic=clinic, key=key, title=template.title, message_class=template.message_class,
            purpose=template.purpose, texts={"": words}, detail="d1", actor=actor, now=now,
        )  # fmt: skip

    with pytest.raises(TextRefused, match="может не быть"):
        save(text)
    first = min(bare_names(text) - (always_given(key) or frozenset()))
    assert save(text.replace(f"{{{first}}}", f"[{{{first}}}]"))
