"""A message on its way: through the gate, to the provider, back as a state; nothing twice, nothing lost."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.kernel.errors import BadInput
from zabota.kernel.models import Fact
from zabota.messaging import api
from zabota.messaging.models import ChannelTrouble, Decision, Message
from zabota.messaging.rules.transport import Blame, Channel, SendResult, Verdict
from zabota.messaging.tests.conftest import state
from zabota.patients.models import Contact

MINUTE = dt.timedelta(minutes=1)


def test_a_reminder_reaches_the_phone_with_its_reason_kept(mila, sms, want, drain):
    account, phone = sms
    message = want(mila)
    drain(account)
    assert state(message) == ("accepted", "sent")
    assert phone.texts() == ["Ждём вас 25.11 в 10:00, «Улыбка». Ответить: k.ru/a7Fq2x"]
    assert phone.ledger[0].address == "+79161234567"
    assert (message.provider_id, message.parts, message.cost_kopecks) == (f"p-{message.idem_key}", 1, 400)
    assert [(each.outcome, each.reason) for each in message.decisions.all()] == [("send", "sent")]
    assert phone.released == 1


def test_the_same_key_is_the_same_message_for_ever(mila, sms, want, drain):
    account, phone = sms
    first = want(mila, idem="visit:7:48h")
    drain(account)
    assert want(mila, idem="visit:7:48h").pk == first.pk
    drain(account)
    assert len(phone.ledger) == 1


def test_nothing_leaves_before_its_time(mila, sms, want, drain, now):
    account, phone = sms
    message = want(mila, at=now + 30 * MINUTE)
    drain(account, now + 29 * MINUTE)
    assert phone.ledger == []
    drain(account, now + 30 * MINUTE)
    assert state(message) == ("accepted", "sent")


def test_a_value_that_the_text_needs_must_be_given(mila, sms, clinic, texts, now):
    wanted = api.NewMessage(template_key="reminder_48h", idem_key="x", not_before_at=now, patient_id=mila.pk)
    with pytest.raises(BadInput, match=r"нет значения \{дата\}"):
        api.enqueue(clinic_id=clinic.pk, message=wanted, now=now)
    assert not Message.objects.exists()


def test_many_messages_are_put_in_with_few_queries(mila, sms, clinic, texts, now, django_assert_max_num_queries):
    from zabota.messaging.tests.conftest import VALUES

    wanted = [
        api.NewMessage(
            template_key="reminder_48h", idem_key=f"m{n}", not_before_at=now, patient_id=mila.pk, context=VALUES
        )
        for n in range(300)
    ]
    with django_assert_max_num_queries(30):
        assert api.enqueue_many(clinic_id=clinic.pk, messages=wanted, now=now) == 300
    assert api.enqueue_many(clinic_id=clinic.pk, messages=wanted, now=now) == 0


def test_a_patient_without_any_address_is_kept_with_the_reason(clinic, new_patient, sms, want):
    silent = new_patient(clinic, "Тихий Иван Иванович")
    message = want(silent)
    assert state(message) == ("suppressed", "no_address")
    assert api.why(silent.pk)[0].words == "У пациента нет адреса для этого канала"


def test_the_provider_asks_to_come_again_and_the_same_key_comes(mila, sms, want, drain, now):
    account, phone = sms
    taken = phone.answer
    phone.answer = lambda each: SendResult(each.key, Verdict.LATER, retry_after=90)
    message = want(mila)
    drain(account)
    assert state(message) == ("queued", "later")
    assert message.not_before_at >= now + dt.timedelta(seconds=90)
    phone.answer = taken
    drain(account, now + 5 * MINUTE)
    assert state(message) == ("accepted", "sent")
    assert phone.ledger[0].attempt == 1


def test_what_would_come_after_the_visit_is_dropped_not_sent_late(mila, sms, want, drain, now):
    account, phone = sms
    phone.answer = lambda each: SendResult(each.key, Verdict.LATER)
    message = want(mila, expires_at=now + dt.timedelta(seconds=8))
    drain(account)
    assert state(message) == ("expired", "too_late")


def test_an_answer_that_never_came_is_unknown_and_goes_once_through_the_next_channel(
    mila, new_account, want, drain, email_of
):
    account, phone = new_account(Channel.SMS, drops_repeats=False)
    mail_account, mail = new_account(Channel.EMAIL)
    email_of(mila, "mila@example.test")
    phone.answer = lambda each: SendResult(each.key, Verdict.UNKNOWN)
    message = want(mila)
    drain(account)
    drain(account)
    assert state(message) == ("unknown", "unknown")
    assert phone.calls == 1
    drain(mail_account)
    drain(mail_account)
    assert [each.address for each in mail.ledger] == ["mila@example.test"]


def test_advertising_of_which_nobody_knows_is_not_said_again(mila, new_account, want, drain, email_of, allow_ads):
    account, phone = new_account(Channel.SMS, drops_repeats=False)
    mail_account, mail = new_account(Channel.EMAIL)
    email_of(mila, "mila@example.test")
    allow_ads(mila)
    phone.answer = lambda each: SendResult(each.key, Verdict.UNKNOWN)
    message = want(mila, "offer")
    drain(account)
    drain(mail_account)
    assert state(message) == ("unknown", "unknown")
    assert mail.ledger == []


def test_a_provider_that_drops_repeats_gets_the_same_key_again(mila, sms, want, drain, now):
    account, phone = sms
    taken = phone.answer
    phone.answer = lambda each: SendResult(each.key, Verdict.UNKNOWN)
    message = want(mila)
    drain(account)
    assert state(message) == ("queued", "later")
    phone.answer = taken
    drain(account, now + 2 * MINUTE)
    assert state(message) == ("accepted", "sent")


def test_one_message_that_fails_does_not_stop_the_rest_of_its_batch(mila, pyotr, sms, want, drain):
    account, phone = sms
    taken = phone.answer
    phone.answer = lambda each: (
        SendResult(each.key, Verdict.REFUSED, blame=Blame.BAD_ADDRESS) if each.address.endswith("4567") else taken(each)
    )
    lost, kept = want(mila), want(pyotr)
    drain(account)
    assert state(lost) == ("failed", "refused")
    assert state(kept) == ("accepted", "sent")


def test_of_a_text_that_the_provider_will_not_take_the_owner_is_told_once(mila, pyotr, sms, want, drain, clinic):
    account, phone = sms
    phone.answer = lambda each: SendResult(each.key, Verdict.REFUSED, blame=Blame.TOO_LONG)
    lost = [want(mila), want(pyotr)]
    drain(account)
    assert [state(each) for each in lost] == [("failed", "refused")] * 2
    (trouble,) = api.troubles(clinic.pk)
    assert (trouble.template, "слишком длинный" in trouble.words) == (lost[0].template_version.template, True)


def test_an_account_without_money_rests_and_its_owner_is_told_once(mila, pyotr, sms, want, drain, now, clinic):
    account, phone = sms
    taken = phone.answer
    phone.answer = lambda each: SendResult(each.key, Verdict.ACCOUNT, blame=Blame.NO_MONEY)
    first, second = want(mila), want(pyotr)
    drain(account, batch=1)
    drain(account, now + MINUTE)
    assert phone.calls == 1, "a resting account is not asked"
    drain(account, now + 20 * MINUTE)
    assert [each.words for each in api.troubles(clinic.pk)] == [
        "На счёте у провайдера кончились деньги. Пополните счёт."
    ]
    assert Fact.objects.filter(kind="messaging.account_broken").count() == 1
    phone.answer = taken
    drain(account, now + dt.timedelta(hours=2))
    assert [state(first)[0], state(second)[0]] == ["accepted", "accepted"]
    assert first.attempts == 1
    assert api.troubles(clinic.pk) == []
    assert ChannelTrouble.objects.get().ended_at is not None


@pytest.mark.parametrize("verdict", [Verdict.LATER, Verdict.UNKNOWN])
def test_a_silent_provider_rests_and_its_owner_is_told_once_when_the_silence_lasts(
    mila, pyotr, sms, want, drain, now, clinic, verdict
):
    account, phone = sms
    taken = phone.answer
    phone.answer = lambda each: SendResult(each.key, verdict, blame=Blame.DOWN)
    first, second = want(mila), want(pyotr)
    drain(account, batch=1)
    assert phone.calls == 1, "the rest of the outbox is not thrown after it"
    for minutes in (2, 5):
        assert api.troubles(clinic.pk) == [], "it may be a moment"
        drain(account, now + minutes * MINUTE, batch=1)
    drain(account, now + 30 * MINUTE, batch=1)
    assert [each.words for each in api.troubles(clinic.pk)] == [
        "Провайдер не отвечает. Сообщения ждут и уйдут, когда связь вернётся."
    ]
    assert Fact.objects.filter(kind="messaging.account_broken").count() == 1

    phone.answer = taken
    drain(account, now + 3 * 60 * MINUTE)
    drain(account, now + 4 * 60 * MINUTE)

    assert [state(first)[0], state(second)[0]] == ["accepted", "accepted"]
    assert api.troubles(clinic.pk) == []


def test_one_message_that_got_no_answer_says_nothing_of_the_account(mila, pyotr, sms, want, drain, clinic):
    account, phone = sms
    taken = phone.answer
    lost = want(mila)
    other = want(pyotr)
    phone.answer = lambda each: (
        SendResult(each.key, Verdict.LATER, blame=Blame.DOWN) if each.key == lost.idem_key else taken(each)
    )
    drain(account)
    account.refresh_from_db()
    assert (state(other)[0], account.failures, account.open_until_at) == ("accepted", 0, None)


def test_an_adapter_that_raises_leaves_the_batch_unknown_not_lost(mila, new_account, want, drain):
    account, phone = new_account(Channel.SMS, drops_repeats=False)

    def break_down(each):
        raise RuntimeError("ошибка адаптера")

    phone.answer = break_down
    message = want(mila)
    drain(account)
    assert state(message) == ("unknown", "unknown")


def test_the_speed_of_an_account_is_kept_in_the_database(mila, sms, want, drain, now):
    account, phone = sms
    account.per_second = 2
    account.save()
    for n in range(5):
        want(mila, "otp", idem=f"otp{n}", addresses={"sms": f"+791600000{n}0"}, channels=("sms",))
    done = drain(account)
    assert len(phone.ledger) == 2
    assert done.wait_until == now + dt.timedelta(seconds=0.5)
    drain(account, now + dt.timedelta(seconds=1))
    assert len(phone.ledger) == 4


def test_a_clock_set_back_gives_no_more_speed_and_sends_nothing_twice(mila, pyotr, sms, want, drain, now):
    account, phone = sms
    account.per_second = 1
    account.save()
    want(mila)
    want(pyotr)
    drain(account)
    drain(account, now - dt.timedelta(hours=1))
    assert len(phone.ledger) == 1
    drain(account, now + MINUTE)
    assert sorted(phone.times().values()) == [1, 1]


def test_codes_go_before_reminders_and_reminders_before_advertising(mila, pyotr, sms, want, drain, allow_ads):
    account, phone = sms
    allow_ads(pyotr)
    want(pyotr, "offer")
    want(mila)
    want(pyotr, "otp")
    drain(account, batch=1)
    assert [each.text[:4] for each in phone.ledger] == ["Код ", "Ждём", "«Улы"]


def test_a_batch_of_a_dead_worker_goes_again_with_its_old_key(mila, sms, want, drain, now):
    account, phone = sms
    message = want(mila)
    _take(account, phone, now)
    assert state(message)[0] == "sending"
    api.tick(now=now + MINUTE)
    assert state(message)[0] == "sending", "the lease still runs"
    api.tick(now=now + 3 * MINUTE)
    drain(account, now + 3 * MINUTE)
    assert state(message) == ("accepted", "sent")
    assert list(phone.times().values()) == [1]


def test_a_batch_of_a_dead_worker_is_unknown_where_repeats_are_not_dropped(
    mila, new_account, want, drain, now, email_of
):
    account, phone = new_account(Channel.SMS, drops_repeats=False)
    mail_account, mail = new_account(Channel.EMAIL)
    email_of(mila, "mila@example.test")
    message = want(mila)
    _take(account, phone, now)
    api.tick(now=now + 3 * MINUTE)
    assert state(message) == ("unknown", "unknown")
    assert phone.looked_up == [(message.idem_key, "")], "the provider is asked first"
    drain(account, now + 4 * MINUTE)
    drain(mail_account, now + 4 * MINUTE)
    assert phone.ledger == []
    assert len(mail.ledger) == 1


def test_an_answer_to_a_batch_that_was_taken_over_counts_for_nothing(mila, sms, want, drain, now):
    from zabota.messaging.services.acking import acknowledge

    account, phone = sms
    message = want(mila)
    taken = _take(account, phone, now)
    api.tick(now=now + 3 * MINUTE)
    result = SendResult(message.idem_key, Verdict.REFUSED)
    acknowledge(
        taken.going,
        {message.idem_key: result},
        token=taken.token,
        account=account,
        traits=phone.traits,
        now=now + 3 * MINUTE,
    )
    assert state(message)[0] == "queued"


def test_a_bad_mailbox_is_marked_on_the_card_and_a_bad_phone_is_only_shut_for_sms(
    mila, pyotr, new_account, want, drain, email_of
):
    account, phone = new_account(Channel.SMS)
    mail_account, mail = new_account(Channel.EMAIL)
    box = email_of(pyotr, "gone@example.test")
    for transport in (phone, mail):
        transport.answer = lambda each: SendResult(each.key, Verdict.REFUSED, blame=Blame.BAD_ADDRESS)
    want(mila, channels=("sms",))
    want(pyotr, channels=("email",))
    drain(account)
    drain(mail_account)
    box.refresh_from_db()
    assert box.reach == Contact.Reach.INVALID
    assert Contact.objects.get(patient=mila).reach == Contact.Reach.UNKNOWN
    again = want(mila, channels=("sms",))
    drain(account)
    assert state(again) == ("suppressed", "bad_address")


def test_whoever_forbade_mailings_at_the_operator_is_reached_another_way(mila, new_account, want, drain, email_of):
    account, phone = new_account(Channel.SMS)
    mail_account, mail = new_account(Channel.EMAIL)
    email_of(mila, "mila@example.test")
    phone.answer = lambda each: SendResult(each.key, Verdict.REFUSED, blame=Blame.OPERATOR_BLOCKED)
    want(mila)
    drain(account)
    drain(mail_account)
    second = want(mila)
    drain(account)
    drain(mail_account)
    assert phone.calls == 1
    assert state(second) == ("suppressed", "operator_blocked")
    assert len(mail.ledger) == 2


def test_every_due_message_ends_in_a_decision(mila, pyotr, sms, want, drain):
    account, _ = sms
    messages = [want(mila), want(pyotr), want(mila, "offer")]
    drain(account)
    decided = set(Decision.objects.values_list("message_id", flat=True))
    assert decided >= {message.pk for message in messages}


def _take(account, phone, now):
    from zabota.messaging.services.claiming import claim

    return claim(account_id=account.pk, traits=phone.traits, now=now, limit=500)
