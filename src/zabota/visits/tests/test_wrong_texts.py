"""A text that cannot be written: the head is told once, the desk calls where silence would hurt, the rest goes on."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.booking.models import Appointment, FreedSlot, SlotOffer, WaitlistEntry
from zabota.booking.services.appointments import cancel
from zabota.kernel.audit import Actor
from zabota.messaging import api as messaging
from zabota.messaging.models import ChannelTrouble, Message, Template, TemplateVersion
from zabota.visits.models import ActionLink, Reminder
from zabota.visits.services.notices import tell_cancelled
from zabota.visits.services.offering import send_offer
from zabota.visits.services.planning import plan_visit
from zabota.visits.services.reminding import send_due
from zabota.visits.services.untold import forget_offer, tell_untold
from zabota.visits.tests.conftest import WEDNESDAY
from zabota.worklist.api import record_outcome, snooze_task
from zabota.worklist.models import Outcome, Task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]


def spoil(key: str) -> Template:
    """The text as a version of before the editor looked at values could stand."""
    template = Template.objects.get(key=key)
    TemplateVersion.objects.create(
        template=template, n=9, texts={"": "Вас ждёт {кабинет}."}, fingerprint="x", created_at=WEDNESDAY
    )
    return template


def save(template: Template, words: str, actor: Actor, now: dt.datetime) -> None:
    messaging.save_template(
        clinic=template.clinic, key=template.key, title=template.title, message_class=template.message_class,
        purpose=template.purpose, texts={"": words}, actor=actor, now=now,
    )  # fmt: skip


def told(clinic_id: int) -> list[str]:
    return [each.words for each in messaging.troubles(clinic_id)]


def test_the_head_is_told_once_of_reminders_that_a_wrong_text_keeps_back_until_it_is_mended(
    mila, pyotr, book_for, actor
) -> None:
    visits = [book_for(mila, "2026-11-26 15:00"), book_for(pyotr, "2026-11-26 16:00")]
    template = spoil("visit_booked")
    for visit in visits:
        plan_visit(appointment_id=visit.pk, now=WEDNESDAY)

    assert send_due(now=WEDNESDAY) == 0

    assert Reminder.objects.filter(kind="booked", state="planned", why__contains="{кабинет}").count() == 2
    assert not ActionLink.objects.exists(), "no link without its message"
    (words,) = told(template.clinic_id)
    assert words == (
        "Пациентам не уходит. Текст «Запись подтверждена» записан с ошибкой. Подстановки {кабинет} нет."
        " Исправьте текст или данные клиники."
    )
    save(template, "Ждём вас {дата} в {время}. {ссылка}", actor, WEDNESDAY)
    assert told(template.clinic_id) == []
    assert send_due(now=WEDNESDAY + dt.timedelta(minutes=14)) == 0, "it is not tried at every tick"
    assert send_due(now=WEDNESDAY + dt.timedelta(minutes=16)) == 2, "what waited for the text goes"
    assert not Reminder.objects.filter(kind="booked").exclude(state="queued", why="").exists()
    assert send_due(now=WEDNESDAY + dt.timedelta(days=6, hours=4)) == 2, "the other texts go on"


def test_a_reminder_whose_text_is_never_mended_ends_with_its_true_reason(mila, book_for) -> None:
    visit = book_for(mila, "2026-11-19 15:00")
    spoil("visit_booked")
    plan_visit(appointment_id=visit.pk, now=WEDNESDAY)
    send_due(now=WEDNESDAY)
    row = Reminder.objects.get(kind="booked")

    send_due(now=row.expires_at)

    row.refresh_from_db()
    assert (row.state, "{кабинет}" in row.why) == ("skipped", True)


def test_what_the_head_has_read_is_not_told_again_while_it_lasts_and_ends_when_nothing_stumbles_any_more(
    mila, pyotr, book_for, actor, smile
) -> None:
    spoil("visit_booked")
    for patient, at in (mila, WEDNESDAY), (pyotr, WEDNESDAY + dt.timedelta(hours=2)):
        plan_visit(appointment_id=book_for(patient, "2026-11-26 15:00", at=at, doctor=None).pk, now=at)
        send_due(now=at)
        ids = [each.pk for each in messaging.troubles(smile.pk)]
        messaging.see_troubles(clinic=smile, ids=ids, actor=actor, now=at)

    assert messaging.troubles(smile.pk, unseen=True) == []
    assert ChannelTrouble.objects.get().last_at == WEDNESDAY + dt.timedelta(hours=2)
    messaging.tick(now=WEDNESDAY + dt.timedelta(days=1))
    assert len(told(smile.pk)) == 1
    messaging.tick(now=WEDNESDAY + dt.timedelta(days=3))
    assert told(smile.pk) == []


def test_a_cancellation_that_cannot_be_worded_is_told_by_a_call(mila, book_for, actor) -> None:
    visit = book_for(mila, "2026-11-19 11:00")
    spoil("visit_cancelled")
    cancel(appointment=visit, by_patient=False, actor=actor, now=WEDNESDAY)

    for _ in range(2):
        assert not tell_cancelled(appointment_id=visit.pk, now=WEDNESDAY)

    assert not Message.objects.exists()
    task = Task.objects.get()
    assert (task.patient_id, task.is_urgent) == (mila.pk, True)
    assert "отменён клиникой" in task.summary
    assert len(told(visit.clinic_id)) == 1


MENDED = "Время {дата} в {время}. {ссылка}"


def later(minutes: int) -> dt.datetime:
    return WEDNESDAY + dt.timedelta(minutes=minutes)


def untold_cancellation(patient, book_for, actor) -> Task:
    """A visit of tomorrow that the clinic cancelled while the text was wrong."""
    visit = book_for(patient, "2026-11-19 11:00")
    spoil("visit_cancelled")
    cancel(appointment=visit, by_patient=False, actor=actor, now=WEDNESDAY)
    tell_cancelled(appointment_id=visit.pk, now=WEDNESDAY)
    return Task.objects.get()


@pytest.fixture
def offer(mila, centre, doctor_sokolova, sends_sms) -> SlotOffer:
    """Mila is offered 15:00 of today and has half an hour to answer."""
    freed = FreedSlot.objects.create(
        clinic=sends_sms, doctor=doctor_sokolova, branch=centre, starts_at=later(180), duration_minutes=30,
        freed_at=WEDNESDAY, cause="cancelled", state="offering", wave=1,
    )  # fmt: skip
    entry = WaitlistEntry.objects.create(
        clinic=sends_sms, patient=mila, branch=centre, state="offered", created_at=WEDNESDAY
    )
    return SlotOffer.objects.create(
        clinic=sends_sms, freed=freed, entry=entry, wave=1, starts_at=later(180), duration_minutes=30,
        sent_at=WEDNESDAY, expires_at=later(30),
    )  # fmt: skip


def test_a_cancellation_goes_once_its_text_is_mended_and_nobody_has_to_call(mila, book_for, actor) -> None:
    task = untold_cancellation(mila, book_for, actor)
    assert tell_untold(now=later(5)) == 0
    assert not Message.objects.exists()

    save(Template.objects.get(key="visit_cancelled"), MENDED, actor, later(6))

    assert [tell_untold(now=later(minutes)) for minutes in (10, 15)] == [1, 0]
    assert Message.objects.get().state == "queued"
    task.refresh_from_db()
    assert (task.state, task.ending) == ("closed", "Сообщение составилось и ушло, звонить не нужно")
    assert told(task.clinic_id) == []


def test_a_call_somebody_has_begun_stays_with_the_word_that_the_message_went(mila, book_for, actor, vera) -> None:
    task = untold_cancellation(mila, book_for, actor)
    snooze_task(task=task, until=later(60), member=vera, actor=actor, now=later(1))
    save(Template.objects.get(key="visit_cancelled"), MENDED, actor, later(6))

    for minutes in (10, 15):
        tell_untold(now=later(minutes))

    task.refresh_from_db()
    assert task.state == "open"
    assert task.events.get(kind="noted").comment == "Сообщение составилось и ушло, звонить не нужно"
    assert Message.objects.count() == 1


def test_whoever_was_called_meanwhile_is_not_written_to(mila, book_for, actor, vera) -> None:
    task = untold_cancellation(mila, book_for, actor)
    record_outcome(
        task=task,
        member=vera,
        outcome=Outcome.RESOLVED,
        reason="answered",
        comment="сказала",
        actor=actor,
        now=later(1),
    )
    save(Template.objects.get(key="visit_cancelled"), MENDED, actor, later(6))

    assert tell_untold(now=later(10)) == 0
    assert not Message.objects.exists()


@pytest.mark.parametrize("why", ["over", "on again"])
def test_a_cancellation_that_makes_no_sense_any_more_is_left_to_people(mila, book_for, actor, why) -> None:
    task = untold_cancellation(mila, book_for, actor)
    save(Template.objects.get(key="visit_cancelled"), MENDED, actor, later(6))
    visit = Appointment.objects.get()
    if why == "on again":
        Appointment.objects.filter(pk=visit.pk).update(status="planned")

    assert tell_untold(now=later(10) if why == "on again" else visit.starts_at) == 0

    task.refresh_from_db()
    assert (task.state, Message.objects.count()) == ("open", 0)


def test_an_offer_that_cannot_be_worded_is_a_call_until_its_text_is_mended(offer, actor) -> None:
    template = spoil("waitlist_offer")
    assert not send_offer(offer_id=offer.pk, now=WEDNESDAY)
    task = Task.objects.get()
    assert (task.is_urgent, task.due_at) == (True, offer.expires_at)
    assert task.summary == (
        "Освободилось время 18.11 в 15:00 для ожидающего, а сообщение не составить: позвонить до 12:30"
    )
    assert not ActionLink.objects.exists(), "no link without its message"

    save(template, MENDED, actor, later(6))

    assert [tell_untold(now=later(minutes)) for minutes in (10, 15)] == [1, 0]
    assert (Message.objects.count(), ActionLink.objects.count()) == (1, 2)
    task.refresh_from_db()
    assert task.outcome_reason == "told"


def test_an_offer_that_ended_is_not_sent_and_asks_nobody_to_call(offer, actor) -> None:
    template = spoil("waitlist_offer")
    send_offer(offer_id=offer.pk, now=WEDNESDAY)
    save(template, MENDED, actor, later(6))

    assert tell_untold(now=offer.expires_at) == 0
    forget_offer(offer_id=offer.pk, now=offer.expires_at)

    assert not Message.objects.exists()
    assert Task.objects.get().ending == "Это время больше не предлагается"


def test_a_message_that_no_channel_can_carry_leaves_the_call(offer, mila, actor) -> None:
    template = spoil("waitlist_offer")
    send_offer(offer_id=offer.pk, now=WEDNESDAY)
    mila.contacts.all().delete()
    save(template, MENDED, actor, later(6))

    assert [tell_untold(now=later(minutes)) for minutes in (10, 15)] == [0, 0]
    assert (Task.objects.get().state, Message.objects.count()) == ("open", 1)
