"""Pages of what surrounds a visit: the clinic's choice, texts, questionnaires."""

from __future__ import annotations

import datetime as dt

import pytest

from zabota.booking.api import book
from zabota.visits.api import answer_wellbeing
from zabota.visits.models import Question, Questionnaire, VisitSettings, VisitText, WellbeingCheck

pytestmark = pytest.mark.django_db

CHOICE = {
    "reminders_on": "on",
    "confirm_on": "on",
    "long_on": "on",
    "long_hours": "24",
    "evening_at": "18:30",
    "short_on": "on",
    "short_hours": "3",
    "answer_minutes": "20",
    "widget_on": "on",
    "widget_sites": "ulybka.ru",
    "legal_line": "ООО «Улыбка»",
}


def test_the_marketer_chooses_when_patients_are_reminded(as_marina, smile) -> None:
    assert as_marina.get("/reminders/").status_code == 200
    assert as_marina.post("/reminders/", CHOICE).status_code == 302

    row = VisitSettings.objects.get(clinic=smile)
    assert (row.long_hours, row.short_hours, row.evening_on, row.widget_sites) == (24, 3, False, "https://ulybka.ru")


def test_a_wrong_choice_is_told_in_words(as_marina, smile) -> None:
    for wrong, words in (
        ({"widget_sites": "https://*.ru"}, "не похоже на адрес сайта"),
        ({"short_hours": "30"}, "должно быть позже"),
    ):
        response = as_marina.post("/reminders/", CHOICE | wrong)
        assert response.status_code == 422
        assert words in response.content.decode()
    assert not VisitSettings.objects.exists()


def test_texts_are_written_for_a_service_and_taken_away_when_empty(as_marina, cleaning) -> None:
    address = f"/preparation/text/?for=service:{cleaning.public_id}"
    assert as_marina.post(address, {"prepare": "Поешьте", "care_call_days": "1"}).status_code == 302
    assert VisitText.objects.get().service_id == cleaning.pk
    assert cleaning.name in as_marina.get("/preparation/").content.decode()

    as_marina.post(address, {"prepare": " "})

    assert not VisitText.objects.exists()


def test_a_service_of_another_clinic_is_not_found(as_oleg, cleaning) -> None:
    assert as_oleg.get(f"/preparation/text/?for=service:{cleaning.public_id}").status_code == 404


def test_a_questionnaire_is_written_line_by_line(as_marina, smile, as_oleg) -> None:
    as_marina.post("/preparation/questions/new/", {"title": "Анкета", "questions": "Болеете?!", "is_active": "on"})
    sheet = Questionnaire.objects.get()
    page = f"/preparation/questions/{sheet.public_id}/"
    assert "Болеете?!" in as_marina.get(page).content.decode()

    as_marina.post(page, {"title": "Анкета", "questions": "Боитесь?: нет / да!\nЧто принимаете…", "is_active": "on"})

    assert [(row.kind, row.alarming) for row in Question.objects.all()] == [("one", ["да"]), ("words", [])]
    assert as_oleg.get(page).status_code == 404
    assert as_marina.post("/preparation/questions/new/", {"title": "Пусто", "questions": " "}).status_code == 422


@pytest.mark.usefixtures("in_clinic")
def test_menu_of_the_doctor_says_that_a_patient_feels_bad(
    as_sokolova, as_vera, mila, smile, centre, doctor_sokolova, actor, now
) -> None:
    began = (now - dt.timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    visit = book(
        patient=mila,
        branch=centre,
        doctor=doctor_sokolova,
        starts_at=began,
        actor=actor,
        now=began - dt.timedelta(days=1),
    )
    check = WellbeingCheck.objects.create(clinic=smile, patient=mila, appointment=visit, due_at=now, asked_at=now)
    counts = "/menu/counts/"
    assert "чувствуют себя плохо" not in as_sokolova.get(counts).content.decode()

    answer_wellbeing(check=check, answer="unwell", now=now)

    assert "чувствуют себя плохо" in as_sokolova.get(counts).content.decode()
    assert "чувствуют себя плохо" not in as_vera.get(counts).content.decode()
