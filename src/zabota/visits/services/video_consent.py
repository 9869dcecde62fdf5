"""Consent to a visit by video: a document of its own, given and taken back by the patient on the page of the visit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from zabota.booking.models import Appointment
from zabota.clinic.models import Clinic
from zabota.kernel.audit import SYSTEM, Actor
from zabota.kernel.errors import BadInput, Trouble
from zabota.patients.api import (
    ConsentState,
    Proof,
    Standing,
    consent_state,
    consent_states,
    current_texts,
    ensure_consent_texts,
    grant_consent,
    withdraw_consent,
)
from zabota.patients.models import ConsentPurpose, ConsentText, Patient
from zabota.visits.services.links import PATIENT

PURPOSE = ConsentPurpose.TELEMEDICINE
#: How a patient proves themselves on the page of a visit.
_PROOF = "личная ссылка на визит и конец телефона"
_NO_DATA = (
    "Вы отозвали согласие на обработку данных, без него клиника не может принять и по видео. Позвоните, и мы поможем."
)


class ConsentNeeded(Trouble):
    """The patient has not agreed to a visit by video, or took it back."""

    code = "video_consent_needed"
    text = "Сначала нужно ваше согласие на приём по видео: прочитайте текст и подтвердите его."


class TextChanged(Trouble):
    """The text that was read is no longer the one in force."""

    code = "consent_text_changed"
    text = "Текст согласия с тех пор изменился. Прочитайте его ещё раз."


def video_consent(patient: Patient) -> ConsentState:
    """What stands about visits by video for this patient, and why."""
    return consent_state(patient, PURPOSE)


def video_consents(patient_ids: Sequence[int], *, clinic_id: int) -> dict[int, ConsentState]:
    """The same for many."""
    states = consent_states(patient_ids, clinic_id=clinic_id) if patient_ids else {}
    return {pk: each[PURPOSE.value, ""] for pk, each in states.items()}


def video_text(clinic_id: int) -> ConsentText | None:
    """The document in force; None where the clinic has none yet."""
    return current_texts(clinic_id).get(PURPOSE)


def ensure_video_text(*, clinic: Clinic, actor: Actor = SYSTEM, now: datetime) -> None:
    """A clinic that receives by video has the document for it. Safe to repeat."""
    ensure_consent_texts(clinic=clinic, only=(PURPOSE,), actor=actor, now=now)


@transaction.atomic
def give_video_consent(*, visit: Appointment, version: int, ip: str, user_agent: str, now: datetime) -> None:
    """«Даю согласие» to the version that was read. A second press changes nothing. Raises TextChanged and BadInput."""
    Clinic.objects.select_for_update().get(pk=visit.clinic_id)  # nobody publishes another text meanwhile
    text = video_text(visit.clinic_id)
    if text is None:
        raise BadInput("У клиники ещё нет текста согласия. Позвоните в клинику, и мы поможем.")
    if text.version != version:
        raise TextChanged
    if consent_state(visit.patient, ConsentPurpose.PROCESSING).standing is Standing.WITHDRAWN:
        raise BadInput(_NO_DATA)
    state = video_consent(visit.patient)
    if state.allowed and not state.ask_again:
        return
    proof = _proof(ip, user_agent)
    grant_consent(patient=visit.patient, purpose=PURPOSE, proof=proof, actor=PATIENT, now=now)


def take_back_video_consent(*, visit: Appointment, ip: str, user_agent: str, now: datetime) -> None:
    """«Отозвать»: from now on nobody enters by video on the patient's side. A second press changes nothing."""
    if video_consent(visit.patient).allowed:
        proof = _proof(ip, user_agent)
        withdraw_consent(patient=visit.patient, purpose=PURPOSE, proof=proof, actor=PATIENT, now=now)


def _proof(ip: str, user_agent: str) -> Proof:
    return Proof(signature="simple", entry="portal", document=_PROOF, ip=ip or None, user_agent=user_agent)
