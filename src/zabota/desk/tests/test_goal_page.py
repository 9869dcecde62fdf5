"""«Путь к цели»: baseline, target, stages, forecast with a range, actions marked by their proof."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from zabota.analytics.models import GoalAction, StoredReport
from zabota.clinic.models import GoalPath
from zabota.clinic.rules.rights import Role
from zabota.desk.insight.figures import path_words
from zabota.desk.insight.goal import outlook_of, stops_of
from zabota.desk.insight.goal_page import view_of
from zabota.kernel import clock
from zabota.nextstep.models import ViolationDay
from zabota.ui import formats

PATH = "/insight/goal/"
AS_OF = dt.date(2026, 11, 15)


def pulse(values: list[float]) -> dict:
    """As much of a pulse as the page reads."""
    ends = [AS_OF - dt.timedelta(days=round(30.44 * back)) for back in range(len(values))][::-1]
    series = [
        {
            "on": on.isoformat(),
            "value": each,
            "low": each - 0.01,
            "high": each + 0.01,
            "numerator": 500,
            "denominator": 1000,
        }
        for on, each in zip(ends, values, strict=True)
    ]
    share = {**series[-1], "value": values[-1]} if series else {"denominator": 0}
    return {
        "as_of": AS_OF.isoformat(),
        "series": series,
        "retention": {"now": share},
        "yearly_value_kopecks": 1_000_000,
    }


def path(target: float) -> GoalPath:
    return GoalPath(
        baseline=0.5, baseline_on=dt.date(2026, 1, 1), target=target, target_on=dt.date(2027, 6, 30),
        stages=[{"on": "2026-06-30", "value": 0.45, "title": "разобрали спящих"}, {"on": "2027-02-28", "value": 0.9, "title": ""}],
    )  # fmt: skip


def test_level_line_below_the_target_says_it_will_not_come_by_itself() -> None:
    view = view_of(pulse([0.5] * 14), stops_of(path(0.95)))
    assert "сами собой не дойдём" in view["title"]
    assert [each["word"] for each in view["stages"]] == [
        "достигнут",
        "при нынешнем ходе не дойдём",
        "при нынешнем ходе не дойдём",
    ]
    assert view["chart"]["tail"][-1]["x"] == "2027-06-30"


def test_who_is_on_the_path_today_is_not_praised_when_the_line_leads_away_from_it() -> None:
    """The goal was set this morning and retention goes on falling: the distance is nothing yet."""
    goal = GoalPath(baseline=0.5, baseline_on=AS_OF, target=0.7, target_on=AS_OF + dt.timedelta(days=365))
    data = pulse([0.75 - 0.25 * each / 13 for each in range(14)])
    data["retention"]["window_days"] = 270
    stops = stops_of(goal)
    assert outlook_of(data, stops)[-1].high < 0.7
    assert path_words(data, stops, misses=True)[0] == "Сегодня на пути, но при нынешнем ходе до цели не дойдём"
    assert path_words(data, stops, misses=False)[0] == "Идём по пути к цели"


def test_reachable_target_is_promised_only_as_far_as_the_range_goes() -> None:
    assert "не наверняка" in view_of(pulse([0.5] * 14), stops_of(path(0.51)))["title"]
    assert "с запасом" in view_of(pulse([0.8] * 14), stops_of(path(0.51)))["title"]


def test_without_a_goal_or_a_history_the_page_still_speaks() -> None:
    assert "через год будет" in view_of(pulse([0.5] * 14), [])["title"]
    assert "прогноза месяцев пока мало" in view_of(pulse([0.5] * 3), [])["title"]
    assert "появится" in view_of(pulse([]), [])["title"]


@pytest.fixture
def stored(smile, db):
    GoalPath.objects.create(
        clinic=smile, baseline=0.5, baseline_on=dt.date(2026, 1, 1), target=0.6, target_on=dt.date(2027, 6, 30)
    )
    StoredReport.objects.create(
        clinic=smile, kind="pulse", as_of=AS_OF, computed_at=clock.now(), data=pulse([0.5] * 14)
    )
    for code, control in (("sleeping", None), ("recall", 1000)):
        GoalAction.objects.create(
            clinic=smile, origin="worklist" if control is None else "scenario", code=code, title=f"Действие {code}",
            first_on=dt.date(2026, 9, 1), last_on=dt.date(2026, 9, 30), people=1000, returned=560, control_people=control,
            control_returned=None if control is None else 500, counted_at=clock.now(),
        )  # fmt: skip
    return smile


def test_actions_are_marked_by_their_proof(stored, as_anton) -> None:
    text = as_anton.get(PATH).content.decode()
    assert "без контрольной группы" in text
    assert "доказано" in text
    assert "цель 60" in text


def test_an_action_whose_people_may_still_come_is_not_told_as_a_bound(stored, as_anton) -> None:
    """«До 560» would say that no more will come."""
    rows = GoalAction.objects.filter(code="sleeping")
    month = clock.today(stored.time_zone, clock.now()).replace(day=1)
    rows.update(first_on=month, last_on=month + dt.timedelta(days=27))
    text = as_anton.get(PATH).content.decode()
    assert "пока 560" in text and "до 560" not in text
    rows.update(first_on=dt.date(2024, 1, 1), last_on=dt.date(2024, 1, 31))
    text = as_anton.get(PATH).content.decode()
    assert "до 560" in text and "пока 560" not in text


@pytest.mark.parametrize("name", ["line.csv", "line.xlsx", "stages.csv", "stages.xlsx", "actions.csv", "actions.xlsx"])
def test_line_and_actions_are_files(stored, as_anton, name) -> None:
    assert as_anton.get(PATH + name).status_code == 200
    assert as_anton.get(f"{PATH}other.csv").status_code == 404


def test_empty_clinic_and_strangers(as_anton, as_vera, as_oleg) -> None:
    assert "Пути пока нет" in as_anton.get(PATH).content.decode()
    assert as_vera.get(PATH).status_code == 404
    assert as_oleg.get(PATH).status_code == 200


def test_limited_head_sees_no_actions_of_the_whole_clinic(stored, centre, new_member, log_in) -> None:
    limited = log_in(new_member(stored, Role.QUALITY, "Инна", "Астахова", branches=[centre]))
    assert "Действие" not in limited.get(PATH).content.decode()


@pytest.mark.parametrize(
    ("days", "without", "word"), [(30, 0, "сейчас выполнен"), (30, 3, "пока не выполнен"), (-2, 0, "достигнут")]
)
def test_stage_of_next_steps_is_judged_by_who_has_one(stored, as_anton, days, without, word) -> None:
    on = AS_OF + dt.timedelta(days=days)
    stage = {"on": on.isoformat(), "value": 1.0, "title": "Никто не забыт", "by": "coverage"}
    GoalPath.objects.update(stages=[stage])
    coverage = {"under_rule": 2000, "booked": 900, "with_task": 1100 - without, "without": without, "share": 1}
    StoredReport.objects.update(data=pulse([0.5] * 14) | {"coverage": coverage})
    ViolationDay.objects.create(
        clinic=stored, on=on - dt.timedelta(days=1), under_rule=2000, left_after=0, swept_at=clock.now()
    )
    text = re.sub(r"\s+", " ", as_anton.get(PATH).content.decode())
    assert word in text
    assert ("99,9 %" if without else "100 %") in text
    assert f"{formats.number(2000 - without)} из".replace(formats.NBSP, " ") in text


def test_stage_of_next_steps_is_no_point_of_the_line() -> None:
    stage = {"on": "2026-10-01", "value": 1.0, "title": "", "by": "coverage"}
    goal = GoalPath(
        baseline=0.5, baseline_on=dt.date(2026, 1, 1), target=0.6, target_on=dt.date(2027, 1, 1), stages=[stage]
    )
    assert [each.value for each in stops_of(goal)] == [0.5, 0.6]
