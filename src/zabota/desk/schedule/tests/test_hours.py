"""Hours as people write them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zabota.desk.schedule.hours import read_hours, without, write_hours
from zabota.kernel.errors import BadInput


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", []),
        ("выходной", []),
        ("9:00–17:00", [(540, 1020)]),
        ("9-17", [(540, 1020)]),
        ("9.00 - 14.00; 15:00-18:00", [(540, 840), (900, 1080)]),
        ("с 9 до 14 и 15 до 18", [(540, 840), (900, 1080)]),
        ("15–18, 9–14", [(540, 840), (900, 1080)]),
        ("20:00–8:00", [(1200, 1920)]),
        ("0:00–24:00", [(0, 1440)]),
    ],
)
def test_hours_are_read_in_the_spellings_of_a_reception(text: str, spans: list[tuple[int, int]]) -> None:
    assert read_hours(text) == spans


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("утром", "Не получилось прочитать «утром»"),
        ("9–25", "Такого времени нет"),
        ("9:70–10", "Такого времени нет"),
        ("9:03–10", "с шагом 5 минут"),
        ("9–14, 13–18", "пересекаются"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read_hours(text)


minutes = st.integers(0, 287).map(lambda step: step * 5)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(minutes, minutes), max_size=4))
def test_what_is_written_is_read_again(pairs: list[tuple[int, int]]) -> None:
    spans = [(begins, ends) for begins, ends in pairs if begins < ends]

    text = write_hours(spans)

    assert write_hours(read_hours(text)) == text


def test_a_break_is_a_gap() -> None:
    assert write_hours(without([(540, 1080)], [(780, 840)])) == "9:00–13:00, 14:00–18:00"
