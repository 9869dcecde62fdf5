"""The wizard of loads in a real browser: a clinic's export goes in and every patient has a next step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer
from tests.browser.conftest import Ear, violations
from tests.browser.test_today import enter, photograph

from zabota.clinic.models import Branch, Clinic, Member
from zabota.kernel import clock
from zabota.kernel.scope import clinic_scope
from zabota.patients.models import Patient
from zabota.worklist.models import Task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Thirty patients, one row refused, one word of state that nobody knows."""
    today = clock.now().date()
    lines = ["Отчёт по приёмам", "№;Пациент;Дата рождения;Телефон;Дата приёма;Врач;Услуга;Сумма;Статус;Источник"]
    for number in range(30):
        when = today - dt.timedelta(days=20 + 7 * number)
        state = "Особый" if number == 5 else "Завершён"
        lines.append(
            f"{number + 1};Лебедева Анна {'абвгдежзиклмнопрстуфхцчшщэюя'[number % 26].upper()}алентиновна;"
            f"{number % 27 + 1:02d}.05.1980;8916300{number:04d};{when:%d.%m.%Y} 10:00;Рябов И. А.;Гигиена;4 900,00;{state};Яндекс"
        )
    lines.append(
        "31;Громов Пётр Ильич;01.01.1970;89161112233;31.02.2026 10:00;Рябов И. А.;Гигиена;4 900,00;Завершён;Сайт"
    )
    path = tmp_path / "Визиты.csv"
    path.write_bytes("\r\n".join(lines).encode("cp1251"))
    return path


def test_the_owner_loads_an_export_and_takes_it_back(
    page: Page,
    ear: Ear,
    live_server: LiveServer,
    smile: Clinic,
    centre: Branch,
    anton: Member,
    export: Path,
    run_jobs: Callable[[], None],
    tmp_path: Path,
) -> None:
    enter(page, live_server, anton)
    page.goto(f"{live_server.url}/intake/")
    page.set_input_files("input[name=files]", export)
    page.get_by_role("button", name="Прочитать файл").click()
    run_jobs()
    expect(page.locator("table.map")).to_be_visible()
    assert violations(page) == []
    photograph(page, "intake-columns", tmp_path)
    page.locator("select[name=status-0]").select_option("completed")
    page.get_by_role("button", name="Проверить").click()
    run_jobs()
    expect(page.get_by_text("Не примем 1")).to_be_visible()
    expect(page.get_by_text("31.02.2026").first).to_be_visible()
    assert violations(page) == []
    for width in (1440, 1024, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    page.set_viewport_size({"width": 1440, "height": 900})
    with page.expect_download() as download:
        page.get_by_role("link", name="Скачать их тем же файлом").click()
    assert "Громов" in Path(download.value.path()).read_bytes().decode("cp1251")
    page.get_by_role("button", name="Загрузить").click()
    run_jobs()
    expect(page.get_by_role("button", name="Отменить загрузку")).to_be_visible()
    with clinic_scope(smile.pk):
        assert Patient.objects.count() == 30
        assert Task.objects.open().values("patient").distinct().count() == 30
    page.get_by_role("button", name="Отменить загрузку").click()
    run_jobs()
    expect(page.get_by_text("Загрузка отменена")).to_be_visible()
    with clinic_scope(smile.pk):
        assert not Patient.objects.exists()
    assert ear.foreign == []
    assert ear.errors == []


def test_a_file_that_is_no_table_is_explained_in_words(
    page: Page, live_server: LiveServer, smile: Clinic, anton: Member, tmp_path: Path, run_jobs: Callable[[], None]
) -> None:
    enter(page, live_server, anton)
    page.goto(f"{live_server.url}/intake/")
    broken = tmp_path / "visits.xlsx"
    broken.write_bytes(b"PK\x03\x04 not a workbook")
    page.set_input_files("input[name=files]", broken)
    page.get_by_role("button", name="Прочитать файл").click()
    run_jobs()
    expect(page.get_by_text("Не получилось")).to_be_visible()
    expect(page.get_by_text("Выбрать другой файл")).to_be_visible()
