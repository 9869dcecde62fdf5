"""The patient's pages in a real browser: at 320 px, without a script, light, readable by any reader; a scanner changes nothing."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer
from tests.browser.conftest import Ear, violations

from zabota.booking.models import Appointment, Resource, WorkingHours
from zabota.clinic.models import Branch, Clinic, Doctor, Service
from zabota.kernel import clock
from zabota.kernel.audit import SYSTEM
from zabota.kernel.scope import clinic_scope
from zabota.messaging.api import ensure_templates
from zabota.messaging.models import ChannelAccount, Message
from zabota.patients.api import ensure_consent_texts
from zabota.patients.models import Patient
from zabota.visits.api import Secrets, make_links

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
#: A page with its style and fonts, bytes as they travel at worst (uncompressed).
HEAVIEST = 100_000


@pytest.fixture
def receiving(smile: Clinic, centre: Branch, doctor_sokolova: Doctor) -> Doctor:
    """Dr Sokolova receives every day; the clinic has its texts and an SMS account."""
    seat, _ = Resource.objects.get_or_create(
        doctor=doctor_sokolova, defaults={"clinic": smile, "kind": "doctor", "name": doctor_sokolova.name}
    )
    for weekday in range(7):
        WorkingHours.objects.create(resource=seat, branch=centre, weekday=weekday, begins_minute=540, ends_minute=1200)
    centre.phone, centre.address = "+74951240012", "Садовая улица, 14"
    centre.save()
    with clinic_scope(smile.pk):
        now = clock.now()
        ensure_templates(clinic=smile, now=now)
        ensure_consent_texts(clinic=smile, actor=SYSTEM, now=now)
        ChannelAccount.objects.create(
            clinic=smile, provider="smsc", channel="sms", title="SMS", hook_hash="x", is_on=True, created_at=now
        )
    return doctor_sokolova


@pytest.fixture
def visit(smile: Clinic, centre: Branch, receiving: Doctor, mila: Patient) -> Appointment:
    """Mila's visit the day after tomorrow at noon."""
    begins = dt.datetime.combine(clock.today("Europe/Moscow") + dt.timedelta(days=2), dt.time(9), dt.UTC)
    with clinic_scope(smile.pk):
        return Appointment.objects.create(
            clinic=smile, patient=mila, branch=centre, doctor=receiving, starts_at=begins, day=begins.date()
        )


@pytest.fixture
def secrets(visit: Appointment) -> Secrets:
    """Both links of a message."""
    with clinic_scope(visit.clinic_id):
        return make_links(
            purpose="visit",
            clinic_id=visit.clinic_id,
            patient_id=visit.patient_id,
            appointment=visit,
            expires_at=visit.starts_at,
            now=clock.now(),
        )[0]


@pytest.fixture
def plain_phone(browser: Browser) -> Callable[[], Page]:
    """A phone of 320 px whose browser runs no script."""
    contexts = []

    def make() -> Page:
        context = browser.new_context(
            viewport={"width": 320, "height": 640}, locale="ru-RU", java_script_enabled=False, reduced_motion="reduce"
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


def status_of(visit: Appointment) -> str:
    with clinic_scope(visit.clinic_id):
        return Appointment.objects.get(pk=visit.pk).status


def test_a_patient_answers_at_320_px_without_a_script(
    live_server: LiveServer, plain_phone: Callable[[], Page], secrets: Secrets, visit: Appointment
) -> None:
    page = plain_phone()
    page.goto(f"{live_server.url}/p/{secrets.short}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("послезавтра")
    assert secrets.short not in page.url

    page.get_by_role("button", name="Приду").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Спасибо, ждём вас")
    assert status_of(visit) == "confirmed"


def test_a_scanner_that_runs_scripts_changes_nothing(
    live_server: LiveServer, page: Page, ear: Ear, secrets: Secrets, visit: Appointment
) -> None:
    for _ in range(2):
        page.request.get(f"{live_server.url}/p/v/{secrets.long}")
        page.request.head(f"{live_server.url}/p/v/{secrets.long}")
    page.goto(f"{live_server.url}/p/v/{secrets.long}")
    page.wait_for_timeout(500)

    assert status_of(visit) == "planned"
    page.get_by_role("button", name="Приду").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Спасибо, ждём вас")
    assert ear.errors == [] and ear.foreign == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_readable_narrow_and_light(
    live_server: LiveServer, page: Page, ear: Ear, secrets: Secrets, smile: Clinic, cleaning: Service, scheme: str
) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{live_server.url}/p/v/{secrets.long}", wait_until="networkidle")
    weights = page.evaluate(
        "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".map(each => each.decodedBodySize)"
    )
    assert len(weights) > 2 and sum(weights) < HEAVIEST, weights
    root = page.url
    addresses = [root, f"{root}move", f"{root}cancel", f"{root}before"]
    addresses += [f"{live_server.url}/p/book/{smile.public_id}/"]
    addresses += [f"{live_server.url}/p/book/{smile.public_id}/service/{cleaning.public_id}/"]
    for address in addresses:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "18px"
        assert violations(page) == [], address
        assert weak_words(page) == [], address
    assert ear.errors == [] and ear.foreign == []


def weak_words(page: Page) -> list[str]:
    """Words whose contrast with what lies behind them is under 7:1."""
    return page.evaluate(CONTRAST)


CONTRAST = """() => {
  const paint = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const read = colour => { paint.clearRect(0, 0, 1, 1); paint.fillStyle = colour; paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data]; };
  const light = c => { const [r, g, b] = c.slice(0, 3).map(v => { v /= 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = read(getComputedStyle(e).backgroundColor);
    if (c[3] > 250) return c; } return [255, 255, 255, 255]; };
  const weak = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !e.checkVisibility() || e.closest('.skip, .sr')) continue;
    const [a, b] = [light(read(getComputedStyle(e).color)), light(behind(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 6.95) weak.push(`${walk.currentNode.data.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return weak;
}"""


def test_a_patient_books_on_the_site_without_a_script(
    live_server: LiveServer, plain_phone: Callable[[], Page], receiving: Doctor, smile: Clinic, cleaning: Service
) -> None:
    page = plain_phone()
    page.goto(f"{live_server.url}/p/book/{smile.public_id}/")
    page.get_by_role("link", name=cleaning.name).click()
    page.locator(".pt-slots button").last.click()
    page.get_by_label("Имя", exact=True).fill("Анна")
    page.get_by_label("Фамилия").fill("Лебедева")
    page.get_by_label("Мобильный телефон").fill("8 903 111-22-33")
    page.get_by_role("checkbox", name="Разрешаю клинике").check()
    page.get_by_role("button", name="Получить код").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Введите код из сообщения")
    with clinic_scope(smile.pk):
        found = re.search(r"\d{6}", Message.objects.get(purpose="otp").text)
    assert found
    page.get_by_label("Код").fill(found.group())

    page.get_by_role("button", name="Записаться", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Вы записаны")
    with clinic_scope(smile.pk):
        assert Appointment.objects.get().origin == "widget"
