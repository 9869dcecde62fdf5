"""Words of refusal, hours by the wall clock, letters as bytes: rules that need no database."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from email.header import decode_header, make_header
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zabota.messaging.rules.backoff import pause_of_message, rest_of_account
from zabota.messaging.rules.mime import compile_skeleton, letter
from zabota.messaging.rules.quiet import day_bounds, first_zone, instant, is_open, latest_open, next_open
from zabota.messaging.rules.states import RANKS
from zabota.messaging.rules.stop import says_more, wants_stop

UTC = dt.UTC
EIGHT, NINE, TWENTY_ONE = dt.time(8), dt.time(9), dt.time(21)


@pytest.mark.parametrize(
    "text",
    [
        "СТОП", "стоп.", "Stop", "отписаться", "не пишите", "STOP!", "Стоп, пожалуйста", "cтоп", "стпо", "СТООП", "сттоп",
        "отписатся", "отпишитес", "отпишите меня от рассылки", "Не пишите мне больше!", "больше не присылайте", "cnjg",
        "ыещз", "unsubscribe", "удалите мой номер", "Не беспокойте.", "стоп смс", "отказ от рассылки", "  стоп\n",
        "прекратите", "Прекратите слать смс", "удалите мои данные", "не пишите на этот номер",
    ],
)  # fmt: skip
def test_people_are_understood_when_they_say_stop(text):
    assert wants_stop(text)
    assert not says_more(text)


@pytest.mark.parametrize(
    "text",
    [
        "Не пишите меня на пятницу", "Не надо писать, позвоните", "не отправляйте врача Иванова",
        "Стоп. Отмените мой визит", "удалите меня с записи на среду",
    ],
)  # fmt: skip
def test_a_stop_that_asks_for_more_is_read_by_a_person(text):
    assert says_more(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "?", "сколько стоит чистка", "сто", "топ", "стол", "стопа болит", "у меня болит стопа", "да", "нет", "приду",
        "Остановите мне боль, пожалуйста, очень болит зуб", "Запишите меня", "Напишите мне адрес", "спасибо", "1",
        "Удалите мой визит завтра", "прекратите боль", "Удалите моего ребёнка с пятницы",
        "Подскажите, можно ли не писать анкету перед визитом к вам в четверг",
    ],
)  # fmt: skip
def test_other_words_are_read_by_a_person(text):
    assert not wants_stop(text)


@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        ("Europe/Moscow", "2026-11-20T04:59:59", "2026-11-20T05:00:00"),
        ("Europe/Moscow", "2026-11-20T05:00:00", "2026-11-20T05:00:00"),
        ("Europe/Moscow", "2026-11-20T18:00:00", "2026-11-21T05:00:00"),
        ("Asia/Kamchatka", "2026-11-20T08:59:00", "2026-11-20T08:59:00"),
        ("Asia/Kamchatka", "2026-11-20T09:00:00", "2026-11-20T20:00:00"),
        ("Europe/Volgograd", "2020-12-27T04:30:00", "2020-12-27T05:00:00"),
        ("Europe/Berlin", "2026-03-29T00:30:00", "2026-03-29T06:00:00"),
        ("Europe/Berlin", "2026-10-25T00:30:00", "2026-10-25T07:00:00"),
        ("Europe/Moscow", "2028-02-28T20:00:00", "2028-02-29T05:00:00"),
        ("Europe/Moscow", "2026-12-31T20:00:00", "2027-01-01T05:00:00"),
    ],
)
def test_the_window_opens_by_the_wall_clock_of_the_patient(zone, at, expected):
    found = next_open(_utc(at), ZoneInfo(zone), EIGHT, TWENTY_ONE)
    assert found == _utc(expected)


def test_a_window_over_midnight_is_a_night_not_its_complement():
    moscow = ZoneInfo("Europe/Moscow")
    late, early = dt.time(22), dt.time(6)
    assert is_open(_utc("2026-11-20T20:00:00"), moscow, late, early)
    assert is_open(_utc("2026-11-20T02:59:00"), moscow, late, early)
    assert not is_open(_utc("2026-11-20T03:00:00"), moscow, late, early)
    assert next_open(_utc("2026-11-20T09:00:00"), moscow, late, early) == _utc("2026-11-20T19:00:00")


def test_a_reminder_before_an_early_visit_goes_the_evening_before():
    moscow = ZoneInfo("Europe/Moscow")
    at = _utc("2026-11-20T04:30:00")
    assert latest_open(at, moscow, EIGHT, TWENTY_ONE, margin=dt.timedelta(hours=1)) == _utc("2026-11-19T17:00:00")


def test_an_hour_that_does_not_exist_is_the_next_that_does_and_a_doubled_one_its_first():
    berlin = ZoneInfo("Europe/Berlin")
    assert instant(dt.date(2026, 3, 29), dt.time(2, 30), berlin) == _utc("2026-03-29T01:30:00")
    assert instant(dt.date(2026, 10, 25), dt.time(2, 30), berlin) == _utc("2026-10-25T00:30:00")


def test_an_unknown_zone_falls_to_the_next_one():
    assert str(first_zone("Mars/Olympus", "", "Asia/Yekaterinburg")) == "Asia/Yekaterinburg"
    assert str(first_zone("", "../etc/passwd")) == "Europe/Moscow"


@settings(max_examples=300, deadline=None)
@given(
    st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2030, 1, 1)),
    st.sampled_from(["Europe/Moscow", "Asia/Kamchatka", "Europe/Berlin", "America/New_York", "Pacific/Apia", "UTC"]),
    st.times(),
    st.times(),
)
def test_the_next_opening_is_open_and_never_in_the_past(at, zone, since, till):
    at, place = at.replace(tzinfo=UTC), ZoneInfo(zone)
    since, till = since.replace(second=0, microsecond=0), till.replace(second=0, microsecond=0)
    found = next_open(at, place, since, till)
    assert at <= found <= at + dt.timedelta(hours=50)
    if since < till and till.hour - since.hour >= 3:
        assert is_open(found, place, since, till)
    begun, ended = day_bounds(at, place)
    assert begun <= at < ended


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["accepted", "sent", "delivered", "read", "failed"]), max_size=12))
def test_whatever_the_order_of_receipts_the_state_only_rises(told):
    state, rank = "sending", RANKS["sending"]
    for each in told:
        if RANKS[each] > rank:
            state, rank = each, RANKS[each]
    highest = max((RANKS[each] for each in told), default=RANKS["sending"])
    assert rank == highest
    assert not {"delivered", "read"} & set(told) or state in {"delivered", "read"}


def test_pauses_grow_and_the_providers_own_word_counts():
    pauses = [pause_of_message(n) for n in range(1, 8)]
    assert pauses == sorted(pauses)
    assert pause_of_message(1, retry_after=120) == dt.timedelta(seconds=120)
    assert pause_of_message(1, jitter=1.0) == dt.timedelta(seconds=15)
    assert rest_of_account("no_money", 1) > rest_of_account("down", 1)
    assert rest_of_account("никому не известно", 9) == dt.timedelta(hours=1)


def test_a_letter_is_read_by_mail_programs_as_it_was_meant():
    skeleton = compile_skeleton(
        sender_address="clinic@ulybka.test",
        sender_name="Клиника «Улыбка»",
        reply_to="desk@ulybka.test",
        unsubscribable=True,
    )
    raw = letter(
        skeleton,
        to="mila@example.test",
        subject="Ждём вас 25.11 в 10:00, подтвердите, пожалуйста, что придёте, или перенесите визит",
        text=".Первая строка с точки\nПодробнее: https://ulybka.test/p/a7 <b>",
        key="visit:7:48h",
        unsubscribe_url="https://ulybka.test/u/a7",
        date=1763627700,
    )
    read = email.message_from_bytes(raw, policy=email.policy.default)
    assert read.defects == []
    assert "Клиника «Улыбка»" in str(read["From"])
    assert str(read["Subject"]).startswith("Ждём вас 25.11 в 10:00, подтвердите")
    assert read["Message-ID"] == "<visit=3a.7=3a.48h@ulybka.test>"
    assert read["List-Unsubscribe"] == "<https://ulybka.test/u/a7>"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read.get_body(("plain",)).get_content().strip().endswith("https://ulybka.test/p/a7 <b>")
    rich = read.get_body(("html",)).get_content()
    assert '<a href="https://ulybka.test/p/a7">' in rich
    assert "&lt;b&gt;" in rich
    lines = raw.split(b"\r\n")
    assert not any(line.startswith(b".") for line in lines)
    assert max(len(line) for line in lines) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_a_long_name_of_the_clinic_folds_as_mail_requires():
    name = "Многопрофильный медицинский центр «Здоровье семьи на Садовой»"
    raw = letter(
        compile_skeleton(sender_address="clinic@ulybka.test", sender_name=name),
        to="mila@example.test", subject="x", text="y", key="k",
    )  # fmt: skip
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert name in str(make_header(decode_header(email.message_from_bytes(raw)["From"])))


@pytest.mark.parametrize("field", ["to", "subject", "key", "unsubscribe_url"])
def test_a_line_break_cannot_smuggle_a_header_into_a_letter(field):
    skeleton = compile_skeleton(sender_address="clinic@ulybka.test", unsubscribable=True)
    values = {"to": "a@b.test", "subject": "x", "text": "y", "key": "k", "unsubscribe_url": "https://u.test"}
    with pytest.raises(ValueError):
        letter(skeleton, **(values | {field: values[field] + "\r\nBcc: c@d.test"}))


def _utc(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=UTC)
