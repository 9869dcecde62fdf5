"""When a visit is reminded of, whatever the zone, the season and the hour."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zabota.visits.rules.reminders import Moment, Planned, Terms, Window, is_allowed, plan, together

ZONES = (
    "Europe/Moscow",
    "Asia/Kamchatka",
    "Europe/Kaliningrad",
    "Europe/Berlin",
    "America/St_Johns",
    "Pacific/Chatham",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
)
MOSCOW = ZoneInfo("Europe/Moscow")


def at(text: str, zone: str = "Europe/Moscow") -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def planned(starts: str, booked: str, *, zone: str = "Europe/Moscow", patient: str = "", **terms) -> dict:
    found = plan(
        starts_at=at(starts, zone), booked_at=at(booked, zone), zone=zone, patient_zone=patient, terms=Terms(**terms)
    )
    return {each.moment: each for each in found}


def local(reminder: Planned, zone: str = "Europe/Moscow") -> str:
    return reminder.due_at.astimezone(ZoneInfo(zone)).strftime("%d.%m %H:%M")


def test_a_visit_booked_a_week_ahead_is_confirmed_and_reminded_two_days_the_evening_and_two_hours_before() -> None:
    found = planned("2026-11-26 15:00", "2026-11-18 12:00")

    assert {moment: local(each) for moment, each in found.items()} == {
        Moment.BOOKED: "18.11 12:00",
        Moment.LONG: "24.11 15:00",
        Moment.EVENING: "25.11 19:00",
        Moment.SHORT: "26.11 13:00",
    }


def test_a_visit_booked_less_than_48_hours_ahead_has_no_48_hour_reminder() -> None:
    assert Moment.LONG not in planned("2026-11-26 15:00", "2026-11-24 15:01")
    assert Moment.LONG in planned("2026-11-26 15:00", "2026-11-24 15:00")


def test_the_link_of_a_visit_by_video_booked_minutes_before_still_goes_out() -> None:
    starts, booked = at("2026-11-26 15:00"), at("2026-11-26 14:55")
    here, there = (
        plan(starts_at=starts, booked_at=booked, zone="Europe/Moscow", online=online, terms=Terms())
        for online in (False, True)
    )

    assert here == []
    assert [(each.moment, each.expires_at) for each in there] == [(Moment.BOOKED, starts)]


def test_quiet_hours_push_the_two_hour_reminder_to_the_evening_before() -> None:
    found = planned("2026-11-26 09:00", "2026-11-18 12:00", evening_on=False)

    assert local(found[Moment.SHORT]) == "25.11 19:00"
    assert found[Moment.SHORT].pushed


def test_the_evening_message_speaks_for_the_pushed_one() -> None:
    found = planned("2026-11-26 09:00", "2026-11-18 12:00")

    assert Moment.SHORT not in found
    assert found[Moment.EVENING].pushed


def test_a_visit_of_the_next_morning_booked_late_is_only_confirmed() -> None:
    found = planned("2026-11-26 09:00", "2026-11-25 19:30")

    assert set(found) == {Moment.BOOKED}


def test_a_visit_booked_at_night_is_confirmed_in_the_morning() -> None:
    assert local(planned("2026-11-30 15:00", "2026-11-25 23:30")[Moment.BOOKED]) == "26.11 08:00"


def test_a_visit_booked_an_hour_ahead_has_no_two_hour_reminder() -> None:
    assert set(planned("2026-11-26 15:00", "2026-11-26 14:00")) == {Moment.BOOKED}


def test_a_visit_just_after_midnight_is_reminded_on_the_day_before_it() -> None:
    assert local(planned("2026-11-26 00:30", "2026-11-18 12:00")[Moment.EVENING]) == "25.11 19:00"


def test_the_day_before_the_first_of_march_is_the_29th_of_february_in_a_leap_year() -> None:
    assert local(planned("2028-03-01 15:00", "2028-02-20 12:00")[Moment.EVENING]) == "29.02 19:00"
    assert local(planned("2028-02-29 15:00", "2028-02-20 12:00")[Moment.EVENING]) == "28.02 19:00"


def test_quiet_hours_are_those_of_the_patient_far_away() -> None:
    # A clinic in Moscow, a patient in Kamchatka, nine hours ahead.
    found = planned("2026-11-26 15:00", "2026-11-18 12:00", patient="Asia/Kamchatka")

    for each in found.values():
        assert is_allowed(each.due_at, ZoneInfo("Asia/Kamchatka"), Window())


def test_the_evening_keeps_its_wall_time_when_the_clocks_change() -> None:
    # Clocks in Berlin go forward in the night to 29 March 2026.
    found = planned("2026-03-29 15:00", "2026-03-20 12:00", zone="Europe/Berlin")

    assert local(found[Moment.EVENING], "Europe/Berlin") == "28.03 19:00"
    assert local(found[Moment.SHORT], "Europe/Berlin") == "29.03 13:00"


def test_a_zone_that_was_moved_for_good_keeps_the_wall_time_of_the_branch() -> None:
    """T21: Volgograd left +4 for +3 in the night to 27 December 2020; and the year ends in between."""
    found = planned("2020-12-27 15:00", "2020-12-20 12:00", zone="Europe/Volgograd")
    assert local(found[Moment.EVENING], "Europe/Volgograd") == "26.12 19:00"
    assert local(found[Moment.SHORT], "Europe/Volgograd") == "27.12 13:00"
    assert (found[Moment.SHORT].due_at - found[Moment.EVENING].due_at).total_seconds() == 19 * 3600

    new_year = planned("2027-01-01 09:00", "2026-12-20 12:00", zone="Asia/Kamchatka")
    assert local(new_year[Moment.EVENING], "Asia/Kamchatka") == "31.12 19:00"


@pytest.mark.parametrize("kind", ["confirm_on", "long_on", "evening_on", "short_on"])
def test_what_the_clinic_switched_off_is_not_sent(kind: str) -> None:
    moments = {"confirm_on": "booked", "long_on": "long", "evening_on": "evening", "short_on": "short"}

    assert moments[kind] not in planned("2026-11-26 15:00", "2026-11-18 12:00", **{kind: False})


@settings(max_examples=300, deadline=None)
@given(
    starts=st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2029, 1, 1), timezones=st.just(dt.UTC)),
    ahead=st.timedeltas(dt.timedelta(minutes=1), dt.timedelta(days=60)),
    zone=st.sampled_from(ZONES),
    patient=st.sampled_from(("", *ZONES)),
    short=st.integers(1, 12),
    long=st.integers(13, 96),
)
def test_nothing_is_due_in_quiet_hours_before_the_booking_or_after_the_beginning(
    starts: dt.datetime, ahead: dt.timedelta, zone: str, patient: str, short: int, long: int
) -> None:
    booked = starts - ahead
    terms = Terms(short_hours=short, long_hours=long)
    found = plan(starts_at=starts, booked_at=booked, zone=zone, patient_zone=patient, terms=terms)

    assert len({each.moment for each in found}) == len(found)
    for each in found:
        assert is_allowed(each.due_at, ZoneInfo(patient or zone), terms.window)
        assert booked <= each.due_at < each.expires_at < starts
        if each.moment is Moment.LONG:
            assert ahead >= dt.timedelta(hours=long)
        if each.moment is Moment.SHORT and not each.pushed:
            assert starts - each.due_at == dt.timedelta(hours=short)
        if each.moment is Moment.EVENING or each.pushed:
            assert each.due_at.astimezone(ZoneInfo(zone)).date() < starts.astimezone(ZoneInfo(zone)).date()
    assert plan(starts_at=starts, booked_at=booked, zone=zone, patient_zone=patient, terms=terms) == found


def test_visits_of_one_day_and_address_speak_in_one_message() -> None:
    assert together([(1, "a"), (2, "b"), (3, "a")]) == {1: 1, 2: 2, 3: 1}
