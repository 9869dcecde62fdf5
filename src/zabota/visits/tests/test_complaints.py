"""A patient is unwell: the treating doctor has an urgent task at once, the desk when the doctor cannot or is silent."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db.models import QuerySet

from zabota.booking.models import Appointment
from zabota.kernel.errors import AlreadyDone
from zabota.kernel.facts import publish
from zabota.messaging.api import bind_patient
from zabota.messaging.facts import PersonWrote
from zabota.messaging.models import ChannelAccount, Conversation, Turn
from zabota.patients.models import Contact
from zabota.visits.api import (
    answer_wellbeing,
    escalate_waiting,
    open_complaints,
    pass_to_desk,
    save_settings,
    settle_complaint,
    take_complaint,
)
from zabota.visits.models import WellbeingCheck
from zabota.visits.services.care import ask_due
from zabota.visits.services.hearing import hear_complaint
from zabota.visits.tests.conftest import WEDNESDAY
from zabota.worklist.models import Absence, Task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]


def later(minutes: int) -> dt.datetime:
    return WEDNESDAY + dt.timedelta(minutes=minutes)


@pytest.fixture
def check(mila, book_for, smile) -> WellbeingCheck:
    """Mila was asked at noon how she feels after her visit of the morning."""
    visit = book_for(mila, "2026-11-19 09:00")
    Appointment.objects.filter(pk=visit.pk).update(status="completed")
    return WellbeingCheck.objects.create(
        clinic=smile, patient=mila, appointment=visit, due_at=WEDNESDAY, asked_at=WEDNESDAY
    )


def urgent() -> QuerySet[Task]:
    """Tasks of pain; a visit of long ago makes others."""
    return Task.objects.filter(is_urgent=True)


def hurts(check: WellbeingCheck, minutes: int = 0) -> Task:
    answer_wellbeing(check=check, answer="unwell", now=later(minutes))
    return Task.objects.get()


def test_pain_is_an_urgent_task_of_the_treating_doctor_at_once(check, sokolova, vera) -> None:
    task = hurts(check)

    assert task.owner == sokolova and task.is_urgent
    assert task.due_at == later(30)


@pytest.mark.parametrize("why", ["no account", "away today", "account closed"])
def test_without_the_doctor_the_task_is_the_administrators(check, doctor_sokolova, vera, request, why) -> None:
    if why != "no account":
        member = request.getfixturevalue("sokolova")
        if why == "away today":
            day = WEDNESDAY.date()
            Absence.objects.create(clinic=member.clinic, member=member, first_on=day, last_on=day)
        else:
            member.is_active = False
            member.save()

    task = hurts(check)

    assert task.owner == vera and "соедините с врачом: Соколова" in task.summary


def test_with_nobody_at_the_desk_it_waits_in_the_common_queue(check, vera) -> None:
    vera.user.is_active = False
    vera.user.save()

    assert hurts(check).owner is None


def test_a_silent_doctor_loses_the_task_to_the_administrator_in_time_to_keep_the_promise(
    check, sokolova, vera, smile, actor
) -> None:
    save_settings(clinic=smile, changes={"answer_minutes": 20}, actor=actor, now=WEDNESDAY)
    hurts(check)

    assert escalate_waiting(now=later(9)) == 0
    assert escalate_waiting(now=later(10)) == 1
    assert escalate_waiting(now=later(11)) == 0

    task = Task.objects.get()
    assert task.owner == vera and task.due_at == later(20)
    assert task.events.filter(comment="За 10 мин никто не ответил").count() == 1


def test_a_complaint_that_somebody_took_is_not_passed_on(check, sokolova, vera, actor) -> None:
    hurts(check)
    taken = take_complaint(check=check, member=sokolova, actor=actor, now=later(3))

    assert escalate_waiting(now=later(60)) == 0
    assert taken.minutes_to_doctor == 3


def test_a_doctor_who_cannot_answer_gives_it_to_the_desk_once_and_may_still_take_it(
    check, sokolova, vera, actor
) -> None:
    hurts(check)

    assert pass_to_desk(check=check, member=sokolova, actor=actor, now=later(1)) == vera
    with pytest.raises(AlreadyDone):
        pass_to_desk(check=check, member=sokolova, actor=actor, now=later(2))

    take_complaint(check=check, member=sokolova, actor=actor, now=later(4))
    assert Task.objects.get(is_urgent=True).owner == sokolova


def test_pain_written_in_reply_counts_like_a_press(check, mila, sokolova, smile, run_jobs) -> None:
    account = ChannelAccount.objects.get()
    talk = Conversation.objects.create(
        clinic=smile, patient=mila, channel="sms", account=account, address="+79161234567", last_at=WEDNESDAY,
        created_at=WEDNESDAY,
    )  # fmt: skip
    for text in "Спасибо, ничего не болит", "Сильно болит и отекла щека", "очень болит":
        turn = Turn.objects.create(conversation=talk, clinic=smile, direction="in", at=later(5), text=text)
        told = PersonWrote(clinic_id=smile.pk, conversation_id=talk.pk, turn_id=turn.pk, patient_id=mila.pk)
        publish(told, now=later(5))
    run_jobs()

    check.refresh_from_db()
    assert (check.answer, check.words) == ("unwell", "Сильно болит и отекла щека / очень болит")
    task = Task.objects.get(is_urgent=True)
    assert task.owner == sokolova
    assert task.events.filter(kind="noted", comment="очень болит").count() == 1


@pytest.fixture
def wrote(smile):
    """A patient writes a word to the clinic; nobody answers before it is heard."""
    account = ChannelAccount.objects.filter(clinic=smile).first()

    def tell(patient, text: str, at: dt.datetime = WEDNESDAY, address: str = "+79161234567") -> Turn:
        talk, _ = Conversation.objects.get_or_create(
            account=account or ChannelAccount.objects.get(), address=address,
            defaults={"clinic": smile, "patient": patient, "channel": "sms", "last_at": at, "created_at": at,
                      "waiting_since_at": at},
        )  # fmt: skip
        turn = Turn.objects.create(conversation=talk, clinic=smile, direction="in", at=at, text=text)
        again(turn, patient)
        return turn

    def again(turn: Turn, patient) -> None:
        hear_complaint(turn_id=turn.pk, patient_id=patient.pk if patient else None, now=turn.at)

    tell.again = again
    return tell


@pytest.fixture
def long_ago(mila, book_for, sends_sms) -> Appointment:
    """Mila was treated by Dr Sokolova half a year before she writes."""
    visit = book_for(mila, "2026-11-19 10:00")
    Appointment.objects.filter(pk=visit.pk).update(status="completed", starts_at=WEDNESDAY - dt.timedelta(days=180))
    return visit


def test_pain_long_after_the_last_visit_is_an_urgent_task_of_its_doctor_with_the_words(
    mila, long_ago, sokolova, vera, wrote
) -> None:
    wrote(mila, "Здравствуйте! Зуб справа болит третий день")

    task = urgent().get()
    assert (task.owner, task.is_urgent, task.due_at) == (sokolova, True, later(30))
    assert task.summary == (
        f"Пишет: «Здравствуйте! Зуб справа болит третий день». Нужна помощь врача: {long_ago.doctor.name}"
    )
    (row,) = open_complaints(clinic_id=mila.clinic_id, doctor_id=long_ago.doctor_id)
    assert (row.words, row.task) == ("Здравствуйте! Зуб справа болит третий день", task)


@pytest.mark.parametrize("why", ["no account", "left", "never seen"])
def test_without_a_doctor_to_ask_the_administrator_has_the_words(mila, long_ago, vera, wrote, request, why) -> None:
    if why == "left":
        member = request.getfixturevalue("sokolova")
        member.user.is_active = False
        member.user.save()
    if why == "never seen":
        Appointment.objects.all().delete()

    wrote(mila, "кровит десна")

    task = urgent().get()
    assert (task.owner, task.is_urgent) == (vera, True)
    assert task.summary.startswith("Пишет: «кровит десна». Нужна помощь: соедините с врачом")


def test_one_trouble_told_in_many_ways_is_one_task(check, mila, sokolova, vera, wrote) -> None:
    """By a press, in words before it and after it, and when a fact is told twice."""
    first = wrote(mila, "болит")
    wrote.again(first, mila)
    wrote(mila, "температура 38", later(1))
    answer_wellbeing(check=check, answer="unwell", now=later(2))

    task = urgent().get()
    assert task.events.filter(kind="noted").values_list("comment", flat=True).get() == "температура 38"
    check.refresh_from_db()
    assert check.words == "болит / температура 38"


def test_a_press_after_words_nobody_was_asked_for_joins_their_task(
    mila, long_ago, book_for, smile, vera, wrote
) -> None:
    wrote(mila, "болит зуб")
    visit = book_for(mila, "2026-11-19 12:00")
    asked = WellbeingCheck.objects.create(
        clinic=smile, patient=mila, appointment=visit, due_at=later(5), asked_at=later(5)
    )
    answer_wellbeing(check=asked, answer="unwell", now=later(6))

    assert urgent().count() == 1
    asked.refresh_from_db()
    assert asked.task == urgent().get()


def test_who_was_helped_and_hurts_again_is_heard_again(check, mila, sokolova, vera, actor, wrote) -> None:
    turn = wrote(mila, "болит")
    check.refresh_from_db()
    settle_complaint(check=check, member=sokolova, comment="холод", actor=actor, now=later(10))
    wrote.again(turn, mila)
    assert not urgent().filter(state="open").exists(), "the same words told twice are no new pain"

    wrote(mila, "снова болит, и опухла щека", later(600))

    assert urgent().get(state="open").owner == sokolova
    assert WellbeingCheck.objects.filter(answer="unwell").count() == 2


def test_before_the_question_is_asked_the_answer_is_heard_and_the_question_stays_unasked(
    check, mila, sokolova, wrote
) -> None:
    WellbeingCheck.objects.filter(pk=check.pk).update(asked_at=None, due_at=later(60))
    Appointment.objects.filter(pk=check.appointment_id).update(starts_at=later(-60))

    wrote(mila, "сильно болит")

    check.refresh_from_db()
    assert (check.answer, urgent().get().owner) == ("unwell", sokolova)
    assert ask_due(now=later(61)) == 0


def test_a_silent_doctor_loses_what_was_written_unasked_too(mila, long_ago, sokolova, vera, wrote) -> None:
    wrote(mila, "болит зуб")
    assert escalate_waiting(now=later(15)) == 1
    assert escalate_waiting(now=later(16)) == 0
    assert urgent().get().owner == vera


def test_a_phone_of_a_family_is_heard_for_whoever_was_seen_last_and_says_so(
    mila, pyotr, long_ago, sokolova, wrote
) -> None:
    for patient in (mila, pyotr):
        Contact.objects.update_or_create(patient=patient, clinic=patient.clinic, kind="phone", value="+79160000001")

    wrote(None, "У ребёнка болит зуб", address="+79160000001")

    task = urgent().get()
    assert task.patient == mila and "уточните, кому плохо" in task.summary


def test_a_stranger_is_heard_once_the_desk_says_who_it_is(mila, long_ago, sokolova, wrote, actor, run_jobs) -> None:
    turn = wrote(None, "болит зуб", address="+79990000000")
    assert not urgent().exists()

    bind_patient(conversation=turn.conversation, patient=mila, actor=actor, now=later(5))
    run_jobs()

    assert urgent().get().owner == sokolova


@pytest.mark.parametrize("text", ["Не болит", "уже не болит, спасибо", "Будет больно?", "Заболела, перенесите запись"])
def test_words_that_are_no_pain_make_no_task(mila, long_ago, wrote, text: str) -> None:
    wrote(mila, text)
    assert not urgent().exists()
