"""The report in a real browser: inside the shell at three widths, and the file by itself, on screen and on paper."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer
from tests.browser.conftest import Ear, violations

from zabota.analytics.api import Rows, audit, render_html
from zabota.analytics.models import StoredReport
from zabota.analytics.tests.clinics import AS_OF, Clinic, visits_of
from zabota.clinic.models import Member
from zabota.kernel import clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def report() -> object:
    """The audit of an invented clinic with one cause."""
    frame = visits_of(Clinic(causes=("doctor",), patients=4000))
    return audit(frame, today=AS_OF, rows=Rows(frame.height, frame.height, 0, 0, 0))


@pytest.fixture
def file(report: object, tmp_path: Path) -> str:
    """Address of the page as `zabota audit --html` writes it."""
    path = tmp_path / "report.html"
    path.write_text(render_html(report, made_on=AS_OF), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def shown(page: Page, live_server: LiveServer, anton: Member, log_in: object, report: object) -> str:
    """Anton is logged in and his clinic has the report; its address."""
    StoredReport.objects.create(
        clinic=anton.clinic, kind="audit", as_of=AS_OF, computed_at=clock.now(), html="<!doctype html>",
        data=json.loads(json.dumps(report.to_json())),
    )  # fmt: skip
    cookie = log_in(anton).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return f"{live_server.url}/audit/"


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (1024, "light"), (360, "light"), (360, "dark")])
def test_report_in_the_shell_fits_and_is_accessible(page: Page, shown: str, ear: Ear, width: int, theme: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    page.goto(shown)
    expect(page.locator("#why")).to_contain_text("Котова Е. В.")
    assert fits(page)
    assert violations(page) == []
    assert ear.errors == []
    assert ear.foreign == []


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (1280, "dark"), (360, "light")])
def test_file_by_itself_fits_and_is_accessible(page: Page, file: str, ear: Ear, width: int, theme: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    page.goto(file)
    expect(page.locator("h1")).to_be_visible()
    assert fits(page)
    assert ear.errors == []
    assert ear.foreign == []


def test_file_prints_on_pages_of_a4_without_what_belongs_to_the_screen(page: Page, file: str) -> None:
    page.goto(file)
    page.emulate_media(media="print")
    assert not page.locator(".toc").is_visible()
    paper = page.pdf(prefer_css_page_size=True, print_background=True)
    assert 3 <= paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page ") <= 12
    assert b"595" in paper or b"594.9" in paper
