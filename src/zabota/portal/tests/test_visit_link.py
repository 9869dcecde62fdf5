"""A visit behind a link: one press, nothing by a look, nothing for a stranger."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from zabota.booking.models import Appointment, WaitlistEntry
from zabota.kernel import clock
from zabota.kernel.logs import mask
from zabota.kernel.models import AuditEntry, Fact
from zabota.kernel.scope import clinic_scope
from zabota.visits.models import ActionLink
from zabota.visits.services.links import make_links
from zabota.worklist.models import Task

pytestmark = pytest.mark.django_db


def now_of(visit: Appointment) -> Appointment:
    with clinic_scope(visit.clinic_id):
        return Appointment.objects.get(pk=visit.pk)


def test_a_patient_says_that_they_will_come_with_one_press(mila, new_visit, links_to, phone) -> None:
    visit = new_visit(mila)
    phone.open(links_to(visit).long)
    assert "всё в силе?" in phone.page

    phone.press("confirm")

    assert "Спасибо, ждём вас" in phone.page
    assert now_of(visit).status == "confirmed"


def test_a_visit_that_left_the_program_of_the_clinic_is_not_confirmed_by_an_old_link(
    mila, new_visit, links_to, phone
) -> None:
    visit = new_visit(mila)
    phone.open(links_to(visit).long)
    with clinic_scope(visit.clinic_id):
        Appointment.objects.filter(pk=visit.pk).update(vanished_at=clock.now())

    phone.press("confirm")

    assert "ссылка уже не работает" in phone.page
    assert now_of(visit).status == "planned"


def test_a_call_is_asked_for_also_where_the_old_program_names_no_branch(mila, new_visit, links_to, phone) -> None:
    visit = new_visit(mila)
    with clinic_scope(visit.clinic_id):
        Appointment.objects.filter(pk=visit.pk).update(branch=None)
    phone.open(links_to(visit).long)
    assert phone.press("call").status_code == 200
    assert "Перезвоним" in phone.page


def test_what_cannot_be_done_is_answered_in_words_not_by_a_broken_page(mila, new_visit, links_to, phone) -> None:
    visit = new_visit(mila, duration_minutes=600)
    phone.open(links_to(visit).long)
    phone.get(phone.url + "wait")
    response = phone.press("wait")
    assert response.status_code == 422
    assert "Не получилось" in phone.page
    assert phone.client.post(phone.url + "confirm", {"seal": "печать"}).status_code == 404


def test_a_second_press_gives_the_same_answer(mila, new_visit, links_to, phone) -> None:
    visit = new_visit(mila)
    phone.open(links_to(visit).long)
    phone.press("confirm")
    facts = Fact.objects.count()

    phone.press("confirm") if "seal" in phone.page else phone.client.post(phone.url + "confirm")

    assert now_of(visit).status == "confirmed"
    assert Fact.objects.count() == facts


def test_scanners_that_open_and_ask_for_the_head_change_nothing(mila, new_visit, links_to, phone) -> None:
    """T2: twice GET and HEAD, then the patient's own press works."""
    visit = new_visit(mila)
    secrets = links_to(visit)
    before = (Fact.objects.count(), AuditEntry.objects.count(), now_of(visit).status)
    for secret in secrets.long, secrets.short:
        for _ in range(2):
            phone.open(secret)
            path = f"/p/{secret}" if len(secret) == 6 else f"/p/v/{secret}"
            phone.client.head(path, follow=True)
            for tail in ("", "confirm", "cancel", "call", "move", "before", "video", "phone/move"):
                phone.client.get(phone.url + tail)
                phone.client.head(phone.url + tail)
    with clinic_scope(visit.clinic_id):
        assert not Task.objects.exists()
    assert (Fact.objects.count(), AuditEntry.objects.count(), now_of(visit).status) == before

    phone.open(secrets.long)
    phone.press("confirm")
    assert now_of(visit).status == "confirmed"


def test_the_secret_leaves_the_address_and_no_page_tells_where_one_came_from(mila, new_visit, links_to, phone) -> None:
    """T3."""
    secrets = links_to(new_visit(mila))
    for secret in secrets.long, secrets.short:
        response = phone.open(secret)

        assert response.redirect_chain[-1][0].startswith("/p/visit/")
        assert secret not in response.redirect_chain[-1][0]
        assert secret not in phone.page
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in response.headers["X-Robots-Tag"]
        assert response.headers["Cache-Control"] == "no-store"
        assert "http://" not in re.sub(r'xmlns="[^"]*"', "", phone.page)
        assert "https://" not in phone.page


def test_logs_hold_no_secret_of_a_link(mila, new_visit, links_to) -> None:
    """T3: a page that broke is logged with its address."""
    secrets = links_to(new_visit(mila))
    for path in f"/p/v/{secrets.long}", f"/p/{secrets.short}":
        assert mask(f"Internal Server Error: {path}") in (
            "Internal Server Error: /p/v/***",
            "Internal Server Error: /p/***",
        )
    assert mask("/p/visit/wglnrJEuG99-avpPVF3HLQ/ /p/book/abc/") == "/p/visit/wglnrJEuG99-avpPVF3HLQ/ /p/book/abc/"


def test_secrets_are_kept_as_digests_only(mila, new_visit, links_to, in_clinic) -> None:
    secrets = links_to(new_visit(mila))

    for link in ActionLink.objects.all():
        row = str(link.__dict__)
        assert secrets.long not in row and secrets.short not in row


def test_pages_of_a_visit_name_neither_patient_nor_doctor_nor_service(
    mila, new_visit, links_to, phone, doctor_sokolova, cleaning
) -> None:
    visit = new_visit(mila)
    visit.lines.create(service=cleaning)
    phone.open(links_to(visit).short)
    for tail in ("", "cancel", "move", "before"):
        phone.get(phone.url + tail)
        for word in ("Мила", "Кузнецова", "Соколова", "терапевт", "чистка", "4567"):
            assert word not in phone.page, (tail, word)


def test_another_patients_page_stays_shut(mila, pyotr, new_visit, links_to, phone, stranger_phone, noon) -> None:
    """T1: a cookie opens the page of its own link, whatever address is typed."""
    mine = new_visit(mila)
    theirs = new_visit(pyotr, starts_at=noon + dt.timedelta(hours=2))
    phone.open(links_to(mine).long)
    stranger_phone.open(links_to(theirs).long)
    their_page = stranger_phone.url

    assert phone.client.get(their_page).status_code == 410
    for tail in ("confirm", "cancel", "call", "move"):
        assert phone.client.post(their_page + tail, {"seal": "x"}).status_code == 410
    # A cookie carried over to the other page is of another link.
    name, value = next((key, morsel.value) for key, morsel in phone.client.cookies.items())
    phone.client.cookies[name.rsplit("-", 1)[0] + "-" + their_page.split("/")[3]] = value
    assert phone.client.get(their_page).status_code == 410
    assert now_of(theirs).status == "planned"


def test_a_form_from_another_site_is_refused(mila, new_visit, links_to, phone) -> None:
    visit = new_visit(mila)
    phone.open(links_to(visit).long)

    assert phone.client.post(phone.url + "confirm").status_code == 404
    assert phone.client.post(phone.url + "confirm", {"seal": "0" * 32}).status_code == 404
    assert now_of(visit).status == "planned"


def test_cancelling_asks_why_and_takes_no_answer_too(mila, new_visit, links_to, phone) -> None:
    visit = new_visit(mila)
    phone.open(links_to(visit).long)
    phone.get(phone.url + "cancel")
    assert "скажите почему" in phone.page

    phone.press("cancel", reason="ill")

    assert "Запись отменили" in phone.page
    row = now_of(visit)
    assert (row.status, row.cancel_reason) == ("cancelled_patient", "Плохо себя чувствую")
    phone.get(phone.url + "cancel")
    assert "Запись отменили" in phone.page


def test_a_short_link_asks_the_end_of_the_phone_before_anything_is_given_up(mila, new_visit, links_to, phone) -> None:
    visit = new_visit(mila)
    phone.open(links_to(visit).short)
    phone.get(phone.url + "cancel")
    assert "Последние четыре цифры" in phone.page

    phone.press("phone/cancel", digits="0000")
    assert "Не сходится" in phone.page
    phone.press("phone/cancel", digits="4567")
    assert "скажите почему" in phone.page

    phone.press("cancel", reason="time")
    assert now_of(visit).status == "cancelled_patient"


def test_five_wrong_ends_close_the_link_for_good(mila, new_visit, links_to, phone) -> None:
    """T8 for the short link: 36 bits and five tries."""
    visit = new_visit(mila)
    secret = links_to(visit).short
    phone.open(secret)
    phone.get(phone.url + "move")
    for digits in ("0001", "0002", "0003", "0004", "0005"):
        phone.press("phone/move", digits=digits)
    phone.press("phone/move", digits="4567")

    assert "Слишком много попыток" in phone.page
    assert phone.client.post(phone.url + "cancel", {"seal": "x"}).status_code == 404
    assert now_of(visit).status == "planned"


def test_a_moved_visit_kills_the_links_that_spoke_of_the_old_time(mila, new_visit, links_to, phone) -> None:
    visit = new_visit(mila)
    secret = links_to(visit).long
    with clinic_scope(visit.clinic_id):
        Appointment.objects.filter(pk=visit.pk).update(revision=1)

    response = phone.open(secret)

    assert response.status_code == 410
    assert "с тех пор перенесли" in phone.page


def test_a_link_dies_when_the_visit_begins(mila, new_visit, links_to, phone, centre) -> None:
    centre.phone = "+74951240012"
    centre.save()
    visit = new_visit(mila)
    secret = links_to(visit).long
    with clinic_scope(visit.clinic_id):
        ActionLink.objects.update(expires_at=clock.now() - dt.timedelta(seconds=1))

    response = phone.open(secret)

    assert response.status_code == 410
    assert "Эта ссылка уже не работает" in phone.page
    assert "+7 495 124-00-12" in phone.page


def test_a_page_that_lies_open_shuts_when_its_link_dies(mila, new_visit, links_to, phone) -> None:
    """T3: the cookie outlives nothing."""
    visit = new_visit(mila)
    phone.open(links_to(visit).long)
    name, cookie = next(iter(phone.client.cookies.items()))
    assert name and 0 < int(cookie["max-age"]) <= (visit.starts_at - clock.now()).total_seconds() + 2
    with clinic_scope(visit.clinic_id):
        ActionLink.objects.update(expires_at=clock.now() - dt.timedelta(seconds=1))

    assert phone.client.get(phone.url).status_code == 410
    phone.press("confirm")

    assert now_of(visit).status == "planned"


def test_of_several_visits_of_a_message_only_those_still_ahead_open(mila, new_visit, phone, noon) -> None:
    """T3: the link of one opens the others, not one that is over."""
    visits = [new_visit(mila, starts_at=noon + dt.timedelta(hours=each)) for each in range(3)]
    with clinic_scope(mila.clinic_id):
        leaders, secrets = None, []
        for visit in visits:
            made, rows = make_links(
                purpose="visit", clinic_id=visit.clinic_id, patient_id=mila.pk, appointment=visit,
                expires_at=visit.starts_at, leaders=leaders, now=clock.now(),
            )  # fmt: skip
            leaders = leaders or rows
            secrets.append(made.long)
        ActionLink.objects.filter(appointment=visits[2]).update(expires_at=clock.now() - dt.timedelta(seconds=1))
    phone.open(secrets[0])

    opened = {name for name in phone.client.cookies if "link" in name}
    assert len(opened) == 2


def test_the_patient_moves_the_visit_and_the_link_follows(mila, new_visit, links_to, phone) -> None:
    visit = new_visit(mila)
    secrets = links_to(visit)
    phone.open(secrets.long)
    phone.get(phone.url + "move")
    keys = re.findall(r'name="slot" value="([^"]+)"', phone.page)
    key = keys[-1]

    phone.press("move", slot=key, revision=0)

    row = now_of(visit)
    assert row.revision == 1 and row.starts_at != visit.starts_at
    assert "Перенесли, ждём вас" in phone.page
    # The same press again, and the other tab that was drawn before, change nothing more.
    phone.press("move", slot=key, revision=0)
    phone.press("move", slot=keys[0], revision=0)
    assert now_of(visit).revision == 1
    with clinic_scope(visit.clinic_id):
        mine = ActionLink.objects.get(is_short=False)
    assert (mine.revision, mine.expires_at) == (1, row.starts_at), "the page lives as long as the visit it shows"
    # The link of the SMS spoke of the old time.
    assert phone.open(secrets.short).status_code == 410


def test_a_time_that_somebody_took_meanwhile_is_told_with_others(mila, pyotr, new_visit, links_to, phone, noon) -> None:
    visit = new_visit(mila)
    phone.open(links_to(visit).long)
    phone.get(phone.url + "move")
    key = re.findall(r'name="slot" value="([^"]+)"', phone.page)[0]
    begins = dt.datetime.fromtimestamp(int(key.split(".")[2]) * 60, dt.UTC)
    new_visit(pyotr, starts_at=begins)

    response = phone.press("move", slot=key, revision=0)

    assert response.status_code == 409
    assert "занято" in phone.page and 'name="slot"' in phone.page
    assert now_of(visit).revision == 0


def test_call_me_is_one_task_however_often_it_is_pressed(mila, new_visit, links_to, phone) -> None:
    visit = new_visit(mila)
    phone.open(links_to(visit).long)
    phone.press("call")
    phone.get(phone.url)
    phone.press("call")

    assert "Перезвоним" in phone.page
    with clinic_scope(visit.clinic_id):
        assert Task.objects.count() == 1


def test_wrong_secrets_are_slowed_down(phone) -> None:
    """T12: guessing ends in 429 with a time to come again."""
    codes = [phone.client.get(f"/p/aaaa{number:02}").status_code for number in range(25)]

    assert codes[0] == 410
    assert codes[-1] == 429
    assert int(phone.client.get("/p/aaaa99").headers["Retry-After"]) > 0


@pytest.mark.parametrize("next_", ["//evil.example", "https://evil.example/", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(mila, new_visit, links_to, phone, next_: str) -> None:
    """T27: steps are chosen from a list, never taken from an address."""
    phone.open(links_to(new_visit(mila)).short)
    phone.get(phone.url + "move")

    response = phone.press(f"phone/{next_.replace('/', '%2F')}", digits="4567")

    assert all(step[0].startswith("/p/") for step in response.redirect_chain)


def test_the_file_for_the_calendar_tells_time_and_place_only(mila, new_visit, links_to, phone, cleaning) -> None:
    visit = new_visit(mila)
    visit.lines.create(service=cleaning)
    phone.open(links_to(visit).long)

    response = phone.client.get(phone.url + "vizit.ics")

    text = response.content.decode()
    assert response.headers["Content-Type"].startswith("text/calendar")
    assert "BEGIN:VEVENT" in text
    for word in ("Мила", "Кузнецова", "Соколова", "чистка"):
        assert word not in text


def test_a_patient_waits_for_an_earlier_time(mila, new_visit, links_to, phone, smile) -> None:
    visit = new_visit(mila)
    phone.open(links_to(visit).long)
    phone.get(phone.url + "wait")
    phone.press("wait", part=["morning", "nonsense"])
    phone.get(phone.url + "wait")
    phone.press("wait", part="evening")

    assert "Вы в листе ожидания" in phone.page
    with clinic_scope(smile.pk):
        entry = WaitlistEntry.objects.get()
    assert (entry.appointment_id, entry.day_parts, entry.patient_id) == (visit.pk, ["morning"], mila.pk)
    assert now_of(visit).status == "planned"


def test_a_page_of_a_sensitive_branch_shows_only_its_neutral_name(mila, new_visit, links_to, phone, centre) -> None:
    """L21, L23: what a preview of the link, a history or a neighbour could read."""
    centre.is_sensitive, centre.neutral_name, centre.address = True, "Медцентр на Лесной", "Лесная, 5"
    centre.save()
    phone.open(links_to(new_visit(mila)).long)
    assert "<title>Ваш визит · Медцентр на Лесной</title>" in phone.page and "Лесная, 5" in phone.page
    assert "Улыбка" not in phone.page and "«Центр»" not in phone.page
