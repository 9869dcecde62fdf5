"""What somebody typed is a number or a day within bounds, or nothing."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zabota.kernel.typed import MOST, day_of, number_of


@pytest.mark.parametrize("text", ["", "²", "٣", "-1", "+1", "1.0", " 1", "9" * 5000, str(MOST + 1), "\x00"])
def test_what_is_no_number_of_a_row_is_nothing(text: str) -> None:
    assert number_of(text) is None


@pytest.mark.parametrize("text", ["", "0001-01-01", "9999-12-31", "2026-02-31", "31.12.2026", "²", "\x00"])
def test_what_is_no_day_that_can_be_counted_with_is_nothing(text: str) -> None:
    assert day_of(text) is None


def test_numbers_and_days_are_read() -> None:
    assert (number_of("0"), number_of("007"), number_of(str(MOST)), number_of("10", most=9)) == (0, 7, MOST, None)
    assert day_of(" 2026-11-24 ") == dt.date(2026, 11, 24)


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    number_of(text)
    day_of(text)
