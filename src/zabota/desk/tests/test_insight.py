"""The pulse and the report at the desk: who may look, what an empty clinic sees, files, speed in queries."""

from __future__ import annotations

import datetime as dt
import json
import re
from functools import cache
from typing import Any

import pytest
from django_tasks_db.models import DBTaskResult

from zabota.analytics.api import Rows, audit, render_html
from zabota.analytics.models import StoredReport
from zabota.analytics.rules.series import retention_series
from zabota.analytics.tests.clinics import AS_OF, Clinic, visits_of
from zabota.clinic.models import GoalPath
from zabota.desk.insight.figures import _violations
from zabota.desk.insight.goal import planned, stops_of
from zabota.desk.insight.tables import AUDIT_TABLES
from zabota.kernel import clock
from zabota.kernel.audit import SYSTEM
from zabota.kernel.scope import clinic_scope
from zabota.messaging import api as messaging

pytestmark = pytest.mark.django_db


@cache
def computed(*causes: str, months: int = 40) -> tuple[dict[str, Any], dict[str, Any], str]:
    """An audit, the pulse beside it, and the page, of an invented clinic."""
    frame = visits_of(Clinic(causes=causes, patients=4000, months=months))
    report = audit(frame, today=AS_OF, rows=Rows(frame.height, frame.height, 0, 0, 0))
    data = report.to_json()
    days = report.retention.window_days
    pulse = {
        **data,
        "series": [each.to_json() for each in retention_series(frame, as_of=AS_OF, days=days)] if days else [],
        "coverage": {"under_rule": 1200, "booked": 300, "with_task": 899, "without": 1, "share": 1199 / 1200},
        "tasks": {
            "open": 899, "stake_kopecks": 1_200_000_00, "overdue": 12, "done": 44, "done_before": 40, "booked": 21,
            "booked_before": 20,
        },
        "violations": [
            {"on": f"2026-11-{day:02d}", "found": 40 - day, "left": 0, "under_rule": 1200} for day in range(10, 16)
        ],
    }  # fmt: skip
    return data, pulse, render_html(report, made_on=AS_OF)


@pytest.fixture
def store(smile):
    """Keeps the computed reports for «Улыбка»: `store("doctor")`."""

    def keep(*causes: str, clinic=smile, months: int = 40) -> None:
        data, pulse, page = computed(*causes, months=months)
        for kind, body, html in (("audit", data, page), ("pulse", pulse, "")):
            StoredReport.objects.create(
                clinic=clinic, kind=kind, as_of=AS_OF, computed_at=clock.now(), data=json.loads(json.dumps(body)), html=html
            )  # fmt: skip

    return keep


PAGES = ("/pulse/", "/audit/")
FILES = ("/audit/report.html", "/audit/report.json", "/audit/drivers.csv", "/pulse/series.csv")


@pytest.mark.parametrize("path", PAGES)
def test_empty_clinic_is_told_what_will_be_here_and_how_to_get_it(as_anton, path) -> None:
    page = as_anton.get(path)
    assert page.status_code == 200
    text = page.content.decode()
    assert "Посчитать" in text
    assert "загрузите выгрузку" in text


@pytest.mark.parametrize("path", [*PAGES, *FILES])
def test_only_those_with_the_right_may_look(store, as_anton, as_marina, as_quality, as_vera, as_sokolova, path) -> None:
    store("doctor")
    assert [each.get(path).status_code for each in (as_anton, as_marina, as_quality)] == [200, 200, 200]
    assert [each.get(path).status_code for each in (as_vera, as_sokolova)] == [404, 404]


@pytest.mark.parametrize("path", FILES)
def test_owner_of_another_clinic_gets_nothing(store, as_oleg, path) -> None:
    store("doctor")
    assert as_oleg.get(path).status_code == 404


def test_pulse_says_the_cause_and_leads_to_its_evidence(store, as_anton) -> None:
    store("doctor")
    text = as_anton.get("/pulse/").content.decode()
    assert "Котова Е. В." in text
    assert "/audit/#why" in text
    assert "Без следующего шага: 1" in text
    assert "99,9" in text


def test_pulse_says_that_messages_are_held_since_a_restore(store, as_anton, as_marina, smile) -> None:
    store("doctor")
    with clinic_scope(smile.pk):
        messaging.pause_sending(clinic=smile, reason=messaging.RESTORED, actor=SYSTEM, now=clock.now())
    assert "Ничего не отправляем" in as_marina.get("/pulse/").content.decode()
    assert "Проверено, отправлять" in as_anton.get("/pulse/").content.decode()
    as_anton.post("/messages/stop/")
    assert "Ничего не отправляем" not in as_anton.get("/pulse/").content.decode()


def test_pulse_without_causes_invents_none(store, as_anton) -> None:
    store()
    text = as_anton.get("/pulse/").content.decode()
    assert "За год ничего значимого не произошло" in text
    assert 'class="falls"' not in text


def test_pulse_of_a_short_history_still_opens(store, as_anton) -> None:
    store(months=4)
    text = as_anton.get("/pulse/").content.decode()
    assert "Истории пока мало" in text


def test_goal_path_is_held_against_today(store, smile, as_anton) -> None:
    store("doctor")
    GoalPath.objects.create(
        clinic=smile, baseline=0.9, baseline_on=dt.date(2026, 1, 1), target=0.95, target_on=dt.date(2027, 1, 1)
    )
    text = as_anton.get("/pulse/").content.decode()
    assert "От пути к цели отстаём на" in text
    assert re.search(r"Прогноз при нынешнем ходе: \d+\s% \(\d+.…\S+\) к 1\sянваря\s2027, цель 95\s%", text)


def test_path_is_straight_between_its_stops() -> None:
    goal = GoalPath(
        baseline=0.5, baseline_on=dt.date(2026, 1, 1), target=0.7, target_on=dt.date(2026, 1, 21),
        stages=[{"on": "2026-01-11", "value": 0.6, "title": "середина"}],
    )  # fmt: skip
    stops = stops_of(goal)
    assert planned(stops, dt.date(2025, 12, 31)) is None
    assert planned(stops, dt.date(2026, 1, 6)) == pytest.approx(0.55)
    assert planned(stops, dt.date(2026, 1, 16)) == pytest.approx(0.65)
    assert planned(stops, dt.date(2027, 1, 1)) == pytest.approx(0.7)


def test_owner_lands_on_the_pulse_and_the_desk_on_today(as_anton, as_vera) -> None:
    assert as_anton.get("/").headers["Location"] == "/pulse/"
    assert as_vera.get("/").headers["Location"] != "/pulse/"


@pytest.mark.parametrize("path", PAGES)
def test_asking_for_figures_starts_one_job_and_shows_its_progress(as_anton, path) -> None:
    assert as_anton.get(f"{path}refresh/").status_code == 405
    as_anton.post(f"{path}refresh/")
    as_anton.post(f"{path}refresh/")
    assert DBTaskResult.objects.filter(task_path="zabota.analytics.jobs.refresh").count() == 1
    assert f'hx-get="{path}state/"' in as_anton.get(path).content.decode()
    assert as_anton.get(f"{path}state/").status_code == 200
    DBTaskResult.objects.update(status="SUCCESSFUL")
    assert as_anton.get(f"{path}state/").headers["HX-Redirect"] == path


def test_failed_work_is_said_and_the_old_report_stays(store, as_anton) -> None:
    store("doctor")
    as_anton.post("/audit/refresh/")
    DBTaskResult.objects.update(status="FAILED")
    text = as_anton.get("/audit/").content.decode()
    assert "Посчитать не получилось" in text
    assert "Котова" in text


def test_files_are_those_of_the_stored_report(store, as_anton) -> None:
    store("doctor")
    data, _, page = computed("doctor")
    assert as_anton.get("/audit/report.html").content.decode() == page
    assert json.loads(as_anton.get("/audit/report.json").content) == json.loads(json.dumps(data))
    assert "attachment" in as_anton.get("/audit/report.html").headers["Content-Disposition"]


def test_words_in_tables_cannot_act_as_formulas(store, as_anton) -> None:
    store("doctor")
    stored = StoredReport.objects.get(kind="audit")
    stored.data["drivers"][0]["title"] = "=HYPERLINK(1), −1,0 п. п."
    stored.save()
    text = as_anton.get("/audit/drivers.csv").content.decode("utf-8-sig")
    assert "\r\n'=HYPERLINK(1);" in text


#: Tables that a report with a cause always fills.
ALWAYS = {"rows", "measures", "drivers", "accounts", "cohorts", "curve", "next-step"}


@pytest.mark.parametrize("name", list(AUDIT_TABLES))
def test_every_table_of_the_report_opens(store, as_anton, name) -> None:
    store("doctor")
    assert len(as_anton.get(f"/audit/{name}.csv").content.decode().strip().splitlines()) > (name in ALWAYS)
    assert as_anton.get(f"/audit/{name}.xlsx").content[:2] == b"PK"
    assert as_anton.get("/audit/other.csv").status_code == 404


@pytest.mark.parametrize(("path", "queries"), [("/pulse/", 11), ("/audit/", 7)])
def test_pages_read_what_was_computed(store, as_anton, page_budget, path, queries) -> None:
    page_budget(as_anton, path, queries=queries, add_row=lambda: store("doctor"))


def test_a_comparison_that_turns_round_among_people_alike_says_so_on_both_pages(store, as_anton) -> None:
    store()
    quiet = as_anton.get("/audit/").content.decode()
    assert "ни одно не меняет знака" in quiet
    assert "Симпсона" not in quiet + as_anton.get("/pulse/").content.decode()
    alarm = {"definition": "R3", "dimension": "channel", "total": -0.081, "within": 0.024, "strata": 3, "against": 3}
    for each in StoredReport.objects.all():
        StoredReport.objects.filter(pk=each.pk).update(data={**each.data, "alarms": [alarm]})
    for page in ("/audit/", "/pulse/"):
        text = as_anton.get(page).content.decode()
        assert "Парадокс Симпсона" in text
        assert "среди одинаковых по признаку «источник» наоборот, +2,4" in text


def test_report_and_pulse_offer_their_drawings_as_pictures_and_tables_in_both_forms(store, as_anton) -> None:
    store("doctor")
    report, pulse = (as_anton.get(page).content.decode() for page in ("/audit/", "/pulse/"))
    for table in ("rows", "measures", "drivers", "accounts", "cohorts", "curve", "next-step"):
        for form in ("csv", "xlsx"):
            assert f'href="/audit/{table}.{form}"' in report
    assert report.count('data-picture="png"') == report.count("data-drawing=") == 4
    assert 'data-drawing="why"' in pulse
    for table in ("series", "drivers"):
        for form in ("csv", "xlsx"):
            assert f'href="/pulse/{table}.{form}"' in pulse
    assert "data-picture" not in as_anton.get("/audit/report.html").content.decode()


@pytest.mark.parametrize(
    ("left", "said"), [(1, "остался 1 пациент"), (11, "остались 11 пациентов"), (21, "остался 21 пациент")]
)
def test_who_is_left_without_a_step_is_told_in_russian(left: int, said: str) -> None:
    days = _violations({"violations": [{"on": "2026-11-20", "found": left, "left": left}]})
    assert days["title"].replace("\u00a0", " ") == f"Без следующего шага {said}"
