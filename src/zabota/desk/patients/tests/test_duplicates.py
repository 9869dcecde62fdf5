"""Likely duplicates on the desk: side by side, decided, taken back."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from zabota.patients import api as patients
from zabota.patients.models import DuplicateCandidate, Merge, Patient

LIST = "/patients/duplicates/"


@pytest.fixture
def twin(smile, mila, centre, new_patient):
    return new_patient(
        smile,
        "Кузнецова Мила Андреевна",
        phone="+79161234567",
        branch=centre,
        born_on=dt.date(1987, 4, 9),
        card_no="Б-2",
    )


@pytest.fixture
def pair(in_clinic, twin):
    patients.find_duplicates(clinic=in_clinic)
    return DuplicateCandidate.objects.get()


def test_pair_stands_in_the_list_with_reasons(as_vera, pair):
    page = as_vera.get(LIST).content.decode()
    assert "имя совпадает" in page
    assert "общий телефон" in page


def test_same_person_becomes_one_card_and_two_again(as_vera, pair, mila, twin):
    url = reverse("desk:patients-duplicate", args=[pair.public_id])
    assert "Оставить эту карту" in as_vera.get(url).content.decode()
    data = {"decision": "same", "keep": mila.public_id, "f_card_no": twin.public_id}
    response = as_vera.post(url, data)
    assert response.headers["Location"] == reverse("desk:patient", args=[mila.public_id])
    mila.refresh_from_db()
    twin.refresh_from_db()
    assert (mila.card_no, twin.merged_into) == ("Б-2", mila)
    assert as_vera.get(url).status_code == 404
    undo = reverse("desk:patients-merge-undo", args=[Merge.objects.get().public_id])
    assert as_vera.post(undo).status_code == 302
    mila.refresh_from_db()
    assert mila.card_no == ""
    assert Patient.objects.cards().count() == 2


def test_different_people_leave_the_list_and_come_back(as_vera, pair):
    url = reverse("desk:patients-duplicate", args=[pair.public_id])
    as_vera.post(url, {"decision": "different"})
    assert "имя совпадает" not in as_vera.get(LIST).content.decode()
    as_vera.post(reverse("desk:patients-duplicate-reopen", args=[pair.public_id]))
    assert "имя совпадает" in as_vera.get(LIST).content.decode()


def test_word_about_a_merge_offers_to_take_it_back(as_vera, pair, mila, twin):
    url = reverse("desk:patients-duplicate", args=[pair.public_id])
    card = as_vera.post(url, {"decision": "same", "keep": mila.public_id}, follow=True).content.decode()
    undo = reverse("desk:patients-merge-undo", args=[Merge.objects.get().public_id])
    assert f'data-undo="{undo}"' in card
    back = as_vera.post(undo, headers={"HX-Request": "true"})
    assert back.headers["HX-Redirect"] == reverse("desk:patient", args=[mila.public_id])
    assert Patient.objects.cards().count() == 2


def test_merge_without_a_chosen_card_changes_nothing(as_vera, pair):
    as_vera.post(reverse("desk:patients-duplicate", args=[pair.public_id]), {"decision": "same", "keep": "x"})
    assert not Merge.objects.exists()


def test_pair_with_a_card_of_another_branch_is_not_shown(as_vera, as_anton, pair, twin, north):
    Patient.objects.filter(pk=twin.pk).update(branch=north)
    assert "имя совпадает" not in as_vera.get(LIST).content.decode()
    assert as_vera.get(reverse("desk:patients-duplicate", args=[pair.public_id])).status_code == 404
    assert "имя совпадает" in as_anton.get(LIST).content.decode()


def test_merge_is_not_for_everybody(as_sokolova, as_coordinator, as_oleg, pair, mila, twin):
    for client in (as_sokolova, as_coordinator):
        assert client.get(LIST).status_code == 404
    url = reverse("desk:patients-duplicate", args=[pair.public_id])
    assert as_oleg.post(url, {"decision": "same", "keep": mila.public_id}).status_code == 404
    hand = reverse("desk:patient-merge", args=[mila.public_id, twin.public_id])
    assert as_oleg.post(hand, {"keep": mila.public_id}).status_code == 404


def test_two_cards_found_by_hand_are_merged_too(as_vera, mila, twin, in_clinic):
    url = reverse("desk:patient-merge", args=[mila.public_id, twin.public_id])
    assert as_vera.get(url).status_code == 200
    as_vera.post(url, {"keep": mila.public_id})
    twin.refresh_from_db()
    assert twin.merged_into == mila
