"""Consents on the desk: a box per purpose, none ticked before, everything with its proof."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from zabota.kernel import clock
from zabota.patients import api as patients
from zabota.patients.models import Consent, ConsentPurpose, ConsentText


@pytest.fixture
def url(pyotr, texts):
    return reverse("desk:patient-consents", args=[pyotr.public_id])


def test_no_box_is_ticked_before_and_each_purpose_has_its_own(as_vera, url):
    page = as_vera.get(url).content.decode()
    boxes = re.findall(r'<input type="checkbox" name="grant" value="([^"]+)"([^>]*)>', page)
    assert [value for value, _ in boxes] == [
        "processing",
        "advertising:max",
        "advertising:sms",
        "advertising:email",
        "advertising:call",
        "quality_calls",
        "special",
        "telemedicine",
    ]
    assert not any("checked" in rest for _, rest in boxes)


def test_ticked_ones_are_granted_and_the_others_not(as_vera, vera, url, pyotr, in_clinic):
    data = {"grant": ["processing", "advertising:sms"], "signature": "paper", "document": "№ 12"}
    assert as_vera.post(url, data, HTTP_USER_AGENT="Проверка").status_code == 302
    rows = Consent.objects.filter(patient=pyotr)
    assert set(rows.values_list("purpose", "channel")) == {("processing", ""), ("advertising", "sms")}
    row = rows.first()
    assert (row.actor_id, row.proof, row.entry, row.user_agent) == (vera.user_id, "№ 12", "desk", "Проверка")
    assert row.ip == "127.0.0.1"


def test_nothing_ticked_says_so(as_vera, url, pyotr, in_clinic):
    response = as_vera.post(url, {"signature": "paper"})
    assert response.status_code == 422
    assert "Ничего не отмечено" in response.content.decode()


def test_one_that_cannot_hold_stops_all(as_vera, url, pyotr, in_clinic):
    data = {"grant": ["quality_calls", "advertising:sms"], "signature": "oral"}
    response = as_vera.post(url, data)
    assert response.status_code == 422
    assert "нужно подписать" in response.content.decode()
    assert not Consent.objects.exists()


def test_withdrawal_acts_at_once_and_stands_in_the_history(as_vera, url, pyotr, in_clinic):
    as_vera.post(url, {"grant": ["advertising:sms"], "signature": "paper"})
    no = reverse("desk:patient-consent-no", args=[pyotr.public_id])
    assert as_vera.post(no, {"purpose": "advertising"}).status_code == 302
    assert not patients.consent_state(pyotr, "advertising", "sms").allowed
    page = as_vera.get(url).content.decode()
    assert "отозвано" in page
    assert "Отпечаток" in page


def test_unknown_purpose_is_refused_with_a_word(as_vera, pyotr, texts, in_clinic):
    no = reverse("desk:patient-consent-no", args=[pyotr.public_id])
    assert as_vera.post(no, {"purpose": "всё сразу"}).status_code == 302
    assert not Consent.objects.exists()


def test_document_is_one_sheet_for_one_purpose(as_vera, pyotr, texts):
    url = reverse("desk:patient-consent-document", args=[pyotr.public_id, "advertising"])
    page = as_vera.get(url).content.decode()
    assert "Сергеев Пётр Ильич" in page
    assert "Как отозвать" in page
    assert "вести мою карту" not in page
    unknown = reverse("desk:patient-consent-document", args=[pyotr.public_id, "other"])
    assert as_vera.get(unknown).status_code == 404


def test_whole_card_speaks_when_processing_was_withdrawn(as_vera, pyotr, texts, actor, in_clinic):
    proof = patients.Proof(signature="oral")
    patients.withdraw_consent(patient=pyotr, purpose="processing", proof=proof, actor=actor, now=clock.now())
    page = as_vera.get(reverse("desk:patient", args=[pyotr.public_id])).content.decode()
    assert "отозвал согласие на обработку" in page


def test_who_may_not_write_consents_has_no_form(as_sokolova, pyotr, url):
    page = as_sokolova.get(url).content.decode()
    assert 'name="grant"' not in page
    assert as_sokolova.post(reverse("desk:patient-consent-no", args=[pyotr.public_id])).status_code == 404


def test_changed_text_becomes_a_new_version(as_anton, as_vera, url, pyotr, in_clinic):
    as_vera.post(url, {"grant": ["processing"], "signature": "paper"})
    texts = reverse("desk:patients-consent-texts")
    edit = reverse("desk:patients-consent-text", args=["processing"])
    assert as_vera.get(texts).status_code == 404
    form = as_anton.get(edit).context["form"]
    data = {name: form.initial[name] for name in form.fields}
    assert as_anton.post(edit, {**data, "term": ""}).status_code == 422
    assert as_anton.post(edit, {**data, "processors": "ООО «Лаборатория»"}).status_code == 302
    page = as_anton.get(texts).content.decode()
    assert "Версия 2" in page
    assert "1\u00a0пациент подписал" in page
    assert "спросите снова" in as_vera.get(url).content.decode()


def test_clinic_without_texts_takes_ours_by_a_button(as_anton, in_clinic):
    texts = reverse("desk:patients-consent-texts")
    assert "Взять готовые тексты" in as_anton.get(texts).content.decode()
    as_anton.post(texts)
    assert "Взять готовые тексты" not in as_anton.get(texts).content.decode()
    assert set(patients.current_texts(in_clinic.pk)) == {
        "processing", "advertising", "quality_calls", "special", "telemedicine",
    }  # fmt: skip


def test_a_signed_paper_about_visits_by_video_is_written_down_and_taken_back(as_vera, pyotr, url, in_clinic):
    page = as_vera.get(url).content.decode()
    assert "Приём по видео" in page
    as_vera.post(url, {"grant": "telemedicine", "signature": "oral", "document": ""})
    assert not patients.consent_state(pyotr, "telemedicine").allowed  # a word of mouth is no signature

    as_vera.post(url, {"grant": "telemedicine", "signature": "paper", "document": "№ 12"})
    assert patients.consent_state(pyotr, "telemedicine").allowed

    as_vera.post(reverse("desk:patient-consent-no", args=[pyotr.public_id]), {"purpose": "telemedicine"})
    assert patients.consent_state(pyotr, "telemedicine").why == "Отозвано"


def test_a_clinic_that_lacks_one_document_is_told_so_and_keeps_its_own(as_anton, in_clinic, texts):
    ConsentText.objects.filter(purpose="telemedicine").delete()
    page = as_anton.get(reverse("desk:patients-consent-texts")).content.decode()
    assert "Не у каждой цели есть документ" in page
    as_anton.post(reverse("desk:patients-consent-texts"))
    assert ConsentText.objects.count() == len(ConsentPurpose)
