"""The page of the rule of the two З and the decisions on the card: what they show, who may, what they change."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.urls import reverse

from zabota.booking.models import Appointment, AppointmentService
from zabota.kernel import clock
from zabota.nextstep import api
from zabota.nextstep.models import Exemption, Recall, Referral, Thresholds, ViolationDay
from zabota.worklist.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]
DAY = dt.timedelta(days=1)


@pytest.fixture
def cleaned(mila, smile, cleaning):
    """Mila was here for a cleaning so many days ago and was swept since."""

    def make(days: int = 30):
        at = clock.now() - days * DAY
        row = Appointment.objects.create(
            clinic=smile, patient=mila, starts_at=at, day=at.date(), status="completed", total_kopecks=450_000
        )
        AppointmentService.objects.create(appointment=row, service=cleaning, price_kopecks=450_000)
        api.sweep_patients(patient_ids=[mila.pk], now=clock.now())
        return Recall.objects.get(patient=mila)

    return make


def text_of(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def post(client, name: str, *args: object, **data: object):
    return client.post(reverse(f"desk:{name}", args=args), data, follow=True)


def test_page_says_first_whether_everybody_has_a_next_step(as_quality, mila, pyotr, smile):
    assert "Без следующего шага у 2 пациентов" in text_of(as_quality.get("/rule/"))
    api.sweep_clinic(clinic_id=smile.pk, now=clock.now())
    page = text_of(as_quality.get("/rule/"))
    assert "У каждого пациента есть запись или задача" in page
    assert "Новый" in page


def test_empty_clinic_is_told_what_will_be_here(as_quality):
    assert "Здесь будет видно, что никого не забыли" in text_of(as_quality.get("/rule/"))


def test_violations_by_day_are_drawn_and_can_be_saved(as_anton, mila, smile):
    today = clock.today(smile.time_zone)
    for days in range(3):
        ViolationDay.objects.create(
            clinic=smile, on=today - days * DAY, found=days + 1, under_rule=10, swept_at=clock.now()
        )
    page = text_of(as_anton.get("/rule/"))
    assert "Без следующего шага нашли 6 пациентов, сейчас не осталось никого" in page
    saved = as_anton.get("/rule/violations.csv").content.decode("utf-8-sig")
    assert saved.count("\r\n") == 4
    assert as_anton.get("/rule/violations.xlsx").content[:2] == b"PK"
    assert as_anton.get("/rule/types.xlsx").content[:2] == b"PK"
    assert as_anton.get("/rule/types.exe").status_code == 404
    assert "Тип;Пациентов" in as_anton.get("/rule/types.csv").content.decode("utf-8-sig")


def test_page_is_for_those_who_control_the_work(as_vera, as_sokolova, as_marina, as_oleg, mila):
    for client in (as_vera, as_sokolova, as_marina):
        assert client.get("/rule/").status_code == 404
    assert "пациента нет" not in text_of(as_oleg.get("/rule/"))
    assert mila.surname not in text_of(as_oleg.get("/rule/"))


def test_number_of_queries_does_not_grow_with_patients(as_quality, page_budget, new_patient, smile, visits_of):
    def add() -> None:
        patient = new_patient(smile, "Соня Засыпайка", phone="+79160001122")
        visits_of(patient, 265)
        api.sweep_patients(patient_ids=[patient.pk], now=clock.now())

    page_budget(as_quality, "/rule/", queries=12, add_row=add)


@pytest.fixture
def visits_of(smile):
    def make(patient, days: int) -> None:
        for ago in (days, days + 40):
            at = clock.now() - ago * DAY
            Appointment.objects.create(clinic=smile, patient=patient, starts_at=at, day=at.date(), status="completed")

    return make


def test_owner_changes_thresholds_and_types_follow(as_anton, smile, mila, visits_of, run_jobs):
    visits_of(mila, 100)
    api.sweep_clinic(clinic_id=smile.pk, now=clock.now())
    values = {
        "sleeping_days": 60, "lost_days": 200, "new_days": 30, "not_started_days": 14, "treatment_pause_days": 180,
        "referred_days": 180, "missed_days": 90, "task_due_days": 3, "rest_days": 30, "refusal_days": 180,
        "newcomer_value": 7000,
    }  # fmt: skip
    assert "Пороги сохранены" in text_of(post(as_anton, "rule-thresholds", **values))
    row = Thresholds.objects.get(clinic=smile)
    assert (row.sleeping_days, row.newcomer_value_kopecks) == (60, 700_000)
    run_jobs()
    mila.state.refresh_from_db()
    assert mila.state.type == "sleeping"
    wrong = as_anton.post(reverse("desk:rule-thresholds"), values | {"lost_days": 50})
    assert wrong.status_code == 422
    assert "позже" in text_of(wrong)


def test_only_the_owner_sets_thresholds(as_quality):
    assert as_quality.get("/rule/thresholds/").status_code == 404
    assert "Общие пороги" not in text_of(as_quality.get("/rule/"))


def test_check_now_runs_in_the_background(as_quality, mila, run_jobs):
    assert "Проверка началась" in text_of(post(as_quality, "rule-check"))
    assert not Task.objects.exists()
    run_jobs()
    assert Task.objects.open().filter(patient=mila).exists()


def test_getting_an_action_changes_nothing(as_vera, mila, cleaned):
    recall = cleaned()
    for name, *args in (
        ("patient-exempt", mila.public_id),
        ("patient-return", mila.public_id),
        ("patient-refer", mila.public_id),
        ("patient-recall", mila.public_id, recall.pk, "disable"),
    ):
        assert as_vera.get(reverse(f"desk:{name}", args=args)).status_code == 405


def test_vera_takes_mila_out_of_the_rule_and_back(as_vera, mila, cleaned):
    cleaned(400)
    until = (clock.now() + 90 * DAY).date()
    page = post(
        as_vera, "patient-exempt", mila.public_id, reason="refused", until_on=until.isoformat(), comment="устала"
    )
    assert "Больше не приглашаем" in text_of(page)
    assert Exemption.objects.get(patient=mila).until_on == until
    assert not Task.objects.open().filter(patient=mila).exists()
    post(as_vera, "patient-return", mila.public_id)
    assert Task.objects.open().filter(patient=mila).exists()


def test_impossible_term_is_explained_and_changes_nothing(as_vera, mila):
    page = post(as_vera, "patient-exempt", mila.public_id, reason="died", until_on="2030-01-01")
    assert "Срок бывает только у отказа" in text_of(page)
    assert not Exemption.objects.exists()


def test_recall_is_moved_put_off_and_switched_off_from_the_card(as_vera, mila, cleaned):
    recall = cleaned(30)
    later = (clock.now() + 200 * DAY).date()
    post(as_vera, "patient-recall", mila.public_id, recall.pk, "override", due_on=later.isoformat(), reason="врач")
    post(as_vera, "patient-recall", mila.public_id, recall.pk, "snooze", until=later.isoformat())
    recall.refresh_from_db()
    assert (recall.overridden_on, recall.snoozed_until) == (later, later)
    post(as_vera, "patient-recall", mila.public_id, recall.pk, "disable", reason="протез")
    post(as_vera, "patient-recall", mila.public_id, recall.pk, "enable")
    recall.refresh_from_db()
    assert not recall.is_disabled
    assert as_vera.post(reverse("desk:patient-recall", args=[mila.public_id, recall.pk, "eat"])).status_code == 404


def test_referral_is_written_down_and_settled(as_vera, mila):
    today = clock.today("Europe/Moscow").isoformat()
    post(as_vera, "patient-refer", mila.public_id, referred_on=today, to="ЧЛХ", is_acute="on")
    assert Referral.objects.get(patient=mila).is_acute
    post(as_vera, "patient-refer-end", mila.public_id)
    assert Referral.objects.get(patient=mila).ended_at is not None


def test_strangers_and_readers_decide_nothing(as_vera, as_sokolova, as_oleg, stranger, mila):
    assert (
        as_vera.post(reverse("desk:patient-exempt", args=[stranger.public_id]), {"reason": "moved"}).status_code == 404
    )
    assert (
        as_sokolova.post(reverse("desk:patient-exempt", args=[mila.public_id]), {"reason": "moved"}).status_code == 404
    )
    assert as_oleg.post(reverse("desk:patient-exempt", args=[mila.public_id]), {"reason": "moved"}).status_code == 404
    assert not Exemption.objects.exists()
