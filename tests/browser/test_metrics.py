"""«Показатели» and «Кому звонить» in a real browser: they fit, read aloud and open a definition by a click."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer
from tests.browser.conftest import Ear, violations

from zabota.analytics.snapshots import build_snapshot
from zabota.booking.models import Appointment
from zabota.clinic.models import Member
from zabota.kernel import clock
from zabota.kernel.scope import clinic_scope

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def address(page: Page, live_server: LiveServer, anton: Member, log_in, new_patient, settings, tmp_path: Path) -> str:
    """Anton is logged in to a clinic of eighty patients, whose snapshot is built."""
    settings.DATA_DIR = tmp_path
    clinic, now = anton.clinic, clock.now()
    rows = []
    for number in range(80):
        patient = new_patient(clinic, f"Верный{number} Олег")
        for day in range(20 + number, 1100, 60 + 3 * number):
            at = now - dt.timedelta(days=day)
            rows.append(
                Appointment(
                    clinic=clinic, patient=patient, day=at.date(), starts_at=at, status="completed", total_kopecks=300_000
                )
            )  # fmt: skip
    with clinic_scope(clinic.pk):
        Appointment.objects.bulk_create(rows)
    build_snapshot(clinic_id=clinic.pk, now=now)
    cookie = log_in(anton).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return live_server.url


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (360, "dark")])
def test_figures_and_the_list_fit_and_are_accessible(
    page: Page, address: str, ear: Ear, width: int, theme: str
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    for path in ("/metrics/", "/metrics/compare/", "/calls/?list=all"):
        page.goto(f"{address}{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert violations(page) == []
    page.goto(f"{address}/metrics/")
    page.locator("#r3 summary").click()
    expect(page.locator("#r3 dl")).to_contain_text("Формула")


def test_chosen_of_the_list_go_to_the_queue(page: Page, address: str, ear: Ear) -> None:
    page.goto(f"{address}/calls/?list=all")
    page.locator("input[name=patient]").first.check()
    page.get_by_role("button", name="Поставить в очередь").click()
    expect(page.get_by_text("В очередь поставлено: 1").first).to_be_visible()
