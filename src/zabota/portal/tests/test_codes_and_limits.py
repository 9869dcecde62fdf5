"""Codes by phone and limits of requests on the site: what holds, for whom, and what is said when nothing can be counted."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zabota.booking.models import Appointment
from zabota.kernel import clock
from zabota.kernel.scope import clinic_scope
from zabota.messaging.api import troubles
from zabota.messaging.models import ChannelAccount, Message
from zabota.portal.limits import STEP, flood_before
from zabota.portal.tests.conftest import visits_of
from zabota.visits.models import PhoneCode, RequestTally
from zabota.visits.services import codes
from zabota.visits.services.codes import CodeWrong, TooManyCodes, check_code, send_code
from zabota.visits.services.limits import forget_old_tallies

pytestmark = pytest.mark.django_db


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


def test_the_owner_is_told_once_when_codes_are_asked_for_at_the_clinics_cost(
    visitor, open_clinic, cleaning, monkeypatch
) -> None:
    """T8: the alarm about the cost; one phone that asks too often is no alarm."""
    monkeypatch.setattr(codes, "ALL_HOUR", 4)

    def answers(phones: list[str]) -> list[int]:
        found = []
        for phone in phones:
            visitor.choose(cleaning)
            found.append(visitor.name(phone).status_code)
        return found

    assert answers(["+79031112233"] * 4)[-1] == 429
    with clinic_scope(open_clinic.pk):
        assert troubles(open_clinic.pk) == []

    assert answers([f"+7903222000{n}" for n in range(3)])[1:] == [429, 429]

    with clinic_scope(open_clinic.pk):
        (alarm,) = troubles(open_clinic.pk, unseen=True)
    assert alarm.template is not None and alarm.template.key == "otp"
    assert "больше 4 кодов" in alarm.words and len(alarm.words) < 300


def test_too_many_codes_are_told_with_the_time_to_come_again(visitor, cleaning) -> None:
    for _ in range(3):
        visitor.choose(cleaning)
        visitor.name("+79031112233")
    visitor.choose(cleaning)

    response = visitor.name("+79031112233")

    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0


@pytest.fixture
def one_minute(time_machine) -> None:
    """Time stands still: what is counted by the minute does not begin anew while a busy machine counts."""
    time_machine.move_to(clock.now(), tick=False)


@pytest.mark.usefixtures("one_minute")
def test_a_flood_of_searches_gets_429_with_a_time(visitor, cleaning) -> None:
    """T12."""
    answers = [visitor.get() for _ in range(45)]

    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


@pytest.mark.usefixtures("one_minute")
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


def test_without_sms_nobody_waits_for_a_code_and_the_owner_is_told_once(visitor, open_clinic, cleaning) -> None:
    ChannelAccount.objects.update(is_on=False)
    for _ in range(2):
        visitor.choose(cleaning)
        assert visitor.name("+79031112233").status_code == 503
    assert "Сейчас не получается отправить код" in visitor.page

    with clinic_scope(open_clinic.pk):
        (told,) = troubles(open_clinic.pk, unseen=True)
        assert not Message.objects.exists()
    assert "SMS не подключены" in told.words


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
