"""A visit by video is booked at the desk like any other: only what may be done so, only where there is a server for it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from zabota.booking.models import Appointment, ServiceNeed, WaitlistEntry
from zabota.clinic.models import Branch, Service
from zabota.kernel import clock
from zabota.kernel.audit import SYSTEM
from zabota.patients import api as patients
from zabota.visits import api as visits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic", "seat")]


@pytest.fixture
def video(settings) -> None:
    settings.JITSI_URL = "https://video.ulybka.ru"
    settings.JITSI_SECRET = "тайна"


@pytest.fixture
def by_video(cleaning: Service, centre: Branch) -> Service:
    """A service that may be done by video and otherwise needs a room; the branch has none."""
    ServiceNeed.objects.create(service=cleaning, by_video=True, needs=ServiceNeed.Needs.ROOM)
    return cleaning


@pytest.fixture
def form(mila, by_video, doctor_sokolova, centre, day) -> dict[str, str]:
    return {
        "patient": mila.public_id, "service": by_video.public_id, "doctor": doctor_sokolova.public_id,
        "branch": centre.public_id, "day": day.isoformat(), "time": "10:00", "online": "1",
    }  # fmt: skip


def test_a_visit_by_video_is_booked_at_the_desk_and_takes_no_room(log_in, vera, form, video) -> None:
    client = log_in(vera)
    asked = client.get(reverse("desk:calendar-book"), {"service": form["service"]}).content.decode()
    assert 'name="online"' in asked and "По видео" in asked

    page = client.post(reverse("desk:calendar-book"), form, follow=True).content.decode()

    row = Appointment.objects.get(kind="online")
    assert row.starts_at > clock.now() + dt.timedelta(minutes=1)
    assert "по видео" in page
    assert {cell.resource.kind for cell in row.cells.select_related("resource")} == {"doctor"}


def test_without_a_server_or_for_another_service_a_visit_is_in_the_clinic(
    log_in, vera, form, settings, by_video
) -> None:
    client = log_in(vera)
    assert (
        'name="online"' not in client.get(reverse("desk:calendar-book"), {"service": form["service"]}).content.decode()
    )
    assert (
        "сервер видеосвязи" in client.get(reverse("desk:schedule-service", args=[by_video.public_id])).content.decode()
    )
    answer = client.post(reverse("desk:calendar-book"), form)
    assert (answer.status_code, "По видео эту услугу не оказывают" in answer.content.decode()) == (422, True)

    settings.JITSI_URL, settings.JITSI_SECRET = "https://video.ulybka.ru", "тайна"
    ServiceNeed.objects.update(by_video=False)
    assert client.post(reverse("desk:calendar-book"), form).status_code == 422
    assert not Appointment.objects.filter(kind="online").exists()


def test_a_visit_by_video_dragged_to_another_time_stays_by_video(log_in, vera, form, video, day) -> None:
    client = log_in(vera)
    client.post(reverse("desk:calendar-book"), form)
    row = Appointment.objects.get(kind="online")

    sent = {"doctor": form["doctor"], "day": day.isoformat(), "time": "11:00", "revision": "0"}
    client.post(reverse("desk:calendar-visit-move", args=[row.public_id]), sent)

    row.refresh_from_db()
    assert (row.kind, row.revision) == ("online", 1)
    assert {cell.resource.kind for cell in row.cells.select_related("resource")} == {"doctor"}


def test_with_a_service_that_is_not_by_video_the_panel_says_the_times_are_in_the_clinic(
    log_in, vera, form, video, smile
) -> None:
    other = Service.objects.create(clinic=smile, name="Снимок", name_key="снимок")
    asked = {"service": form["service"], "also": other.public_id, "online": "1"}
    page = log_in(vera).get(reverse("desk:calendar-book"), asked).content.decode()
    assert "По видео это не оказывают" in page and 'name="online" value="1" checked' not in page


def test_the_desk_writes_down_who_waits_for_a_visit_by_video(log_in, vera, form, video, mila, by_video) -> None:
    client, url = log_in(vera), reverse("desk:waitlist-new")
    wish = {"patient": mila.public_id, "service": by_video.public_id, "notice_minutes": "180", "priority": "0"}
    assert "По видео" in client.get(url, {"patient": mila.public_id}).content.decode()
    assert client.post(url, {**wish, "online": "on"}).status_code == 302
    assert WaitlistEntry.objects.get().kind == "online"
    assert "по видео" in client.get(reverse("desk:waitlist")).content.decode()

    refused = client.post(url, {**wish, "service": "", "online": "on"})
    assert "не оказывают" in refused.content.decode()


def agree(patient, at) -> None:
    """A paper signed at the desk."""
    visits.ensure_video_text(clinic=patient.clinic, now=at)
    proof = patients.Proof(signature="paper", document="№ 7", contact="+79161234567")
    patients.grant_consent(patient=patient, purpose="telemedicine", proof=proof, actor=SYSTEM, now=at)


def test_the_desk_sees_whether_the_patient_agreed_to_video(log_in, vera, form, video, mila) -> None:
    client = log_in(vera)
    page = client.get(reverse("desk:calendar-book"), form).content.decode()
    assert "Согласия на видео нет" in page and "пациент даст его перед входом" in page
    client.post(reverse("desk:calendar-book"), form)
    beside = reverse("desk:calendar-visit", args=[Appointment.objects.get(kind="online").public_id])
    assert reverse("desk:patient-consents", args=[mila.public_id]) in client.get(beside).content.decode()

    agree(mila, clock.now())

    assert "Согласие на видео есть" in client.get(beside).content.decode()
    assert "Согласие на видео есть" in client.get(reverse("desk:calendar-book"), form).content.decode()


def test_the_doctor_sees_whether_the_patient_will_be_let_in(log_in, sokolova, seat, mila, smile, centre, video) -> None:
    now = clock.now()
    row = Appointment.objects.create(
        clinic=smile, patient=mila, branch=centre, doctor=seat.doctor, starts_at=now + dt.timedelta(minutes=5),
        day=clock.today("Europe/Moscow", now + dt.timedelta(minutes=5)), kind="online",
    )  # fmt: skip
    client, day = log_in(sokolova), {"day": row.day.isoformat()}
    assert "нет согласия на видео" in client.get(reverse("desk:reception"), day).content.decode()

    agree(mila, now)

    assert "согласие на видео есть" in client.get(reverse("desk:reception"), day).content.decode()


def test_a_service_allowed_by_video_brings_the_document_along(log_in, anton, cleaning, video) -> None:
    sent = {"buffer_before_minutes": "0", "buffer_after_minutes": "0", "needs": "", "by_video": "on"}
    answer = log_in(anton).post(reverse("desk:schedule-service", args=[cleaning.public_id]), sent)
    assert answer.status_code == 302
    assert "telemedicine" in patients.current_texts(cleaning.clinic_id)
