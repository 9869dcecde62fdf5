"""What a patient allowed, in what words and why the program thinks so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import F, Max

from zabota.kernel import among  # noqa: F401 -- registers the lookup
from zabota.patients.models import Consent, ConsentPurpose, ConsentText, Patient
from zabota.patients.rules.consent_texts import TextParts, document, scope_hash
from zabota.patients.rules.consents import NOT_ASKED, ConsentState, Decision, Standing, decide

#: Channels of advertising in the order of cost; Telegram, WhatsApp and Viber are closed to advertising by law.
CHANNELS: dict[str, str] = {"max": "MAX", "sms": "SMS", "email": "Почта", "call": "Звонки"}


def consent_state(patient: Patient, purpose: str, channel: str = "") -> ConsentState:
    """May this be done for this patient now, and why: asked again before each message."""
    return consent_states([patient.pk], clinic_id=patient.clinic_id)[patient.pk][purpose, channel]


def consent_states(patient_ids: Sequence[int], *, clinic_id: int) -> dict[int, dict[tuple[str, str], ConsentState]]:
    """States of each patient by (purpose, channel); advertising has one for each channel and one for all («»)."""
    scopes = {each.purpose: _scope(each) for each in current_texts(clinic_id).values()}
    by_patient: dict[int, dict[str, list[Decision]]] = {patient_id: {} for patient_id in patient_ids}
    for patient_id, decision in _decisions(patient_ids):
        by_patient[patient_id].setdefault(decision.purpose, []).append(decision)
    # Who never said anything has the same states as all who never did.
    silent = _states({}, scopes)
    return {pk: _states(history, scopes) if history else dict(silent) for pk, history in by_patient.items()}


def current_texts(clinic_id: int) -> dict[str, ConsentText]:
    """The version in force of each purpose's document."""
    newest = ConsentText.objects.filter(clinic_id=clinic_id).values("purpose").annotate(last=Max("version"))
    versions = {row["purpose"]: row["last"] for row in newest}
    texts = ConsentText.objects.filter(clinic_id=clinic_id).order_by("purpose", "version")
    return {text.purpose: text for text in texts if versions[text.purpose] == text.version}


def signed_before(clinic_id: int) -> dict[str, int]:
    """By purpose: patients who once granted and whose grants are all of a version older than the one in force."""
    versions = {purpose: text.version for purpose, text in current_texts(clinic_id).items()}
    newest = (
        Consent.objects.filter(clinic_id=clinic_id, state=Consent.State.GRANTED)
        .values("purpose", "patient_id")
        .annotate(version=Max("text_version__version"))
        .values_list("purpose", "version")
    )
    behind: dict[str, int] = {}
    for purpose, version in newest.iterator():
        if purpose in versions and version < versions[purpose]:
            behind[purpose] = behind.get(purpose, 0) + 1
    return behind


def latest_decisions(patient_ids: Sequence[int]) -> dict[tuple[int, str, str], datetime]:
    """When each patient last decided about each purpose and channel."""
    rows = (
        Consent.objects.filter(patient_id__among=patient_ids, undone_at=None)
        .values("patient_id", "purpose", "channel")
        .annotate(last=Max("decided_at"))
    )
    return {(row["patient_id"], row["purpose"], row["channel"]): row["last"] for row in rows}


def document_of(text: ConsentText) -> str:
    """The whole document in words."""
    parts = TextParts(
        text=text.text,
        data_list=text.data_list,
        actions_list=text.actions_list,
        processors=text.processors,
        term=text.term,
        how_to_revoke=text.how_to_revoke,
    )
    return document(text.get_purpose_display(), parts, text.operator_name, text.operator_address, text.version)


def _scope(text: ConsentText) -> str:
    return scope_hash(text.data_list, text.actions_list, text.processors)


def _decisions(patient_ids: Sequence[int]) -> list[tuple[int, Decision]]:
    rows = (
        Consent.objects.filter(patient_id__among=patient_ids, undone_at=None)
        .annotate(
            data=F("text_version__data_list"),
            actions=F("text_version__actions_list"),
            processors=F("text_version__processors"),
        )
        .values_list("patient_id", "id", "purpose", "channel", "state", "decided_at", "data", "actions", "processors")
    )
    return [
        (row[0], Decision(*row[1:6], scope_hash=scope_hash(row[6], row[7], row[8] or "") if row[6] else ""))
        for row in rows
    ]


def _states(history: dict[str, list[Decision]], scopes: dict[str, str]) -> dict[tuple[str, str], ConsentState]:
    states: dict[tuple[str, str], ConsentState] = {}
    for purpose in ConsentPurpose.values:
        channels = ("", *CHANNELS) if purpose == ConsentPurpose.ADVERTISING else ("",)
        for channel in channels:
            decisions = history.get(purpose, ())
            states[purpose, channel] = (
                decide(decisions, channel=channel, current_scope=scopes.get(purpose, "")) if decisions else NOT_ASKED
            )
    processing = states[ConsentPurpose.PROCESSING, ""]
    if processing.standing is Standing.WITHDRAWN:
        # Without the right to use the data at all nothing that stands on it is allowed.
        for key, state in states.items():
            if state.allowed:
                why = "Отозвано согласие на обработку данных"
                states[key] = replace(processing, why=why, ask_again=False)
    return states
