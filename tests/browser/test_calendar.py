"""«Расписание» in a real browser: booking and marking by keyboard, moving by hand with a way back, no scripts, accessible."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer
from tests.browser.conftest import Ear, violations
from tests.browser.test_today import enter

from zabota.booking import api as booking
from zabota.booking.models import Appointment, Resource
from zabota.clinic.models import Branch, Clinic, Doctor, Member
from zabota.kernel import clock
from zabota.kernel.scope import clinic_scope
from zabota.patients import api as patients
from zabota.patients.models import Patient

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture
def tomorrow() -> dt.date:
    """The day that is looked at: nothing of it is over yet."""
    return clock.today("Europe/Moscow") + dt.timedelta(days=1)


@pytest.fixture
def week(smile: Clinic, centre: Branch, doctor_sokolova: Doctor, actor) -> Resource:
    """Dr Sokolova receives every day from nine to five with a break at one."""
    now = clock.now()
    with clinic_scope(smile.pk):
        booking.ensure_resources(clinic=smile, now=now)
        row = Resource.objects.get(doctor=doctor_sokolova)
        hours = [
            booking.DayHours(centre, day, begins, ends)
            for day in range(7)
            for begins, ends in ((540, 780), (840, 1020))
        ]
        booking.set_week(resource=row, week=hours, actor=actor, now=now)
    return row


@pytest.fixture
def book(smile: Clinic, centre: Branch, doctor_sokolova: Doctor, week: Resource, actor):
    """Books a time by the wall clock."""

    def at(patient: Patient, day: dt.date, hour: int, minutes: int = 60) -> Appointment:
        with clinic_scope(smile.pk):
            return booking.book(
                patient=patient,
                doctor=doctor_sokolova,
                branch=centre,
                starts_at=dt.datetime.combine(day, dt.time(hour), MOSCOW),
                duration_minutes=minutes,
                actor=actor,
                now=min(clock.now(), dt.datetime.combine(day, dt.time(hour), MOSCOW) - dt.timedelta(hours=3)),
            )

    return at


def test_booking_by_keyboard_and_taking_it_back(
    page: Page, live_server: LiveServer, ear: Ear, vera: Member, week: Resource, mila: Patient, tomorrow: dt.date
) -> None:
    patients.reindex([mila.pk])
    enter(page, live_server, vera)
    page.goto(f"{live_server.url}/calendar/?day={tomorrow}")
    expect(page.locator(".slab.free")).to_have_count(2)
    page.keyboard.press("b")
    expect(page.locator("#book-q")).to_be_focused()
    page.keyboard.type(mila.surname[:4])
    found = page.locator("[data-found] a").first
    expect(found).to_contain_text(mila.surname)
    found.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#book-form input[name=patient]")).to_have_count(1)
    page.locator("#panel .slot").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Записали")
    expect(page.locator(".slab[data-visit]")).to_have_count(1)
    expect(page.locator("#panel h2")).to_contain_text(mila.surname)
    page.keyboard.press("z")
    expect(page.locator("#toasts")).to_contain_text("Запись снята")
    expect(page.locator(".slab[data-visit]")).to_have_count(0)
    assert (ear.errors, ear.foreign) == ([], [])


def test_marks_by_one_key_each_with_their_times(
    page: Page, live_server: LiveServer, ear: Ear, vera: Member, mila: Patient, smile: Clinic, book
) -> None:
    now = clock.now()
    with clinic_scope(smile.pk):
        row = book(mila, clock.today("Europe/Moscow") + dt.timedelta(days=1), 10)
        start = now - dt.timedelta(minutes=10)
        Appointment.objects.filter(pk=row.pk).update(starts_at=start, day=start.astimezone(MOSCOW).date())
    enter(page, live_server, vera)
    page.goto(f"{live_server.url}/calendar/?day={start.astimezone(MOSCOW).date()}")
    page.keyboard.press("j")
    expect(page.locator("#panel [data-open-visit]")).to_be_visible()
    for key, words in (("2", "в клинике"), ("3", "на приёме"), ("4", "завершён")):
        page.keyboard.press(key)
        expect(page.locator("#panel .badge").first).to_contain_text(words)
        expect(page.locator(".slab[data-visit] .state")).to_contain_text(words)
    with clinic_scope(smile.pk):
        row.refresh_from_db()
        assert row.status == "completed"
        assert row.arrived_at and row.begun_at and row.ended_at
    page.keyboard.press("z")
    expect(page.locator("#panel .badge").first).to_contain_text("на приёме")
    assert (ear.errors, ear.foreign) == ([], [])


def drag(page: Page, block: str, minutes: int) -> None:
    """Takes a block by its top and lets it go some minutes later."""
    box = page.locator(block).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + 30, steps=3)
    page.mouse.move(box["x"] + 20, box["y"] + 8 + minutes * 1.4, steps=4)
    page.mouse.up()


def test_a_move_by_hand_has_a_way_back_and_a_taken_time_offers_others(
    page: Page,
    live_server: LiveServer,
    vera: Member,
    mila: Patient,
    pyotr: Patient,
    smile: Clinic,
    book,
    tomorrow: dt.date,
) -> None:
    first, second = book(mila, tomorrow, 9), book(pyotr, tomorrow, 11)
    enter(page, live_server, vera)
    page.goto(f"{live_server.url}/calendar/?day={tomorrow}")
    expect(page.locator(f"#v-{first.public_id} time")).to_have_text("9:00")

    drag(page, f"#v-{first.public_id}", 60)
    expect(page.locator("#toasts")).to_contain_text("Перенесли")
    expect(page.locator(f"#v-{first.public_id} time")).to_have_text("10:00")
    page.keyboard.press("z")
    expect(page.locator(f"#v-{first.public_id} time")).to_have_text("9:00")

    drag(page, f"#v-{second.public_id}", -90)
    expect(page.locator("#panel")).to_contain_text("это время уже занято")
    expect(page.locator("#panel .slot").first).to_be_visible()
    expect(page.locator(f"#v-{second.public_id} time")).to_have_text("11:00")
    with clinic_scope(smile.pk):
        second.refresh_from_db()
        assert (second.revision, second.starts_at.astimezone(MOSCOW).hour) == (0, 11)


def test_the_day_is_worked_without_scripts(
    browser: Browser, live_server: LiveServer, vera: Member, mila: Patient, smile: Clinic, week: Resource, book,
    tomorrow: dt.date,
) -> None:  # fmt: skip
    patients.reindex([mila.pk])
    row = book(mila, tomorrow, 9)
    context = browser.new_context(java_script_enabled=False, locale="ru-RU", timezone_id="Europe/Moscow")
    plain = context.new_page()
    enter(plain, live_server, vera)
    plain.goto(f"{live_server.url}/calendar/?day={tomorrow}")
    plain.locator(f"#v-{row.public_id}").click()
    plain.get_by_role("link", name="Перенести").click()
    plain.locator("#panel .slot").first.click()
    expect(plain.locator("#panel")).to_contain_text(mila.surname)
    with clinic_scope(smile.pk):
        row.refresh_from_db()
        assert row.revision == 1
    plain.locator(".slab.free").first.click()
    expect(plain.locator("#panel h2")).to_have_text("Записать")
    plain.locator("#book-q").fill(mila.surname[:4])
    plain.get_by_role("button", name="Найти").click()
    expect(plain.locator("[data-found] a").first).to_contain_text(mila.surname)
    context.close()


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (1024, "dark"), (360, "light"), (360, "dark")])
def test_pages_fit_and_are_accessible(
    page: Page,
    live_server: LiveServer,
    ear: Ear,
    vera: Member,
    mila: Patient,
    book,
    tomorrow: dt.date,
    width: int,
    theme: str,
) -> None:
    row = book(mila, tomorrow, 9)
    enter(page, live_server, vera)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    for path in (
        f"/calendar/?day={tomorrow}",
        f"/calendar/visits/{row.public_id}/",
        f"/calendar/visits/{row.public_id}/move/",
        f"/calendar/book/?day={tomorrow}",
        f"/calendar/week/?day={tomorrow}",
        f"/calendar/load/?day={tomorrow}",
        "/waitlist/",
        "/schedule/",
    ):
        page.goto(f"{live_server.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
        assert violations(page) == [], path
    assert (ear.errors, ear.foreign) == ([], [])
