"""A change of a metric that turns round among patients alike is told, and one that does not is not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from zabota.analytics.rules.metrics import BY_KEY
from zabota.analytics.rules.metrics_alarms import alarm_of_change
from zabota.analytics.rules.metrics_figure import figure, year_before
from zabota.analytics.rules.metrics_ground import Filters, Ground, Window
from zabota.analytics.rules.simpson import Alarm
from zabota.analytics.tests.metrics_clinics import Slot, ground_of

D = date(2026, 11, 20)
YEAR = Window(D, 365)
GOOD, BAD = 1, 2
#: So old that every window lies in the data.
OLD = [Slot(9000 + n, date(2020, 1, 5) + timedelta(days=20 * n)) for n in range(8)]


def clinic(before: tuple[int, int], now: tuple[int, int], *, missed: dict[int, tuple[int, int]]) -> Ground:
    """So many people of a good and of a bad source in both years; of each hundred so many miss their visit, and pay."""
    slots, channels, number = list(OLD), {}, 0
    for days, year in ((500, 0), (100, 1)):
        for source, people in zip((GOOD, BAD), (before, now)[year], strict=True):
            for place in range(people):
                number += 1
                channels[number] = source
                status = "no_show" if place * 100 < missed[source][year] * people else "completed"
                slots.append(Slot(number, D - timedelta(days=days), status, money=missed[source][year] * 1000))
    return ground_of(slots, channels=channels)


def alarm(ground: Ground, key: str) -> Alarm | None:
    definition = BY_KEY[key]
    now, before = (figure(definition, ground, each, Filters()) for each in (YEAR, year_before(YEAR)))
    return alarm_of_change(definition, ground, before, now)


@pytest.mark.parametrize("key", ["no_show", "arpp"])
def test_a_figure_that_grew_only_because_of_who_came_is_told(key: str) -> None:
    """Both sources became better; of the worse one many more came."""
    found = alarm(clinic((800, 200), (200, 800), missed={GOOD: (10, 4), BAD: (40, 30)}), key)
    assert found is not None
    assert found.dimension == "channel"
    assert found.flip.total > 0 > found.flip.within
    assert (found.flip.strata, found.flip.against) == (2, 2)


@pytest.mark.parametrize("key", ["no_show", "arpp"])
def test_a_change_that_is_the_same_among_alike_is_not(key: str) -> None:
    assert alarm(clinic((500, 500), (500, 500), missed={GOOD: (10, 4), BAD: (40, 30)}), key) is None


def test_a_median_and_a_model_are_no_sums_and_are_left_alone() -> None:
    ground = clinic((800, 200), (200, 800), missed={GOOD: (10, 4), BAD: (40, 30)})
    assert alarm(ground, "waiting") is None
