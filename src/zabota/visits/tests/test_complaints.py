"""A patient is unwell: the treating doctor has an urgent task at once, the desk when the doctor cannot or is silent."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.booking.models import Appointment
from zabota.kernel.errors import AlreadyDone
from zabota.kernel.facts import publish
from zabota.messaging.facts import PersonWrote
from zabota.messaging.models import ChannelAccount, Conversation, Turn
from zabota.visits.api import answer_wellbeing, escalate_waiting, pass_to_desk, save_settings, take_complaint
from zabota.visits.models import WellbeingCheck
from zabota.visits.rules.unwell import says_unwell
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

    assert task.owner == vera and "соедините с врачом Соколова" in task.summary


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
    assert (check.answer, check.words) == ("unwell", "Сильно болит и отекла щека")
    assert Task.objects.get(is_urgent=True).owner == sokolova


@pytest.mark.parametrize(
    ("text", "unwell"),
    [
        ("Болит", True), ("болит сильно, помогите", True), ("Появилась кровь", True), ("стало хуже", True),
        ("температура 38", True), ("Не болит", False), ("боли нет", False), ("уже не больно, спасибо", False),
        ("без отёка и боли", False), ("Спасибо большое!", False), ("Всё хорошо", False), ("еду в больницу", False),
        ("", False), ("Не проходит, болит", True), ("Болит, таблетки не помогают", True), ("Не помогает и болит", True),
        ("Ничего не помогает, болит", True), ("Болит. Не спал ночь", True), ("Всю ночь болело", True),
        ("болела голова", True), ("Нет, болит", True), ("нет болит", True), ("боль не проходит", True),
        ("боль не прошла", True), ("температура не падает", True), ("Не болит, но кровь", True),
        ("боль прошла - появилась сыпь", True), ("стало болеть", True), ("ничего не болит", False),
        ("без сильной боли", False), ("боль уже прошла", False), ("ни боли, ни отёка", False), ("больше не болит", False),
        ("крови не было", False), ("не чувствую боли", False), ("перестало болеть", False), ("ничего плохого", False),
        ("нет боли и отёка", False), ("сильные боли", True),
    ],
)  # fmt: skip
def test_words_that_worry_are_told_from_those_that_calm(text: str, unwell: bool) -> None:
    assert says_unwell(text) is unwell
