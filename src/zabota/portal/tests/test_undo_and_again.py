"""What was pressed by mistake is taken back; an old link gets a new one sent to its owner, and tells a stranger nothing."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from django.core.cache import cache

from zabota.booking import api as booking
from zabota.booking.models import Appointment, FreedSlot
from zabota.clinic.models import Clinic
from zabota.kernel import clock
from zabota.kernel.scope import clinic_scope
from zabota.messaging.api import ensure_templates
from zabota.messaging.models import Message
from zabota.visits.models import ActionLink, VisitSettings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _texts_and_fresh_limits(smile: Clinic) -> None:
    cache.clear()
    with clinic_scope(smile.pk):
        ensure_templates(clinic=smile, now=clock.now())


def now_of(visit: Appointment) -> Appointment:
    with clinic_scope(visit.clinic_id):
        return Appointment.objects.get(pk=visit.pk)


def messages_of(visit: Appointment) -> list[Message]:
    with clinic_scope(visit.clinic_id):
        return list(Message.objects.filter(patient_id=visit.patient_id))


def test_a_visit_cancelled_by_mistake_is_on_again_with_one_press(mila, new_visit, links_to, phone) -> None:
    visit = new_visit(mila, status="confirmed", confirmed_at=clock.now())
    phone.open(links_to(visit).long)
    phone.get(phone.url + "cancel")
    phone.press("cancel", reason="ill")
    assert "Вернуть запись" in phone.page

    phone.press("undo")

    assert "Спасибо, ждём вас" in phone.page
    assert (now_of(visit).status, now_of(visit).starts_at) == ("confirmed", visit.starts_at)


def test_a_second_press_on_taking_back_changes_nothing(mila, new_visit, links_to, phone) -> None:
    visit = new_visit(mila)
    phone.open(links_to(visit).long)
    phone.press("cancel")
    seal = phone.page.split('name="seal" value="')[1].split('"')[0]
    for _ in range(2):
        assert phone.client.post(phone.url + "undo", {"seal": seal}).status_code == 302

    assert now_of(visit).status == "planned"


def test_after_a_quarter_of_an_hour_a_cancelled_visit_is_not_brought_back(mila, new_visit, links_to, phone) -> None:
    visit = new_visit(mila)
    phone.open(links_to(visit).long)
    phone.press("cancel")
    with time_machine.travel(clock.now() + dt.timedelta(minutes=16), tick=False):
        phone.get(phone.url)
        assert "Вернуть запись" not in phone.page
        phone.press("undo")

    assert "только сразу после отмены" in phone.page
    assert now_of(visit).status == "cancelled_patient"


def test_a_time_that_was_taken_meanwhile_is_not_taken_back_and_that_is_said(
    mila, pyotr, new_visit, links_to, phone, receiving, centre, actor
) -> None:
    visit = new_visit(mila)
    phone.open(links_to(visit).long)
    phone.press("cancel")
    with clinic_scope(visit.clinic_id):
        booking.book(
            patient=pyotr, doctor=receiving, branch=centre, starts_at=visit.starts_at, actor=actor, now=clock.now()
        )

    answer = phone.press("undo")

    assert answer.status_code == 409
    assert "уже занято или предложено" in phone.page and "Выбрать другое время" in phone.page
    assert now_of(visit).status == "cancelled_patient"


def test_when_somebody_else_has_the_time_the_page_offers_another_instead_of_taking_it_back(
    mila, pyotr, new_visit, links_to, phone, receiving, centre, cleaning, actor
) -> None:
    visit = new_visit(mila)
    with clinic_scope(visit.clinic_id):
        visit.lines.create(service=cleaning, price_kopecks=0)
    phone.open(links_to(visit).long)
    phone.press("cancel")
    assert "Вернуть запись" in phone.page
    with clinic_scope(visit.clinic_id):
        booking.book(
            patient=pyotr, doctor=receiving, branch=centre, starts_at=visit.starts_at, actor=actor, now=clock.now()
        )

    phone.get(phone.url)

    assert "Вернуть запись" not in phone.page
    assert "вернуть его не получится" in phone.page
    again = re.search(r'href="([^"]+)">[^<]*<svg[^>]*>.*?</svg>Выбрать другое время', phone.page)[1]
    assert f"/service/{cleaning.public_id}/" in again and receiving.public_id in again
    page = phone.client.get(again.replace("&amp;", "&")).content.decode()
    assert 'name="slot"' in page


def test_a_time_that_a_stranger_keeps_or_that_is_being_offered_is_not_promised_back(
    mila, pyotr, new_visit, links_to, phone, receiving, centre
) -> None:
    visit = new_visit(mila)
    phone.open(links_to(visit).long)
    phone.press("cancel")
    with clinic_scope(visit.clinic_id):
        held = booking.hold_slot(
            doctor=receiving, branch=centre, starts_at=visit.starts_at, minutes=30, why="widget", now=clock.now()
        )

    phone.get(phone.url)
    assert "Вернуть запись" not in phone.page
    with clinic_scope(visit.clinic_id):
        booking.release_hold(token=held.token)

    phone.get(phone.url)
    assert "Вернуть запись" in phone.page


def test_a_clinic_without_booking_on_its_site_offers_a_call_instead(mila, new_visit, links_to, phone) -> None:
    visit = new_visit(mila)
    VisitSettings.objects.create(clinic=visit.clinic, widget_on=False)
    phone.open(links_to(visit).long)
    phone.press("cancel")

    assert "Выбрать другое время" not in phone.page and "Перезвоните мне" in phone.page


def test_a_time_nobody_was_told_of_yet_goes_back_to_who_gave_it_up(
    mila, pyotr, new_visit, links_to, phone, receiving, actor
) -> None:
    visit = new_visit(mila)
    with clinic_scope(visit.clinic_id):
        booking.join_waitlist(patient=pyotr, actor=actor, now=clock.now())
    phone.open(links_to(visit).long)
    phone.press("cancel")
    with clinic_scope(visit.clinic_id):
        assert FreedSlot.objects.get().state == "delayed"
    assert "Вернуть запись" in phone.page

    phone.press("undo")

    with clinic_scope(visit.clinic_id):
        assert FreedSlot.objects.get().state == "taken"
    assert now_of(visit).status == "planned"


@pytest.mark.parametrize("status", ["planned", "confirmed"])
def test_a_visit_moved_by_mistake_goes_back_as_it_was(mila, new_visit, links_to, phone, status: str) -> None:
    visit = new_visit(mila, status=status)
    phone.open(links_to(visit).long)
    phone.get(phone.url + "move")
    slot = re.search(r'name="slot" value="([^"]+)"', phone.page)[1]
    phone.press("move", slot=slot, revision=visit.revision)
    assert now_of(visit).starts_at != visit.starts_at
    assert "Перенесли, ждём вас" in phone.page and "всё в силе" not in phone.page
    back = re.search(r'name="back" value="([^"]+)"', phone.page)[1]

    phone.press("undo", back=back)

    assert (now_of(visit).starts_at, now_of(visit).status) == (visit.starts_at, status)
    assert "Вернуть на" not in phone.page


def test_a_way_back_of_another_visit_or_an_old_one_moves_nothing(mila, pyotr, new_visit, links_to, phone, noon) -> None:
    mine = new_visit(mila)
    theirs = new_visit(pyotr, starts_at=noon + dt.timedelta(hours=2))
    phone.open(links_to(theirs).long)
    phone.get(phone.url + "move")
    slot = re.search(r'name="slot" value="([^"]+)"', phone.page)[1]
    phone.press("move", slot=slot, revision=theirs.revision)
    back = re.search(r'name="back" value="([^"]+)"', phone.page)[1]
    moved_to = now_of(theirs).starts_at

    with time_machine.travel(clock.now() + dt.timedelta(minutes=16), tick=False):
        assert phone.press("undo", back=back).status_code == 409
    phone.open(links_to(mine).long)
    assert phone.press("undo", back=back).status_code == 409

    assert (now_of(mine).starts_at, now_of(theirs).starts_at) == (mine.starts_at, moved_to)


def test_an_expired_link_gets_a_new_one_sent_to_its_owner(mila, new_visit, links_to, stranger_phone, noon) -> None:
    visit = new_visit(mila)
    secrets = links_to(visit)
    with clinic_scope(visit.clinic_id):
        ActionLink.objects.update(expires_at=clock.now() - dt.timedelta(minutes=1))

    stranger_phone.open(secrets.long)
    assert "Прислать новую ссылку" in stranger_phone.page
    answer = stranger_phone.client.post("/p/again", {"secret": secrets.long})

    (sent,) = messages_of(visit)
    assert (sent.patient_id, sent.subject_kind) == (mila.pk, "fresh_link")
    text = answer.content.decode()
    assert not any(word in text for word in ("Мила", "Кузнецова", "4567", str(noon.day) + " "))


def test_asking_again_and_again_sends_no_more(mila, new_visit, links_to, phone) -> None:
    visit = new_visit(mila)
    secret = links_to(visit).long
    start = clock.now().replace(minute=0)
    for hours in (0, 0, 1, 2, 3, 4):
        with time_machine.travel(start + dt.timedelta(hours=hours), tick=False):
            assert phone.client.post("/p/again", {"secret": secret}).status_code == 200

    assert len(messages_of(visit)) == 3


def test_a_secret_that_never_was_is_answered_like_one_that_expired(mila, new_visit, links_to, phone) -> None:
    visit = new_visit(mila)
    known = links_to(visit).long
    with clinic_scope(visit.clinic_id):
        ActionLink.objects.update(expires_at=clock.now() - dt.timedelta(days=1))
    pages = []
    for secret in (known, "x" * 22):
        gone = phone.client.get(f"/p/v/{secret}")
        asked = phone.client.post("/p/again", {"secret": secret})
        pages.append((gone.status_code, gone.content.decode().replace(secret, ""), asked.status_code, asked.content))

    assert pages[0] == pages[1]


def test_the_page_of_a_visit_that_moved_sends_the_new_time(mila, new_visit, links_to, phone, noon) -> None:
    visit = new_visit(mila)
    phone.open(links_to(visit).long)
    with clinic_scope(visit.clinic_id):
        Appointment.objects.filter(pk=visit.pk).update(revision=3, starts_at=noon + dt.timedelta(days=1))
    phone.get(phone.url)
    ticket = re.search(r'name="ticket" value="([^"]+)"', phone.page)[1]

    phone.client.post("/p/again", {"ticket": ticket})
    phone.client.post("/p/again", {"ticket": ticket[:-2] + "xx"})

    (sent,) = messages_of(visit)
    assert sent.subject_revision == 3


def test_an_address_that_asks_too_often_is_told_when_to_come_again(phone, db) -> None:
    answers = [phone.client.post("/p/again", {"secret": "x" * 22}) for _ in range(11)]

    assert answers[9].status_code == 200
    assert answers[10].status_code == 429
    assert int(answers[10]["Retry-After"]) > 0
