"""Consents: a proven grant allows, a doubt does not, a "no" is never lost."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from zabota.kernel.errors import BadInput
from zabota.kernel.models import Fact
from zabota.patients import api
from zabota.patients.models import Consent, ConsentPurpose, ConsentText
from zabota.patients.rules.consents import Decision, Standing, decide

PAPER = api.Proof(signature="paper", document="№ 7")
ORAL = api.Proof(signature="oral", entry="call")
ADS = ConsentPurpose.ADVERTISING


def later(now, days=1):
    return now + dt.timedelta(days=days)


def test_nobody_asked_means_no(mila, texts):
    state = api.consent_state(mila, ADS, "sms")
    assert not state.allowed
    assert state.standing is Standing.NOT_ASKED


def test_each_purpose_is_a_document_of_its_own(texts):
    assert set(texts) == set(ConsentPurpose.values)
    assert len({text.text for text in texts.values()}) == 5


def test_texts_are_made_once(texts, clinic, actor, now):
    assert api.ensure_consent_texts(clinic=clinic, actor=actor, now=now) == []
    assert ConsentText.objects.filter(clinic=clinic).count() == 5


def test_grant_keeps_the_whole_document_and_its_proof(mila, texts, actor, now):
    consent = api.grant_consent(patient=mila, purpose=ADS, channel="sms", proof=PAPER, actor=actor, now=now)
    for part in ("Улыбка", "Какие данные", "Кому передают", "Как отозвать", "Срок"):
        assert part in consent.text_snapshot
    assert consent.subject_name == "Лебедева Марина Викторовна"
    assert consent.subject_contact == "+79037504817"
    assert consent.text_hash == texts[ADS].text_hash
    assert consent.actor_id == actor.user_id
    assert Fact.objects.filter(kind="patients.consent_granted").count() == 1
    assert api.consent_state(mila, ADS, "sms").allowed
    assert not api.consent_state(mila, ADS, "max").allowed


def test_grant_without_proof_is_refused_by_the_database(mila, texts, now):
    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.objects.create(
            patient=mila, clinic_id=mila.clinic_id, purpose=ADS, state="granted", signature="paper", decided_at=now
        )


def test_advertising_is_not_granted_by_word_of_mouth(mila, texts, actor, now):
    with pytest.raises(BadInput, match="подписать"):
        api.grant_consent(patient=mila, purpose=ADS, channel="sms", proof=ORAL, actor=actor, now=now)
    api.grant_consent(patient=mila, purpose="quality_calls", proof=ORAL, actor=actor, now=now)
    assert api.consent_state(mila, "quality_calls").allowed


def test_grant_of_a_patient_without_contact_asks_for_one(card, texts, actor, now):
    with pytest.raises(BadInput, match="телефон или почту"):
        api.grant_consent(patient=card("Сергеев Пётр"), purpose="processing", proof=PAPER, actor=actor, now=now)


def test_withdrawal_wins_over_older_grants_on_every_channel(mila, texts, actor, now):
    for channel in ("sms", "max"):
        api.grant_consent(patient=mila, purpose=ADS, channel=channel, proof=PAPER, actor=actor, now=now)
    api.withdraw_consent(patient=mila, purpose=ADS, proof=ORAL, actor=actor, now=later(now))
    states = api.consent_states([mila.pk], clinic_id=mila.clinic_id)[mila.pk]
    assert [states[ADS, channel].standing for channel in api.CHANNELS] == [Standing.WITHDRAWN] * 4
    assert "всех каналов" in states[ADS, "sms"].why


def test_withdrawal_of_one_channel_leaves_the_others(mila, texts, actor, now):
    api.grant_consent(patient=mila, purpose=ADS, proof=PAPER, actor=actor, now=now)
    api.withdraw_consent(patient=mila, purpose=ADS, channel="sms", proof=ORAL, actor=actor, now=later(now))
    assert not api.consent_state(mila, ADS, "sms").allowed
    assert api.consent_state(mila, ADS, "email").allowed


def test_withdrawing_processing_closes_everything(mila, texts, actor, now):
    api.grant_consent(patient=mila, purpose=ADS, proof=PAPER, actor=actor, now=now)
    api.grant_consent(patient=mila, purpose="processing", proof=PAPER, actor=actor, now=now)
    api.withdraw_consent(patient=mila, purpose="processing", proof=ORAL, actor=actor, now=later(now))
    assert not api.consent_state(mila, ADS, "max").allowed
    assert "обработку" in api.consent_state(mila, ADS, "max").why


def test_refusing_what_was_granted_takes_it_back(mila, texts, actor, now):
    api.grant_consent(patient=mila, purpose=ADS, channel="sms", proof=PAPER, actor=actor, now=now)
    row = api.refuse_consent(patient=mila, purpose=ADS, proof=ORAL, actor=actor, now=later(now))
    assert row.state == "withdrawn"


def test_yes_of_an_export_allows_nothing_and_revokes_nothing(mila, texts, actor, now):
    def exported(at):
        Consent.objects.create(
            patient=mila,
            clinic_id=mila.clinic_id,
            purpose=ADS,
            state="unproven",
            signature="imported",
            entry="import",
            subject_name=mila.full_name,
            decided_at=at,
        )

    exported(now)
    assert api.consent_state(mila, ADS, "sms").standing is Standing.UNPROVEN
    api.grant_consent(patient=mila, purpose=ADS, proof=PAPER, actor=actor, now=later(now))
    exported(later(now, 2))
    assert api.consent_state(mila, ADS, "sms").allowed


def test_changed_text_is_a_new_version_and_old_grants_keep_their_words(mila, texts, actor, now, clinic):
    consent = api.grant_consent(patient=mila, purpose=ADS, proof=PAPER, actor=actor, now=now)
    before = consent.text_snapshot

    def publish(**change):
        parts = dataclasses.replace(api.DEFAULTS[ADS], **change)
        return api.publish_consent_text(
            clinic=clinic,
            purpose=ADS,
            parts=parts,
            operator_name="Улыбка",
            operator_address=texts[ADS].operator_address,
            actor=actor,
            now=later(now),
        )

    assert publish().version == 1
    assert publish(text="То же другими словами.").version == 2
    assert not api.consent_state(mila, ADS).ask_again
    assert publish(processors="ООО «Рассылки»").version == 3
    state = api.consent_state(mila, ADS)
    assert state.allowed
    assert state.ask_again
    consent.refresh_from_db()
    assert consent.text_snapshot == before


def test_history_is_only_added_to(mila, texts, actor, now):
    api.grant_consent(patient=mila, purpose=ADS, proof=PAPER, actor=actor, now=now)
    api.withdraw_consent(patient=mila, purpose=ADS, proof=ORAL, actor=actor, now=later(now))
    api.grant_consent(patient=mila, purpose=ADS, proof=PAPER, actor=actor, now=later(now, 2))
    assert list(Consent.objects.order_by("id").values_list("state", flat=True)) == ["granted", "withdrawn", "granted"]
    assert api.consent_state(mila, ADS).allowed


def test_of_two_decisions_of_one_instant_the_stricter_counts(now):
    rows = [Decision(1, "advertising", "", "withdrawn", now), Decision(2, "advertising", "", "granted", now)]
    assert decide(rows).standing is Standing.WITHDRAWN
    assert decide(reversed(rows)).standing is Standing.WITHDRAWN


@pytest.mark.parametrize(("purpose", "channel"), [("advertising", "telegram"), ("processing", "sms"), ("any", "")])
def test_unknown_purpose_or_channel_is_refused(mila, texts, actor, now, purpose, channel):
    with pytest.raises(BadInput):
        api.withdraw_consent(patient=mila, purpose=purpose, channel=channel, proof=ORAL, actor=actor, now=now)
