"""Geometry of a day: every block within its column, nothing over another, gaps that are really free."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zabota.desk.calendar.grid import Block, Column, Span, cut, frame_of, gaps, in_lanes, joined

#: A busy machine draws slowly; that is not what is tested.
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
spans = st.builds(
    lambda start, length: Span(start, min(1440, start + length)), st.integers(0, 1430), st.integers(5, 240)
)


@SLOW
@given(st.lists(spans, max_size=7))
def test_what_overlaps_never_shares_a_lane(found: list[Span]) -> None:
    lanes = in_lanes(found)

    for lane, count in lanes:
        assert 0 <= lane < count
    for first in range(len(found)):
        for second in range(first + 1, len(found)):
            one, two = found[first], found[second]
            if one.start < two.end and two.start < one.end:
                assert lanes[first][0] != lanes[second][0]
                assert lanes[first][1] == lanes[second][1]


def test_what_does_not_overlap_has_the_whole_width() -> None:
    assert in_lanes([Span(540, 570), Span(570, 600), Span(600, 660)]) == [(0, 1)] * 3


@SLOW
@given(st.lists(spans, max_size=4), st.lists(spans, max_size=8))
def test_a_gap_lies_in_the_hours_and_meets_nothing_busy(windows: list[Span], busy: list[Span]) -> None:
    for gap in gaps(windows, busy, least=15):
        assert gap.minutes >= 15
        assert any(window.start <= gap.start and gap.end <= window.end for window in windows)
        assert not any(gap.start < span.end and span.start < gap.end for span in busy)


def test_free_time_before_between_and_after_visits() -> None:
    found = gaps([Span(540, 780)], [Span(600, 660), Span(630, 690)], least=15)

    assert found == [Span(540, 600), Span(690, 780)]


def test_frame_holds_every_span_in_whole_hours() -> None:
    frame = frame_of([Span(545, 570), Span(1030, 1085)])

    assert (frame.start, frame.end) == (540, 1140)
    assert [words for _, words in frame.hours][:2] == ["9:00", "10:00"]


def test_an_empty_day_shows_the_usual_hours() -> None:
    assert (frame_of([]).start, frame_of([]).end) == (540, 1200)


def test_hours_of_several_doctors_are_joined() -> None:
    assert joined([Span(600, 780), Span(540, 660), Span(840, 900)]) == [Span(540, 780), Span(840, 900)]


def test_a_block_outside_of_the_frame_is_cut() -> None:
    column = Column(key="", title="", blocks=[Block("off", 0, 600), Block("off", 1300, 100)])

    shown = cut(column, frame_of([Span(540, 1080)]))

    assert [(block.start, block.minutes) for block in shown.blocks] == [(540, 60)]
