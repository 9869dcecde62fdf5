"""The one gate: who gets what, when, and the reason kept; asked at the moment of sending, not before."""

from __future__ import annotations

import dataclasses
import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.messaging import api
from zabota.messaging.models import ChannelAccount, ChannelRule, Decision, Message
from zabota.messaging.rules.gate import Fate, Known, Windows, rule
from zabota.messaging.rules.transport import Channel
from zabota.messaging.rules.words import REASONS
from zabota.messaging.services import optouts
from zabota.messaging.tests.conftest import state
from zabota.patients.api import Proof, mark_reach, withdraw_consent
from zabota.patients.models import Contact, Patient

WINDOWS = Windows(dt.time(8), dt.time(21), dt.time(9), dt.time(21), 4, 2, 8)
NOON = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
MOSCOW = ZoneInfo("Europe/Moscow")
REMINDER = Known("service", MOSCOW, processing="not_asked")
ADVERT = Known("marketing", MOSCOW, processing="allowed", advertising=True)
CODE = Known("otp", MOSCOW, has_patient=False)


def at_moscow(hour, minute=0):
    return dt.datetime(2026, 11, 20, hour, minute, tzinfo=MOSCOW)


@pytest.mark.parametrize(
    ("known", "now", "fate", "reason"),
    [
        (REMINDER, NOON, Fate.GO, "sent"),
        (ADVERT, NOON, Fate.GO, "sent"),
        (CODE, NOON, Fate.GO, "sent"),
        (dataclasses.replace(REMINDER, processing="withdrawn"), NOON, Fate.SUPPRESS, "processing_withdrawn"),
        (dataclasses.replace(REMINDER, processing="refused"), NOON, Fate.SUPPRESS, "processing_refused"),
        (dataclasses.replace(ADVERT, processing="withdrawn"), NOON, Fate.SUPPRESS, "processing_withdrawn"),
        (dataclasses.replace(ADVERT, advertising=False), NOON, Fate.SUPPRESS, "no_advertising_consent"),
        (dataclasses.replace(ADVERT, stopped=True), NOON, Fate.SUPPRESS, "stopped"),
        (dataclasses.replace(REMINDER, stopped=True), NOON, Fate.GO, "sent"),
        (dataclasses.replace(ADVERT, has_patient=False), NOON, Fate.SUPPRESS, "no_person"),
        (dataclasses.replace(ADVERT, channel_allows_marketing=False), NOON, Fate.SUPPRESS, "channel_unlawful"),
        (dataclasses.replace(REMINDER, channel_allows_marketing=False), NOON, Fate.GO, "sent"),
        (dataclasses.replace(REMINDER, channel_allows_service=False), NOON, Fate.SUPPRESS, "channel_not_for_service"),
        (dataclasses.replace(REMINDER, channel_on=False), NOON, Fate.SUPPRESS, "channel_off"),
        (dataclasses.replace(REMINDER, blocked="operator_blocked"), NOON, Fate.SUPPRESS, "operator_blocked"),
        (dataclasses.replace(CODE, blocked="bad_address"), NOON, Fate.SUPPRESS, "bad_address"),
        (dataclasses.replace(REMINDER, contact_gone=True), NOON, Fate.SUPPRESS, "contact_changed"),
        (dataclasses.replace(REMINDER, patient_gone=True), NOON, Fate.SUPPRESS, "patient_gone"),
        (dataclasses.replace(REMINDER, no_longer="Визит перенесён"), NOON, Fate.SUPPRESS, "guard"),
        (dataclasses.replace(REMINDER, family_told=True), NOON, Fate.SUPPRESS, "household"),
        (dataclasses.replace(REMINDER, reached_before=True), NOON, Fate.SUPPRESS, "delivered_before"),
        (dataclasses.replace(REMINDER, expires_at=NOON), NOON, Fate.EXPIRE, "too_late"),
        (REMINDER, at_moscow(7, 59), Fate.WAIT, "quiet_hours"),
        (REMINDER, at_moscow(8), Fate.GO, "sent"),
        (ADVERT, at_moscow(8, 59), Fate.WAIT, "quiet_hours"),
        (ADVERT, at_moscow(20, 59), Fate.GO, "sent"),
        (ADVERT, at_moscow(21), Fate.WAIT, "quiet_hours"),
        (CODE, at_moscow(3), Fate.GO, "sent"),
        (dataclasses.replace(REMINDER, is_answer=True), at_moscow(3), Fate.GO, "sent"),
        (
            dataclasses.replace(REMINDER, expires_at=at_moscow(7)),
            at_moscow(5),
            Fate.EXPIRE,
            "quiet_until_late",
        ),
        (dataclasses.replace(ADVERT, marketing_sent=4), NOON, Fate.SUPPRESS, "cap_period"),
        (dataclasses.replace(ADVERT, marketing_sent=3), NOON, Fate.GO, "sent"),
        (dataclasses.replace(ADVERT, sent_today=2), NOON, Fate.WAIT, "cap_day"),
        (dataclasses.replace(REMINDER, sent_today=2), NOON, Fate.GO, "sent"),
        (dataclasses.replace(REMINDER, sent_today=8), NOON, Fate.SUPPRESS, "cap_day_service"),
        (dataclasses.replace(REMINDER, person_until=NOON + dt.timedelta(seconds=1)), NOON, Fate.WAIT, "per_person"),
    ],
)
def test_the_gate_says_what_the_table_says(known, now, fate, reason):
    ruling = rule(known, WINDOWS, now)
    assert (ruling.fate, ruling.reason) == (fate, reason)
    assert ruling.reason in REASONS
    assert (ruling.until is not None) == (fate is Fate.WAIT)


def test_a_wait_ends_where_the_window_opens():
    assert rule(REMINDER, WINDOWS, at_moscow(23)).until == at_moscow(8) + dt.timedelta(days=1)
    assert rule(dataclasses.replace(ADVERT, sent_today=2), WINDOWS, NOON).until == at_moscow(9) + dt.timedelta(days=1)


def test_a_consent_withdrawn_after_the_message_was_written_still_counts(mila, sms, want, drain, allow_ads, actor, now):
    account, phone = sms
    allow_ads(mila)
    message = want(mila, "offer")
    withdraw_consent(
        patient=mila, purpose="advertising", proof=Proof(signature="oral", entry="call"), actor=actor, now=now
    )
    drain(account)
    assert phone.ledger == []
    assert state(message) == ("suppressed", "no_advertising_consent")
    assert Decision.objects.get(message=message).outcome == "stop"


def test_consent_to_one_channel_is_no_consent_to_another(mila, new_account, want, drain, allow_ads, email_of):
    account, phone = new_account(Channel.SMS)
    mail_account, mail = new_account(Channel.EMAIL)
    email_of(mila, "mila@example.test")
    allow_ads(mila, "email")
    message = want(mila, "offer", channels=("sms", "email"))
    drain(account)
    drain(mail_account)
    assert phone.ledger == []
    assert state(message) == ("suppressed", "no_advertising_consent")
    assert len(mail.ledger) == 1


def test_pyotr_who_withdrew_everything_gets_nothing_but_a_code(pyotr, sms, want, drain, actor, now, consent_texts):
    account, _phone = sms
    withdraw_consent(
        patient=pyotr, purpose="processing", proof=Proof(signature="oral", entry="desk"), actor=actor, now=now
    )
    reminder, code = want(pyotr), want(pyotr, "otp")
    drain(account)
    assert state(reminder) == ("suppressed", "processing_withdrawn")
    assert state(code)[0] == "accepted"


def test_advertising_in_a_restricted_channel_is_refused_even_with_consent(
    mila, new_account, want, drain, allow_ads, bot_of, clinic, actor, now
):
    account, _bot = new_account(Channel.TELEGRAM)
    bot_of(mila, account, "1001")
    allow_ads(mila)
    first = want(mila, "offer", channels=("telegram",))
    drain(account)
    assert state(first) == ("suppressed", "channel_unlawful")
    law = ChannelRule.objects.get(clinic=clinic, channel="telegram")
    with pytest.raises(BadInput, match="основание"):
        api.override_legality(rule=law, reason="хочу", actor=actor, now=now)
    api.override_legality(rule=law, reason="Заключение юриста № 12 от 01.11.2026", actor=actor, now=now)
    second = want(mila, "offer", channels=("telegram",))
    drain(account)
    assert state(second)[0] == "accepted"
    api.end_override(rule=law, actor=actor, now=now)
    third = want(mila, "offer", channels=("telegram",))
    drain(account)
    assert state(third) == ("suppressed", "channel_unlawful")


def test_what_waited_for_the_morning_leaves_when_the_clinic_chooses_other_hours(mila, sms, want, drain, clinic, actor):
    account, _ = sms
    message, night = want(mila), at_moscow(23)
    drain(account, night)
    message.refresh_from_db()
    assert (message.state, message.reason) == ("queued", "quiet_hours")

    api.edit_rules(clinic=clinic, service_till=dt.time(23, 59), actor=actor, now=night)

    drain(account, night)
    message.refresh_from_db()
    assert message.state == "accepted"


@pytest.mark.parametrize(
    ("own", "branch", "arrives"),
    [
        ("Asia/Kamchatka", "Europe/Moscow", "2026-11-20T20:00"),
        ("", "Asia/Kamchatka", "2026-11-20T20:00"),
        ("", "Europe/Moscow", "2026-11-20T09:15"),
        ("Mars/Olympus", "Europe/Moscow", "2026-11-20T09:15"),
    ],
)
def test_quiet_hours_are_those_of_the_patient(mila, sms, want, drain, centre, own, branch, arrives, now):
    account, phone = sms
    Patient.objects.filter(pk=mila.pk).update(time_zone=own)
    centre.time_zone = branch
    centre.save()
    message = want(mila)
    drain(account)
    message.refresh_from_db()
    arrives_at = dt.datetime.fromisoformat(arrives).replace(tzinfo=dt.UTC)
    if arrives_at == now:
        assert message.state == "accepted"
        return
    assert (message.state, message.reason, message.not_before_at) == ("queued", "quiet_hours", arrives_at)
    drain(account, arrives_at - dt.timedelta(minutes=1))
    assert phone.ledger == []
    drain(account, arrives_at)
    assert len(phone.ledger) == 1
    assert [each.reason for each in message.decisions.all()] == ["quiet_hours", "sent"]


def test_the_fifth_advert_of_a_month_is_refused_however_many_workers_take_it(mila, sms, want, drain, allow_ads, now):
    account, phone = sms
    allow_ads(mila, at=now - dt.timedelta(days=60))
    for day in (25, 18, 11):
        want(mila, "offer", at=now - dt.timedelta(days=day))
        drain(account, now - dt.timedelta(days=day))
    batch = [want(mila, "offer") for _ in range(3)]
    drain(account)
    assert len(phone.ledger) == 4
    assert sorted(state(each)[1] for each in batch) == ["cap_period", "cap_period", "sent"]
    late = want(mila, "offer", at=now + dt.timedelta(days=6))
    drain(account, now + dt.timedelta(days=6))
    assert state(late)[0] == "accepted", "the first of the four is older than thirty days"


def test_two_messages_of_a_day_are_enough_and_advertising_waits_for_tomorrow(mila, sms, want, drain, allow_ads, now):
    account, _phone = sms
    allow_ads(mila)
    want(mila)
    want(mila, "visit_moved")
    advert = want(mila, "offer")
    drain(account)
    assert state(advert) == ("queued", "cap_day")
    assert advert.not_before_at == dt.datetime(2026, 11, 21, 6, 0, tzinfo=dt.UTC)
    drain(account, advert.not_before_at)
    assert state(advert)[0] == "accepted"


def test_a_family_with_one_phone_gets_one_message(clinic, mila, new_patient, sms, want, drain):
    account, phone = sms
    son = new_patient(clinic, "Кузнецов Егор Ильич", phone="+79161234567")
    mother = want(mila, household_key="autumn")
    child = want(son, household_key="autumn")
    drain(account)
    assert [state(mother), state(child)] == [("accepted", "sent"), ("suppressed", "household")]
    late = want(son, household_key="autumn")
    drain(account)
    assert state(late) == ("suppressed", "household")
    assert len(phone.ledger) == 1


def test_a_family_shares_the_cap_of_its_phone(clinic, mila, new_patient, sms, want, drain, allow_ads, now):
    account, phone = sms
    son = new_patient(clinic, "Кузнецов Егор Ильич", phone="+79161234567")
    allow_ads(mila, at=now - dt.timedelta(days=60))
    allow_ads(son, at=now - dt.timedelta(days=60))
    for day in range(1, 6):
        want(mila if day % 2 else son, "offer", at=now + dt.timedelta(days=day))
        drain(account, now + dt.timedelta(days=day))
    assert len(phone.ledger) == 4


def test_a_visit_that_moved_is_not_reminded_of_at_its_old_time(mila, sms, want, drain, now):
    account, _phone = sms
    asked = []

    def guard(refs, *, now):
        asked.append(list(refs))
        return {(7, 1): "Визит перенесён на другое время"}

    api.register_guard("visit", guard)
    stale = want(mila, subject=api.SubjectRef("visit", 7, 1))
    fresh = want(mila, subject=api.SubjectRef("visit", 7, 2))
    drain(account)
    assert asked == [[(7, 1), (7, 2)]], "one question for the whole batch"
    assert [state(stale), state(fresh)] == [("suppressed", "guard"), ("accepted", "sent")]
    assert "Визит перенесён на другое время" in {line.words for line in api.why(mila.pk)}


def test_a_phone_taken_off_the_card_gets_nothing_more(mila, sms, want, drain, actor, now):
    account, phone = sms
    message = want(mila)
    mark_reach(contact=Contact.objects.get(patient=mila), reach="wrong", actor=actor, now=now)
    drain(account)
    assert state(message) == ("suppressed", "contact_changed")
    assert phone.ledger == []


def test_a_stop_is_remembered_by_the_address_though_the_card_is_made_anew(
    clinic, mila, new_patient, sms, want, drain, allow_ads, now
):
    account, _phone = sms
    optouts.opt_out_address(clinic_id=clinic.pk, address="+79161234567", entry="sms", now=now)
    again = new_patient(clinic, "Кузнецова Мила Андреевна", phone="+79161234567")
    allow_ads(again, at=now - dt.timedelta(days=2))
    message = want(again, "offer")
    drain(account)
    assert state(message) == ("suppressed", "stopped")


def test_whoever_signs_again_after_a_stop_is_written_to_again(mila, sms, want, drain, allow_ads, run_jobs, now):
    account, _phone = sms
    optouts.opt_out(patient=mila, entry="sms", now=now)
    allow_ads(mila, at=now + dt.timedelta(minutes=1))
    run_jobs()
    message = want(mila, "offer")
    drain(account, now + dt.timedelta(minutes=2))
    assert state(message)[0] == "accepted"


def test_nothing_leaves_while_sending_is_paused(mila, sms, want, drain, clinic, actor, now):
    account, phone = sms
    api.pause_sending(clinic=clinic, reason="Восстановление из копии", actor=actor, now=now)
    message = want(mila)
    later = now + dt.timedelta(hours=2)
    drain(account)
    api.tick(now=later)
    assert phone.ledger == []
    assert Message.objects.count() == 1, "no other channel goes on meanwhile"
    api.resume_sending(clinic=clinic, actor=actor, now=later)
    api.tick(now=later)
    drain(account, later)
    assert state(message)[0] == "accepted"


def test_a_patient_of_another_clinic_cannot_be_written_to(stranger, clinic, sms, texts, now):
    wanted = api.NewMessage(template_key="otp", idem_key="x", not_before_at=now, patient_id=stranger.pk)
    with pytest.raises(BadInput, match="Нет такой карты"):
        api.enqueue(clinic_id=clinic.pk, message=wanted, now=now)


def test_the_day_is_summed_up_with_reasons(mila, pyotr, sms, want, drain, clinic, now):
    account, _ = sms
    want(mila)
    want(pyotr, "offer")
    drain(account)
    summary = api.daily_summary(clinic.pk, dt.date(2026, 11, 20))
    assert summary.by_state == {"accepted": 1, "suppressed": 1}
    assert summary.not_sent == [("Нет согласия на рекламу в этом канале", 1)]
    assert (summary.cost_kopecks, summary.total) == (400, 2)


def test_every_reason_that_is_stored_has_words(mila, sms, want, drain):
    account, _ = sms
    want(mila)
    drain(account)
    assert set(Decision.objects.values_list("reason", flat=True)) <= set(REASONS)
    assert set(Message.objects.exclude(reason="").values_list("reason", flat=True)) <= set(REASONS)


def test_an_organisation_of_the_list_writes_nothing_through_a_foreign_messenger(
    want, new_account, bot_of, drain, clinic, mila, actor, now
):
    """L55: neither a reminder nor an answer, whatever the owner allowed before; and for ever."""
    account, transport = new_account(Channel.TELEGRAM)
    bot_of(mila, account, "42")
    rule = ChannelRule.objects.get(channel="telegram")
    api.override_legality(rule=rule, reason="решение руководителя", actor=actor, now=now)
    message = want(mila, channels=(Channel.TELEGRAM,))

    api.answer_listed(clinic=clinic, is_listed=True, actor=actor, now=now)

    account.refresh_from_db()
    rule.refresh_from_db()
    assert not account.is_on and rule.overridden_at is None
    ChannelAccount.objects.update(is_on=True)  # as a copy of an older database would have it
    drain(account)
    assert state(message) == ("suppressed", "foreign_messenger") and transport.ledger == []
    for again in True, False:
        with pytest.raises(AlreadyDone):
            api.answer_listed(clinic=clinic, is_listed=again, actor=actor, now=now)
    with pytest.raises(BadInput, match="41-ФЗ"):
        api.switch_account(account=account, is_on=True, actor=actor, now=now)
    with pytest.raises(BadInput, match="41-ФЗ"):
        api.override_legality(rule=rule, reason="решение руководителя", actor=actor, now=now)


def test_who_is_not_on_the_list_loses_nothing_and_may_change_the_answer(clinic, new_account, actor, now):
    account, _ = new_account(Channel.TELEGRAM)
    api.answer_listed(clinic=clinic, is_listed=False, actor=actor, now=now)
    account.refresh_from_db()
    assert account.is_on
    assert api.answer_listed(clinic=clinic, is_listed=True, actor=actor, now=now).is_listed
