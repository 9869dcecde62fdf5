"""After a visit, and when no message reached anybody: questions, advice, calls; offers by day only."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from zabota.booking.models import Appointment, FreedSlot, SlotOffer, WaitlistEntry
from zabota.booking.services.appointments import cancel
from zabota.booking.services.marks import mark_status
from zabota.kernel.errors import BadInput
from zabota.kernel.facts import publish
from zabota.messaging.facts import CallNeeded
from zabota.messaging.models import Message, TemplateVersion
from zabota.patients import api as patients
from zabota.visits.models import WellbeingCheck
from zabota.visits.rules.answers import Asked, read_answers
from zabota.visits.rules.calling import call_until
from zabota.visits.services.care import ask_due, follow_up, still_asked
from zabota.visits.services.notices import still_cancelled, tell_cancelled
from zabota.visits.services.offering import send_offer, still_open, who_may_be_told
from zabota.visits.services.settings import read_sites, save_settings
from zabota.visits.services.texts import save_text
from zabota.visits.tests.conftest import WEDNESDAY
from zabota.worklist.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]
MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture
def held(mila, book_for, cleaning, actor) -> Appointment:
    """Mila's cleaning, held on Wednesday afternoon."""
    visit = book_for(mila, "2026-11-18 14:00", services=[cleaning])
    ended = WEDNESDAY + dt.timedelta(hours=3)
    return mark_status(appointment=visit, status="completed", actor=actor, now=ended)


def texts(clinic, actor, **values) -> None:
    save_text(clinic=clinic, values=values, actor=actor, now=WEDNESDAY)


def test_after_a_procedure_the_patient_is_asked_how_they_feel_once(held, smile, actor) -> None:
    texts(smile, actor, wellbeing_hours=4)
    for _ in range(2):
        follow_up(appointment_id=held.pk, now=WEDNESDAY + dt.timedelta(hours=3))

    assert ask_due(now=WEDNESDAY + dt.timedelta(hours=6)) == 0
    assert ask_due(now=WEDNESDAY + dt.timedelta(hours=7)) == 1
    assert ask_due(now=WEDNESDAY + dt.timedelta(hours=8)) == 0
    message = Message.objects.get()
    assert "Как вы себя чувствуете?" in message.text and message.parts >= 1
    assert "чистка" not in message.text


def test_a_question_whose_text_cannot_be_written_is_asked_when_it_is_mended_and_not_days_later(
    held, smile, actor
) -> None:
    texts(smile, actor, wellbeing_hours=1)
    follow_up(appointment_id=held.pk, now=WEDNESDAY + dt.timedelta(hours=3))
    versions = TemplateVersion.objects.filter(template__key="care_check")
    good = versions.get().texts
    versions.update(texts={"": "Как вы после {врач}? {ссылка}"})
    asked = WEDNESDAY + dt.timedelta(hours=5)
    assert ask_due(now=asked) == 0
    assert ask_due(now=asked + dt.timedelta(minutes=5)) == 0
    versions.update(texts=good)

    assert ask_due(now=asked + dt.timedelta(minutes=15)) == 1
    assert Message.objects.count() == 1

    WellbeingCheck.objects.update(asked_at=None, due_at=asked + dt.timedelta(days=3))
    assert ask_due(now=asked + dt.timedelta(days=3)) == 0
    assert Message.objects.count() == 1


def test_a_visit_whose_mark_was_taken_back_is_not_asked_about(held, smile, actor) -> None:
    texts(smile, actor, wellbeing_hours=1)
    follow_up(appointment_id=held.pk, now=WEDNESDAY + dt.timedelta(hours=3))
    ask_due(now=WEDNESDAY + dt.timedelta(hours=5))
    refs = [(WellbeingCheck.objects.get().pk, 0)]
    assert still_asked(refs, now=WEDNESDAY) == {}

    Appointment.objects.filter(pk=held.pk).update(status="no_show")

    assert refs[0] in still_asked(refs, now=WEDNESDAY)


def test_a_care_call_is_one_task_on_its_day(held, smile, actor) -> None:
    texts(smile, actor, care_call_days=2)
    for _ in range(2):
        follow_up(appointment_id=held.pk, now=WEDNESDAY + dt.timedelta(hours=3))

    task = Task.objects.get()
    assert task.hidden_until.astimezone(MOSCOW).strftime("%d.%m %H:%M") == "20.11 10:00"


def test_a_clinic_that_wrote_nothing_asks_nothing(held) -> None:
    follow_up(appointment_id=held.pk, now=WEDNESDAY + dt.timedelta(hours=3))

    assert not WellbeingCheck.objects.exists() and not Task.objects.exists()


def test_the_last_step_of_a_cascade_is_a_task_for_a_person(mila, run_jobs) -> None:
    for _ in range(2):
        publish(
            CallNeeded(clinic_id=mila.clinic_id, message_id=1, patient_id=mila.pk, purpose="reminder"), now=WEDNESDAY
        )
    run_jobs()

    assert [task.summary for task in Task.objects.all()] == ["Напоминание не дошло: позвонить и спросить, придёт ли"]


def test_a_visit_that_the_clinic_cancelled_is_told_once_and_the_patients_own_is_not(mila, book_for, actor) -> None:
    for by_patient in False, True:
        visit = book_for(mila, "2026-11-26 15:00")
        cancel(appointment=visit, by_patient=by_patient, actor=actor, now=WEDNESDAY)
        assert tell_cancelled(appointment_id=visit.pk, now=WEDNESDAY) is not by_patient
        tell_cancelled(appointment_id=visit.pk, now=WEDNESDAY)

    message = Message.objects.get()
    assert "отменён" in message.text
    assert still_cancelled([(message.subject_id, 0)], now=WEDNESDAY) == {}
    Appointment.objects.filter(pk=message.subject_id).update(status="planned")
    assert still_cancelled([(message.subject_id, 0)], now=WEDNESDAY)


def test_a_visit_of_the_old_program_that_the_desk_cancels_is_told_too(mila, book_for, actor) -> None:
    visit = book_for(mila, "2026-11-26 15:00")
    Appointment.objects.filter(pk=visit.pk).update(origin="import")
    cancel(appointment=visit, by_patient=False, actor=actor, now=WEDNESDAY)
    assert tell_cancelled(appointment_id=visit.pk, now=WEDNESDAY)


def test_many_long_answers_are_cut_and_what_worries_is_kept() -> None:
    choices = tuple(f"{n} {'а' * 97}" for n in range(15))
    (given,) = read_answers([Asked("Что из этого есть?", "several", choices, (choices[14],))], [choices])
    assert given is not None
    assert given.value.startswith(choices[14]) and len(given.value) == 1000 and given.is_alarming


@pytest.fixture
def offer(mila, centre, doctor_sokolova, sends_sms) -> SlotOffer:
    """Thursday noon, offered to Mila for half an hour."""
    noon = WEDNESDAY + dt.timedelta(days=1)
    entry = WaitlistEntry.objects.create(clinic=sends_sms, patient=mila, branch=centre, created_at=WEDNESDAY)
    freed = FreedSlot.objects.create(
        clinic=sends_sms, doctor=doctor_sokolova, branch=centre, starts_at=noon, duration_minutes=30,
        freed_at=WEDNESDAY, cause="cancelled", state="offering",
    )  # fmt: skip
    return SlotOffer.objects.create(
        clinic=sends_sms, freed=freed, entry=entry, wave=1, starts_at=noon, duration_minutes=30,
        sent_at=WEDNESDAY, expires_at=WEDNESDAY + dt.timedelta(minutes=30),
    )  # fmt: skip


def test_an_offer_is_one_message_with_the_time_until_which_it_is_kept(offer) -> None:
    assert send_offer(offer_id=offer.pk, now=WEDNESDAY)
    send_offer(offer_id=offer.pk, now=WEDNESDAY)

    message = Message.objects.get()
    assert "19.11 в 12:00" in message.text and "12:30" in message.text
    assert still_open([(offer.pk, 0)], now=WEDNESDAY) == {}
    assert still_open([(offer.pk, 0)], now=WEDNESDAY + dt.timedelta(minutes=31))


def test_an_offer_that_closed_before_it_was_told_is_not_told(offer) -> None:
    SlotOffer.objects.update(state="lost")

    assert not send_offer(offer_id=offer.pk, now=WEDNESDAY)
    assert not Message.objects.exists()


def test_nobody_is_offered_a_time_at_night_by_their_own_clock(offer, mila) -> None:
    night = dt.datetime(2026, 11, 18, 23, tzinfo=MOSCOW)
    assert who_may_be_told([offer.entry], WEDNESDAY) == [offer.entry]
    assert who_may_be_told([offer.entry], night) == []

    mila.time_zone = "Asia/Kamchatka"
    mila.save(update_fields=["time_zone"])
    assert who_may_be_told([offer.entry], night) == [offer.entry]


def test_a_time_is_not_kept_for_whom_nothing_can_be_sent(offer, mila) -> None:
    mila.contacts.update(reach="wrong")
    assert who_may_be_told([offer.entry], WEDNESDAY) == []


def test_a_time_is_not_kept_for_who_took_their_data_back(offer, mila, actor) -> None:
    patients.withdraw_consent(
        patient=mila, purpose="processing", proof=patients.Proof(signature="oral"), actor=actor, now=WEDNESDAY
    )
    assert who_may_be_told([offer.entry], WEDNESDAY) == []


@pytest.mark.parametrize(
    ("asked", "promised"), [("12:01", "12:35"), ("19:58", "20:30"), ("20:00", "09:30"), ("06:00", "09:30")]
)
def test_the_promised_call_is_within_half_an_hour_of_working_time(asked: str, promised: str) -> None:
    now = dt.datetime.fromisoformat(f"2026-11-18 {asked}").replace(tzinfo=MOSCOW)

    assert call_until(now, MOSCOW).astimezone(MOSCOW).strftime("%H:%M") == promised


def test_sites_of_the_widget_are_kept_as_origins() -> None:
    cyrillic = "улыбка.рф".encode("idna").decode()

    assert read_sites("ulybka.ru\nhttps://www.Ulybka.ru/\nhttps://улыбка.рф:8443\nulybka.ru") == [
        "https://ulybka.ru",
        "https://www.ulybka.ru",
        f"https://{cyrillic}:8443",
    ]


@pytest.mark.parametrize("text", ["*", "https://*.ru", "javascript:alert(1)", "ulybka", "https://a.ru/page", "a.ru; x"])
def test_what_is_no_site_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        read_sites(text)


def test_hours_that_make_no_sense_are_refused(smile, actor) -> None:
    with pytest.raises(BadInput, match="48 и 2"):
        save_settings(clinic=smile, changes={"short_hours": 50}, actor=actor, now=WEDNESDAY)
