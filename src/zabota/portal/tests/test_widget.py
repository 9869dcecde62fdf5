"""Booking on the site: three taps and a code, no cookie; nothing tells who is known; nothing is sold twice."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zabota.booking.models import Hold
from zabota.kernel import clock
from zabota.kernel.scope import clinic_scope
from zabota.messaging.models import Message
from zabota.patients.models import Consent, Contact, Patient
from zabota.portal.tests.conftest import Visitor, visits_of
from zabota.visits.models import PhoneCode, Reminder, VisitSettings
from zabota.visits.services.planning import plan_visit
from zabota.visits.services.reminding import send_due

pytestmark = pytest.mark.django_db


def test_a_patient_books_in_three_taps_and_a_code(visitor, open_clinic, cleaning, mila) -> None:
    visitor.get()
    assert cleaning.name in visitor.page
    assert visitor.choose(cleaning).status_code == 200
    assert visitor.name("8 916 123-45-67").status_code == 200

    visitor.post("code", code=visitor.sent_code())

    assert "Вы записаны" in visitor.page
    visit = visits_of(open_clinic)[0]
    assert (visit.patient_id, visit.origin, visit.status) == (mila.pk, "widget", "planned")
    with clinic_scope(open_clinic.pk):
        assert not Hold.objects.exists()
        consent = Consent.objects.get()
        assert (consent.purpose, consent.signature, consent.entry) == ("processing", "simple", "widget")


def test_a_new_person_gets_a_card_and_advertising_only_when_ticked(visitor, open_clinic, cleaning) -> None:
    visitor.choose(cleaning)
    visitor.name("+79031112233", name="Анна", surname="Лебедева", ads="1")
    visitor.post("code", code=visitor.sent_code())

    with clinic_scope(open_clinic.pk):
        card = Patient.objects.get()
        assert (card.name, card.surname) == ("Анна", "Лебедева")
        assert Contact.objects.get().value == "+79031112233"
        assert set(Consent.objects.values_list("purpose", flat=True)) == {"processing", "advertising"}


def test_without_consent_nothing_is_sent(visitor, cleaning) -> None:
    visitor.choose(cleaning)

    assert visitor.name("+79031112233", pd="").status_code == 422
    assert "согласия" in visitor.page
    assert not PhoneCode.objects.exists()


def test_a_wrong_phone_is_said_at_its_field_and_what_was_ticked_in_this_form_stays(visitor, cleaning) -> None:
    visitor.choose(cleaning)
    assert "checked" not in visitor.page

    assert visitor.name("8 495 123", ads="").status_code == 422

    field = re.search(r'<input id="t"[^>]*>', visitor.page).group()
    assert all(each in field for each in ('aria-invalid="true"', 't-e"', "autofocus", "8 495 123"))
    assert "Нужен мобильный номер" in visitor.page and "Держим это время за вами до" in visitor.page
    assert re.search(r'name="pd" value="1" required checked', visitor.page)
    assert not re.search(r'name="ads" value="1" checked', visitor.page)

    visitor.name("+79031112233", name="М1ла", pd="")
    assert re.search(r'<input id="n"[^>]*aria-invalid="true"', visitor.page)
    assert not re.search(r'name="pd"[^>]*checked', visitor.page)


def test_a_known_phone_and_an_unknown_one_get_the_same_answer(visitor, open_clinic, cleaning, mila) -> None:
    """T9: the page, the number of queries and the message do not tell who is a patient."""
    pages = []
    for tel in "+79161234567", "+79035554433":
        visitor.choose(cleaning)
        visitor.name(tel)
        page = visitor.page.replace(visitor.state, "")
        pages.append(re.sub(r"\+7 \d{3} \d{3}-\d{2}-\d{2}", "", page))

    assert pages[0] == pages[1]
    with clinic_scope(open_clinic.pk):
        texts = [re.sub(r"\d{6}", "", text) for text in Message.objects.values_list("text", flat=True)]
    assert texts[0] == texts[1]
    assert not Patient._base_manager.filter(contacts__value="+79035554433").exists()


def test_the_way_of_a_known_phone_asks_the_database_the_same_questions(visitor, cleaning, mila) -> None:
    """T9: equal work is equal time."""
    counts = []
    # The first code of a clinic writes its rules down.
    for tel in "+79035550000", "+79161234567", "+79035554433":
        visitor.choose(cleaning)
        with CaptureQueriesContext(connection) as seen:
            visitor.name(tel)
        counts.append(len(seen))
    assert counts[1] == counts[2]


def test_a_time_that_is_held_is_shown_to_nobody_else(visitor, open_clinic, cleaning) -> None:
    visitor.choose(cleaning)
    held = Hold._base_manager.get()
    second = Visitor(open_clinic)
    second.get(f"service/{cleaning.public_id}/")

    assert str(int(held.starts_at.timestamp()) // 60) not in "".join(second.slots)


def test_the_second_of_two_who_press_one_time_is_told_and_chooses_another(visitor, open_clinic, cleaning) -> None:
    """T25."""
    second = Visitor(open_clinic)
    second.get(f"service/{cleaning.public_id}/")
    key = second.slots[-1]
    visitor.choose(cleaning, key)

    response = second.post(f"service/{cleaning.public_id}/", slot=key)

    assert response.status_code == 409
    assert "только что заняли" in second.page
    assert second.slots and key not in second.slots


def test_who_lost_the_time_after_the_code_keeps_what_they_typed(
    visitor, open_clinic, cleaning, mila, new_visit
) -> None:
    visitor.choose(cleaning)
    held = Hold._base_manager.get()
    visitor.name("+79031112233", name="Анна", surname="Лебедева")
    code = visitor.sent_code()
    Hold._base_manager.all().delete()
    new_visit(mila, starts_at=held.starts_at)

    assert visitor.post("code", code=code).status_code == 409
    assert "сохранено" in visitor.page
    visitor.post("other", slot=visitor.slots[0])

    assert "Вы записаны" in visitor.page
    assert len(visits_of(open_clinic)) == 2


def test_a_changed_form_is_refused(visitor, other_clinic, cleaning) -> None:
    """T13: what was chosen is signed."""
    visitor.choose(cleaning)

    assert visitor.post("phone", state=visitor.state[:-3] + "abc", name="А", surname="Б").status_code == 410
    assert visitor.post("code", state="", code="123456").status_code == 410


def test_a_state_without_a_proven_phone_books_nothing(visitor, open_clinic, cleaning) -> None:
    visitor.choose(cleaning)
    visitor.name("+79031112233")
    key = visitor.state

    assert visitor.post("other", state=key, slot="x.y.1.30").status_code == 410
    assert visits_of(open_clinic) == []


def test_the_page_is_shown_in_frames_of_the_clinics_own_sites_only(visitor, open_clinic) -> None:
    assert "frame-ancestors 'none'" in visitor.get().headers["Content-Security-Policy"]
    assert visitor.get().headers["X-Frame-Options"] == "DENY"
    VisitSettings.objects.create(clinic=open_clinic, widget_sites="https://ulybka.ru")

    response = visitor.get()

    assert "frame-ancestors 'self' https://ulybka.ru" in response.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in response.headers


def test_a_closed_widget_gives_the_phone(visitor, open_clinic, centre) -> None:
    centre.phone = "+74951240012"
    centre.save()
    VisitSettings.objects.create(clinic=open_clinic, widget_on=False)
    visitor.get()

    assert "закрыта" in visitor.page and "+7 495 124-00-12" in visitor.page


def test_links_in_messages_do_not_follow_the_host_of_a_request(visitor, open_clinic, cleaning, settings) -> None:
    """T27: host header poisoning."""
    settings.PUBLIC_URL, settings.SHORT_URL = "https://ulybka.ru", "https://u.ru"
    visitor.client.defaults["HTTP_HOST"] = "evil.example"
    visitor.client.defaults["HTTP_X_FORWARDED_HOST"] = "evil.example"
    visitor.choose(cleaning)
    visitor.name("+79031112233")
    visitor.post("code", code=visitor.sent_code())
    with clinic_scope(open_clinic.pk):
        plan_visit(appointment_id=visits_of(open_clinic)[0].pk, now=clock.now())
        Reminder.objects.update(due_at=clock.now())
        send_due(now=clock.now())
        texts = list(Message.objects.exclude(purpose="otp").values_list("text", flat=True))

    assert texts and all(re.search(r"(?:^|\s)u\.ru/p/\w{6}(?:\W|$)", text) for text in texts), "a link of our own"
    assert not any("evil" in text for text in texts)


@pytest.mark.parametrize("tail", ["service/nothing/", "service/%00/", "consent/nothing", "service/x/?day=99&from=zz"])
def test_nonsense_in_the_address_leads_to_the_beginning(visitor, tail: str) -> None:
    assert visitor.get(tail).status_code in (200, 302, 404)


def test_what_no_database_keeps_never_reaches_it(visitor, cleaning) -> None:
    visitor.choose(cleaning)

    assert visitor.name("+79031112233", name="А\x00нна").status_code == 404
    assert visitor.get("?doctor=%00").status_code == 200


def test_every_page_is_light_and_asks_no_other_host(visitor, cleaning) -> None:
    visitor.get()
    for _ in range(2):
        body = visitor.page
        assert len(body.encode()) < 40_000
        assert "<script" not in body
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', body)
        visitor.get(f"service/{cleaning.public_id}/")
