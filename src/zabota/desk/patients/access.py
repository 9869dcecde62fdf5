"""Which cards a person may open and what they see on them: the one place that decides."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404

from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, visible
from zabota.patients import api as patients
from zabota.patients.models import ConsentPurpose, Patient, PatientQuerySet


@dataclass(frozen=True, slots=True)
class Sight:
    """What is shown and offered on cards to one person."""

    #: Payments, prices, value, balance.
    money: bool
    #: Services, plans, notes, what is important to know, what was said in calls (152-ФЗ art. 10).
    health: bool
    #: Phones and addresses in full: whoever calls needs them, others recognise a number by its end.
    contacts: bool
    edit: bool
    merge: bool
    book: bool
    consents: bool
    export: bool
    task: bool


def sight_of(request: StaffRequest, patient: Patient | None = None) -> Sight:
    """What this person sees. Data on health open to a marketer only for a patient who signed exactly that (L5)."""
    health = request.may(Right.PATIENTS_HEALTH)
    if not health and patient is not None:
        health = patients.consent_state(patient, ConsentPurpose.SPECIAL).allowed
    return Sight(
        money=request.may(Right.PATIENTS_MONEY),
        health=health,
        contacts=request.may(Right.PATIENTS_EDIT)
        or request.may(Right.WORKLIST_WORK)
        or request.may(Right.WORKLIST_CONTROL),
        edit=request.may(Right.PATIENTS_EDIT),
        merge=request.may(Right.PATIENTS_MERGE),
        book=request.may(Right.VISITS_BOOK),
        consents=request.may(Right.CONSENTS_EDIT),
        export=request.may(Right.PATIENTS_EXPORT),
        task=request.may(Right.WORKLIST_WORK),
    )


def cards_of(request: StaffRequest) -> PatientQuerySet:
    """Cards that may be shown to this person, merged ones among them."""
    rows = Patient.objects.filter(clinic=request.clinic, erased_at=None)
    return visible(request, rows)  # type: ignore[no-any-return]


def patient_for(request: StaffRequest, public_id: str) -> Patient:
    """The card of this address, or the one it was merged into. 404 for another clinic, another branch, an erased person."""
    rows = cards_of(request).select_related("clinic", "branch", "source", "household")
    patient = rows.filter(public_id=public_id).first()
    if patient is None:
        raise Http404
    if patient.merged_into_id is None:
        return patient
    kept = rows.filter(pk=patients.card_in_use(patient).pk).first()
    if kept is None:
        raise Http404
    return kept
