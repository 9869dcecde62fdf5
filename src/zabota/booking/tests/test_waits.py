"""Waiting by weeks and months: whole periods without gaps, medians that are true, the period before beside each."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zabota.booking import api
from zabota.booking.models import Appointment, NextFree
from zabota.booking.rules.waits import OVER, WaitSpan, periods, waits_of
from zabota.clinic.models import Doctor


@given(today=st.dates(dt.date(2024, 1, 1), dt.date(2033, 12, 31)), span=st.sampled_from(WaitSpan))
def test_periods_follow_each_other_without_a_gap_up_to_the_one_that_holds_today(today: dt.date, span: WaitSpan) -> None:
    found = periods(span, today)
    assert len(found) == OVER[span] + 1
    assert all(after[0] == before[1] + dt.timedelta(days=1) for before, after in itertools.pairwise(found))
    assert found[-1][0] <= today <= found[-1][1]
    if span is WaitSpan.WEEK:
        assert all(first.weekday() == 0 and (last - first).days == 6 for first, last in found)
    else:
        assert all(first.day == 1 and (last + dt.timedelta(days=1)).day == 1 for first, last in found)


@given(values=st.lists(st.floats(0, 500), max_size=80))
@settings(max_examples=60)
def test_the_interval_holds_the_median_and_nine_of_ten_wait_no_longer_than_said(values: list[float]) -> None:
    found = waits_of(values)
    if not values:
        assert found is None
        return
    assert found is not None and found.count == len(values)
    assert 10 * sum(value <= found.most for value in values) >= 9 * len(values)
    if found.low is not None and found.high is not None:
        assert min(values) <= found.low <= found.median <= found.high <= max(values)
    else:
        assert len(values) < 6


@pytest.fixture
def waited(book, in_clinic, at):
    """Make a visit of this day at 14:00 whose patient waited so many minutes."""

    def make(day: dt.date, minutes: float, **fields) -> Appointment:
        row = book(starts_at=at(25, 14))
        starts_at = dt.datetime.combine(day, dt.time(11), dt.UTC)
        Appointment.objects.filter(pk=row.pk).update(
            status="completed", starts_at=starts_at, day=day, arrived_at=starts_at - dt.timedelta(minutes=20),
            begun_at=starts_at + dt.timedelta(minutes=minutes), **fields,
        )  # fmt: skip
        return row

    return make


MONDAY = dt.date(2026, 11, 16)


@pytest.mark.django_db
def test_each_week_stands_beside_the_week_before_it(seat, waited, in_clinic, now, centre) -> None:
    for day, minutes in ((MONDAY, 10), (MONDAY + dt.timedelta(days=6), 30), (MONDAY - dt.timedelta(days=1), 4)):
        waited(day, minutes)
    trend = api.waiting_trend(clinic=in_clinic, now=now, span=WaitSpan.WEEK, branch=centre)
    found = {point.first_on: point for point in trend}
    assert [(found[day].corridor.count, found[day].corridor.median) for day in (MONDAY - dt.timedelta(days=7), MONDAY)] == [(1, 4.0), (2, 20.0)]  # fmt: skip
    assert [point.goes_on for point in trend] == [False] * OVER[WaitSpan.WEEK] + [True]
    assert trend[0].corridor is None and trend[0].to_third is None
    (before,) = (each for each in api.waiting_figures(clinic=in_clinic, now=now, days=5).by_hour if each.key == "14")
    assert (before.visits, before.before_visits, before.before_minutes) == (1, 2, 7.0)


@pytest.mark.django_db
def test_evenings_of_one_doctor_are_not_those_of_another_and_none_free_is_the_longest(seat, in_clinic, now) -> None:
    other = Doctor.objects.create(clinic=in_clinic, name="Ким Алла")
    for doctor, days in ((seat.doctor, 3), (other, None)):
        NextFree.objects.create(clinic=in_clinic, doctor=doctor, on=MONDAY, days_to_first=1, days_to_third=days)

    def third(doctor: Doctor | None) -> tuple[int, float]:
        trend = api.waiting_trend(clinic=in_clinic, now=now, span=WaitSpan.MONTH, doctor=doctor)
        found = next(point.to_third for point in trend if point.to_third is not None)
        return found.count, found.median

    assert third(seat.doctor) == (1, 3)
    assert third(other) == (1, api.LOOK_AHEAD_DAYS + 1)
    assert third(None) == (2, (3 + api.LOOK_AHEAD_DAYS + 1) / 2)
