"""When somebody works: breaks, days off, nights, clock changes, far zones, the 29th of February."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zabota.booking.rules.cells import cells_of, instant_of, minute_of
from zabota.booking.rules.gaps import Busy, free_starts, spread
from zabota.booking.rules.week import Hours, Special, epoch_minute, less, windows

ZONE = ZoneInfo("Europe/Moscow")
MONDAY = dt.date(2026, 11, 23)


def local(found, zone=ZONE):
    return [
        (instant_of(each.begins).astimezone(zone).strftime("%d %H:%M"), instant_of(each.ends).astimezone(zone).strftime("%d %H:%M"))
        for each in found
    ]  # fmt: skip


def of_day(day, hours, specials=(), zone=ZONE):
    return local(windows(day, resource_id=1, hours=hours, specials=specials, zones={7: zone, 8: zone}), zone)


def test_break_splits_the_day():
    hours = [Hours(7, 0, 540, 1080), Hours(7, 0, 780, 840, is_break=True)]
    assert of_day(MONDAY, hours) == [("23 09:00", "23 13:00"), ("23 14:00", "23 18:00")]


def test_other_weekday_and_outside_validity_is_no_work():
    assert of_day(MONDAY, [Hours(7, 1, 540, 1080)]) == []
    assert of_day(MONDAY, [Hours(7, 0, 540, 1080, since_on=MONDAY + dt.timedelta(days=1))]) == []
    assert of_day(MONDAY, [Hours(7, 0, 540, 1080, until_on=MONDAY - dt.timedelta(days=1))]) == []


def test_day_off_of_the_clinic_closes_everybody_and_of_a_branch_only_its_own():
    hours = [Hours(7, 0, 540, 720), Hours(8, 0, 780, 1080)]
    assert of_day(MONDAY, hours, [Special(MONDAY, MONDAY)]) == []
    assert of_day(MONDAY, hours, [Special(MONDAY, MONDAY, branch_id=7)]) == [("23 13:00", "23 18:00")]
    assert len(of_day(MONDAY, hours, [Special(MONDAY, MONDAY, resource_id=2)])) == 2


def test_part_of_a_day_off_leaves_the_rest():
    specials = [Special(MONDAY, MONDAY, begins=600, ends=660)]
    assert of_day(MONDAY, [Hours(7, 0, 540, 720)], specials) == [("23 09:00", "23 10:00"), ("23 11:00", "23 12:00")]


def test_extra_hours_count_even_on_a_holiday():
    extra = Special(MONDAY, MONDAY, is_extra=True, resource_id=1, branch_id=7, begins=600, ends=720)
    assert of_day(MONDAY, [Hours(7, 0, 540, 1080)], [Special(MONDAY, MONDAY), extra]) == [("23 10:00", "23 12:00")]


def test_night_shift_ends_on_the_next_day():
    assert of_day(MONDAY, [Hours(7, 0, 1260, 1800)]) == [("23 21:00", "24 06:00")]


def test_spring_clock_change_keeps_wall_clock_and_shortens_the_night():
    berlin = ZoneInfo("Europe/Berlin")
    sunday = dt.date(2026, 3, 29)
    day = windows(sunday, resource_id=1, hours=[Hours(7, 6, 540, 1080)], specials=[], zones={7: berlin})[0]
    assert instant_of(day.begins).astimezone(berlin).hour == 9
    assert day.ends - day.begins == 540
    night = windows(sunday, resource_id=1, hours=[Hours(7, 6, 60, 300)], specials=[], zones={7: berlin})[0]
    assert night.ends - night.begins == 180  # from one to five there are three hours


def test_autumn_clock_change_lengthens_the_night():
    berlin = ZoneInfo("Europe/Berlin")
    night = windows(dt.date(2026, 10, 25), resource_id=1, hours=[Hours(7, 6, 60, 300)], specials=[], zones={7: berlin})[
        0
    ]
    assert night.ends - night.begins == 300


@pytest.mark.parametrize("name", ["Asia/Kamchatka", "Pacific/Kiritimati", "America/St_Johns", "Asia/Kathmandu"])
def test_far_zones_keep_their_own_nine_o_clock(name):
    zone = ZoneInfo(name)
    assert of_day(MONDAY, [Hours(7, 0, 540, 600)], zone=zone) == [("23 09:00", "23 10:00")]


def test_29_february_is_a_day_like_others():
    day = dt.date(2028, 2, 29)
    assert of_day(day, [Hours(7, day.weekday(), 540, 600)]) == [("29 09:00", "29 10:00")]
    assert epoch_minute(day, 1440, ZONE) == epoch_minute(dt.date(2028, 3, 1), 0, ZONE)


def test_cell_touched_in_part_belongs_to_the_span():
    base = minute_of(dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC))
    assert len(cells_of(base, base + 30)) == 6
    assert len(cells_of(base + 2, base + 32)) == 7


def test_free_starts_hug_what_is_busy_and_keep_the_grid():
    busy = Busy.of([(60, 100)])
    assert free_starts(0, 240, busy, minutes=30, step=30) == [0, 30, 100, 120, 150, 180, 210]
    assert free_starts(0, 240, busy, minutes=30, step=30, before=10, after=10) == [0, 110, 120, 150, 180, 210]
    assert free_starts(0, 240, busy, minutes=30, step=30, not_before=125) == [150, 180, 210]
    assert free_starts(0, 20, Busy(), minutes=30) == []


@settings(max_examples=300, deadline=None)
@given(
    spans=st.lists(st.tuples(st.integers(0, 140), st.integers(1, 30)), max_size=12),
    minutes=st.integers(1, 12).map(lambda n: n * 5),
    before=st.sampled_from([0, 5, 15]),
    after=st.sampled_from([0, 5, 10]),
    not_before=st.integers(0, 500),
)
def test_every_free_start_is_free_and_none_on_the_grid_is_forgotten(spans, minutes, before, after, not_before):
    taken = [(begin * 5, begin * 5 + length * 5) for begin, length in spans]
    opens, closes = 120, 600
    found = free_starts(
        opens, closes, Busy.of(taken), minutes=minutes, before=before, after=after, not_before=not_before
    )

    def fits(start):
        return (
            opens <= start >= not_before
            and start + minutes <= closes
            and not any(begin < start + minutes + after and start - before < end for begin, end in taken)
        )

    assert found == sorted(set(found))
    assert all(fits(start) for start in found)
    assert {start for start in range(opens, closes, 30) if fits(start)} <= set(found)


@given(
    st.tuples(st.integers(0, 50), st.integers(51, 100)),
    st.lists(st.tuples(st.integers(0, 99), st.integers(1, 30)).map(lambda p: (p[0], p[0] + p[1])), max_size=6),
)
def test_what_remains_and_what_was_taken_make_the_whole(span, away):
    rest = less(span, away)
    minutes = {minute for begin, end in rest for minute in range(begin, end)}
    gone = {minute for begin, end in away for minute in range(begin, end)}
    assert minutes == set(range(*span)) - gone


def test_spread_offers_morning_and_evening():
    assert spread([1, 2, 3, 4, 5], 2) == [1, 5]
    assert spread([1, 2], 5) == [1, 2]
