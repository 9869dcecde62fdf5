"""Texts of messages: seen as the patient would read them, never saved against the law, versions kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from zabota.clinic.models import Clinic
from zabota.messaging import api as messaging
from zabota.messaging.models import Template, TemplateVersion
from zabota.patients import api as patients
from zabota.patients.models import Patient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_clinic")]

SMS = "Ждём вас {дата} в {время}, «{клиника}». Ответить: {ссылка}"


@pytest.fixture
def desk(as_marina: Client, smile: Clinic, now: dt.datetime) -> Client:
    """The marketer's browser; the clinic has its first texts."""
    messaging.ensure_templates(clinic=smile, now=now)
    return as_marina


def address(smile: Clinic, key: str, name: str = "desk:messages-text") -> str:
    """The page of a text."""
    return reverse(name, args=[Template.objects.get(clinic=smile, key=key).public_id])


def form(**changed: str) -> dict[str, str]:
    """The form of a text, as the page sends it."""
    filled = {"title": "За два дня", "message_class": "service", "detail": "d0", "subject": "Ждём вас {дата}"}
    return filled | {"text_sms": SMS, "text_any": "Ждём вас {дата}. {ссылка}", "version": "1"} | changed


def test_a_changed_text_becomes_a_new_version_and_the_old_one_stays(desk: Client, smile: Clinic) -> None:
    answer = desk.post(address(smile, "reminder_48h"), form(), follow=True)

    assert "Сохранено, версия 2" in answer.content.decode()
    versions = TemplateVersion.objects.filter(template__key="reminder_48h")
    assert [(each.n, each.texts["sms"] == SMS) for each in versions] == [(2, True), (1, False)]


def test_a_text_against_the_law_is_refused_with_every_reason_and_nothing_typed_is_lost(
    desk: Client, smile: Clinic
) -> None:
    answer = desk.post(address(smile, "reminder_48h"), form(text_sms="Скидка 10% на осмотр, ждём {дата}"))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "по закону целиком реклама" in page
    assert "Скидка 10% на осмотр" in page
    assert TemplateVersion.objects.filter(template__key="reminder_48h").count() == 1


def test_the_preview_shows_the_very_words_for_a_patient_found_by_name_and_saves_nothing(
    desk: Client, smile: Clinic, new_patient: Callable[..., Patient]
) -> None:
    patient = new_patient(smile, "Громова Анна Сергеевна")
    patients.reindex([patient.pk])

    answer = desk.post(reverse("desk:messages-text-preview"), form(text_any="Здравствуйте, {имя}.", who="громова анна"))

    page = answer.content.decode()
    assert "Здравствуйте, Анна Сергеевна." in page
    assert "Так прочитает Громова Анна Сергеевна" in page
    assert "1\N{NO-BREAK SPACE}часть" in page
    assert TemplateVersion.objects.filter(template__key="reminder_48h").count() == 1


def test_the_preview_says_while_one_types_what_saving_would_refuse(desk: Client, smile: Clinic) -> None:
    template = Template.objects.get(clinic=smile, key="reminder_48h")
    typed = form(text_sms="Ждём {дата}, {адрес}. {ссылка}", text_any="", of=template.public_id)

    page = desk.post(reverse("desk:messages-text-preview"), typed).content.decode()

    assert "{адрес} — для этого сообщения такого значения может не быть" in page
    assert "квадратные скобки" in page


def test_two_people_who_edit_one_text_do_not_overwrite_each_other(desk: Client, smile: Clinic) -> None:
    desk.post(address(smile, "reminder_48h"), form())

    answer = desk.post(address(smile, "reminder_48h"), form(text_sms="Ждём {дата}, {ссылка}"))

    assert "сохранил кто-то другой" in answer.content.decode()


def test_a_text_of_the_clinics_own_is_made_and_taken_out_of_use_a_built_in_one_stays(
    desk: Client, smile: Clinic
) -> None:
    desk.post(reverse("desk:messages-text-new"), form(title="Поздравление", version="0"))
    own = Template.objects.get(clinic=smile, title="Поздравление")

    desk.post(reverse("desk:messages-text-remove", args=[own.public_id]))
    answer = desk.post(address(smile, "reminder_48h", "desk:messages-text-remove"), follow=True)

    assert Template.objects.get(pk=own.pk).is_archived
    assert "Встроенный текст не убирают" in answer.content.decode()
    assert "Поздравление" not in desk.get(reverse("desk:messages-texts")).content.decode()


def test_the_mark_of_advertising_has_its_own_field(desk: Client, smile: Clinic) -> None:
    text = "«{клиника}»: предложение {ссылка} Имеются противопоказания. Необходима консультация специалиста {отписка}"
    fields = form(
        message_class="marketing", subject="Предложение", text_sms=text, text_any=text, erid_sms="SMS12345",
        erid_any="ALL12345",
    )  # fmt: skip

    desk.post(address(smile, "offer"), fields)

    assert TemplateVersion.objects.get(template__key="offer", n=2).erids == {"sms": "SMS12345", "": "ALL12345"}
    page = desk.get(address(smile, "offer")).content.decode()
    assert 'value="SMS12345"' in page and "erid: SMS12345" in page and "Реклама. Улыбка. erid: ALL12345" in page
