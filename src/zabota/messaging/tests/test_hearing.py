"""Words of people: «стоп», conversations and answers, bots, the channel that a patient chose."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.kernel.models import Fact
from zabota.messaging import api
from zabota.messaging.handlers import open_addresses
from zabota.messaging.models import BotLink, Conversation
from zabota.messaging.rules.transport import Channel
from zabota.messaging.tests.conftest import state
from zabota.patients.api import consent_state
from zabota.patients.facts import ConsentGranted
from zabota.patients.models import Contact

MINUTE = dt.timedelta(minutes=1)


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
