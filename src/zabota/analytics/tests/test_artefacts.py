"""What the data did to a figure, to the point: clinics of planted numbers, one artefact in each."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from zabota.analytics.rules.artefacts import artefacts_of
from zabota.analytics.rules.columns import ordinal, read_visits, without
from zabota.analytics.rules.explain import Explained, explain
from zabota.analytics.rules.periods import Comparison, Period
from zabota.analytics.rules.report import DataWarning

END, DAYS = date(2026, 11, 12), 180
NOW, BEFORE = Period(END, DAYS), Period(END - timedelta(days=365), DAYS)
COMPARISON = Comparison(NOW, BEFORE, 0)
STAYED = "Сидорова"
#: Days of the return window on which those come who are to be hit, and all others.
EARLY, LATE = 10, 100


class Written:
    """Visits of people who were there once in the base window and came or did not come once more."""

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []
        self.people = 0

    def add(
        self, period: Period, size: int, came: int, *, doctor: str = STAYED, on: int = LATE, again: int | None = None
    ) -> None:
        """`size` people of a doctor, of whom `came` returned; from `again` on they returned under another card."""
        for number in range(size):
            self._visit(period.base_from + timedelta(days=number % 150), doctor, self.people)
            if number < came:
                card = self.people if again is None or number < again else 1_000_000 + self.people
                self._visit(period.return_from + timedelta(days=on), STAYED, self.people, card)
            self.people += 1

    def _visit(self, day: date, doctor: str, person: int, card: int | None = None) -> None:
        number = len(self.rows)
        self.rows.append(
            {
                "row": number, "visit": number, "person": person, "card": person if card is None else card, "day": day,
                "status": "completed", "doctor": doctor, "service": "Осмотр", "price_kopecks": 100_000,
            }
        )  # fmt: skip

    def frame(self) -> pl.DataFrame:
        return pl.DataFrame(self.rows)


def departed(written: Written) -> tuple[float, Explained]:
    """Points of the doctor who left, and the explanation beside them."""
    visits = read_visits(written.frame())
    found = explain(visits, COMPARISON)
    warning = DataWarning("doctor_left", "", {"doctor": "Уходов", "last": "2026-05-01"})
    (listed,) = artefacts_of(visits, COMPARISON, None, gapped=False, found=found, warnings=[warning])
    assert (listed["code"], listed["value"], listed["split"]) == ("doctor_left", "Уходов", False)
    return listed["effect_pp"], found


def test_a_doctor_who_left_carries_the_points_of_his_patients() -> None:
    written = Written()
    written.add(BEFORE, 400, 320, doctor="Уходов")
    written.add(BEFORE, 600, 420)
    written.add(NOW, 200, 60, doctor="Уходов")
    written.add(NOW, 800, 560)
    effect, found = departed(written)
    # His 80 % became 30 % with 40 and then 20 % of the patients: -15 points of behaviour. Fewer of them, whose 55 % are
    # 13 points below the 68 % of all: +2.6.
    assert found.retention.change_pp == pytest.approx(-12)
    assert effect == pytest.approx(-12.4)


def test_a_doctor_of_few_patients_who_left_a_large_clinic_carries_them_too() -> None:
    written = Written()
    written.add(BEFORE, 40, 32, doctor="Уходов")
    written.add(NOW, 20, 6, doctor="Уходов")
    for place in range(20):
        written.add(BEFORE, 100, 90 if place % 2 else 50, doctor=f"Врач {place:02}")
        written.add(NOW, 100, 50 if place % 2 else 90, doctor=f"Врач {place:02}")
    effect, found = departed(written)
    (doctors,) = [each for each in found.accounts if each.dimension == "doctor"]
    assert "Уходов" not in {row.value for row in doctors.rows}
    shares = (40 / 2040, 20 / 2020)
    middle = (found.retention.now.value + found.retention.year_before.value) / 2
    expected = sum(shares) / 2 * (0.3 - 0.8) + (shares[1] - shares[0]) * (0.55 - middle)
    assert effect == pytest.approx(100 * expected, abs=1e-3)


def test_cards_that_were_united_carry_the_points_they_would_have_cost_apart() -> None:
    written = Written()
    written.add(BEFORE, 1000, 700)
    written.add(NOW, 1000, 700, again=600)
    frame = written.frame()
    visits = read_visits(frame)
    apart = read_visits(frame.with_columns(pl.col("card").alias("person")))
    found = explain(visits, COMPARISON)
    (listed,) = artefacts_of(visits, COMPARISON, None, gapped=False, found=found, warnings=[], apart=apart)
    # A hundred of a thousand came back under a second card and would count as lost.
    assert listed == {"code": "merged_cards", "count": 100, "effect_pp": -10.0, "split": True}
    assert found.retention.change_pp == 0


def test_days_that_were_not_exported_carry_the_points_they_took() -> None:
    written = Written()
    written.add(BEFORE, 600, 600)
    written.add(BEFORE, 100, 100, on=EARLY)
    written.add(BEFORE, 300, 0)
    written.add(NOW, 600, 600)
    written.add(NOW, 400, 0)
    visits = read_visits(written.frame())
    # The same days are left out of both years, as the explanation does.
    even = without(visits, visits.day == ordinal(BEFORE.return_from) + EARLY)
    found = explain(even, COMPARISON)
    assert found.retention.change_pp == 0
    (listed,) = artefacts_of(visits, COMPARISON, None, gapped=True, found=found, warnings=[])
    assert listed == {"code": "gap", "effect_pp": -10.0, "split": True}


def test_missed_visits_once_written_as_visits_carry_about_their_points() -> None:
    written = Written()
    written.add(BEFORE, 2000, 1400)
    written.add(NOW, 2000, 1260)
    visits = read_visits(written.frame())
    found = explain(visits, COMPARISON)
    warning = DataWarning("status_recoding", "", {"from": NOW.base_from.isoformat(), "before": 0.0, "now": 0.1})
    (listed,) = artefacts_of(visits, COMPARISON, None, gapped=False, found=found, warnings=[warning])
    # One visit in ten of the earlier year was none: of 70 % who came, 63 % really did, as now.
    assert (listed["code"], listed["split"]) == ("status_recoding", False)
    assert listed["effect_pp"] == pytest.approx(-7, abs=1)
    assert found.retention.change_pp == pytest.approx(-7)


def test_where_nothing_was_wrong_with_the_data_nothing_is_split_off() -> None:
    written = Written()
    written.add(BEFORE, 500, 300)
    written.add(NOW, 500, 200)
    visits = read_visits(written.frame())
    assert artefacts_of(visits, COMPARISON, None, gapped=False, found=explain(visits, COMPARISON), warnings=[]) == []
