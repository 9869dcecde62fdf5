"""Cohorts from narrow columns: equal to counting by hand, honest about the young, calm about those who left."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from zabota.analytics.rules.cohort_base import (
    HORIZON,
    WIDTH,
    CohortBase,
    Side,
    build_base,
    ends_by,
    incidence_of,
    keep_of,
    pair_table,
    slice_of,
)
from zabota.analytics.rules.cohort_forecast import calibrate, forecast, half_years
from zabota.analytics.rules.survival import kaplan_meier
from zabota.analytics.services.cohort_view import alarms_of_months

AS_OF = dt.date(2026, 11, 15)
END = (AS_OF - dt.date(1970, 1, 1)).days


def people(seed: int, size: int = 3000, *, leaving: float = 0.05) -> dict:
    """First, second, leaving days, masks and sides of invented patients."""
    random = np.random.default_rng(seed)
    first = END - random.integers(0, 800, size)
    second = first + random.integers(1, 500, size)
    second = np.where((random.random(size) < 0.7) & (second <= END), second, -1)
    left = np.where(random.random(size) < leaving, first + random.integers(0, 600, size), -1)
    months = random.integers(0, 2**40, size, dtype=np.uint64) | np.uint64(1)
    sides = {
        "channel": Side(random.integers(-1, 3, size).astype(np.int16), ("а", "б", "в")),
        "branch": Side(random.integers(0, 2, size).astype(np.int16), ("Центр", "Север")),
    }
    return {"first": first, "second": second, "left": left, "months": months, "sides": sides}


def sure(given: dict) -> np.ndarray:
    """Who is new for certain: those of the first half-year of the data may be old patients."""
    return given["first"] >= given["first"].min() + 180


def base_of(given: dict) -> CohortBase:
    return build_base(as_of=AS_OF, **given)


def by_hand(given: dict, keep: np.ndarray) -> dict[tuple[int, int], int]:
    """Cells counted patient by patient."""
    found: dict[tuple[int, int], int] = {}
    for first, mask in zip(given["first"][keep], given["months"][keep], strict=True):
        day = dt.date(1970, 1, 1) + dt.timedelta(days=int(first))
        for k in range(WIDTH):
            if int(mask) >> k & 1:
                place = ((day.year - 1970) * 12 + day.month - 1, k)
                found[place] = found.get(place, 0) + 1
    return found


@pytest.mark.parametrize("chosen", [{}, {"channel": 1}, {"channel": -1}, {"channel": 2, "branch": 0}])
def test_map_equals_counting_by_hand_under_any_filter(chosen) -> None:
    given = people(1)
    base = base_of(given)
    keep = sure(given)
    for name, code in chosen.items():
        keep &= given["sides"][name].codes == code
    expected = by_hand(given, keep)
    found = slice_of(base, chosen)
    for row in range(base.rows):
        for column in range(WIDTH):
            assert found.cells[row, column] == expected.get((base.low + row, column), 0)
    assert found.patients == int(keep.sum())
    assert found.cells[:, 0].tolist() == found.sizes.tolist()


def test_a_side_is_counted_under_the_filters_of_the_others_only() -> None:
    given = people(2)
    base = base_of(given)
    found = slice_of(base, {"channel": 1, "branch": 0}).facets
    ripe = (END - given["first"] >= HORIZON) & sure(given)
    for code in range(3):
        mine = ripe & (given["sides"]["channel"].codes == code) & (given["sides"]["branch"].codes == 0)
        assert found["channel"].ripe[code] == mine.sum()
    unknown = ripe & (given["sides"]["channel"].codes == -1) & (given["sides"]["branch"].codes == 0)
    assert found["channel"].ripe[-1] == unknown.sum()


def test_limit_to_branches_hides_the_others_and_keeps_the_unknown() -> None:
    given = people(3)
    base = base_of(given)
    allowed = {"channel": np.array([True, False, False])}
    shown = sure(given) & np.isin(given["sides"]["channel"].codes, (0, -1))
    assert slice_of(base, {}, allowed=allowed).patients == shown.sum()
    assert slice_of(base, {}, allowed=allowed).facets["channel"].ripe[1] == 0


def test_order_of_patients_changes_nothing() -> None:
    given = people(4)
    order = np.random.default_rng(0).permutation(len(given["first"]))
    mixed = {name: given[name][order] for name in ("first", "second", "left", "months")}
    mixed["sides"] = {name: Side(side.codes[order], side.values) for name, side in given["sides"].items()}
    one, two = slice_of(base_of(given), {"channel": 1}), slice_of(base_of(mixed), {"channel": 1})
    assert np.array_equal(one.cells, two.cells)
    assert np.array_equal(one.ends, two.ends)


def test_curve_without_leavers_is_kaplan_meier() -> None:
    given = people(5, leaving=0.0)
    base = base_of(given)
    found = incidence_of(slice_of(base, {}).ends)
    back = given["second"] >= 0
    days = np.where(back, given["second"] - given["first"], END - given["first"]).astype(float)
    curve = kaplan_meier(days[sure(given)], back[sure(given)])
    for day in (1, 30, 180, 364):
        assert found.back[day] == pytest.approx(1 - curve.at(day), abs=1e-9)
        assert found.plain[day] == pytest.approx(found.back[day], abs=1e-12)


def test_patients_of_the_first_half_year_of_the_data_are_in_no_figure() -> None:
    given = people(8)
    old = ~sure(given)
    other = dict(
        given, second=np.where(old, given["first"] + 1, given["second"]), left=np.where(old, -1, given["left"])
    )
    one, two = base_of(given), base_of(other)
    assert one.rows == two.rows
    found, again = slice_of(one, {}), slice_of(two, {})
    assert found.patients == sure(given).sum()
    assert np.array_equal(found.cells, again.cells)
    assert np.array_equal(found.ends, again.ends)
    assert np.array_equal(ends_by(one, "channel", None), ends_by(two, "channel", None))
    assert np.array_equal(pair_table(one, "channel", "branch", None), pair_table(two, "channel", "branch", None))
    assert np.array_equal(found.facets["channel"].came, again.facets["channel"].came)


def test_who_left_never_comes_so_the_plain_curve_overstates() -> None:
    # Ten patients: two back on day 10, two left on day 20, three back on day 30, three still away.
    ends = np.zeros((731, 3), np.int64)
    ends[10, 1], ends[20, 2], ends[30, 1], ends[400, 0] = 2, 2, 3, 3
    found = incidence_of(ends)
    assert found.back[365] == pytest.approx(0.5)
    assert found.left[365] == pytest.approx(0.2)
    assert found.plain[365] == pytest.approx(1 - 0.8 * 0.5)


def test_curves_of_values_sum_to_the_whole() -> None:
    base = base_of(people(6))
    assert np.array_equal(ends_by(base, "channel", None).sum(axis=0), slice_of(base, {}).ends.sum(axis=0))
    table = pair_table(base, "channel", "branch", keep_of(base, {}))
    assert table.sum() == slice_of(base, {}).facets["channel"].ripe.sum()


def steady(seed: int, *, size: int = 400, rows: int = 30, width: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """A map whose columns have true shares, the same for every cohort."""
    random = np.random.default_rng(seed)
    shares = np.append(1.0, np.linspace(0.35, 0.08, width))
    sizes = np.full(rows, size)
    return sizes, np.stack([random.binomial(size, share, rows) for share in shares], axis=1)


def test_forecast_ranges_hold_what_they_promise() -> None:
    inside = total = 0
    for seed in range(30):
        sizes, cells = steady(seed)
        found = calibrate(sizes, cells, known=24, width=12)
        inside, total = inside + found.inside, total + found.cells
    assert 0.92 <= inside / total <= 0.99


def test_what_is_over_is_not_forecast_and_what_nobody_knows_is_left_empty() -> None:
    sizes, cells = steady(1, rows=6)
    found = forecast(sizes, cells, known=5, width=12)
    assert np.isnan(found.value[0, 1:6]).all()
    assert np.isnan(found.value[:, 6:]).all()


def test_months_to_come_do_not_change_forecasts_made_before_them() -> None:
    sizes, cells = steady(2)
    early = forecast(sizes, cells, known=20, width=12)
    changed = cells.copy()
    rows, columns = np.indices(changed.shape)
    changed[rows + columns > 20] = 0
    again = forecast(sizes, changed, known=20, width=12)
    assert np.array_equal(early.value, again.value, equal_nan=True)


def test_wild_change_after_the_forecast_is_seen_as_bad_calibration() -> None:
    sizes, cells = steady(3)
    cells[:, 1:] = np.where((np.indices(cells.shape).sum(axis=0) > 21)[:, 1:], 0, cells[:, 1:])
    found = calibrate(sizes, cells, known=24, width=12)
    assert found.share < 0.2
    assert found.came == 0


def test_half_year_of_a_ripe_cohort_is_what_came_and_of_a_young_one_a_range() -> None:
    given = people(7, size=20_000, leaving=0.0)
    base = base_of(given)
    found = slice_of(base, {})
    ages = np.array([max((AS_OF - dt.date(1970 + (base.low + row + 1) // 12, (base.low + row + 1) % 12 + 1, 1)).days + 1, 0) for row in range(base.rows)])  # fmt: skip
    halves = half_years(found.sizes, found.ends, last_age=ages)
    came = found.ends[:, : HORIZON + 1, 1].sum(axis=1)
    assert halves.value[halves.ripe] == pytest.approx((came / found.sizes)[halves.ripe])
    young = ~halves.ripe
    assert (halves.value[young] >= (came / found.sizes)[young]).all()
    truth = float(came[halves.ripe].sum() / found.sizes[halves.ripe].sum())
    within = [(low <= truth <= high) for low, high in zip(halves.low[young], halves.high[young], strict=True)]
    assert sum(within) >= len(within) - 1


def turned(*, mixed: bool) -> CohortBase:
    """Patients of «купоны» come back seldom, of both sources ever more often; in the last year, where mixed, most are of «купоны»."""
    random = np.random.default_rng(3)
    first = END - random.integers(0, 1100, 24_000)
    late = first > END - 540
    seldom = random.random(24_000) < (np.where(late, 0.8, 0.2) if mixed else 0.5)
    share = np.where(seldom, 0.3, 0.8) + (0.08 if mixed else -0.08) * late
    came = random.random(24_000) < share
    second = np.where(came & (first + 30 <= END), first + 30, -1)
    nobody = np.full(24_000, -1)
    return build_base(
        as_of=AS_OF, first=first, second=second, left=nobody, months=np.ones(24_000, np.uint64),
        sides={"channel": Side(seldom.astype(np.int16), ("сайт", "купоны"))},
    )  # fmt: skip


def test_a_fall_of_the_newcomers_made_by_who_comes_is_told_beside_the_heading() -> None:
    base = turned(mixed=True)
    (said,) = alarms_of_months(base, slice_of(base, {}), None)
    assert "год назад: в целом −" in said and "по признаку «источник» +" in said
    assert "Изменилось, кто приходит впервые" in said


def test_a_fall_of_the_newcomers_that_is_the_same_among_alike_is_not() -> None:
    base = turned(mixed=False)
    assert alarms_of_months(base, slice_of(base, {}), None) == []
    assert (
        alarms_of_months(base, slice_of(base, {"channel": 1}), keep_of(base, {"channel": 1}), aside=("channel",)) == []
    )


def test_empty_clinic_has_an_empty_map() -> None:
    nothing = np.zeros(0, np.int64)
    base = build_base(
        as_of=AS_OF, first=nothing, second=nothing, left=nothing, months=nothing.astype(np.uint64),
        sides={"channel": Side(nothing.astype(np.int16), ())},
    )  # fmt: skip
    assert slice_of(base, {}).patients == 0
