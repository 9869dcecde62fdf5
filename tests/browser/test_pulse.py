"""The pulse in a real browser: three widths, both themes, drawings, tables, the way from an empty clinic to figures."""

from __future__ import annotations

import json

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer
from tests.browser.conftest import Ear, violations

from zabota.analytics.api import Rows, audit
from zabota.analytics.models import StoredReport
from zabota.analytics.rules.series import retention_series
from zabota.analytics.tests.clinics import AS_OF, Clinic, visits_of
from zabota.clinic.models import Member
from zabota.kernel import clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def figures() -> dict[str, object]:
    """The pulse of an invented clinic with one cause and a week of checks."""
    frame = visits_of(Clinic(causes=("doctor",), patients=4000))
    report = audit(frame, today=AS_OF, rows=Rows(frame.height, frame.height, 0, 0, 0))
    series = retention_series(frame, as_of=AS_OF, days=report.retention.window_days)
    return {
        **json.loads(json.dumps(report.to_json())),
        "series": [each.to_json() for each in series],
        "coverage": {"under_rule": 1200, "booked": 300, "with_task": 900, "without": 0, "share": 1.0},
        "tasks": {
            "open": 900, "stake_kopecks": 1_200_000_00, "overdue": 12, "done": 44, "done_before": 40, "booked": 21,
            "booked_before": 20,
        },
        "violations": [
            {"on": f"2026-11-{day:02d}", "found": 40 - day, "left": 0, "under_rule": 1200} for day in range(10, 16)
        ],
    }  # fmt: skip


@pytest.fixture
def address(page: Page, live_server: LiveServer, anton: Member, log_in: object) -> str:
    """Anton is logged in; the address of his pulse."""
    cookie = log_in(anton).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return f"{live_server.url}/pulse/"


def keep(member: Member, figures: dict[str, object]) -> None:
    StoredReport.objects.create(
        clinic=member.clinic, kind="pulse", as_of=AS_OF, computed_at=clock.now(), data=figures, html=""
    )


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (1024, "light"), (360, "light"), (360, "dark")])
def test_pulse_fits_and_is_accessible(
    page: Page, address: str, anton: Member, figures: dict[str, object], ear: Ear, width: int, theme: str
) -> None:
    keep(anton, figures)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    page.goto(address)
    expect(page.locator("[data-chart] svg")).to_have_count(2)
    expect(page.locator(".falls")).to_contain_text("Котова Е. В.")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert violations(page) == []
    assert ear.errors == []
    assert ear.foreign == []


def test_each_chart_has_its_figures_as_a_table(
    page: Page, address: str, anton: Member, figures: dict[str, object]
) -> None:
    keep(anton, figures)
    page.goto(address)
    for name in ("path", "why", "violations"):
        card = page.locator(f"section[aria-labelledby='{name}-title']")
        card.get_by_text("Те же данные таблицей").click()
        expect(card.locator("table").first).to_be_visible()
        expect(card.get_by_role("link", name="CSV")).to_be_visible()


def test_empty_clinic_gets_to_figures_by_one_button(
    page: Page, address: str, anton: Member, figures: dict[str, object]
) -> None:
    from django_tasks_db.models import DBTaskResult

    page.goto(address)
    page.get_by_role("button", name="Посчитать").click()
    expect(page.locator("#report-work")).to_be_visible()
    keep(anton, figures)
    DBTaskResult.objects.update(status="SUCCESSFUL")
    expect(page.locator(".falls")).to_be_visible()
