"""Rows of the snapshot from visits in any order: against a count by hand, whatever the numbers."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from zabota.analytics.rules.columns import as_date, ordinal
from zabota.analytics.rules.snapshot import NONE, RawVisits, recent_months, visit_rows
from zabota.analytics.rules.snapshot_cohorts import matrix_of, matrix_of_visits

AS_OF = date(2026, 11, 20)


def random_visits(seed: int, *, far: int = 1) -> RawVisits:
    """Visits of a few patients, several on one day; `far` spreads the numbers of patients."""
    dice = np.random.default_rng(seed)
    size = int(dice.integers(1, 400))
    return RawVisits(
        patient=dice.integers(1, 40, size) * far,
        day=ordinal(AS_OF) - dice.integers(0, 3000, size) // 3 * 3,
        appointment=dice.permutation(size) + 1,
        kopecks=dice.integers(0, 10, size) * 1000,
        doctor=dice.integers(-1, 5, size),
        branch=dice.integers(-1, 3, size),
    )


@pytest.mark.parametrize("far", [1, 2**45])
@pytest.mark.parametrize("seed", range(8))
def test_rows_are_those_counted_by_hand_in_any_order_and_for_any_numbers(seed: int, far: int) -> None:
    raw = random_visits(seed, far=far)
    found = visit_rows(raw, AS_OF)
    histories: dict[int, list[int]] = {}
    for place in np.lexsort((raw.appointment, raw.day, raw.patient)):
        histories.setdefault(int(raw.patient[place]), []).append(int(place))
    assert found.frame["patient_id"].to_list() == sorted(histories)
    for row, first, last in zip(found.frame.iter_rows(named=True), found.first, found.last, strict=True):
        places = histories[row["patient_id"]]
        days = sorted({as_date(int(raw.day[place])) for place in places})
        assert (first, last) == (places[0], places[-1])
        assert row["days"] == days
        assert row["day_kopecks"] == [
            sum(int(raw.kopecks[place]) for place in places if as_date(int(raw.day[place])) == day) for day in days
        ]
        assert (row["visits"], row["rows"]) == (len(days), len(places))
        assert (row["first_on"], row["last_on"]) == (days[0], days[-1])
        assert row["second_on"] == (days[1] if len(days) > 1 else None)
        doctor = int(raw.doctor[places[0]])
        assert row["index_doctor_id"] == (None if doctor == NONE else doctor)
        offsets = {each.year * 12 + each.month - days[0].year * 12 - days[0].month for each in days}
        assert row["months"] == sum(1 << bit for bit in offsets if bit < 64)
        back = {AS_OF.year * 12 + AS_OF.month - each.year * 12 - each.month for each in days}
        assert row["recent_months"] == sum(1 << bit for bit in back if bit < 64)


def test_recent_months_of_a_later_day_are_those_of_a_new_build() -> None:
    raw = random_visits(3)
    frame = visit_rows(raw, AS_OF).frame
    later = AS_OF + timedelta(days=100)
    assert recent_months(frame["days"], later).equals(visit_rows(raw, later).frame["recent_months"])


@pytest.mark.parametrize("seed", range(6))
def test_cohorts_of_visits_and_of_masks_are_equal(seed: int) -> None:
    raw = random_visits(seed, far=1 if seed % 2 else 2**30)
    frame = visit_rows(raw, AS_OF).frame
    first = frame["first_on"].to_physical().cast(int).to_numpy()
    of_masks, of_visits = matrix_of(first, frame["months"].to_numpy()), matrix_of_visits(raw.patient, raw.day)
    assert np.array_equal(of_masks.months, of_visits.months)
    assert np.array_equal(of_masks.cells, of_visits.cells)
    assert of_masks.sizes.sum() == frame.height
    assert of_masks.label(0) == min(frame["first_on"]).replace(day=1)


def test_adding_a_later_visit_changes_no_earlier_cell() -> None:
    raw = random_visits(5)
    before = matrix_of_visits(raw.patient, raw.day, width=128)
    after = matrix_of_visits(np.append(raw.patient, raw.patient[0]), np.append(raw.day, raw.day.max() + 62), width=128)
    changed = np.argwhere(after.cells[: len(before.cells)] != before.cells)
    assert len(changed) == 1
    row, offset = (int(each) for each in changed[0])
    assert int(before.months[row]) + offset > int(before.months.max())
