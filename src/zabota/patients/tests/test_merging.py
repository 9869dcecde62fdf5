"""Merging two cards: nothing is lost, the stricter answer wins, undo restores."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.apps import apps
from django.core import serializers

from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.kernel.models import Fact
from zabota.patients import api
from zabota.patients.models import Consent, Contact, DuplicateCandidate, Merge, Patient, PatientExternalId

PAPER = api.Proof(signature="paper")
ORAL = api.Proof(signature="oral")


@pytest.fixture
def twin(card, actor, now):
    """The same person, registered a second time under her maiden name."""
    twin = card("Лебедева Марина", phones="+7 903 750-48-17, +7 916 123-45-67", alert="Аллергия: пенициллин")
    api.add_note(patient=twin, text="Пришла по совету подруги", actor=actor, now=now)
    api.add_tag(patient=twin, name="Семья врача", actor=actor, now=now)
    PatientExternalId.objects.create(patient=twin, clinic_id=twin.clinic_id, system="ident", ext_id="77")
    return twin


def snapshot():
    """Every row that stands on a patient, without the instants of updating and the merge itself."""
    rows = []
    for label in sorted({model for model, _ in api.known_holders()}):
        if label in ("patients.Merge", "patients.SearchEntry"):
            continue
        for row in json.loads(serializers.serialize("json", apps.get_model(label)._default_manager.order_by("pk"))):
            row["fields"].pop("updated_at", None)
            rows.append(row)
    # The link of a tag has no meaning of its own: pk may differ.
    return [row if row["model"] != "patients.patient_tags" else row["fields"] for row in rows]


def test_everything_moves_to_the_kept_card(mila, twin, actor, now):
    merge = api.merge_cards(kept=mila, absorbed=twin, actor=actor, now=now)
    mila.refresh_from_db()
    twin.refresh_from_db()
    assert twin.merged_into == mila
    assert api.card_in_use(twin) == mila
    assert set(mila.contacts.values_list("value", flat=True)) == {"+79037504817", "+79161234567"}
    assert mila.external_ids.get().ext_id == "77"
    assert mila.notes.count() == 1
    assert mila.tags.count() == 1
    assert mila.alert == "Аллергия: пенициллин"
    assert Fact.objects.get(kind="patients.merged").payload["merge_id"] == merge.pk


def test_undo_restores_every_row(mila, twin, texts, actor, now):
    api.grant_consent(patient=mila, purpose="advertising", proof=PAPER, actor=actor, now=now)
    api.withdraw_consent(patient=twin, purpose="advertising", proof=ORAL, actor=actor, now=now - dt.timedelta(days=9))
    api.mark_reach(contact=twin.contacts.first(), reach="wrong", actor=actor, now=now)
    api.prefer_contact(contact=mila.contacts.get(), actor=actor, now=now)
    api.prefer_contact(contact=twin.contacts.last(), actor=actor, now=now)
    first, second = sorted((mila.pk, twin.pk))
    DuplicateCandidate.objects.create(clinic_id=mila.clinic_id, first_id=first, second_id=second, score=90)
    before = snapshot()
    merge = api.merge_cards(kept=mila, absorbed=twin, actor=actor, now=now)
    assert snapshot() != before
    api.undo_merge(merge=merge, actor=actor, now=now)
    assert snapshot() == before
    assert len(api.search("лебедева", clinic_id=mila.clinic_id)) == 2


def test_undo_leaves_what_was_added_and_changed_since(mila, twin, actor, now):
    merge = api.merge_cards(kept=mila, absorbed=twin, actor=actor, now=now)
    api.add_note(patient=mila, text="Новая заметка", actor=actor, now=now)
    api.edit_patient(patient=mila, changes={"alert": "Переспросить об аллергии"}, actor=actor, now=now)
    api.undo_merge(merge=merge, actor=actor, now=now)
    mila.refresh_from_db()
    assert mila.alert == "Переспросить об аллергии"
    assert list(mila.notes.values_list("text", flat=True)) == ["Новая заметка"]
    assert list(twin.notes.values_list("text", flat=True)) == ["Пришла по совету подруги"]


@pytest.mark.parametrize("refusal_is_older", [True, False])
@pytest.mark.parametrize("refused_on_kept", [True, False])
def test_refusal_on_either_card_wins_whatever_was_later(
    mila, twin, texts, actor, now, refusal_is_older, refused_on_kept
):
    granted, refused = (twin, mila) if refused_on_kept else (mila, twin)
    day = dt.timedelta(days=1)
    api.grant_consent(patient=granted, purpose="advertising", proof=PAPER, actor=actor, now=now)
    at = now - day if refusal_is_older else now + day
    api.withdraw_consent(patient=refused, purpose="advertising", channel="sms", proof=ORAL, actor=actor, now=at)
    merge = api.merge_cards(kept=mila, absorbed=twin, actor=actor, now=now + 2 * day)
    assert not api.consent_state(mila, "advertising", "sms").allowed
    assert api.consent_state(mila, "advertising", "max").allowed
    api.undo_merge(merge=merge, actor=actor, now=now + 3 * day)
    assert api.consent_state(granted, "advertising", "sms").allowed
    assert not api.consent_state(refused, "advertising", "sms").allowed
    assert not Consent.objects.filter(entry="merge").exists()


def test_grant_of_one_card_serves_both_when_the_other_was_not_asked(mila, twin, texts, actor, now):
    api.grant_consent(patient=twin, purpose="processing", proof=PAPER, actor=actor, now=now)
    api.merge_cards(kept=mila, absorbed=twin, actor=actor, now=now)
    assert api.consent_state(mila, "processing").allowed


def test_person_chooses_each_field(mila, twin, actor, now):
    api.edit_patient(patient=twin, changes={"surname": "Орлова", "card_no": "9"}, actor=actor, now=now)
    api.merge_cards(kept=mila, absorbed=twin, choose={"surname": "absorbed", "card_no": "kept"}, actor=actor, now=now)
    mila.refresh_from_db()
    assert (mila.surname, mila.card_no) == ("Орлова", "20418")
    assert mila.name_key == "орлова марина викторовна"
    assert [each.patient_id for each in api.search("орлова", clinic_id=mila.clinic_id)] == [mila.pk]


def test_alerts_that_do_not_fit_together_become_a_note(card, actor, now):
    one, other = card("Котов Лев", alert="а" * 200), card("Котов Лев", alert="б" * 200)
    merge = api.merge_cards(kept=one, absorbed=other, actor=actor, now=now)
    assert "б" * 200 in one.notes.get().text
    api.undo_merge(merge=merge, actor=actor, now=now)
    assert not one.notes.exists()


def test_known_wrong_number_stays_wrong(mila, twin, actor, now):
    api.mark_reach(contact=twin.contacts.get(value="+79037504817"), reach="wrong", actor=actor, now=now)
    api.merge_cards(kept=mila, absorbed=twin, actor=actor, now=now)
    assert Contact.objects.get(patient=mila, value="+79037504817").reach == "wrong"


def test_a_number_found_wrong_after_the_merge_stays_wrong_when_it_is_undone(mila, twin, actor, now):
    day = dt.timedelta(days=1)
    api.mark_reach(contact=twin.contacts.get(value="+79037504817"), reach="reached", actor=actor, now=now)
    merge = api.merge_cards(kept=mila, absorbed=twin, actor=actor, now=now + day)
    api.mark_reach(contact=mila.contacts.get(value="+79037504817"), reach="wrong", actor=actor, now=now + 2 * day)

    api.undo_merge(merge=merge, actor=actor, now=now + 3 * day)

    assert Contact.objects.get(patient=mila, value="+79037504817").reach == "wrong"


def test_merges_are_undone_from_the_last(mila, twin, card, actor, now):
    third = card("Лебедева Мария")
    first = api.merge_cards(kept=mila, absorbed=twin, actor=actor, now=now)
    second = api.merge_cards(kept=mila, absorbed=third, actor=actor, now=now)
    with pytest.raises(BadInput, match="последнего"):
        api.undo_merge(merge=first, actor=actor, now=now)
    api.undo_merge(merge=second, actor=actor, now=now)
    api.undo_merge(merge=first, actor=actor, now=now)
    with pytest.raises(AlreadyDone):
        api.undo_merge(merge=first, actor=actor, now=now)


def test_card_that_is_itself_absorbed_must_be_freed_first(mila, twin, card, actor, now):
    third = card("Лебедева Мария")
    inner = api.merge_cards(kept=twin, absorbed=third, actor=actor, now=now)
    api.merge_cards(kept=mila, absorbed=twin, actor=actor, now=now)
    assert api.card_in_use(Patient.objects.get(pk=third.pk)) == mila
    with pytest.raises(BadInput, match="сама объединена"):
        api.undo_merge(merge=inner, actor=actor, now=now)


def test_what_cannot_be_one_is_refused(mila, twin, actor, now):
    with pytest.raises(BadInput):
        api.merge_cards(kept=mila, absorbed=mila, actor=actor, now=now)
    api.merge_cards(kept=mila, absorbed=twin, actor=actor, now=now)
    with pytest.raises(AlreadyDone):
        api.merge_cards(kept=mila, absorbed=twin, actor=actor, now=now)
    assert Merge.objects.count() == 1


def test_every_key_to_a_patient_has_a_holder():
    keys = {
        (model._meta.label, field.name)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model is Patient
    }
    assert keys - set(api.known_holders()) == set(), "say in the app's ready() what a merge does with these rows"
    assert set(api.known_holders()) - keys == set(), "holders of tables that are gone"
