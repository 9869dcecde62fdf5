"""Booking on the site: three taps and a code, no cookie; nothing tells who is known; nothing is sold twice."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from zabota.booking.models import Appointment, Hold
from zabota.kernel import clock
from zabota.kernel.audit import SYSTEM
from zabota.kernel.scope import clinic_scope
from zabota.messaging.api import ensure_templates
from zabota.messaging.models import ChannelAccount, Message
from zabota.patients.api import ensure_consent_texts
from zabota.patients.models import Consent, Contact, Patient
from zabota.portal.limits import STEP, flood_before
from zabota.visits.models import PhoneCode, RequestTally, VisitSettings
from zabota.visits.services import codes
from zabota.visits.services.codes import CodeWrong, TooManyCodes, check_code, send_code
from zabota.visits.services.limits import forget_old_tallies

pytestmark = pytest.mark.django_db


@pytest.fixture
def open_clinic(smile, centre, receiving, cleaning):
    """«Улыбка» with texts, consents and an SMS account."""
    with clinic_scope(smile.pk):
        ensure_templates(clinic=smile, now=clock.now())
        ensure_consent_texts(clinic=smile, actor=SYSTEM, now=clock.now())
        ChannelAccount.objects.create(
            clinic=smile, provider="smsc", channel="sms", title="SMS", hook_hash="x", is_on=True, created_at=clock.now()
        )
    return smile


class Visitor:
    """A browser without cookies, as in a frame of another site."""

    def __init__(self, clinic) -> None:
        self.clinic = clinic
        self.client = Client(enforce_csrf_checks=True)
        self.root = f"/p/book/{clinic.public_id}/"
        self.page = ""

    def get(self, tail: str = "", **headers):
        return self._see(self.client.get(self.root + tail, headers=headers or None))

    def post(self, tail: str, **fields):
        if self.state and "state" not in fields:
            fields["state"] = self.state
        self.client.cookies.clear()
        return self._see(self.client.post(self.root + tail, fields))

    @property
    def state(self) -> str:
        found = re.search(r'name="state" value="([^"]*)"', self.page)
        return found.group(1) if found else ""

    @property
    def slots(self) -> list[str]:
        return re.findall(r'name="slot" value="([^"]+)"', self.page)

    def _see(self, response):
        self.page = response.content.decode()
        return response

    def choose(self, service, key: str = ""):
        cache.clear()
        tail = f"service/{service.public_id}/"
        self.get(tail)
        return self.post(tail, slot=key or self.slots[-1])

    def name(self, tel: str, **fields):
        given = {"name": "Мила", "surname": "Кузнецова", "tel": tel, "pd": "1"} | fields
        return self.post("phone", **given)

    def sent_code(self) -> str:
        with clinic_scope(self.clinic.pk):
            return re.search(r"\d{6}", Message.objects.filter(purpose="otp").latest("id").text).group()


@pytest.fixture
def visitor(open_clinic) -> Visitor:
    return Visitor(open_clinic)


def visits_of(clinic) -> list[Appointment]:
    with clinic_scope(clinic.pk):
        return list(Appointment.objects.order_by("id"))


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
    assert "Нужен мобильный номер" in visitor.page
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


@pytest.mark.parametrize("tel", ["+79161", "+1 202 555 01 23", "8 495 124 00 12", "+380 44 123 45 67", "текст", ""])
def test_codes_go_to_mobile_numbers_of_this_country_only(visitor, cleaning, tel: str) -> None:
    """T8: nobody pumps SMS to costly prefixes."""
    visitor.choose(cleaning)

    assert visitor.name(tel).status_code == 422
    assert "мобильный номер" in visitor.page
    assert not PhoneCode.objects.exists()


def test_a_code_lives_for_five_tries(visitor, open_clinic, cleaning) -> None:
    """T8."""
    visitor.choose(cleaning)
    visitor.name("+79031112233")
    right = visitor.sent_code()
    wrong = f"{(int(right) + 1) % 1000000:06}"
    for _ in range(5):
        assert visitor.post("code", code=wrong).status_code == 422

    assert visitor.post("code", code=right).status_code == 422
    assert visits_of(open_clinic) == []


def test_a_code_works_once_for_its_phone_and_clinic(open_clinic, other_clinic) -> None:
    """T8: reuse, another phone, another clinic."""
    now = clock.now()
    with clinic_scope(open_clinic.pk):
        row = send_code(clinic=open_clinic, phone="+79031112233", address="a", now=now)
        code = re.search(r"\d{6}", Message.objects.get().text).group()
        for clinic, phone in (other_clinic, "+79031112233"), (open_clinic, "+79039998877"):
            with pytest.raises(CodeWrong):
                check_code(clinic=clinic, public_id=row.public_id, phone=phone, typed=code, now=now)
        check_code(clinic=open_clinic, public_id=row.public_id, phone="+79031112233", typed=code, now=now)
        with pytest.raises(CodeWrong):
            check_code(clinic=open_clinic, public_id=row.public_id, phone="+79031112233", typed=code, now=now)
    assert code not in str(PhoneCode.objects.get().__dict__)


def test_a_late_code_is_wrong(open_clinic) -> None:
    now = clock.now()
    with clinic_scope(open_clinic.pk):
        row = send_code(clinic=open_clinic, phone="+79031112233", address="a", now=now)
        code = re.search(r"\d{6}", Message.objects.get().text).group()
        with pytest.raises(CodeWrong):
            check_code(
                clinic=open_clinic,
                public_id=row.public_id,
                phone="+79031112233",
                typed=code,
                now=now + dt.timedelta(minutes=10),
            )


def test_budgets_of_codes_hold_for_a_phone_an_address_and_everybody(open_clinic, monkeypatch) -> None:
    """T8: three in ten minutes, ten a day, twenty an hour from one address, a ceiling for all."""
    now = clock.now()

    def send(phone: str, address: str, at: dt.datetime) -> bool:
        try:
            send_code(clinic=open_clinic, phone=phone, address=address, now=at)
        except TooManyCodes as many:
            assert many.wait_seconds > 0
            return False
        return True

    with clinic_scope(open_clinic.pk):
        assert [send("+79030000001", f"a{n}", now) for n in range(5)] == [True, True, True, False, False]
        day = [send("+79030000002", f"b{n}", now + dt.timedelta(minutes=11 * n)) for n in range(12)]
        assert day.count(True) == 10
        later = now + dt.timedelta(days=2)
        assert [send(f"+7903000{n:04}", "one", later) for n in range(22)].count(True) == 20
        monkeypatch.setattr(codes, "ALL_HOUR", 25)
        assert [send(f"+7904000{n:04}", f"c{n}", later) for n in range(10)].count(True) == 5


def test_too_many_codes_are_told_with_the_time_to_come_again(visitor, cleaning) -> None:
    for _ in range(3):
        visitor.choose(cleaning)
        visitor.name("+79031112233")
    visitor.choose(cleaning)

    response = visitor.name("+79031112233")

    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0


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


def test_a_flood_of_searches_gets_429_with_a_time(visitor, cleaning) -> None:
    """T12."""
    answers = [visitor.get() for _ in range(45)]

    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_workers_count_searches_together(visitor, cleaning) -> None:
    """T12: another worker has another memory, and the same database."""
    for _ in range(41):
        cache.clear()
        answer = visitor.get()

    assert answer.status_code == 429


def test_when_requests_cannot_be_counted_times_are_shown_and_no_link_is_sent(visitor, cleaning) -> None:
    """T12: open for what reads, shut for what sends."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE visits_requesttally RENAME TO visits_requesttally_away")

    assert visitor.get().status_code == 200
    refused = visitor.client.post("/p/again", {"secret": "x" * 22})
    assert (refused.status_code, int(refused.headers["Retry-After"]) > 0) == (429, True)


def test_workers_count_pages_together(settings) -> None:
    """T12: each tells the others at every twentieth page, and a page costs no write of its own."""
    with CaptureQueriesContext(connection) as asked:
        waits = [flood_before("one", limit=120, seconds=3600) for _ in range(STEP - 1)]
    assert (set(waits), len(asked)) == ({0}, 0)
    for _ in range(7):
        cache.clear()
        waits = [flood_before("many", limit=120, seconds=3600) for _ in range(STEP)]

    assert waits[:-1] == [0] * (STEP - 1) and waits[-1] > 0
    assert flood_before("many", limit=120, seconds=3600) > 0, "this worker knows it now"
    assert flood_before("other", limit=120, seconds=3600) == 0


def away(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_away")


def test_when_tries_cannot_be_counted_no_code_is_accepted_and_the_page_says_what_to_do(
    visitor, open_clinic, centre, cleaning
) -> None:
    """An uncounted try would be a free guess; an error page would leave a person without a way."""
    centre.phone = "+74951240012"
    centre.save()
    visitor.choose(cleaning)
    visitor.name("+79031112233")
    right = visitor.sent_code()
    away("visits_phonecode")

    answer = visitor.post("code", code=right)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "Сейчас не получается проверить код" in visitor.page and "tel:+74951240012" in visitor.page
    with clinic_scope(open_clinic.pk):
        assert not Appointment.objects.exists()
    assert 'name="state"' in visitor.page, "what was typed is kept for the next try"


def test_when_sendings_cannot_be_counted_no_code_leaves_and_the_phone_stands_there(
    visitor, open_clinic, centre, cleaning
) -> None:
    centre.phone = "+74951240012"
    centre.save()
    visitor.choose(cleaning)
    away("visits_phonecode")

    answer = visitor.name("+79031112233")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "Сейчас не получается отправить код" in visitor.page and "tel:+74951240012" in visitor.page
    with clinic_scope(open_clinic.pk):
        assert not Message.objects.exists()


def test_tallies_hold_no_address_and_are_forgotten(visitor, cleaning) -> None:
    visitor.get()
    (row,) = RequestTally.objects.all()

    assert "127.0.0.1" not in str(row.__dict__)
    assert forget_old_tallies(now=row.ends_at) == 0
    assert forget_old_tallies(now=row.ends_at + dt.timedelta(seconds=1)) == 1


def test_a_forged_address_does_not_escape_the_limit(visitor) -> None:
    """T27: X-Forwarded-For of a client is not believed without a trusted proxy."""
    answers = [visitor.get(**{"X-Forwarded-For": f"10.0.0.{n}"}) for n in range(45)]

    assert answers[-1].status_code == 429


def test_links_in_messages_do_not_follow_the_host_of_a_request(visitor, open_clinic, cleaning, settings) -> None:
    """T27: host header poisoning."""
    settings.PUBLIC_URL = "https://ulybka.ru"
    visitor.client.defaults["HTTP_HOST"] = "evil.example"
    visitor.choose(cleaning)
    visitor.name("+79031112233")
    visitor.post("code", code=visitor.sent_code())

    with clinic_scope(open_clinic.pk):
        assert not Message.objects.filter(text__contains="evil.example").exists()


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
