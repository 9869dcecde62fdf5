"""Arithmetic of recalls and the words about them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zabota.nextstep.rules.intervals import Interval, add_interval, add_months, of_months
from zabota.nextstep.rules.recalls import Booking, RecallFacts, Trigger, cycles, right_booking, usual, waiting
from zabota.nextstep.rules.wording import interval_words, span, why_hidden

D = dt.date


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (D(2026, 8, 31), 6, D(2027, 2, 28)),
        (D(2027, 8, 31), 6, D(2028, 2, 29)),
        (D(2028, 2, 29), 12, D(2029, 2, 28)),
        (D(2028, 2, 29), 48, D(2032, 2, 29)),
        (D(2026, 1, 31), 1, D(2026, 2, 28)),
        (D(2026, 12, 31), 2, D(2027, 2, 28)),
        (D(2026, 11, 30), 3, D(2027, 2, 28)),
        (D(2026, 5, 15), 6, D(2026, 11, 15)),
    ],
)
def test_months_end_on_the_last_day_of_a_shorter_month(day: dt.date, months: int, expected: dt.date) -> None:
    assert add_months(day, months) == expected


def test_days_and_months_are_different_intervals() -> None:
    day = D(2026, 8, 31)
    assert add_interval(day, of_months(6)) == D(2027, 2, 28)
    assert add_interval(day, Interval(180)) == D(2027, 2, 27)
    assert add_interval(day, Interval(182)) == D(2027, 3, 1)


@given(st.dates(D(1990, 1, 1), D(2080, 1, 1)), st.integers(1, 120))
def test_a_month_later_is_never_in_the_month_after(day: dt.date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day


def test_early_visit_moves_the_due_day_with_it() -> None:
    first, early = Trigger(1, D(2026, 1, 10), of_months(6)), Trigger(1, D(2026, 5, 2), of_months(6))
    assert cycles([first, early])[1].calculated_on == D(2026, 11, 2)


def test_voided_trigger_leaves_the_one_before_it() -> None:
    first, voided = Trigger(1, D(2026, 1, 10), of_months(6)), Trigger(1, D(2026, 5, 2), of_months(6))
    assert cycles([first, voided])[1].previous_on == D(2026, 5, 2)
    assert cycles([first])[1].previous_on == D(2026, 1, 10)
    assert cycles([]) == {}


def test_of_two_triggers_on_one_day_the_earlier_due_counts() -> None:
    triggers = [Trigger(1, D(2026, 1, 10), Interval(90)), Trigger(1, D(2026, 1, 10), Interval(180))]
    assert cycles(triggers)[1].calculated_on == cycles(reversed(triggers))[1].calculated_on == D(2026, 4, 10)


def recall(**fields: object) -> RecallFacts:
    values = {
        "group_id": 1, "group_name": "Гигиена", "previous_on": D(2026, 5, 20), "interval": of_months(6),
        "calculated_on": D(2026, 11, 20),
    }  # fmt: skip
    return RecallFacts(**(values | fields))


MAY = D(2027, 5, 12)


def booking(
    *groups: int, day: dt.date = MAY, services: bool = True, number: int = 7, of_doctor: frozenset[int] | None = None
) -> Booking:
    at = dt.datetime.combine(day, dt.time(9), dt.UTC)
    return Booking(number, at, day, frozenset(groups), services, of_doctor)


def test_due_day_follows_the_calculated_one_until_a_person_overrides_it() -> None:
    assert recall().due_on == D(2026, 11, 20)
    assert recall(overridden_on=D(2026, 12, 24)).due_on == D(2026, 12, 24)


def test_snooze_moves_the_call_and_not_the_due_day() -> None:
    snoozed = recall(snoozed_until=D(2027, 1, 15))
    assert (snoozed.due_on, snoozed.asked_on) == (D(2026, 11, 20), D(2027, 1, 15))
    assert recall(snoozed_until=D(2026, 6, 1)).asked_on == D(2026, 11, 20)


def test_only_the_right_visit_answers_a_recall_unless_any_visit_does() -> None:
    other, right = booking(2, number=1), booking(1, day=D(2027, 6, 1), number=2)
    assert right_booking([other], 1, any_visit=False) is None
    assert right_booking([other, right], 1, any_visit=False) == right
    assert right_booking([other, right], 1, any_visit=True) == other


def test_booking_without_services_and_without_a_doctor_has_the_benefit_of_the_doubt() -> None:
    unknown = booking(services=False)
    assert right_booking([unknown], 1, any_visit=False) == unknown


def test_booking_without_services_answers_what_its_doctor_may_perform() -> None:
    hygienist, stranger = (booking(services=False, of_doctor=frozenset(able)) for able in ({1}, {2}))
    assert right_booking([hygienist], 1, any_visit=False) == hygienist
    assert right_booking([stranger], 1, any_visit=False) is None
    assert right_booking([stranger], 1, any_visit=True) == stranger


def test_named_service_counts_whatever_else_the_doctor_may_perform() -> None:
    assert right_booking([booking(2, of_doctor=frozenset({1, 2}))], 1, any_visit=False) is None


def test_answered_and_switched_off_recalls_wait_for_nobody() -> None:
    rows = [recall(booking=booking(1)), recall(group_id=2, is_disabled=True), recall(group_id=3)]
    assert [each.group_id for each in waiting(rows)] == [3]


def test_expected_interval_is_that_of_the_latest_trigger_of_several_the_shortest() -> None:
    old = recall(group_id=1, previous_on=D(2025, 1, 1), interval=Interval(30))
    new = recall(group_id=2, previous_on=D(2026, 1, 1), interval=Interval(180))
    same_day = recall(group_id=3, previous_on=D(2026, 1, 1), interval=Interval(90))
    found = usual([old, new, same_day])
    assert found is not None and found.group_id == 3
    assert usual([]) is None


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (recall(booking=booking(1)), "скрыто: записан 12 мая 2027, срок посчитаем от этого визита"),
        (recall(booking=booking(2)), "скрыто: записан 12 мая 2027, засчитывается любой визит"),
        (recall(booking=booking(services=False)), "скрыто: записан 12 мая 2027, услуга не указана"),
        (
            recall(booking=booking(services=False, of_doctor=frozenset({2}))),
            "скрыто: записан 12 мая 2027, засчитывается любой визит",
        ),
        (recall(snoozed_until=D(2027, 1, 15)), "скрыто: отложено до 15 января 2027"),
        (recall(is_disabled=True, disabled_reason="протезы"), "скрыто: отключено, протезы"),
        (recall(calculated_on=D(2026, 12, 1)), "срок 1 декабря 2026 ещё не наступил"),
        (recall(), ""),
    ],
)
def test_reason_why_a_recall_is_not_shown_is_said(row: RecallFacts, words: str) -> None:
    assert why_hidden(row, D(2026, 11, 20)) == words


def test_another_year_is_named() -> None:
    assert why_hidden(recall(snoozed_until=D(2027, 1, 15)), D(2026, 11, 20)) == "скрыто: отложено до 15 января 2027"
    assert why_hidden(recall(snoozed_until=D(2026, 12, 5)), D(2026, 11, 20)) == "скрыто: отложено до 5 декабря"


def test_override_before_the_due_day_is_asked_earlier() -> None:
    assert replace(recall(), overridden_on=D(2026, 10, 1)).asked_on == D(2026, 10, 1)


@pytest.mark.parametrize(
    ("days", "words"),
    [(1, "1 день"), (14, "14 дней"), (91, "3 месяца"), (365, "12 месяцев"), (800, "2 года"), (1830, "5 лет")],
)
def test_span_is_said_as_people_say_it(days: int, words: str) -> None:
    assert span(days) == words


def test_interval_is_said_in_months_when_it_is_a_whole_number_of_them() -> None:
    assert interval_words(of_months(6)) == "6 месяцев"
    assert interval_words(Interval(182)) == "6 месяцев"
    assert interval_words(Interval(45)) == "45 дней"
    assert interval_words(Interval(21)) == "21 день"
