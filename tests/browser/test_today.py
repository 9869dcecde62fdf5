"""«Сегодня» in a real browser: an administrator works five people without touching the mouse."""

from __future__ import annotations

import datetime as dt
import os
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer
from tests.browser.conftest import Ear, violations
from tests.cast import PASSWORD

from zabota.booking.models import Appointment
from zabota.clinic.models import Branch, Clinic, Doctor, Member
from zabota.kernel import clock
from zabota.kernel.ids import new_public_id
from zabota.kernel.scope import clinic_scope
from zabota.worklist import api as worklist
from zabota.worklist.models import Reason, Task, TaskEvent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PEOPLE = (
    ("Ефимова Анна Сергеевна", Reason.NO_SHOW, "Неявка 19.11, новой записи нет", "f"),
    ("Громов Пётр Ильич", Reason.NOT_STARTED, "Консультация имплантолога, лечение не начато", "m"),
    ("Юсупова Диляра Ренатовна", Reason.CALL_BACK, "Просила перезвонить: график на декабрь", "f"),
    ("Белов Сергей Андреевич", Reason.SLEEPING, "Последний визит 10 месяцев назад", "m"),
    ("Матвеева Ольга Петровна", Reason.REFERRED, "Направлена к ЛОР-врачу: узнать, была ли", "f"),
    ("Тихонов Роман Львович", Reason.RECALL_DUE, "Пора: Гигиена", "m"),
)


@pytest.fixture
def queue(
    smile: Clinic, centre: Branch, vera: Member, quality: Member, doctor_sokolova: Doctor, new_patient
) -> list[Task]:
    """Six people in Vera's queue, the dearest first; Dr Sokolova receives on weekdays from nine to five."""
    now = clock.now()
    worklist.ensure_scripts(clinic=smile, now=now)
    tasks = []
    with clinic_scope(smile.pk):
        for number, (name, reason, summary, sex) in enumerate(PEOPLE):
            patient = new_patient(
                smile, name, phone=f"+7916300{number:04}", branch=centre, sex=sex, born_on=dt.date(1980 + number, 5, 3)
            )
            for weeks in range(1, 9):
                day = (now - dt.timedelta(weeks=weeks, days=number % 5)).replace(hour=6 + number, minute=0, second=0)
                Appointment.objects.create(
                    clinic=smile,
                    patient=patient,
                    branch=centre,
                    doctor=doctor_sokolova,
                    starts_at=day,
                    day=day.date(),
                    status="completed",
                    total_kopecks=450_000,
                )
            tasks.append(
                Task.objects.create(
                    clinic=smile,
                    patient=patient,
                    branch=centre,
                    reason=reason,
                    summary=summary,
                    owner=vera,
                    due_at=now + dt.timedelta(days=2),
                    value_kopecks=6_000_000,
                    chance=0.4,
                    stake_kopecks=2_400_000 - number * 10_000,
                    dedupe_key=new_public_id(),
                    created_at=now - dt.timedelta(days=1),
                )
            )
    return tasks


def enter(page: Page, live_server: LiveServer, member: Member) -> None:
    """Through the login page, as everybody."""
    page.goto(f"{live_server.url}/account/login/")
    page.fill("[name=login]", member.user.email)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "login" not in address)


def photograph(page: Page, name: str, folder: Path) -> None:
    """ZABOTA_SHOTS=folder keeps the pictures for whoever changes the screen."""
    kept = Path(os.environ.get("ZABOTA_SHOTS", str(folder)))
    kept.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=kept / f"{name}.png", full_page=True)


def person(page: Page):
    """Name of the open person."""
    return page.locator("#person-name")


def test_five_contacts_without_the_mouse(
    page: Page, live_server: LiveServer, ear: Ear, vera: Member, queue: list[Task], tmp_path: Path, smile: Clinic
) -> None:
    enter(page, live_server, vera)
    page.goto(f"{live_server.url}/today/")
    names = [name for name, *_ in PEOPLE]
    expect(person(page)).to_have_text(names[0])
    started = time.monotonic()

    page.keyboard.press("5")  # did not answer
    expect(person(page)).to_have_text(names[1])
    expect(person(page)).to_be_focused()
    expect(page.locator("#toasts")).to_contain_text("нет ответа, первый звонок")

    page.keyboard.press("4")  # refused …
    page.keyboard.press("1")  # … because it is expensive
    expect(person(page)).to_have_text(names[2])
    expect(page.locator("#toasts")).to_contain_text("разберётся")

    page.keyboard.press("2")  # call back …
    page.locator("#outcome-call_back").get_by_role("button", name="Завтра утром").focus()
    page.keyboard.press("Enter")
    expect(person(page)).to_have_text(names[3])

    page.keyboard.press("1")  # booked: nothing is booked yet …
    page.keyboard.press("b")  # … so book now
    expect(page.locator("#booking .slot").first).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#booking .slot").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(person(page)).to_have_text(names[4])
    expect(page.locator("#toasts")).to_contain_text("Записали Белова Сергея")

    page.keyboard.press("3")  # thinks …
    page.keyboard.press("1")  # … for a week
    expect(person(page)).to_have_text(names[5])
    seconds = time.monotonic() - started

    assert seconds < 30, f"five contacts took {seconds:.1f} s of the machine's own time"
    expect(page.locator("#queue header")).to_contain_text("5 из")
    with clinic_scope(smile.pk):
        outcomes = TaskEvent.objects.filter(kind="attempt").order_by("id").values_list("outcome", flat=True)
        assert list(outcomes) == ["no_answer", "refused", "call_back", "booked", "thinks"]
        assert Appointment.objects.upcoming(clock.now()).count() == 1
        assert Task.objects.get(reason=Reason.REFUSAL_REVIEW).escalated_from == queue[1]
    assert (ear.errors, ear.foreign) == ([], [])


def test_undo_help_walking_and_a_mistake_by_keyboard(
    page: Page, live_server: LiveServer, ear: Ear, vera: Member, queue: list[Task]
) -> None:
    enter(page, live_server, vera)
    page.goto(f"{live_server.url}/today/")
    page.keyboard.press("j")
    expect(person(page)).to_have_text(PEOPLE[1][0])
    expect(page.locator(".queue-item[aria-current]")).to_have_count(1)
    page.keyboard.press("k")
    expect(person(page)).to_have_text(PEOPLE[0][0])

    page.keyboard.press("7")
    page.keyboard.press("5")  # «Другое» without a word
    expect(page.locator("#error-resolved")).to_contain_text("нужны два слова")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.keyboard.press("5")
    expect(person(page)).to_have_text(PEOPLE[1][0])
    page.keyboard.press("z")
    expect(person(page)).to_have_text(PEOPLE[0][0])
    expect(page.locator("#toasts")).to_contain_text("Исход отменён")

    page.keyboard.press("?")
    expect(page.locator("#keys-help")).to_contain_text("Нет ответа")
    page.keyboard.press("Escape")
    assert page.locator("[data-hotkey=c]").get_attribute("href") == "tel:+79163000000"
    page.keyboard.press("/")
    expect(page.locator("input[name=q]")).to_be_focused()
    # The refused answer of the form with a mistake is written to the console by the browser itself.
    assert [error for error in ear.errors if "422" not in error] == []


def test_colleague_who_was_quicker_is_announced(
    page: Page, live_server: LiveServer, vera: Member, anton: Member, queue: list[Task], actor, smile: Clinic
) -> None:
    enter(page, live_server, vera)
    page.goto(f"{live_server.url}/today/")
    with clinic_scope(smile.pk):
        worklist.record_outcome(
            task=Task.objects.get(pk=queue[0].pk),
            member=anton,
            outcome="resolved",
            reason="answered",
            actor=actor,
            now=clock.now(),
        )
    page.keyboard.press("5")
    expect(page.locator("#toasts")).to_contain_text("уже закрыли: Белов А. И.")
    expect(person(page)).to_have_text(PEOPLE[1][0])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 360])
def test_screen_fits_and_is_accessible(
    page: Page,
    live_server: LiveServer,
    ear: Ear,
    vera: Member,
    queue: list[Task],
    tmp_path: Path,
    width: int,
    theme: str,
) -> None:
    enter(page, live_server, vera)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    page.goto(f"{live_server.url}/today/")
    photograph(page, f"today-{width}-{theme}", tmp_path)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert violations(page) == []
    page.keyboard.press("4")
    assert violations(page) == []
    page.keyboard.press("Escape")
    assert (ear.errors, ear.foreign) == ([], [])


def test_control_fits_and_is_accessible(
    page: Page,
    live_server: LiveServer,
    ear: Ear,
    quality: Member,
    vera: Member,
    queue: list[Task],
    actor,
    smile: Clinic,
) -> None:
    with clinic_scope(smile.pk):
        for task in queue[:3]:
            worklist.record_outcome(task=task, member=vera, outcome="no_answer", actor=actor, now=clock.now())
    enter(page, live_server, quality)
    for path in ("/control/?period=week", "/control/contacts/?period=week", "/control/tasks/"):
        for width in (1440, 360):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{live_server.url}{path}")
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
            assert violations(page) == [], path
    assert (ear.errors, ear.foreign) == ([], [])
