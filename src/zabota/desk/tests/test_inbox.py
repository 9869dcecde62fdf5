"""«Диалоги» and «Отправка»: every word is answered once, by somebody who sees the person behind it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from zabota.clinic.models import Branch, Clinic, Member
from zabota.kernel import clock
from zabota.messaging import api as messaging
from zabota.messaging.models import CannedAnswer, ChannelAccount, Conversation, Message, MessagingRules, Turn
from zabota.patients import api as patients
from zabota.patients.models import Patient
from zabota.visits.services.hearing import hear_complaint
from zabota.worklist.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]

PHONE = "+79161234567"


@pytest.fixture
def account(smile: Clinic, now: dt.datetime) -> ChannelAccount:
    """An account that is switched on."""
    return ChannelAccount.objects.create(
        clinic=smile, provider="demo", channel="sms", title="SMS", is_on=True, hook_hash="h", created_at=now
    )


@pytest.fixture
def talk(smile: Clinic, account: ChannelAccount, mila: Patient, now: dt.datetime) -> Conversation:
    """Mila wrote an hour ago and waits."""
    row = Conversation.objects.create(
        clinic=smile, account=account, channel="sms", address=PHONE, patient=mila, unread=1,
        waiting_since_at=now - dt.timedelta(hours=1), last_at=now, created_at=now,
    )  # fmt: skip
    Turn.objects.create(conversation=row, clinic=smile, direction="in", at=now, text="Можно прийти пораньше?")
    return row


def url(talk: Conversation, action: str = "") -> str:
    """An address of this conversation."""
    if not action:
        return reverse("desk:inbox-talk", args=[talk.public_id])
    if action == "answer":
        return reverse("desk:inbox-talk-answer", args=[talk.public_id])
    return reverse("desk:inbox-talk-change", args=[talk.public_id, action])


def test_the_one_who_waits_longest_is_open_with_the_patient_beside(as_vera: Client, talk: Conversation) -> None:
    page = as_vera.get(reverse("desk:inbox")).content.decode()

    assert "Можно прийти пораньше?" in page
    assert talk.patient is not None
    assert talk.patient.full_name in page
    assert "Карта пациента" in page


def test_an_answer_sent_twice_by_one_form_leaves_once(as_vera: Client, talk: Conversation) -> None:
    for _ in range(2):
        as_vera.post(url(talk, "answer"), {"text": "Да, в 9:30 свободно.", "key": "one-form"})

    assert Message.objects.filter(is_answer=True).count() == 1
    talk.refresh_from_db()
    assert (talk.waiting_since_at, talk.unread) == (None, 0)


def test_an_empty_answer_is_refused_with_words(as_vera: Client, talk: Conversation) -> None:
    answer = as_vera.post(url(talk, "answer"), {"text": "  ", "key": "k"})

    assert answer.status_code == 422
    assert "Напишите ответ" in answer.content.decode()


@pytest.mark.parametrize(
    "words",
    [
        "Диагноз: пульпит.",
        "У вас, похоже, воспаление",
        "У вас воспаление десны",
        "Принимайте по 1 таблетке утром",
        "Назначаю антибиотик",
        "Ибупрофен 200 мг",
        "Заключение: без патологии",
        "На снимке видно кисту",
    ],
)
def test_a_diagnosis_or_a_prescription_goes_into_the_record_and_not_into_a_conversation(
    as_vera: Client, talk: Conversation, words: str
) -> None:
    """L60."""
    page = as_vera.post(url(talk, "answer"), {"text": words, "key": "k"})

    assert page.status_code == 422
    said = page.content.decode()
    assert "№ 193н" in said and "медицинскую систему" in said and words in said
    canned = as_vera.post(reverse("desk:inbox-canned"), {"title": "Ответ", "text": words})
    assert canned.status_code == 422
    assert not Message.objects.exists() and not CannedAnswer.objects.exists()


@pytest.mark.parametrize(
    "words",
    [
        "Диагноз ставит врач на приёме.",
        "За четыре часа не принимайте пищу, пейте воду.",
        "Приём назначен на 10:00",
        "Рецепт можно забрать в регистратуре",
        "Принимаете ли вы лекарства?",
        "Чистка стоит 7 200 ₽",
    ],
)
def test_what_the_desk_says_every_day_is_no_diagnosis(as_vera: Client, talk: Conversation, words: str) -> None:
    assert as_vera.post(url(talk, "answer"), {"text": words, "key": "k"}).status_code == 302


def test_an_answer_through_a_channel_that_is_off_keeps_what_was_typed(
    as_vera: Client, talk: Conversation, account: ChannelAccount
) -> None:
    ChannelAccount.objects.filter(pk=account.pk).update(is_on=False)

    page = as_vera.post(url(talk, "answer"), {"text": "Приходите к девяти", "key": "k"}).content.decode()

    assert "Канал выключен" in page
    assert "Приходите к девяти" in page


def test_a_conversation_is_taken_given_closed_and_opened_again(
    as_vera: Client, talk: Conversation, vera: Member, anton: Member
) -> None:
    for action, data, expected in (
        ("take", {}, vera.pk),
        ("give", {"to": anton.public_id}, anton.pk),
        ("give", {"to": ""}, None),
    ):
        as_vera.post(url(talk, action), data)
        talk.refresh_from_db()
        assert talk.assigned_to_id == expected

    as_vera.post(url(talk, "close"))
    talk.refresh_from_db()
    assert talk.state == "closed"
    as_vera.post(url(talk, "reopen"))
    talk.refresh_from_db()
    assert talk.state == "open"


def test_a_complaint_becomes_a_task_for_the_desk(as_vera: Client, talk: Conversation) -> None:
    as_vera.post(url(talk, "task"), {"summary": "Болит после приёма: перезвонить"})

    assert Task.objects.get().summary == "Болит после приёма: перезвонить"


def test_an_urgent_task_about_pain_that_is_there_already_is_named_beside_the_words(
    as_vera: Client, talk: Conversation, now: dt.datetime
) -> None:
    assert "О боли уже есть срочная задача" not in as_vera.get(url(talk)).content.decode()
    turn = Turn.objects.create(conversation=talk, clinic=talk.clinic, direction="in", at=now, text="болит зуб")
    task = hear_complaint(turn_id=turn.pk, patient_id=talk.patient_id, now=now)
    assert task is not None

    page = as_vera.get(url(talk)).content.decode()

    assert "О боли уже есть срочная задача" in page
    assert reverse("desk:task", args=[task.public_id]) in page


def test_a_photo_is_named_and_becomes_a_task_without_words(
    as_vera: Client, talk: Conversation, now: dt.datetime
) -> None:
    pictures = [["image", "f1"], ["document", "f2"]]
    Turn.objects.create(conversation=talk, clinic=talk.clinic, direction="in", at=now, text="", attachments=pictures)
    shown = as_vera.get(url(talk)).content.decode()
    assert "[фото]" in shown and "[файл]" in shown

    as_vera.post(url(talk, "task"), {"summary": ""})

    assert Task.objects.get().summary == "Сообщение в SMS: разобраться и ответить"


def test_words_from_an_unknown_number_are_given_to_one_of_the_family_by_a_person(
    as_vera: Client,
    talk: Conversation,
    smile: Clinic,
    centre: Branch,
    new_patient: Callable[..., Patient],
) -> None:
    Conversation.objects.filter(pk=talk.pk).update(patient=None, address="+79031112233")
    anna = new_patient(smile, "Громова Анна Сергеевна", phone="+79031112233", branch=centre)
    patients.reindex([anna.pk])

    assert "Громова Анна Сергеевна" in as_vera.get(url(talk)).content.decode()
    as_vera.post(url(talk, "bind"), {"patient": anna.public_id})

    talk.refresh_from_db()
    assert talk.patient == anna


def test_ready_answers_are_written_changed_and_removed(as_vera: Client, smile: Clinic) -> None:
    address = reverse("desk:inbox-canned")
    as_vera.post(address, {"title": "Часы", "text": "Мы работаем с 8 до 20."})
    row = CannedAnswer.objects.get(clinic=smile)
    as_vera.post(address, {"answer": str(row.pk), "title": "Часы", "text": "С 9 до 21."})
    row.refresh_from_db()
    assert row.text == "С 9 до 21."
    twice = as_vera.post(address, {"title": "Часы", "text": "Ещё раз"})
    assert "уже есть" in twice.content.decode()
    as_vera.post(address, {"answer": str(row.pk), "action": "remove", "title": "", "text": ""})
    row.refresh_from_db()
    assert row.is_archived


def test_a_day_of_sending_says_why_each_message_went_or_did_not(
    as_anton: Client, smile: Clinic, account: ChannelAccount, mila: Patient, now: dt.datetime
) -> None:
    row = Message.objects.create(
        clinic=smile, idem_key="m", chain_key="m", patient=mila, channel="sms", account=account, address=PHONE,
        message_class="service", purpose="reminder", text="Ждём вас", not_before_at=now, state="suppressed",
        reason="stale", created_at=now,
    )  # fmt: skip
    row.decisions.create(clinic=smile, at=now, outcome="stop", reason="stale")

    page = as_anton.get(
        reverse("desk:messages"), {"day": clock.today(smile.time_zone, now).isoformat()}
    ).content.decode()

    assert "Визит с тех пор изменился" in page
    assert mila.full_name in page


def test_the_owner_stops_all_sending_and_lets_it_go_on(as_anton: Client, smile: Clinic, now: dt.datetime) -> None:
    messaging.ensure_rules(clinic_id=smile.pk)
    for paused in (True, False):
        as_anton.post(reverse("desk:messages-stop"), {"reason": "Проверяем тексты"})
        assert (MessagingRules.objects.get(clinic=smile).paused_at is not None) is paused


def test_menu_of_every_page_says_how_many_wait_for_an_answer(
    as_vera: Client, talk: Conversation, coordinator: Member
) -> None:
    def waiting() -> str:
        return as_vera.get(reverse("desk:menu-counts")).content.decode()

    assert 'id="count-inbox"' in as_vera.get(reverse("desk:patients")).content.decode()
    assert ">1<" in waiting()
    assert "ждут вашего ответа" in waiting()
    Conversation.objects.filter(pk=talk.pk).update(assigned_to=coordinator)
    assert "ждут вашего ответа" not in waiting()


def test_what_was_sent_to_the_phone_before_stands_in_the_thread(
    as_vera: Client, talk: Conversation, mila: Patient, now: dt.datetime
) -> None:
    base = {
        "clinic": talk.clinic,
        "patient": mila,
        "channel": "sms",
        "account": talk.account,
        "message_class": "service",
    }
    base |= {"not_before_at": now, "created_at": now - dt.timedelta(days=1), "sent_at": now - dt.timedelta(days=1)}
    for key, text, address, state in (
        ("a", "Ждём вас завтра в 10:00", PHONE, "delivered"),
        ("b", "Так и не ушло", PHONE, "void"),
        ("c", "На другой номер", "+79160000000", "delivered"),
    ):
        Message.objects.create(
            **base, idem_key=key, chain_key=key, purpose="reminder", text=text, address=address, state=state
        )

    page = as_vera.get(url(talk)).content.decode()

    assert page.index("Ждём вас завтра в 10:00") < page.index("Можно прийти пораньше?")
    assert "Так и не ушло" not in page
    assert "На другой номер" not in page


def test_words_that_worry_are_marked_and_become_an_urgent_task_of_today(
    as_vera: Client, talk: Conversation, now: dt.datetime
) -> None:
    assert "жалоба" not in as_vera.get(url(talk)).content.decode()
    Turn.objects.create(conversation=talk, clinic=talk.clinic, direction="in", at=now, text="Болит сильно второй день")

    page = as_vera.get(url(talk)).content.decode()
    answer = as_vera.post(url(talk, "task"), {"summary": "Болит", "when": "today"}, headers={"HX-Request": "true"})

    assert "жалоба" in page
    task = Task.objects.get(summary="Болит")
    assert task.is_urgent
    assert "Срочная задача поставлена на сегодня" in answer["HX-Trigger"].encode().decode("unicode_escape")
