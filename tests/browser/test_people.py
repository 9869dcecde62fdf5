"""Login, own account and the pages of the head in a real browser: the walk of a new person, three widths, both themes."""

from __future__ import annotations

import base64
import hmac
import struct
import time

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer
from tests.browser.conftest import Ear, violations

from zabota.clinic.models import Branch, Clinic, Doctor, Member, Service
from zabota.kernel import audit, clock
from zabota.kernel.audit import Actor
from zabota.patients.models import Patient

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = ("/staff/", "/staff/new/", "/clinic/", "/clinic/doctors/", "/clinic/services/", "/clinic/goal/", "/trail/", "/system/",
         "/account/security/", "/account/password/", "/account/sessions/", "/account/security/app/")  # fmt: skip


@pytest.fixture
def as_head(page: Page, live_server: LiveServer, anton: Member, log_in: object) -> Page:
    """Anton is logged in."""
    cookie = log_in(anton).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return page


@pytest.fixture
def something_to_show(
    centre: Branch, doctor_sokolova: Doctor, cleaning: Service, vera: Member, mila: Patient, anton: Member
) -> None:
    audit.record("patients.card.viewed", mila, actor=Actor(user_id=vera.user_id), now=clock.now())


def code_for(secret: str) -> str:
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), "sha1")
    start = digest[-1] & 0x0F
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (1024, "light"), (360, "light"), (360, "dark")])
def test_pages_of_the_head_fit_and_are_accessible(
    as_head: Page, live_server: LiveServer, something_to_show: None, ear: Ear, width: int, theme: str
) -> None:
    as_head.set_viewport_size({"width": width, "height": 900})
    as_head.emulate_media(color_scheme=theme)
    wrong = {}
    for path in PAGES:
        as_head.goto(live_server.url + path)
        expect(as_head.locator("h1")).to_be_visible()
        found = violations(as_head)
        if not as_head.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"):
            found.append("wider than the screen")
        if found:
            wrong[path] = found
    assert wrong == {}
    assert ear.errors == []
    assert ear.foreign == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_way_in_is_accessible(page: Page, live_server: LiveServer, smile: Clinic, ear: Ear, theme: str) -> None:
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{live_server.url}/account/login/")

    assert violations(page) == []
    assert ear.foreign == []


def test_a_new_person_comes_in_with_a_given_password_an_own_one_and_a_code(
    browser: Browser, as_head: Page, live_server: LiveServer, settings: object
) -> None:
    settings.MFA_REQUIRED_ROLES = ["quality_controller"]
    as_head.goto(f"{live_server.url}/staff/new/")
    for label, value in {"Фамилия": "Громов", "Имя": "Лев", "Почта": "lev@ulybka.test"}.items():
        as_head.get_by_label(label, exact=True).fill(value)
    as_head.get_by_label("Роль", exact=True).select_option("quality_controller")
    as_head.get_by_role("button", name="Завести и показать пароль").click()
    given = as_head.locator("#one-time").inner_text()

    context = browser.new_context(locale="ru-RU")
    lev = context.new_page()
    lev.goto(f"{live_server.url}/trail/")
    lev.get_by_label("Почта").fill("lev@ulybka.test")
    lev.get_by_label("Пароль").fill(given)
    lev.keyboard.press("Enter")
    expect(lev.get_by_role("heading", level=1)).to_have_text("Придумайте свой пароль")
    lev.get_by_label("Нынешний пароль").fill(given)
    lev.get_by_label("Новый пароль").fill("тихая-гавань-21")
    lev.get_by_label("Новый ещё раз").fill("тихая-гавань-21")
    lev.get_by_role("button", name="Сменить пароль").click()
    lev.goto(f"{live_server.url}/trail/")
    expect(lev.get_by_role("heading", level=1)).to_have_text("Включите код из приложения")
    lev.get_by_label("Код").fill(code_for(lev.locator("code.any-break").inner_text()))
    lev.get_by_role("button", name="Включить").click()
    expect(lev.get_by_role("heading", level=1)).to_have_text("Запасные коды")
    lev.goto(f"{live_server.url}/trail/")
    expect(lev.get_by_role("heading", level=1)).to_have_text("Журнал")
    context.close()
