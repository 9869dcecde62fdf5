"""Consents: publish texts, write down what a patient decided. Rows are only added."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from zabota.clinic.models import Branch, Clinic
from zabota.kernel import audit, facts
from zabota.kernel.audit import Actor
from zabota.kernel.errors import BadInput
from zabota.patients.facts import ConsentGranted, ConsentRefused, ConsentWithdrawn, DecisionTakenBack
from zabota.patients.models import Consent, ConsentPurpose, ConsentText, Contact, Patient
from zabota.patients.queries.consents import CHANNELS, consent_states, current_texts, document_of
from zabota.patients.rules.consent_texts import DEFAULTS, NO_ADDRESS, TextParts, text_hash
from zabota.patients.rules.consents import may_sign


@dataclass(frozen=True, slots=True)
class Proof:
    """How a decision was taken: what a court would ask for."""

    signature: str
    entry: str = "desk"
    #: Number of the paper, place in the record of a call.
    document: str = ""
    contact: str = ""
    ip: str | None = None
    user_agent: str = ""


def ensure_consent_texts(
    *, clinic: Clinic, only: Collection[str] = tuple(DEFAULTS), actor: Actor, now: datetime
) -> list[ConsentText]:
    """Give a clinic its first texts; purposes that have one are left alone. Safe to repeat."""
    have = set(ConsentText.objects.filter(clinic=clinic).values_list("purpose", flat=True))
    address = Branch.objects.filter(clinic=clinic).exclude(address="").values_list("address", flat=True).first()
    return [
        publish_consent_text(
            clinic=clinic,
            purpose=purpose,
            parts=parts,
            operator_name=clinic.name,
            operator_address=address or NO_ADDRESS,
            actor=actor,
            now=now,
        )
        for purpose, parts in DEFAULTS.items()
        if purpose not in have and purpose in only
    ]


@transaction.atomic
def publish_consent_text(
    *,
    clinic: Clinic,
    purpose: str,
    parts: TextParts,
    operator_name: str,
    operator_address: str,
    actor: Actor,
    now: datetime,
) -> ConsentText:
    """Make a new version when anything changed; the same text again is the same version. Old grants keep their words."""
    Clinic.objects.select_for_update().get(pk=clinic.pk)
    fingerprint = text_hash(purpose, parts, operator_name, operator_address)
    current = current_texts(clinic.pk).get(purpose)
    if current is not None and current.text_hash == fingerprint:
        return current
    last = ConsentText.objects.filter(clinic=clinic, purpose=purpose).aggregate(last=Max("version"))["last"] or 0
    text = ConsentText.objects.create(
        clinic=clinic,
        purpose=purpose,
        version=last + 1,
        text=parts.text,
        text_hash=fingerprint,
        data_list=parts.data_list,
        actions_list=parts.actions_list,
        processors=parts.processors,
        term=parts.term,
        how_to_revoke=parts.how_to_revoke,
        operator_name=operator_name,
        operator_address=operator_address,
        published_at=now,
    )
    audit.record("patients.consent_text.published", text, actor=actor, now=now, details={"version": text.version})
    return text


@transaction.atomic
def add_recipient(
    *, clinic: Clinic, name: str, purposes: Sequence[str], actor: Actor, now: datetime
) -> list[ConsentText]:
    """Data are given to somebody new: a new version of each text that does not name them yet.

    Grants made before keep their words and are marked «спросите снова»: the list of recipients has grown.
    """
    ensure_consent_texts(clinic=clinic, actor=actor, now=now)
    current = current_texts(clinic.pk)
    return [
        publish_consent_text(
            clinic=clinic,
            purpose=text.purpose,
            parts=TextParts(
                text=text.text,
                data_list=text.data_list,
                actions_list=text.actions_list,
                processors="; ".join([*filter(None, [text.processors]), name]),
                term=text.term,
                how_to_revoke=text.how_to_revoke,
            ),
            operator_name=text.operator_name,
            operator_address=text.operator_address,
            actor=actor,
            now=now,
        )
        for text in (current[purpose] for purpose in purposes if purpose in current)
        if name.casefold() not in text.processors.casefold()
    ]


@transaction.atomic
def grant_consent(
    *, patient: Patient, purpose: str, channel: str = "", proof: Proof, actor: Actor, now: datetime
) -> Consent:
    """Write down a "yes" with the text that was signed. Raises BadInput when the proof would not hold."""
    _check(purpose, channel)
    text = current_texts(patient.clinic_id).get(purpose)
    if text is None:
        raise BadInput("У клиники нет текста этого согласия. Добавьте его в настройках.")
    if not may_sign(purpose, proof.signature):
        raise BadInput("Это согласие нужно подписать: на бумаге или электронной подписью. Устного «да» недостаточно.")
    proof = replace(proof, contact=proof.contact or _contact_of(patient))
    if not proof.contact:
        raise BadInput("Укажите телефон или почту пациента: без них согласие не доказать.")
    consent = _write(patient, purpose, channel, Consent.State.GRANTED, proof, actor, now, text)
    facts.publish(
        ConsentGranted(
            clinic_id=patient.clinic_id,
            patient_id=patient.pk,
            consent_id=consent.pk,
            purpose=purpose,
            channel=channel,
        ),
        now=now,
    )
    return consent


@transaction.atomic
def grant_consents(
    *, patient: Patient, grants: Sequence[tuple[str, str]], proof: Proof, actor: Actor, now: datetime
) -> list[Consent]:
    """Several documents signed at once: a row each, all or none."""
    return [
        grant_consent(patient=patient, purpose=purpose, channel=channel, proof=proof, actor=actor, now=now)
        for purpose, channel in grants
    ]


@transaction.atomic
def refuse_consent(
    *, patient: Patient, purpose: str, channel: str = "", proof: Proof, actor: Actor, now: datetime
) -> Consent:
    """Write down a "no". When something was allowed before, it is taken back by the same word."""
    _check(purpose, channel)
    states = consent_states([patient.pk], clinic_id=patient.clinic_id)[patient.pk]
    if any(states[key].allowed for key in states if key[0] == purpose and channel in ("", key[1])):
        return withdraw_consent(patient=patient, purpose=purpose, channel=channel, proof=proof, actor=actor, now=now)
    text = current_texts(patient.clinic_id).get(purpose)
    consent = _write(patient, purpose, channel, Consent.State.REFUSED, proof, actor, now, text)
    facts.publish(
        ConsentRefused(
            clinic_id=patient.clinic_id,
            patient_id=patient.pk,
            consent_id=consent.pk,
            purpose=purpose,
            channel=channel,
        ),
        now=now,
    )
    return consent


@transaction.atomic
def withdraw_consent(
    *, patient: Patient, purpose: str, channel: str = "", proof: Proof, actor: Actor, now: datetime
) -> Consent:
    """Take a consent back. Needs no proof and works even when nothing was granted: a "no" is never lost."""
    _check(purpose, channel)
    text = current_texts(patient.clinic_id).get(purpose)
    consent = _write(patient, purpose, channel, Consent.State.WITHDRAWN, proof, actor, now, text)
    facts.publish(
        ConsentWithdrawn(
            clinic_id=patient.clinic_id,
            patient_id=patient.pk,
            consent_id=consent.pk,
            purpose=purpose,
            channel=channel,
        ),
        now=now,
    )
    return consent


@transaction.atomic
def take_back_decisions(*, consent_ids: Sequence[int], actor: Actor, now: datetime) -> int:
    """Withdrawals and refusals that a person wrote down by mistake a moment ago count no more. Returns how many.

    The rows stay with the time of the undo; a grant is never touched, and what was decided since stands.
    """
    rows = Consent.objects.select_for_update().filter(
        pk__in=list(consent_ids), state__in=[Consent.State.WITHDRAWN, Consent.State.REFUSED], undone_at=None
    )
    taken = list(rows)
    for consent in taken:
        consent.undone_at = now
        consent.save(update_fields=["undone_at"])
        details = {"purpose": consent.purpose, "channel": consent.channel, "state": consent.state}
        audit.record("patients.consent.taken_back", consent, actor=actor, now=now, details=details)
        facts.publish(
            DecisionTakenBack(
                clinic_id=consent.clinic_id,
                patient_id=consent.patient_id,
                consent_id=consent.pk,
                purpose=consent.purpose,
                channel=consent.channel,
            ),
            now=now,
        )
    return len(taken)


def _check(purpose: str, channel: str) -> None:
    if purpose not in ConsentPurpose.values:
        raise BadInput("Неизвестная цель согласия.")
    if channel and (purpose != ConsentPurpose.ADVERTISING or channel not in CHANNELS):
        raise BadInput("Канал указывают только для рекламы.")


def _contact_of(patient: Patient) -> str:
    contact = Contact.objects.filter(patient=patient).order_by("-is_preferred", "id").first()
    return contact.value if contact else ""


def _write(
    patient: Patient,
    purpose: str,
    channel: str,
    state: str,
    proof: Proof,
    actor: Actor,
    now: datetime,
    text: ConsentText | None,
) -> Consent:
    consent = Consent.objects.create(
        patient=patient,
        clinic_id=patient.clinic_id,
        purpose=purpose,
        channel=channel,
        state=state,
        text_version=text,
        text_snapshot=document_of(text) if text else "",
        text_hash=text.text_hash if text else "",
        subject_name=patient.full_name,
        subject_contact=proof.contact or _contact_of(patient),
        signature=proof.signature,
        entry=proof.entry,
        decided_at=now,
        ip=proof.ip,
        user_agent=proof.user_agent[:300],
        actor_id=actor.user_id,
        actor_kind=actor.kind,
        proof=proof.document[:300],
    )
    details = {"purpose": purpose, "channel": channel, "state": state, "signature": proof.signature}
    audit.record("patients.consent.decided", consent, actor=actor, now=now, details=details)
    return consent
