"""Receipts in any order, and what the next channel does when one does not come; what is kept of both."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.kernel.models import Fact
from zabota.messaging import api
from zabota.messaging.models import Message, Receipt, Turn
from zabota.messaging.rules.transport import Blame, Channel, EventKind, InboundEvent, WebhookReply
from zabota.messaging.services.tidying import tidy_messages
from zabota.messaging.tests.conftest import state

MINUTE = dt.timedelta(minutes=1)


def test_a_receipt_moves_a_message_forward_and_never_back(mila, sms, want, drain, tell):
    account, _ = sms
    message = want(mila)
    drain(account)
    tell(account, "delivered", "a", provider_id=message.provider_id or f"p-{message.idem_key}")
    assert state(message)[0] == "delivered"
    tell(account, "sent", "b", key=message.idem_key)
    tell(account, "failed", "c", key=message.idem_key)
    assert state(message)[0] == "delivered"
    tell(account, "read", "d", key=message.idem_key)
    assert state(message)[0] == "read"


def test_the_same_receipt_told_twice_is_kept_once(mila, sms, want, drain, tell):
    account, _ = sms
    message = want(mila)
    drain(account)
    assert tell(account, "delivered", key=message.idem_key) == 1
    assert tell(account, "delivered", key=message.idem_key) == 0
    assert Receipt.objects.count() == 1


def test_a_receipt_that_comes_before_our_own_note_is_not_lost(mila, sms, want, drain, tell, now):
    account, _phone = sms
    message = want(mila)
    tell(account, "delivered", provider_id=f"p-{message.idem_key}")
    assert Receipt.objects.get().state == "waiting"
    drain(account)
    api.apply_receipts(now=now + MINUTE)
    assert state(message)[0] == "delivered"


def test_a_receipt_of_a_message_that_is_not_ours_is_laid_aside(sms, tell, now):
    account, _ = sms
    tell(account, "delivered", provider_id="чужой")
    api.apply_receipts(now=now + dt.timedelta(hours=2))
    assert Receipt.objects.get().state == "orphan"


def test_a_receipt_of_another_account_changes_nothing(mila, new_account, want, drain, tell):
    account, _ = new_account(Channel.SMS)
    other, _ = new_account(Channel.EMAIL)
    message = want(mila)
    drain(account)
    tell(other, "failed", key=message.idem_key)
    assert state(message)[0] == "accepted"


def test_without_a_delivery_in_time_the_next_channel_says_it(mila, both, want, drain, now):
    account, _phone, mail_account, mail = both
    message = want(mila)
    drain(account)
    api.tick(now=now + 29 * MINUTE)
    drain(mail_account, now + 29 * MINUTE)
    assert mail.ledger == []
    api.tick(now=now + 30 * MINUTE)
    api.tick(now=now + 31 * MINUTE)
    drain(mail_account, now + 31 * MINUTE)
    assert [each.key for each in mail.ledger] == [f"{message.idem_key}:1"]
    assert "Здравствуйте, Мила Андреевна." in mail.texts()[0]
    assert mail.ledger[0].subject == "Ждём вас 25.11 в 10:00"


def test_a_letter_that_was_taken_is_not_said_again_through_another_channel(
    mila, new_account, want, drain, email_of, tell, now
):
    mail_account, mail = new_account(Channel.EMAIL, confirms_delivery=False)
    account, phone = new_account(Channel.SMS)
    email_of(mila, "mila@example.test")
    message = want(mila, channels=(Channel.EMAIL, Channel.SMS, Channel.CALL))
    drain(mail_account)
    later = now + dt.timedelta(hours=2)
    api.tick(now=later)
    drain(account, at=later)
    assert (len(mail.ledger), phone.calls, Message.objects.count()) == (1, 0, 1)
    tell(mail_account, "failed", at=later, key=message.idem_key, blame=Blame.BAD_ADDRESS)
    drain(account, at=later)
    assert phone.calls == 1  # what came back goes on at once


def test_a_late_success_takes_back_the_step_that_still_waits(mila, both, want, drain, tell, now):
    account, _phone, mail_account, mail = both
    message = want(mila)
    drain(account)
    api.tick(now=now + 30 * MINUTE)
    tell(account, "delivered", key=message.idem_key, at=now + 31 * MINUTE)
    drain(mail_account, now + 32 * MINUTE)
    assert mail.ledger == []
    assert state(Message.objects.get(step=1)) == ("void", "delivered_before")


def test_a_failed_receipt_goes_on_at_once(mila, both, want, drain, tell):
    account, _phone, mail_account, mail = both
    message = want(mila)
    drain(account)
    tell(account, "failed", key=message.idem_key, blame=Blame.OPERATOR_BLOCKED)
    drain(mail_account)
    assert len(mail.ledger) == 1


def test_when_no_channel_is_left_a_person_is_asked_to_call(mila, sms, want, drain, tell, now):
    account, _ = sms
    message = want(mila, subject=api.SubjectRef("visit", 7, 1))
    drain(account)
    tell(account, "failed", key=message.idem_key)
    api.tick(now=now + MINUTE)
    api.tick(now=now + 2 * MINUTE)
    fact = Fact.objects.get(kind="messaging.call_needed")
    assert (fact.payload["patient_id"], fact.payload["subject_id"], fact.payload["purpose"]) == (mila.pk, 7, "reminder")


def test_nobody_is_called_about_a_visit_that_moved_meanwhile(mila, sms, want, drain, tell, now):
    account, _ = sms
    message = want(mila, subject=api.SubjectRef("visit", 7, 1))
    drain(account)
    tell(account, "failed", key=message.idem_key)
    api.register_guard("visit", lambda refs, *, now: dict.fromkeys(refs, "Визит отменён"))
    api.tick(now=now + MINUTE)
    assert not Fact.objects.filter(kind="messaging.call_needed").exists()


def test_a_message_that_could_not_leave_in_time_does_not_follow_its_replacement(mila, both, want, drain, now):
    account, phone, mail_account, mail = both
    message = want(mila)
    account.open_until_at = now + dt.timedelta(hours=2)
    account.save()
    api.tick(now=now + 31 * MINUTE)
    drain(mail_account, now + 31 * MINUTE)
    drain(account, now + dt.timedelta(hours=3))
    assert state(message) == ("failed", "channel_down")
    assert (len(mail.ledger), len(phone.ledger)) == (1, 0)


def test_after_an_outage_old_reminders_do_not_become_a_burst(mila, sms, want, now):
    account, _phone = sms
    account.open_until_at = now + dt.timedelta(hours=9)
    account.save()
    message = want(mila, expires_at=now + dt.timedelta(minutes=20))
    api.tick(now=now + dt.timedelta(minutes=20))
    assert state(message) == ("expired", "too_late")


def test_a_channel_switched_off_hands_over_what_waits(mila, both, want, drain, actor, now):
    account, _phone, mail_account, mail = both
    message = want(mila)
    api.switch_account(account=account, is_on=False, actor=actor, now=now)
    api.tick(now=now)
    drain(mail_account)
    assert state(message) == ("suppressed", "channel_off")
    assert len(mail.ledger) == 1


def test_what_is_no_longer_needed_is_taken_back(mila, sms, want, drain, clinic, now):
    account, _phone = sms
    old, new = (want(mila, subject=api.SubjectRef("visit", 7, revision)) for revision in (1, 2))
    taken = api.void_for(clinic_id=clinic.pk, subject_kind="visit", subject_id=7, below_revision=2, now=now)
    drain(account)
    assert taken == 1
    assert [state(old), state(new)] == [("void", "voided"), ("accepted", "sent")]


def test_old_texts_are_hashed_and_old_events_go(mila, sms, want, drain, tell, now):
    account, _ = sms
    message, code = want(mila), want(mila, "otp")
    drain(account)
    tell(account, "delivered", key=message.idem_key)
    tell(account, "inbound", "in", address="+79161234567", text="Спасибо")
    tidy_messages(now=now + dt.timedelta(days=2))
    code.refresh_from_db()
    message.refresh_from_db()
    assert code.text.startswith("sha256:")
    assert message.text.startswith("Ждём")
    done = tidy_messages(now=now + dt.timedelta(days=366))
    message.refresh_from_db()
    assert message.text.startswith("sha256:")
    assert message.context == {}
    assert (Receipt.objects.count(), Turn.objects.get().text) == (0, "")
    assert done["journal"] == 0
    tidy_messages(now=now + dt.timedelta(days=3 * 366))
    assert Message.objects.count() == 0


def test_nobody_is_asked_to_call_because_of_a_code_or_an_offer(mila, sms, want):
    for message in (want(mila, "otp"), want(mila, "offer")):
        assert "call" not in message.plan


@pytest.mark.parametrize("payload", ["cancel:1", "confirm:1", '{"patient_id": 1, "action": "cancel"}', "1", "x" * 1000])
def test_a_payload_that_a_stranger_makes_up_changes_nothing(mila, sms, want, now, payload):
    """T1: what a button of a bot carries is data; whose it is follows from the account, not from the payload."""
    account, _ = sms
    message = want(mila)
    event = InboundEvent(event_id="p1", kind=EventKind.PRESSED, address="+79990000000", payload=payload, at=now)
    api.receive(account=account, reply=WebhookReply(events=(event,)), now=now)
    api.apply_receipts(now=now)
    assert state(message)[0] == "queued"
    told = Fact.objects.get(kind="messaging.button_pressed").payload
    assert told["patient_id"] is None and told["message_id"] is None
