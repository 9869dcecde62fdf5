"""The door of an online visit: opens in time, for one device, to who agreed; the consent is a document of its own."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.urls import reverse

from zabota.kernel import clock
from zabota.kernel.audit import SYSTEM
from zabota.kernel.scope import clinic_scope
from zabota.patients.api import (
    Proof,
    TextParts,
    consent_state,
    current_texts,
    ensure_consent_texts,
    grant_consent,
    publish_consent_text,
    refuse_consent,
    withdraw_consent,
)
from zabota.patients.models import Consent
from zabota.visits.api import ensure_video_text
from zabota.visits.handlers import have_the_document
from zabota.visits.models import VideoSeat

pytestmark = pytest.mark.django_db
PAPER = Proof(signature="paper", document="№ 7", contact="+79161234567")


@pytest.fixture
def texts(smile):
    with clinic_scope(smile.pk):
        return ensure_consent_texts(clinic=smile, actor=SYSTEM, now=clock.now() - dt.timedelta(days=2))


@pytest.fixture
def agreed(texts, mila) -> Consent:
    """Mila signed at the desk yesterday."""
    with clinic_scope(mila.clinic_id):
        return grant_consent(
            patient=mila, purpose="telemedicine", proof=PAPER, actor=SYSTEM, now=clock.now() - dt.timedelta(days=1)
        )


@pytest.fixture
def at_door(mila, new_visit, links_to, phone, video):
    """Mila before the door ten minutes before her visit."""
    visit = new_visit(mila, starts_at=clock.now() + dt.timedelta(minutes=10), kind="online")
    phone.open(links_to(visit).long)
    phone.get(phone.url + "video")
    return phone


def read_text(phone) -> None:
    """To the text of the consent, past the four digits."""
    phone.get(phone.url + "video/consent")
    phone.press("phone/consent", digits="4567")


def test_an_online_visit_opens_a_quarter_of_an_hour_before_for_one_device(
    mila, new_visit, links_to, phone, stranger_phone, video, agreed
) -> None:
    visit = new_visit(mila, starts_at=clock.now() + dt.timedelta(minutes=10), kind="online")
    secret = links_to(visit).long
    phone.open(secret)
    phone.get(phone.url + "video")
    phone.press("video")
    assert 'href="https://video.ulybka.ru/visit-' in phone.page and 'rel="noreferrer' in phone.page

    stranger_phone.open(secret)
    stranger_phone.get(stranger_phone.url + "video")
    stranger_phone.press("video")

    assert "четыре цифры" in stranger_phone.page
    stranger_phone.press("phone/video", digits="4567")
    stranger_phone.press("video")
    assert "https://video.ulybka.ru/" in stranger_phone.page
    with clinic_scope(mila.clinic_id):
        assert VideoSeat.objects.count() == 1


@pytest.mark.parametrize("minutes", [16, 24 * 60])
def test_an_online_visit_is_shut_earlier(mila, new_visit, links_to, phone, video, agreed, minutes: int) -> None:
    visit = new_visit(mila, starts_at=clock.now() + dt.timedelta(minutes=minutes), kind="online")
    phone.open(links_to(visit).long)
    phone.get(phone.url + "video")
    phone.press("video")

    assert "Ещё рано" in phone.page and "https://" not in phone.page


def test_an_online_visit_is_shut_two_hours_after_its_end(mila, new_visit, links_to, phone, video) -> None:
    begins = clock.now() - dt.timedelta(hours=2, minutes=31)
    visit = new_visit(mila, starts_at=begins, kind="online")

    assert phone.open(links_to(visit).long).status_code == 410


def test_nobody_promises_to_come_to_a_visit_by_video(mila, new_visit, links_to, phone) -> None:
    phone.open(links_to(new_visit(mila, kind="online")).long)
    assert "Буду</button>" in phone.page and "Приду" not in phone.page


def test_a_clinic_without_a_server_says_so(mila, new_visit, links_to, phone, agreed) -> None:
    visit = new_visit(mila, starts_at=clock.now() + dt.timedelta(minutes=10), kind="online")
    phone.open(links_to(visit).long)
    phone.get(phone.url + "video")
    phone.press("video")

    assert "не подключён сервер" in phone.page


def test_nobody_enters_by_video_before_they_agreed_and_the_page_offers_to(at_door, texts) -> None:
    assert "Прочитать и дать согласие" in at_door.page and "Войти на приём</button>" not in at_door.page

    page = at_door.get(at_door.url + "video/consent").content.decode()
    assert "четыре" in page  # what is signed must be theirs: the end of the phone first
    at_door.press("phone/consent", digits="4567")
    seal = re.search(r'name="seal" value="([^"]+)"', at_door.page).group(1)
    refused = at_door.client.post(at_door.url + "video", {"seal": seal}).content.decode()

    assert "Сначала нужно ваше согласие" in refused and "https://video" not in refused
    with clinic_scope(texts[0].clinic_id):
        assert not VideoSeat.objects.exists()


def test_consent_is_given_on_its_own_page_with_a_box_that_is_not_ticked_and_opens_the_door(
    at_door, texts, mila
) -> None:
    read_text(at_door)
    assert "Приём по видео не записывается" in at_door.page and "checked" not in at_door.page
    version = re.search(r'name="version" value="(\d+)"', at_door.page).group(1)
    assert at_door.press("video/consent", version=version).status_code == 422
    assert "Отметьте, что даёте согласие" in at_door.page

    at_door.press("video/consent", version=version, agree="1")
    at_door.press("video")

    assert "https://video.ulybka.ru/visit-" in at_door.page
    with clinic_scope(mila.clinic_id):
        row = Consent.objects.get()
        text = current_texts(mila.clinic_id)["telemedicine"]
        assert (row.purpose, row.state, row.signature, row.entry) == ("telemedicine", "granted", "simple", "portal")
        assert (row.text_version_id, row.text_hash, row.actor_kind) == (text.pk, text.text_hash, "patient")
        assert row.ip == "127.0.0.1" and row.subject_contact == "+79161234567" and "конец телефона" in row.proof
        assert "Приём по видео" in row.text_snapshot


def test_agreeing_twice_is_once_and_taking_back_shuts_the_door(at_door, texts, mila) -> None:
    read_text(at_door)
    version = re.search(r'name="version" value="(\d+)"', at_door.page).group(1)
    for _ in range(2):
        at_door.press("video/consent", version=version, agree="1")
    at_door.get(at_door.url + "video/consent")
    assert "Отозвать согласие" in at_door.page

    for _ in range(2):
        at_door.press("video/consent", take_back="1")
        at_door.get(at_door.url + "video/consent")
    at_door.get(at_door.url + "video")
    assert "Прочитать и дать согласие" in at_door.page
    with clinic_scope(mila.clinic_id):
        assert list(Consent.objects.order_by("id").values_list("state", flat=True)) == ["granted", "withdrawn"]


def test_a_text_that_changed_since_it_was_read_is_shown_again_and_nothing_is_signed(at_door, texts, mila) -> None:
    read_text(at_door)
    version = re.search(r'name="version" value="(\d+)"', at_door.page).group(1)
    with clinic_scope(mila.clinic_id):
        publish_consent_text(
            clinic=mila.clinic, purpose="telemedicine",
            parts=TextParts("Новый текст", "Имя", "Хранение", "", "До отзыва", "Позвонить"),
            operator_name="Улыбка", operator_address="Ленина 5", actor=SYSTEM, now=clock.now(),
        )  # fmt: skip

    assert at_door.press("video/consent", version=version, agree="1").status_code == 422
    assert "с тех пор изменился" in at_door.page and "Новый текст" in at_door.page
    with clinic_scope(mila.clinic_id):
        assert not Consent.objects.exists()


@pytest.mark.parametrize("how", ["withdrawn", "refused", "processing"])
def test_what_is_taken_back_at_the_desk_shuts_the_door_at_once(at_door, agreed, mila, how) -> None:
    at_door.get(at_door.url + "video")
    assert "Войти на приём</button>" in at_door.page
    take = {"withdrawn": withdraw_consent, "refused": refuse_consent, "processing": withdraw_consent}[how]
    purpose = "processing" if how == "processing" else "telemedicine"
    with clinic_scope(mila.clinic_id):
        take(patient=mila, purpose=purpose, proof=Proof(signature="oral"), actor=SYSTEM, now=clock.now())
        assert not consent_state(mila, "telemedicine").allowed

    at_door.press("video")

    assert "https://video" not in at_door.page and "Прочитать и дать согласие" in at_door.page


def test_who_took_back_all_their_data_is_told_why_they_cannot_agree_to_video_alone(at_door, texts, mila) -> None:
    with clinic_scope(mila.clinic_id):
        withdraw_consent(
            patient=mila, purpose="processing", proof=Proof(signature="oral"), actor=SYSTEM, now=clock.now()
        )
    read_text(at_door)
    version = re.search(r'name="version" value="(\d+)"', at_door.page).group(1)
    at_door.press("video/consent", version=version, agree="1")

    assert "отозвали согласие на обработку данных" in at_door.page
    with clinic_scope(mila.clinic_id):
        assert not Consent.objects.filter(purpose="telemedicine").exists()


def test_a_clinic_without_the_document_gets_it_with_its_first_visit_by_video(mila, smile, new_visit, at_door) -> None:
    at_door.get(at_door.url + "video/consent")
    at_door.press("phone/consent", digits="4567")
    assert "ещё нет текста согласия" in at_door.page

    with clinic_scope(smile.pk):
        visit = new_visit(mila, kind="online")
        have_the_document(_Booked(visit.pk))
        ensure_video_text(clinic=smile, now=clock.now())
        assert list(current_texts(smile.pk)) == ["telemedicine"]


class _Booked:
    def __init__(self, pk: int) -> None:
        self.appointment_id = pk


def test_the_consent_of_an_ordinary_visit_is_not_asked(mila, new_visit, links_to, phone, texts) -> None:
    visit = new_visit(mila)
    phone.open(links_to(visit).long)
    assert phone.get(phone.url + "video/consent").status_code == 404
    assert reverse("portal:visit-video", args=["x"]) not in phone.page
