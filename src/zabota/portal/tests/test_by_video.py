"""A visit by video is booked on the site like any other, where the service and the clinic allow it; three taps stay three."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
from django.test import Client

from zabota.booking.models import Appointment, ServiceNeed, WaitlistEntry
from zabota.kernel import clock
from zabota.kernel.scope import clinic_scope
from zabota.portal.tests.conftest import visits_of
from zabota.visits.api import VideoClosed, doctor_video_address

pytestmark = pytest.mark.django_db
ROOM = ServiceNeed.Needs.ROOM


@pytest.fixture
def by_video(cleaning):
    """May be done by video; in the clinic it needs a room, and there is none."""
    with clinic_scope(cleaning.clinic_id):
        ServiceNeed.objects.create(service=cleaning, by_video=True, needs=ROOM)
    return cleaning


def test_a_visit_by_video_is_booked_in_three_taps_and_says_how_to_enter(visitor, open_clinic, by_video, video) -> None:
    tail = f"service/{by_video.public_id}/"
    visitor.get(tail)
    assert 'aria-current="true"' in visitor.page and not visitor.slots  # in the clinic there is no room
    assert 'href="?video=1"' in visitor.page

    visitor.get(tail + "?video=1")
    assert "Нужен телефон или компьютер с камерой" in visitor.page
    visitor.post(tail + "?video=1", slot=visitor.slots[-1])
    assert "По видео," in visitor.page and "Филиал" not in visitor.page
    visitor.name("+79161234567")
    visitor.post("code", code=visitor.sent_code())

    assert "Приём по видео" in visitor.page and "За 15 минут до начала" in visitor.page
    assert "Филиал" not in visitor.page
    row = visits_of(open_clinic)[0]
    assert (row.kind, row.origin) == ("online", "widget")
    with clinic_scope(open_clinic.pk):
        assert {each.resource.kind for each in row.cells.select_related("resource")} == {"doctor"}


def test_the_choice_is_made_by_links_that_keep_what_was_chosen(visitor, by_video, video, receiving) -> None:
    visitor.get(f"service/{by_video.public_id}/?doctor={receiving.public_id}")
    there = unescape(re.search(r'<a class="btn" href="(\?[^"]*video=1)">', visitor.page).group(1))
    assert there == f"?doctor={receiving.public_id}&video=1"

    visitor.get(f"service/{by_video.public_id}/{there}")
    assert "Нужен телефон" in visitor.page
    assert unescape(re.search(r'action="([^"]*)"', visitor.page).group(1)).endswith(there)


@pytest.mark.parametrize("lost", ["server", "service"])
def test_without_a_server_or_for_another_service_there_is_no_choice_and_the_page_says_so(
    visitor, open_clinic, cleaning, settings, lost
) -> None:
    with clinic_scope(open_clinic.pk):
        ServiceNeed.objects.create(service=cleaning, by_video=lost == "server")
    if lost == "service":
        settings.JITSI_URL, settings.JITSI_SECRET = "https://video.ulybka.ru", "тайна"
    tail = f"service/{cleaning.public_id}/"
    visitor.get(tail)
    assert "video=1" not in visitor.page

    visitor.get(tail + "?video=1")
    assert "По видео на эту услугу не записываем" in visitor.page
    answer = visitor.post(tail + "?video=1", slot=visitor.slots[0])

    assert (answer.status_code, "не записываем" in visitor.page) == (409, True)
    assert not visits_of(open_clinic)


def test_a_service_that_is_no_longer_by_video_is_not_booked_for_the_clinic_instead(
    visitor, open_clinic, by_video, video
) -> None:
    tail = f"service/{by_video.public_id}/?video=1"
    visitor.get(tail)
    visitor.post(tail, slot=visitor.slots[-1])
    visitor.name("+79161234567")
    with clinic_scope(open_clinic.pk):
        ServiceNeed.objects.update(by_video=False)

    answer = visitor.post("code", code=visitor.sent_code())

    assert (answer.status_code, "больше не записываем" in visitor.page) == (409, True)
    assert not visits_of(open_clinic)


def test_a_visit_by_video_given_up_is_booked_anew_by_video(
    mila, new_visit, links_to, phone, open_clinic, by_video, video
) -> None:
    visit = new_visit(mila, kind="online")
    with clinic_scope(open_clinic.pk):
        visit.lines.create(service=by_video, price_kopecks=0)
    phone.open(links_to(visit).long)
    phone.get(phone.url + "cancel")
    phone.press("cancel", reason="time")

    again = unescape(re.search(r'href="(/p/book/[^"]*)"', phone.page).group(1))
    assert again.endswith("video=1") and "branch=" not in again
    assert "Нужен телефон" in Client().get(again).content.decode()


def test_a_visit_by_video_moved_by_its_patient_stays_by_video(
    mila, new_visit, links_to, phone, by_video, video
) -> None:
    visit = new_visit(mila, kind="online")
    with clinic_scope(visit.clinic_id):
        visit.lines.create(service=by_video, price_kopecks=0)
    phone.open(links_to(visit).long)
    phone.get(phone.url + "move")
    slot = re.findall(r'name="slot" value="([^"]+)"', phone.page)[0]
    phone.press("move", revision=0, slot=slot)

    with clinic_scope(visit.clinic_id):
        row = Appointment.objects.get()
        assert (row.kind, row.revision) == ("online", 1)
        assert {each.resource.kind for each in row.cells.select_related("resource")} == {"doctor"}


def test_who_gave_up_a_visit_by_video_waits_for_one_by_video(mila, new_visit, links_to, phone, by_video) -> None:
    visit = new_visit(mila, kind="online", status="cancelled_patient")
    phone.open(links_to(visit).long)
    phone.get(phone.url + "wait")
    phone.press("wait")

    with clinic_scope(visit.clinic_id):
        assert WaitlistEntry.objects.get().kind == "online"


def test_the_demo_clinic_has_a_room_to_practise_in_that_says_what_it_is(
    mila, smile, new_visit, links_to, phone, by_video, receiving
) -> None:
    smile.is_demo = True
    smile.save()
    visit = new_visit(mila, starts_at=clock.now() + dt.timedelta(minutes=10), kind="online")
    with clinic_scope(smile.pk):
        visit.clinic = smile
        doctor = doctor_video_address(visit=visit, name="Соколова М. В.", now=clock.now())
    page = Client().get(doctor).content.decode()
    assert doctor.startswith("/p/demo-video/visit-") and "врач Соколова М. В." in page and "Видео здесь нет" in page

    room = doctor.split("?")[0]
    assert Client().get(room).status_code == 403
    assert Client().get(f"{room}x?{doctor.split('?')[1]}").status_code == 403
    assert Client().get(doctor[:-2]).status_code == 403


def test_a_clinic_that_is_no_demo_has_no_room_to_practise_in(mila, new_visit, by_video) -> None:
    visit = new_visit(mila, starts_at=clock.now() + dt.timedelta(minutes=10), kind="online")
    with clinic_scope(visit.clinic_id), pytest.raises(VideoClosed, match="не подключён сервер"):
        doctor_video_address(visit=visit, name="Соколова", now=clock.now())
