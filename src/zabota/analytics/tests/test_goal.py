"""Where the line goes by itself, and what an action added: with a control group, without one, told twice."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from zabota.analytics.models import GoalAction
from zabota.analytics.rules.added import added_by
from zabota.analytics.rules.outlook import outlook_of
from zabota.analytics.rules.series import SeriesPoint
from zabota.analytics.services.actions import count_worklist, report_action
from zabota.analytics.services.goal_view import actions_of, outlook_to
from zabota.booking.models import Appointment
from zabota.kernel import clock
from zabota.kernel.errors import BadInput
from zabota.kernel.scope import clinic_scope
from zabota.patients.models import Patient
from zabota.worklist.models import Task

END = dt.date(2026, 10, 31)


def line(values: list[float], half: float = 0.01) -> list[SeriesPoint]:
    """Monthly points that end at END."""
    ends = [END - dt.timedelta(days=round(30.44 * back)) for back in range(len(values))][::-1]
    return [SeriesPoint(on, each, each - half, each + half, 500, 1000) for on, each in zip(ends, values, strict=True)]


def test_level_line_goes_on_level_and_its_range_widens() -> None:
    days = [END + dt.timedelta(days=30 * ahead) for ahead in (1, 6, 12)]
    found = outlook_of(line([0.5] * 12), days)
    assert [round(each.value, 6) for each in found] == [0.5] * 3
    widths = [each.high - each.low for each in found]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


def test_falling_line_goes_on_falling_but_slower_and_never_below_nothing() -> None:
    values = [0.6 - 0.01 * month for month in range(12)]
    days = [END + dt.timedelta(days=round(30.44 * ahead)) for ahead in (1, 2, 120)]
    first, second, far = outlook_of(line(values), days)
    assert first.value == pytest.approx(values[-1] - 0.01, abs=5e-4)
    assert 0 < first.value - second.value < 0.01
    assert 0 <= far.low <= far.value


def test_too_short_a_line_foresees_nothing() -> None:
    assert outlook_of(line([0.5] * 4), [END + dt.timedelta(days=30)]) == ()
    assert outlook_to([], END) == ()


def test_ranges_hold_the_truth_of_wandering_lines() -> None:
    random = np.random.default_rng(8)
    inside = 0
    for _ in range(200):
        steps = random.normal(0, 0.004, 18)
        values = list(np.clip(0.55 + np.cumsum(steps), 0.05, 0.95))
        (found,) = outlook_of(line(values[:12]), [END + dt.timedelta(days=round(30.44 * 6))])
        inside += found.low <= values[-1] <= found.high
    assert inside >= 180


def test_control_group_tells_who_came_because_of_us() -> None:
    found = added_by(people=1000, returned=560, control_people=1000, control_returned=500)
    assert found.people == pytest.approx(60)
    assert (found.low, found.high) == (pytest.approx(16.31, abs=0.1), pytest.approx(103.69, abs=0.1))
    assert found.proven


def test_without_a_control_group_nothing_is_proven_and_the_figure_is_a_bound() -> None:
    found = added_by(people=100, returned=40)
    assert (found.people, found.low, found.high) == (40, 0, 40)
    assert not found.controlled
    assert not found.proven


@pytest.mark.django_db
def test_contacts_of_the_queue_count_who_came_within_ninety_days(smile, centre) -> None:
    now = clock.now()
    with clinic_scope(smile.pk):
        for place, after in enumerate((10, 200, None)):
            patient = Patient.objects.create(clinic=smile, surname=f"П{place}", name_key=f"п{place}", branch=centre)
            closed = now - dt.timedelta(days=120)
            Task.objects.create(
                clinic=smile, patient=patient, branch=centre, reason="sleeping", summary="давно", state="closed",
                outcome="resolved", due_at=closed, closed_at=closed, created_at=closed, dedupe_key=f"k{place}",
            )  # fmt: skip
            if after:
                at = closed + dt.timedelta(days=after)
                Appointment.objects.create(
                    clinic=smile, patient=patient, branch=centre, starts_at=at, day=at.date(), status="completed",
                    total_kopecks=300_000,
                )  # fmt: skip
        count_worklist(clinic=smile, now=now)
        count_worklist(clinic=smile, now=now)
    (action,) = GoalAction.objects.all()
    assert (action.people, action.returned, action.revenue_kopecks) == (3, 1, 300_000)
    ripe_on = action.last_on + dt.timedelta(days=90)
    (row,) = actions_of(smile, base=100, value_kopecks=1, told=ripe_on)
    (early,) = actions_of(smile, base=100, value_kopecks=1, told=ripe_on - dt.timedelta(days=1))
    assert (row["ripe"], early["ripe"]) == (True, False), "whoever was called late still has time to come"
    assert not row["controlled"]
    assert row["points"] == pytest.approx(1.0)


@pytest.mark.django_db
def test_action_told_again_replaces_itself_and_nonsense_is_refused(smile) -> None:
    given = {
        "clinic": smile, "origin": "scenario", "code": "sleeping", "title": "Спящим", "first_on": dt.date(2026, 9, 1),
        "last_on": dt.date(2026, 9, 30), "people": 100, "now": clock.now(),
    }  # fmt: skip
    report_action(**given, returned=20)
    report_action(**given, returned=30, control_people=50, control_returned=10)
    action = GoalAction.objects.get()
    assert (action.returned, action.control_people) == (30, 50)
    with pytest.raises(BadInput):
        report_action(**given, returned=101)
    with pytest.raises(BadInput):
        report_action(**given, returned=1, control_people=5)
