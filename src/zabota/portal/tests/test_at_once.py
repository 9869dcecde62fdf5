"""Many press at the same instant: one time goes to one person, one reminder is one message, budgets hold."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Sequence

import pytest
from django.db import connection
from django.test import Client

from zabota.booking.models import Appointment, FreedSlot, Hold, SlotOffer, WaitlistEntry
from zabota.kernel import clock
from zabota.kernel.audit import SYSTEM
from zabota.kernel.scope import clinic_scope, every_clinic
from zabota.messaging.api import ensure_rules, ensure_templates
from zabota.messaging.models import ChannelAccount, Message
from zabota.patients.api import ensure_consent_texts
from zabota.visits.models import PhoneCode, Reminder
from zabota.visits.services.codes import TooManyCodes, send_code
from zabota.visits.services.links import make_links
from zabota.visits.services.reminding import send_due

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer: there is no instant to share"),
]


def at_once(jobs: Sequence[Callable[[], object]]) -> list[object]:
    """Run all at the same instant, each with a connection of its own; answers in any order."""
    gate, answers = threading.Barrier(len(jobs)), []

    def run(job: Callable[[], object]) -> None:
        gate.wait()
        try:
            answers.append(job())
        except Exception as error:
            answers.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.fixture
def open_clinic(smile, centre, receiving, cleaning):
    with clinic_scope(smile.pk):
        now = clock.now()
        ensure_templates(clinic=smile, now=now)
        ensure_rules(clinic_id=smile.pk)
        ensure_consent_texts(clinic=smile, actor=SYSTEM, now=now)
        ChannelAccount.objects.create(
            clinic=smile, provider="smsc", channel="sms", title="SMS", hook_hash="x", is_on=True, created_at=now
        )
    return smile


def test_of_sixteen_who_press_one_time_on_the_site_one_has_it_and_the_rest_see_others(
    open_clinic, cleaning, receiving, centre, noon
) -> None:
    """T25."""
    address = f"/p/book/{open_clinic.public_id}/service/{cleaning.public_id}/"
    key = f"{receiving.public_id}.{centre.public_id}.{int(noon.timestamp()) // 60}.{cleaning.duration_minutes}"

    answers = at_once([lambda: Client().post(address, {"slot": key}) for _ in range(16)])

    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200] + [409] * 15
    assert all('name="slot"' in answer.content.decode() for answer in answers if answer.status_code == 409)
    with clinic_scope(open_clinic.pk):
        assert Hold.objects.count() == 1


def test_ten_at_once_get_three_codes_for_one_phone(open_clinic) -> None:
    """T8: ten parallel clients."""
    now = clock.now()

    def ask(number: int) -> str:
        with clinic_scope(open_clinic.pk):
            try:
                send_code(clinic=open_clinic, phone="+79031112233", address=f"a{number}", now=now)
            except TooManyCodes:
                return "wait"
            return "sent"

    answers = at_once([lambda number=number: ask(number) for number in range(10)])

    assert sorted(map(str, answers)) == ["sent"] * 3 + ["wait"] * 7
    assert PhoneCode.objects.count() == 3


def test_two_workers_make_one_message_of_each_reminder(open_clinic, mila, pyotr, new_visit, noon) -> None:
    now = clock.now()
    with clinic_scope(open_clinic.pk):
        for number, patient in enumerate([mila, pyotr] * 5):
            visit = new_visit(patient, starts_at=noon + dt.timedelta(days=number))
            Reminder.objects.create(
                clinic=open_clinic, patient=patient, appointment=visit, kind="long", starts_at=visit.starts_at,
                due_at=now, expires_at=visit.starts_at,
            )  # fmt: skip

    def work() -> int:
        with every_clinic(reason="a worker"):
            return send_due(now=now)

    answers = at_once([work, work, work])

    assert sum(answers) == 10
    with clinic_scope(open_clinic.pk):
        assert Message.objects.count() == 10
        assert set(Reminder.objects.values_list("state", flat=True)) == {"queued"}


def test_of_six_who_take_a_freed_time_one_has_it(open_clinic, centre, receiving, new_patient, noon) -> None:
    now = clock.now()
    phones = []
    with clinic_scope(open_clinic.pk):
        hold = Hold.objects.create(
            clinic=open_clinic, why="offer", doctor=receiving, branch=centre, starts_at=noon, duration_minutes=30,
            created_at=now, expires_at=noon,
        )  # fmt: skip
        freed = FreedSlot.objects.create(
            clinic=open_clinic, doctor=receiving, branch=centre, starts_at=noon, duration_minutes=30, freed_at=now,
            cause="cancelled", hold=hold, state="offering", wave=1,
        )  # fmt: skip
        for number in range(6):
            patient = new_patient(open_clinic, f"Тихонов Иван{number}", branch=centre)
            entry = WaitlistEntry.objects.create(
                clinic=open_clinic, patient=patient, branch=centre, state="offered", created_at=now
            )
            offer = SlotOffer.objects.create(
                clinic=open_clinic, freed=freed, entry=entry, wave=1, starts_at=noon, duration_minutes=30,
                sent_at=now, expires_at=now + dt.timedelta(minutes=30),
            )  # fmt: skip
            secrets, _ = make_links(
                purpose="offer", clinic_id=open_clinic.pk, patient_id=patient.pk, offer=offer, expires_at=noon, now=now
            )
            client = Client()
            page = client.get(f"/p/v/{secrets.long}", follow=True)
            seal = page.content.decode().split('name="seal" value="')[1].split('"')[0]
            phones.append((client, page.redirect_chain[-1][0], seal))

    answers = at_once(
        [lambda each=each: each[0].post(f"{each[1]}take", {"seal": each[2]}, follow=True) for each in phones]
    )

    pages = [answer.content.decode() for answer in answers]
    assert sum("Это время ваше" in page for page in pages) == 1
    assert sum("Это время уже взяли" in page for page in pages) == 5
    with clinic_scope(open_clinic.pk):
        assert Appointment.objects.count() == 1
