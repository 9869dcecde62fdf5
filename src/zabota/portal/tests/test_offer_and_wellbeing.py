"""A freed time and «Как вы себя чувствуете?» behind links; what is told and asked before a visit."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.booking.models import Appointment, FreedSlot, Hold, SlotOffer, WaitlistEntry
from zabota.kernel import clock
from zabota.kernel.models import Fact
from zabota.kernel.scope import clinic_scope
from zabota.visits.api import answers_for, read_questions, save_questionnaire, save_text, take_complaint
from zabota.visits.models import ActionLink, WellbeingCheck
from zabota.visits.services.links import make_links
from zabota.worklist.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def offered(smile, centre, receiving, noon):
    """`offered(mila)` waits and is offered noon; several may be offered the same time."""
    made: list[FreedSlot] = []

    def make(patient, *, short: bool = False) -> str:
        now = clock.now()
        with clinic_scope(smile.pk):
            if not made:
                hold = Hold.objects.create(
                    clinic=smile, why="offer", doctor=receiving, branch=centre, starts_at=noon, duration_minutes=30,
                    created_at=now, expires_at=noon,
                )  # fmt: skip
                made.append(
                    FreedSlot.objects.create(
                        clinic=smile, doctor=receiving, branch=centre, starts_at=noon, duration_minutes=30,
                        freed_at=now, cause="cancelled", hold=hold, state="offering", wave=1,
                    )
                )  # fmt: skip
            entry = WaitlistEntry.objects.create(
                clinic=smile, patient=patient, branch=centre, state="offered", created_at=now
            )
            offer = SlotOffer.objects.create(
                clinic=smile, freed=made[0], entry=entry, wave=1, starts_at=noon, duration_minutes=30,
                sent_at=now, expires_at=now + dt.timedelta(minutes=30),
            )  # fmt: skip
            secrets, _ = make_links(
                purpose="offer", clinic_id=smile.pk, patient_id=patient.pk, offer=offer, expires_at=noon, now=now
            )
        return secrets.short if short else secrets.long

    return make


@pytest.fixture
def asked(smile, new_visit, noon):
    """`asked(mila)`: yesterday's visit and the link of the question."""

    def make(patient) -> tuple[WellbeingCheck, str]:
        now = clock.now()
        visit = new_visit(patient, starts_at=now - dt.timedelta(days=1), status="completed")
        with clinic_scope(smile.pk):
            check = WellbeingCheck.objects.create(clinic=smile, patient=patient, appointment=visit, due_at=now)
            secrets, _ = make_links(
                purpose="wellbeing", clinic_id=smile.pk, patient_id=patient.pk, appointment=visit,
                expires_at=now + dt.timedelta(days=14), now=now,
            )  # fmt: skip
        return check, secrets.long

    return make


def test_the_first_who_takes_a_freed_time_has_it_and_the_other_hears_it_kindly(
    mila, pyotr, offered, phone, stranger_phone
) -> None:
    mine, theirs = offered(mila), offered(pyotr)
    phone.open(mine)
    stranger_phone.open(theirs)

    phone.press("take")
    stranger_phone.press("take")

    assert "Это время ваше" in phone.page
    assert "уже взял" in stranger_phone.page
    assert stranger_phone.page.count("листе ожидания") == 1, "said once"
    assert "листе ожидания" in stranger_phone.page
    with clinic_scope(mila.clinic_id):
        assert [row.patient_id for row in Appointment.objects.all()] == [mila.pk]
    phone.open(mine)
    assert "Это время ваше" in phone.page


def test_the_digits_of_the_phone_finish_what_was_begun_by_a_short_link(mila, offered, phone) -> None:
    phone.open(offered(mila, short=True))

    phone.press("take")
    assert "четыре цифры" in phone.page
    phone.press("phone?then=take", digits="0000")
    assert "Не сходится" in phone.page and "Беру это время" in phone.page
    phone.press("phone?then=take", digits="4567")

    assert "Это время ваше" in phone.page
    with clinic_scope(mila.clinic_id):
        assert Appointment.objects.get().patient_id == mila.pk


def test_who_has_another_visit_then_is_told_so_as_a_patient(mila, centre, offered, noon, phone) -> None:
    phone.open(offered(mila))
    with clinic_scope(mila.clinic_id):
        Appointment.objects.create(
            clinic=mila.clinic, patient=mila, branch=centre, starts_at=noon, day=noon.date(), duration_minutes=30
        )

    phone.press("take")

    assert "Вы уже записаны" in phone.page
    assert "У вас уже есть запись на это время." in phone.page
    assert "У пациента" not in phone.page


def test_an_open_page_of_an_offer_or_a_question_shuts_when_its_link_dies(
    mila, pyotr, offered, asked, phone, stranger_phone
) -> None:
    """T3."""
    phone.open(offered(mila))
    check, secret = asked(pyotr)
    stranger_phone.open(secret)
    with clinic_scope(mila.clinic_id):
        ActionLink.objects.update(expires_at=clock.now() - dt.timedelta(seconds=1))

    phone.press("take")
    stranger_phone.press("answer", answer="unwell")

    for each in phone, stranger_phone:
        assert each.client.get(each.url).status_code == 410
    with clinic_scope(mila.clinic_id):
        check.refresh_from_db()
        assert (SlotOffer.objects.get().state, check.answer) == ("open", "")


def test_looking_at_an_offer_takes_nothing(mila, offered, phone) -> None:
    """T2 for offers."""
    secret = offered(mila)
    for _ in range(2):
        phone.open(secret)
        phone.client.head(phone.url)
        phone.client.get(phone.url + "take")
        phone.client.get(phone.url + "phone?then=take")
        phone.client.get(phone.url + "refuse")
    with clinic_scope(mila.clinic_id):
        assert SlotOffer.objects.get().state == "open"
        assert not Appointment.objects.exists()


def test_who_does_not_want_the_time_waits_on_or_leaves(mila, pyotr, offered, phone, stranger_phone) -> None:
    phone.open(offered(mila))
    phone.press("refuse")
    assert "ищем дальше" in phone.page

    stranger_phone.open(offered(pyotr))
    stranger_phone.press("refuse", leave="1")
    assert "Больше не ждём" in stranger_phone.page


def test_a_guessed_short_link_takes_nobody_off_the_list(mila, offered, phone) -> None:
    phone.open(offered(mila, short=True))

    phone.press("refuse", leave="1")
    assert "четыре цифры" in phone.page
    with clinic_scope(mila.clinic_id):
        assert WaitlistEntry.objects.get().state == "offered"
    phone.press("phone?then=leave", digits="4567")

    assert "Больше не ждём" in phone.page


def test_pain_is_an_urgent_task_at_once_with_the_time_it_took(mila, asked, phone, sokolova, actor) -> None:
    """B4."""
    check, secret = asked(mila)
    phone.open(secret)

    phone.press("answer", answer="unwell")

    assert "Врач уже знает" in phone.page and "112" in phone.page
    with clinic_scope(mila.clinic_id):
        task = Task.objects.get()
        assert task.is_urgent and "Соколова" in task.summary
        assert Fact.objects.filter(kind="visits.patient_unwell").count() == 1
        check.refresh_from_db()
        assert check.task_id == task.pk
        later = check.answered_at + dt.timedelta(minutes=12)
        taken = take_complaint(check=check, member=sokolova, actor=actor, now=later)
        assert taken.minutes_to_doctor == 12


def test_a_second_press_makes_no_second_task_and_pain_is_not_taken_back(mila, asked, phone) -> None:
    check, secret = asked(mila)
    phone.open(secret)
    phone.press("answer", answer="unwell")
    phone.press("answer", answer="unwell", words="Ноет зуб")
    phone.client.post(phone.url + "answer", {"answer": "well"})

    with clinic_scope(mila.clinic_id):
        check.refresh_from_db()
        assert (check.answer, check.words) == ("unwell", "Ноет зуб")
        assert Task.objects.count() == 1


def test_an_answer_that_nobody_offered_is_refused_in_words(mila, asked, phone) -> None:
    _, secret = asked(mila)
    phone.open(secret)
    assert phone.press("answer", answer="чудесно").status_code == 422
    assert "Выберите ответ" in phone.page


def test_a_scanner_answers_nothing_and_the_patient_still_can(mila, asked, phone) -> None:
    """T2: GET and HEAD twice, also of the address of the answer; nothing in the page sends itself."""
    check, secret = asked(mila)
    for _ in range(2):
        phone.open(secret)
        phone.client.head(phone.url)
        phone.client.get(phone.url + "answer", {"answer": "unwell"})
        phone.client.head(phone.url + "answer")
    assert "<script" not in phone.page and "onload" not in phone.page and 'http-equiv="refresh"' not in phone.page
    with clinic_scope(mila.clinic_id):
        check.refresh_from_db()
        assert check.answer == "" and not Task.objects.exists()

    phone.press("answer", answer="well")
    assert "Рады это слышать" in phone.page


def test_nobody_is_told_that_the_doctor_knows_where_the_desk_has_the_task(mila, asked, phone, doctor_sokolova) -> None:
    _, secret = asked(mila)  # the doctor has no account of their own
    phone.open(secret)

    phone.press("answer", answer="unwell")

    assert "Мы уже знаем. Позвоним до" in phone.page and "Врач уже знает" not in phone.page


def test_who_had_a_question_says_also_what_hurts(mila, asked, phone) -> None:
    check, secret = asked(mila)
    phone.open(secret)
    phone.press("answer", answer="so_so", words="Можно в бассейн?")
    phone.press("answer", answer="unwell")
    assert "Хотите добавить?" in phone.page
    for _ in range(2):
        phone.press("answer", answer="unwell", words="Ноет зуб")

    with clinic_scope(mila.clinic_id):
        check.refresh_from_db()
        assert (check.answer, check.words) == ("unwell", "Можно в бассейн? Ноет зуб")


def test_who_was_well_may_still_say_that_it_hurts(mila, asked, phone) -> None:
    _, secret = asked(mila)
    phone.open(secret)
    phone.press("answer", answer="well")
    assert "Рады это слышать" in phone.page

    phone.press("answer", answer="unwell")

    with clinic_scope(mila.clinic_id):
        assert Task.objects.get().is_urgent


def test_the_doctor_sees_the_complaint_and_colleagues_of_another_clinic_do_not(
    mila, asked, phone, sokolova, as_sokolova, as_oleg
) -> None:
    check, secret = asked(mila)
    phone.open(secret)
    phone.press("answer", answer="unwell", words="Сильно ноет")

    for address in "/aftercare/", "/reception/":
        assert "Сильно ноет" in as_sokolova.get(address).content.decode()
    assert "Сильно ноет" not in as_oleg.get("/aftercare/").content.decode()
    assert as_oleg.post(f"/aftercare/{check.public_id}/take/").status_code == 404
    as_sokolova.post(f"/aftercare/{check.public_id}/take/")
    with clinic_scope(mila.clinic_id):
        check.refresh_from_db()
        assert check.taken_at is not None
        assert Task.objects.get().owner == sokolova
    told = as_sokolova.post(f"/aftercare/{check.public_id}/settle/", {"comment": ""}, follow=True)
    assert "Напишите в двух словах" in told.content.decode()

    as_sokolova.post(f"/aftercare/{check.public_id}/settle/", {"comment": "Полоскать, завтра осмотр"})

    with clinic_scope(mila.clinic_id):
        task = Task.objects.get()
        assert (task.state, task.comment) == ("closed", "Полоскать, завтра осмотр")
    assert "Сильно ноет" not in as_sokolova.get("/reception/").content.decode()


def test_what_tells_more_than_the_date_is_shown_after_the_end_of_the_phone(
    mila, new_visit, links_to, phone, smile, hygiene, cleaning, centre, actor
) -> None:
    visit = new_visit(mila)
    visit.lines.create(service=cleaning)
    now = clock.now()
    with clinic_scope(smile.pk):
        save_text(clinic=smile, values={"prepare": "Поешьте заранее"}, group=hygiene, actor=actor, now=now)
        save_text(clinic=smile, values={"way": "Метро рядом", "prepare": "Для всех"}, actor=actor, now=now)
        save_text(clinic=smile, values={"way": "Вход со двора"}, branch=centre, actor=actor, now=now)
    phone.open(links_to(visit).long)
    phone.get(phone.url + "before")
    assert "четыре цифры" in phone.page and "Поешьте" not in phone.page

    phone.press("phone/prepare", digits="4567")

    for words in "Поешьте заранее", "Вход со двора", "Соколова", "Паспорт":
        assert words in phone.page
    assert "Для всех" not in phone.page


def test_answers_of_a_questionnaire_lie_before_the_doctor(
    mila, new_visit, links_to, phone, smile, actor, as_sokolova
) -> None:
    visit = new_visit(mila)
    now = clock.now()
    asked = read_questions(
        "Есть аллергия на лекарства?!\nЕсть ли у вас: [диабет! / гипертония / ничего]\nЧто принимаете…"
    )
    with clinic_scope(smile.pk):
        sheet = save_questionnaire(
            clinic=smile, questionnaire=None, title="Анкета", group=None, is_active=True, questions=asked,
            actor=actor, now=now,
        )  # fmt: skip
        first, second, third = sheet.questions.all()
    phone.open(links_to(visit).long)
    phone.get(phone.url + "before")
    phone.press("phone/prepare", digits="4567")
    assert "Анкета" in phone.page
    phone.get(phone.url + f"questions/{sheet.public_id}")
    answers = {f"q{first.pk}": "да", f"q{second.pk}": ["гипертония", "придумано"], f"q{third.pk}": "Аспирин", "q0": "x"}

    phone.press(f"questions/{sheet.public_id}", **answers)

    assert "заполнено" in phone.page
    with clinic_scope(smile.pk):
        [told] = answers_for([visit.pk])[visit.pk]
    assert told.lines == (
        ("Есть аллергия на лекарства?", "да", True),
        ("Есть ли у вас", "гипертония", False),
        ("Что принимаете", "Аспирин", False),
    )
    assert told.worries == 1
    page = as_sokolova.get(f"/reception/?day={visit.day}").content.decode()
    assert "Есть аллергия на лекарства? да" in page and "Есть ли у вас: гипертония" in page
