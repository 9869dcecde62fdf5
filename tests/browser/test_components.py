"""Every component in a real browser: three widths, light and dark, by keyboard, on paper, for a screen reader."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer
from tests.browser.conftest import Ear, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTHS = [1440, 1024, 360]


@pytest.fixture
def gallery(live_server: LiveServer, settings: Settings) -> str:
    """Address of the page with every component."""
    settings.DEBUG = True
    return f"{live_server.url}/ui/"


def _open(page: Page, address: str, width: int = 1440, theme: str = "light") -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    page.goto(address)


def _photograph(page: Page, name: str, folder: Path) -> None:
    # ZABOTA_SHOTS=folder keeps the pictures for whoever changes a component.
    kept = Path(os.environ.get("ZABOTA_SHOTS", str(folder)))
    kept.mkdir(parents=True, exist_ok=True)
    picture = page.screenshot(path=kept / f"{name}.png", full_page=True)
    assert len(picture) > 10_000


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_component_fits_and_is_accessible(
    page: Page, gallery: str, ear: Ear, tmp_path: Path, width: int, theme: str
) -> None:
    _open(page, gallery, width, theme)
    expect(page.locator("[data-chart] svg")).to_have_count(4)
    _photograph(page, f"components-{width}-{theme}", tmp_path)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert violations(page) == []
    assert ear.errors == []
    assert ear.foreign == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_without_a_menu_is_accessible(page: Page, gallery: str, ear: Ear, tmp_path: Path, theme: str) -> None:
    _open(page, f"{gallery}plain/", 360, theme)
    _photograph(page, f"plain-360-{theme}", tmp_path)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert violations(page) == []
    assert ear.errors == []


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (1024, "dark"), (360, "light")])
def test_the_working_place_fits_and_is_accessible(
    page: Page, gallery: str, ear: Ear, tmp_path: Path, width: int, theme: str
) -> None:
    _open(page, f"{gallery}workspace/", width, theme)
    _photograph(page, f"workspace-{width}-{theme}", tmp_path)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert violations(page) == []
    assert ear.errors == []


def test_walking_the_queue_opens_the_next_person(page: Page, gallery: str) -> None:
    _open(page, f"{gallery}workspace/")
    page.keyboard.press("j")
    page.wait_for_url("**/#2")


def test_nothing_on_the_page_moves_while_it_loads(page: Page, gallery: str) -> None:
    page.add_init_script(
        "window.moved = 0; new PerformanceObserver((list) => { for (const e of list.getEntries()) "
        "if (!e.hadRecentInput) window.moved += e.value; }).observe({type: 'layout-shift', buffered: true});"
    )
    _open(page, gallery)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.moved") < 0.01


def test_slash_goes_to_the_search_and_escape_leaves_it(page: Page, gallery: str) -> None:
    _open(page, gallery)
    page.keyboard.press("/")
    search = page.get_by_role("searchbox")
    expect(search).to_be_focused()
    page.keyboard.press("Escape")
    expect(search).not_to_be_focused()


def test_single_keys_are_silent_while_typing(page: Page, gallery: str) -> None:
    _open(page, gallery)
    page.get_by_label("Заметка").last.click()
    page.keyboard.type("b?/")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_a_key_works_in_the_russian_layout(page: Page, gallery: str) -> None:
    _open(page, gallery)
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'и', code: 'KeyB', bubbles: true, cancelable: true}))"
    )
    expect(page.locator("#sample-drawer")).to_be_visible()


def test_the_list_of_keys_is_gathered_from_the_page_and_can_be_switched_off(page: Page, gallery: str) -> None:
    _open(page, gallery)
    page.keyboard.press("?")
    helper = page.locator("#keys-help")
    expect(helper).to_be_visible()
    expect(helper).to_contain_text("Позвонить +7 916")
    expect(helper).to_contain_text("Следующий и предыдущий")
    assert violations(page) == []
    helper.get_by_label("Клавиши из одной буквы или цифры включены").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    expect(page.locator("#sample-drawer")).to_be_hidden()


def test_j_and_k_walk_along_a_list(page: Page, gallery: str) -> None:
    _open(page, gallery)
    rows = page.locator("[data-list] [data-item]")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1).locator("a")).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(0).locator("a")).to_be_focused()


def test_the_palette_finds_sections_and_people_and_goes_there(page: Page, gallery: str) -> None:
    _open(page, gallery)
    page.keyboard.press("Control+k")
    palette = page.locator("#palette")
    expect(palette).to_be_visible()
    page.keyboard.type("ефим")
    expect(palette.get_by_role("option")).to_contain_text(["Ефимова Анна Сергеевна"])
    assert violations(page) == []
    page.keyboard.press("Control+a")
    page.keyboard.type("без меню")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ui/plain/")


def test_an_action_is_told_and_can_be_taken_back_by_key(page: Page, gallery: str, ear: Ear) -> None:
    _open(page, gallery)
    page.get_by_role("button", name="Сделать и показать отмену").click()
    toast = page.locator("#toasts .toast")
    expect(toast).to_contain_text("Отмечено: перезвонить завтра")
    with page.expect_request(lambda request: request.method == "POST"):
        page.keyboard.press("z")
    expect(toast).to_have_count(1)
    assert ear.errors == []


@pytest.mark.parametrize(("opener", "overlay"), [("Окно", "#sample-dialog"), ("Записать", "#sample-drawer")])
def test_a_window_keeps_the_focus_and_gives_it_back(page: Page, gallery: str, opener: str, overlay: str) -> None:
    _open(page, gallery)
    button = page.locator("#overlays").get_by_role("button", name=opener, exact=True)
    button.click()
    expect(page.locator(overlay)).to_be_visible()
    assert page.evaluate(f"document.querySelector('{overlay}').contains(document.activeElement)")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.locator(overlay)).to_be_hidden()
    expect(button).to_be_focused()


def test_the_theme_changes_at_once_and_stays(page: Page, gallery: str) -> None:
    _open(page, gallery)
    before = page.locator("#bars-title + p, [data-chart] svg text").first.evaluate("e => getComputedStyle(e).fill")
    page.get_by_role("button", name="Тёмные").click()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    after = page.locator("#bars-title + p, [data-chart] svg text").first.evaluate("e => getComputedStyle(e).fill")
    assert before != after
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_chart_has_the_same_figures_as_a_table(page: Page, gallery: str) -> None:
    _open(page, gallery)
    chart = page.locator("section.chart", has=page.locator("#trend-title"))
    expect(chart.locator("svg")).to_contain_text("51,0")
    chart.locator("summary").click()
    expect(chart.get_by_role("table")).to_contain_text("51,0 %")


def test_a_chart_brought_by_htmx_is_drawn(page: Page, gallery: str, ear: Ear) -> None:
    _open(page, gallery)
    expect(page.locator("[data-chart] svg")).to_have_count(4)
    page.evaluate(
        "const html = document.querySelector('#bars-data').closest('section').outerHTML.replace(/<svg[^]*<\\/svg>/, '');"
        "htmx.swap('#charts', html, {swapStyle: 'innerHTML'});"
    )
    expect(page.locator("[data-chart] svg")).to_have_count(1)
    expect(page.locator("[data-chart] svg")).to_contain_text("8,2 млн ₽")
    assert ear.errors == []


def test_focus_is_a_solid_ring(page: Page, gallery: str) -> None:
    _open(page, gallery)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    style = page.evaluate(
        "(() => { const s = getComputedStyle(document.activeElement); return [s.outlineStyle, s.outlineWidth]; })()"
    )
    assert style == ["solid", "2px"]


def test_the_section_of_the_page_is_first_in_the_menu_of_a_phone(page: Page, gallery: str) -> None:
    _open(page, gallery, 360)
    places = page.eval_on_selector_all(
        ".nav li a", "all => all.map(a => [a.getBoundingClientRect().left, a.hasAttribute('aria-current')])"
    )
    assert sorted(places)[0][1] is True


def test_a_report_on_paper_has_no_menu_and_keeps_its_charts(page: Page, gallery: str) -> None:
    _open(page, gallery, theme="dark")
    expect(page.locator("[data-chart] svg")).to_have_count(4)
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator(".nav")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") in {
        "rgba(0, 0, 0, 0)",
        "rgb(255, 255, 255)",
    }
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    widths = page.eval_on_selector_all("[data-chart] svg", "all => all.map(svg => svg.getBoundingClientRect().width)")
    assert widths
    assert max(widths) <= 660
    assert page.pdf(format="A4", print_background=True).startswith(b"%PDF")
