"""T16, L12: a database that was restored or copied sends nothing by itself, forgets no opt-out and repeats nothing."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from zabota.kernel.audit import SYSTEM
from zabota.kernel.models import AuditEntry
from zabota.messaging import api
from zabota.messaging.models import AddressBlock, Message, MessagingRules, OutboxEpoch
from zabota.messaging.rules.epoch import Mark, read_mark, trouble_of
from zabota.messaging.services import journal
from zabota.messaging.tests.conftest import state
from zabota.patients.api import consent_state
from zabota.patients.models import Consent

HERE = Mark("a", 7, "db:1")


@pytest.mark.parametrize(
    ("kept", "stored", "home", "trouble"),
    [
        (None, None, "", ""),
        (HERE, HERE, "db:1", ""),
        (Mark("a", 6), HERE, "", ""),
        (Mark("a", 8), HERE, "", "went_back"),
        (Mark("b", 1), HERE, "", "replaced"),
        (None, HERE, "", "copied"),
        (None, HERE, "db:2", "copied"),
        (None, HERE, "db:1", ""),
        (HERE, None, "", "replaced"),
    ],
)
def test_a_step_back_a_copy_and_another_database_are_told_from_the_ordinary(kept, stored, home, trouble) -> None:
    assert trouble_of(kept, stored, home=home, has_messages=True) == trouble
    assert trouble_of(kept, None, home="", has_messages=False) == ""


def test_a_mark_that_was_cut_says_nothing() -> None:
    assert read_mark(HERE.text()) == HERE
    assert read_mark('{"token": "a"') is None and read_mark("7") is None and read_mark('{"token": 1}') is None


@pytest.fixture
def outbox(settings, tmp_path):
    """The folder of data of this test."""
    settings.OUTBOX_DIR = str(tmp_path / "outbox")
    return tmp_path / "outbox"


@pytest.fixture
def go_back(outbox):
    """The database as it was at a former look, beside the newer folder."""

    def run():
        OutboxEpoch.objects.update(counter=1)

    return run


def test_an_ordinary_day_holds_nothing(outbox, want, sms, drain, mila, now):
    message = want(mila)
    for minute in range(3):
        assert api.look(now=now + dt.timedelta(minutes=minute)) == ""
    drain(sms[0])
    assert state(message)[0] == "accepted" and api.holds() == []
    assert OutboxEpoch.objects.get().counter == 3


def test_after_a_restore_nothing_leaves_until_a_person_says_so(
    outbox, go_back, want, sms, drain, clinic, mila, anton, actor, now
):
    account, transport = sms
    for _ in range(3):
        api.look(now=now)
    go_back()
    message = want(mila)

    assert api.look(now=now) == "went_back"
    drain(account)
    assert transport.ledger == [] and state(message)[0] == "queued"
    assert [rules.clinic for rules in api.holds()] == [clinic]
    assert api.look(now=now) == "", "the same restore is noticed once"

    api.resume_sending(clinic=clinic, actor=actor, now=now)
    drain(account)
    assert len(transport.ledger) == 1 and api.holds() == []
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"messaging.restore.noticed", "messaging.sending.resumed"} <= actions


def test_a_copy_that_is_started_elsewhere_holds_too(outbox, want, sms, mila, now, settings, tmp_path):
    want(mila)
    api.look(now=now)
    settings.OUTBOX_DIR = str(tmp_path / "elsewhere")
    OutboxEpoch.objects.update(home="")
    # A server that names itself would know its own database again; a file of SQLite is the same file everywhere.
    told = api.look(now=now)
    assert told in {"copied", ""} and (told == "copied") == bool(api.holds())


def test_what_left_before_the_restore_is_not_sent_a_second_time(
    outbox, go_back, want, sms, drain, clinic, mila, actor, now
):
    account, transport = sms
    for _ in range(2):
        api.look(now=now)
    gone = want(mila, idem="reminder:1")
    drain(account)
    Message.objects.filter(pk=gone.pk).delete()  # the copy was made before it
    go_back()
    api.look(now=now)
    again, new = want(mila, idem="reminder:1"), want(mila, idem="reminder:2")

    api.resume_sending(clinic=clinic, actor=actor, now=now)
    drain(account)

    assert state(again) == ("suppressed", "sent_before_restore")
    assert [each.key for each in transport.ledger] == ["reminder:1", "reminder:2"] and state(new)[0] == "accepted"


def test_opt_outs_and_withdrawals_of_the_lost_days_are_said_again(
    outbox, go_back, clinic, mila, allow_ads, run_jobs, django_capture_on_commit_callbacks, now
):
    grant = allow_ads(mila)
    for _ in range(2):
        api.look(now=now)
    with django_capture_on_commit_callbacks(execute=True):
        api.opt_out(patient=mila, entry="sms", now=now)
    with django_capture_on_commit_callbacks(execute=True):
        run_jobs()
    assert (
        "Кузнецова" not in (outbox / "wishes.jsonl").read_text() and "7916" not in (outbox / "wishes.jsonl").read_text()
    )
    Consent.objects.exclude(pk=grant.pk).delete()  # the copy was made before the opt-out
    AddressBlock.objects.all().delete()
    assert consent_state(mila, "advertising").allowed
    go_back()

    api.look(now=now + dt.timedelta(hours=1))

    assert consent_state(mila, "advertising").standing == "withdrawn"
    assert AddressBlock.objects.get().scope == "marketing"
    assert Consent.objects.latest("id").entry == "restore"


def test_a_later_yes_is_not_taken_back_by_an_older_no(
    outbox, go_back, clinic, mila, allow_ads, run_jobs, django_capture_on_commit_callbacks, now
):
    for _ in range(2):
        api.look(now=now)
    with django_capture_on_commit_callbacks(execute=True):
        api.opt_out(patient=mila, entry="sms", now=now - dt.timedelta(hours=2))
        allow_ads(mila, at=now - dt.timedelta(hours=1))
    with django_capture_on_commit_callbacks(execute=True):
        run_jobs()
    go_back()

    api.look(now=now)

    assert consent_state(mila, "advertising").allowed


def test_the_head_sees_it_and_goes_on_with_one_button(as_anton, clinic, vera, as_vera, now):
    MessagingRules.objects.update_or_create(clinic=clinic, defaults={"paused_at": now, "paused_reason": api.RESTORED})
    for name in "desk:messages", "desk:channels", "desk:system":
        assert "Проверено, отправлять" in as_anton.get(reverse(name)).content.decode(), name
    seen = as_vera.get(reverse("desk:messages")).content.decode()
    assert "Продолжить может руководитель" in seen and "Проверено, отправлять" not in seen

    as_anton.post(reverse("desk:messages-stop"))

    assert MessagingRules.objects.get(clinic=clinic).paused_at is None


def test_a_pause_by_hand_becomes_a_hold(outbox, go_back, clinic, want, mila, actor, now):
    want(mila)
    for _ in range(2):
        api.look(now=now)
    api.pause_sending(clinic=clinic, reason="отпуск", actor=SYSTEM, now=now)
    go_back()
    api.look(now=now)
    assert MessagingRules.objects.get(clinic=clinic).paused_reason == api.RESTORED


def test_days_that_are_over_are_forgotten(outbox, now):
    journal.note_sent(["a"], now=now)
    journal.note_sent(["b"], now=now - dt.timedelta(days=70))
    assert len(journal.sent_before()) == 2
    assert journal.forget_sent(today=now.date()) == 1
    assert journal.sent_before() == {journal.digest_of("a")}
