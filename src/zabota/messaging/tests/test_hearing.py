"""What comes back: receipts in any order, words of people, «стоп», bots; and what the next channel does about it."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.kernel.audit import SYSTEM
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.kernel.models import Fact
from zabota.messaging import api
from zabota.messaging.handlers import open_addresses
from zabota.messaging.models import BotLink, Conversation, Message, Receipt, Turn
from zabota.messaging.rules.transport import Blame, Channel, EventKind, InboundEvent, WebhookReply
from zabota.messaging.services.tidying import tidy_messages
from zabota.messaging.tests.conftest import state
from zabota.patients.api import consent_state
from zabota.patients.facts import ConsentGranted
from zabota.patients.models import Contact

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def tell(now):
    """A provider tells something and the worker looks at it."""

    def run(account, kind, event_id="e1", at=None, **fields):
        event = InboundEvent(event_id=event_id, kind=EventKind(kind), at=at or now, **fields)
        new = api.receive(account=account, reply=WebhookReply(events=(event,)), now=at or now)
        api.apply_receipts(now=at or now)
        return new

    return run


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


@pytest.fixture
def both(mila, new_account, email_of):
    account, phone = new_account(Channel.SMS)
    mail_account, mail = new_account(Channel.EMAIL)
    email_of(mila, "mila@example.test")
    return account, phone, mail_account, mail


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


@pytest.mark.parametrize("word", ["СТОП", "стоп.", "Stop", "отписаться", "не пишите"])
def test_stop_ends_advertising_everywhere_and_is_confirmed_once(mila, both, want, drain, tell, allow_ads, word, now):
    account, phone, mail_account, _mail = both
    allow_ads(mila)
    adverts = [want(mila, "offer", channels=(channel,)) for channel in ("sms", "email")]
    tell(account, "inbound", "in-1", address="89161234567", text=word)
    tell(account, "inbound", "in-2", address="89161234567", text=word)
    drain(account)
    drain(mail_account)
    assert [state(each) for each in adverts] == [("suppressed", "stopped")] * 2
    assert phone.texts() == ["Больше не пришлём рекламу. О визитах напомним. «Улыбка»"]
    assert not consent_state(mila, "advertising", "email").allowed
    assert Fact.objects.filter(kind="messaging.opted_out").exists()
    late = want(mila, at=now + MINUTE)
    drain(account, now + MINUTE)
    assert state(late)[0] == "accepted", "reminders of visits go on"


def test_a_stop_that_asks_for_a_call_ends_advertising_and_waits_for_an_answer(mila, sms, tell, allow_ads):
    account, _ = sms
    allow_ads(mila)
    phone = Contact.objects.get(patient=mila, kind="phone").value
    tell(account, "inbound", address=phone, text="Не надо писать, позвоните")
    assert not consent_state(mila, "advertising").allowed
    talk = Conversation.objects.get()
    assert (talk.state, talk.unread) == ("open", 1)
    assert Fact.objects.filter(kind="messaging.person_wrote").exists()


def test_whoever_signs_for_advertising_after_a_stop_in_a_bot_is_written_to_there_again(
    mila, new_account, tell, allow_ads, bot_of, want, drain, now
):
    account, _ = new_account(Channel.MAX)
    bot_of(mila, account, "max-7")
    allow_ads(mila)
    tell(account, "inbound", address="max-7", text="стоп")
    consent = allow_ads(mila, at=now + MINUTE)
    open_addresses(
        ConsentGranted(
            clinic_id=mila.clinic_id, patient_id=mila.pk, consent_id=consent.pk, purpose="advertising", channel=""
        )
    )
    advert = want(mila, "offer", channels=(Channel.MAX,), at=now + 2 * MINUTE)
    drain(account, now + 2 * MINUTE)
    assert state(advert)[0] == "accepted"


def test_stop_from_a_familys_phone_counts_for_everybody_who_has_it(clinic, mila, new_patient, sms, tell, allow_ads):
    account, _ = sms
    son = new_patient(clinic, "Кузнецов Егор Ильич", phone="+79161234567")
    allow_ads(mila)
    allow_ads(son)
    tell(account, "inbound", address="+79161234567", text="стоп")
    assert not consent_state(mila, "advertising", "sms").allowed
    assert not consent_state(son, "advertising", "sms").allowed


def test_a_complaint_about_a_letter_is_a_stop_without_a_question(mila, both, want, drain, tell, allow_ads):
    _account, phone, mail_account, _mail = both
    allow_ads(mila)
    advert = want(mila, "offer", channels=("email",))
    drain(mail_account)
    tell(mail_account, "complaint", key=advert.idem_key)
    assert not consent_state(mila, "advertising", "sms").allowed
    assert phone.ledger == []


def test_words_become_a_conversation_with_the_patient_beside_it(mila, sms, tell, clinic, now):
    account, _ = sms
    tell(account, "inbound", "a", address="+79161234567", text="Можно прийти на час раньше?")
    tell(account, "inbound", "b", address="+79161234567", text="И с дочкой", attachments=(("photo", "f1"),))
    conversation = api.inbox(clinic_id=clinic.pk).get()
    assert (conversation.patient_id, conversation.unread) == (mila.pk, 2)
    assert [turn.text for turn in api.turns_of(conversation)] == ["Можно прийти на час раньше?", "И с дочкой"]
    facts = Fact.objects.filter(kind="messaging.person_wrote").order_by("id")
    assert [fact.payload["has_attachments"] for fact in facts] == [False, True]


def test_a_familys_phone_tells_nobody_apart(clinic, mila, new_patient, sms, tell):
    account, _ = sms
    new_patient(clinic, "Кузнецов Егор Ильич", phone="+79161234567")
    tell(account, "inbound", address="+79161234567", text="Добрый день")
    assert Conversation.objects.get().patient is None


def test_an_answer_leaves_once_however_often_the_button_is_pressed(mila, sms, tell, drain, actor, now):
    account, phone = sms
    tell(account, "inbound", address="+79161234567", text="Вы работаете в субботу?")
    conversation = Conversation.objects.get()
    first = api.reply(conversation=conversation, text="Да, с девяти.", key="k1", actor=actor, now=now)
    again = api.reply(conversation=conversation, text="Да, с девяти.", key="k1", actor=actor, now=now)
    drain(account)
    assert first.pk == again.pk
    assert phone.texts() == ["Да, с девяти."]
    conversation.refresh_from_db()
    assert (conversation.unread, conversation.waiting_since_at) == (0, None)


def test_an_answer_may_come_at_night_when_the_person_asked(mila, sms, tell, drain, actor, now):
    account, phone = sms
    night = now + dt.timedelta(hours=13)
    tell(account, "inbound", address="+79161234567", text="Болит", at=night)
    api.reply(conversation=Conversation.objects.get(), text="Звоните 103", key="k", actor=actor, now=night)
    drain(account, night)
    assert phone.texts() == ["Звоните 103"]


def test_an_empty_or_endless_answer_is_refused_with_a_sentence(mila, sms, tell, actor, now):
    account, _ = sms
    tell(account, "inbound", address="+79161234567", text="?")
    conversation = Conversation.objects.get()
    with pytest.raises(BadInput, match="Напишите ответ"):
        api.reply(conversation=conversation, text="  ", key="k", actor=actor, now=now)
    with pytest.raises(BadInput, match="длиннее 670"):
        api.reply(conversation=conversation, text="я" * 700, key="k", actor=actor, now=now)


def test_a_conversation_is_given_closed_and_opened_by_the_next_word(mila, sms, tell, vera, actor, clinic, now):
    account, _ = sms
    tell(account, "inbound", "a", address="+79161234567", text="Спасибо")
    conversation = Conversation.objects.get()
    api.assign(conversation=conversation, member=vera, actor=actor, now=now)
    api.close_conversation(conversation=conversation, actor=actor, now=now)
    with pytest.raises(AlreadyDone):
        api.close_conversation(conversation=conversation, actor=actor, now=now)
    assert not api.inbox(clinic_id=clinic.pk).exists()
    tell(account, "inbound", "b", address="+79161234567", text="Ещё вопрос")
    assert api.inbox(clinic_id=clinic.pk, member=vera).get().pk == conversation.pk
    assert api.inbox_counts(clinic_id=clinic.pk, member=vera) == {"all": 1, "mine": 1, "free": 0}


def test_a_bot_is_bound_by_a_fresh_token_of_ours_and_by_nothing_else(mila, pyotr, new_account, tell, now):
    account, _ = new_account(Channel.MAX)
    token = api.bot_invite(patient=mila, account=account, now=now)
    tell(account, "started", "a", address="501", payload="угаданный")
    assert api.patient_at(account, "501") is None
    tell(account, "started", "b", address="501", payload=token)
    assert api.patient_at(account, "501") == mila
    tell(account, "started", "c", address="999", payload=token)
    assert api.patient_at(account, "999") is None, "a token is used once"
    late = api.bot_invite(patient=pyotr, account=account, now=now)
    tell(account, "started", "d", address="777", payload=late, at=now + 16 * MINUTE)
    assert api.patient_at(account, "777") is None


def test_whoever_opened_the_bot_is_written_to_there_first(mila, new_account, want, drain, bot_of):
    account, phone = new_account(Channel.SMS)
    max_account, bot = new_account(Channel.MAX)
    bot_of(mila, max_account, "501")
    want(mila)
    drain(max_account)
    drain(account)
    assert [each.address for each in bot.ledger] == ["501"]
    assert phone.ledger == []


def test_a_stopped_bot_is_left_in_peace_until_it_is_let_in_again(mila, new_account, want, drain, tell, bot_of):
    account, phone = new_account(Channel.SMS)
    max_account, bot = new_account(Channel.MAX)
    bot_of(mila, max_account, "501")
    tell(max_account, "stopped", "a", address="501")
    assert BotLink.objects.get().state == "stopped"
    want(mila)
    drain(account)
    assert len(phone.ledger) == 1
    tell(max_account, "allowed", "b", address="501")
    want(mila)
    drain(max_account)
    assert len(bot.ledger) == 1


def test_the_channel_a_patient_chose_goes_first_and_may_say_more(mila, both, want, drain, actor, now):
    account, phone, mail_account, mail = both
    api.choose_channel(patient=mila, channel="email", is_preferred=True, detailed=True, actor=actor, now=now)
    wanted = {"врач": "Соколова М. В.", "услуга": "осмотр", "подготовка": "Возьмите снимки."}
    from zabota.messaging.tests.conftest import VALUES

    want(mila)
    message = api.NewMessage(
        template_key="before_visit", idem_key="b", not_before_at=now, patient_id=mila.pk, context=VALUES | wanted
    )
    api.enqueue(clinic_id=mila.clinic_id, message=message, now=now)
    drain(account)
    drain(mail_account)
    assert phone.ledger == []
    assert "Соколова М. В." in mail.texts()[1]


def test_a_familys_address_never_says_more(clinic, mila, new_patient, both, drain, actor, now, texts):
    _account, _phone, mail_account, mail = both
    from zabota.messaging.tests.conftest import VALUES

    son = new_patient(clinic, "Кузнецов Егор Ильич")
    Contact.objects.create(patient=son, clinic=clinic, kind="email", value="mila@example.test")
    api.choose_channel(patient=mila, channel="email", is_preferred=True, detailed=True, actor=actor, now=now)
    context = VALUES | {"врач": "Соколова М. В."}
    message = api.NewMessage(
        template_key="before_visit", idem_key="b", not_before_at=now, patient_id=mila.pk, context=context
    )
    api.enqueue(clinic_id=clinic.pk, message=message, now=now)
    drain(mail_account)
    assert "Соколова" not in mail.texts()[0]


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
